"""How many computations a template has, counted by enumeration or bounded by sampling.

`bits` is the min-entropy over the computations of a template: minus log2 of the probability of the
likeliest one. A box of up to `COUNTED` members is enumerated. For a larger one, the accepted members are
at least the box times the lower 99.9% Clopper-Pearson bound of the accepted share of `SAMPLES` draws,
and the likeliest computation has at most `Template.orbit` of them. counts.toml in the folder of each
subject holds the results by template and version; `make count-templates` writes it.
"""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from functools import cache
from math import floor, log2
from pathlib import Path
from typing import Any, NamedTuple

from clean_bench.seeds import digest
from generators.competition.template import Template

COUNTED = 2**20
SAMPLES = 20_000
FILE = "counts.toml"


class Count(NamedTuple):
    """Accepted members of the box, the bits of the likeliest computation, and the number of different
    computations (None if it was not counted)."""

    accepted: int
    bits: float
    forms: int | None


def count(template: Template, counted: int = COUNTED) -> Count:
    """Count the computations of a template, or bound them from below if its box is large."""
    box = template.numbers.size
    if box <= counted:
        same = Counter(template.same(p) for p in template.numbers if template.nice(p))
        accepted = same.total()
        return Count(accepted, _down(log2(accepted / max(same.values()))), len(same))
    accepted = floor(box * accepted_share(template))
    return Count(accepted, _down(log2(accepted / template.orbit)), None)


def accepted_share(template: Template, samples: int = SAMPLES) -> float:
    """A lower 99.9% bound of the share of the box that `nice` accepts (Clopper-Pearson).

    Raises:
        ValueError: if no draw is accepted.
    """
    from scipy.stats import beta

    draws = (template.draw(digest("count", template.name, i, length=128)) for i in range(samples))
    accepted = sum(p is not None for p in draws)
    if not accepted:
        raise ValueError(f"{template.name}: none of {samples:,} draws is nice")
    return float(beta.ppf(0.001, accepted, samples - accepted + 1))


@cache
def counts(folder: Path) -> dict[str, dict[str, Any]]:
    """The stored counts of a subject by name of the template."""
    path = folder / FILE
    return tomllib.loads(path.read_text()) if path.exists() else {}


def folder_of(template: Template) -> Path:
    """The folder of the template's subject."""
    return Path(str(sys.modules[type(template).__module__].__file__)).parent


def bits_of(template: Template) -> float:
    """The stored bits of a template.

    Raises:
        ValueError: if they were not counted for this version.
    """
    stored = counts(folder_of(template)).get(template.name, {})
    if stored.get("version") != template.version:
        raise ValueError(
            f"{template.name} version {template.version}: expected its count in {FILE}, got none; "
            "run make count-templates"
        )
    return float(stored["bits"])


def write_counts(template: Template, result: Count) -> None:
    """Store a count."""
    path = folder_of(template) / FILE
    stored = dict(tomllib.loads(path.read_text()) if path.exists() else {})
    stored[template.name] = {"version": template.version, **result._asdict()}
    lines = []
    for name, row in sorted(stored.items()):
        values = (f"{key} = {value}" for key, value in row.items() if value is not None)
        lines += [f"[{name}]", *values, ""]
    path.write_text("\n".join(lines))
    counts.cache_clear()


def _down(bits: float) -> float:
    return floor(bits * 1e4) / 1e4


def main() -> None:
    """Count the templates that are named on the command line, or all that are not counted yet."""
    from generators.competition.registry import template_named, templates

    names = sys.argv[1:] or [
        name
        for name, template in templates().items()
        if counts(folder_of(template)).get(name, {}).get("version") != template.version
    ]
    for name in names:
        template = template_named(name)
        result = count(template)
        write_counts(template, result)
        print(
            f"{name}: {result.bits:.1f} bits, {result.accepted:,} accepted of {template.numbers.size:,}"
        )


if __name__ == "__main__":
    main()
