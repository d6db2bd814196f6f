"""Check a million items: answers against the printed texts, and overlaps between sets.

    make check-exactness

Four sets are drawn for every family (and flavor) and tier: one from each of two seeds, the first in
LaTeX and the second in plain text, and one from each split with its own seed. For every item the exact
answer is compared with the independent evaluation of the printed text, and the canonical form with that
of the parsed text. Then the forms are counted that occur twice in a set, in the sets of both seeds, and
in both splits. The number expected by chance for two seeds is an upper bound from the items' bits. Let S
be the total probability of the earlier rows of the second set. Each of its rows then is a given form of
probability p with probability at most p / (1 - S).

For random-calculation, sub-expressions in both splits are counted by their number of steps as well.
Writes `measurements/results/exactness.md` and exits with status 1 if a check fails.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from fractions import Fraction
from math import sqrt
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from clean_bench.text.hash_index import HashSet
from generators.family import Family, Split
from generators.freshness import FRESH_BITS
from generators.registry import FAMILIES, FLAVORS, family
from generators.sampler import Sampler, draw_blocks, redraw_duplicates
from generators.set_plan import SetPlan, master_seed

RESULT = Path(__file__).parent / "results" / "exactness.md"
SETS: tuple[tuple[str, Split], ...] = (
    ("first seed", "all"),
    ("second seed", "all"),
    ("third seed", "train"),
    ("fourth seed", "eval"),
)
SIGMAS = 5.0


@dataclass
class ExactnessCount:
    """Items checked and faults, for a family or one of its tiers."""

    items: int = 0
    disagreements: list[str] = field(default_factory=list)
    duplicates: int = 0
    fresh_shared: int = 0
    shared: int = 0
    expected: float = 0.0
    excess: int = 0
    splits_shared: int = 0
    parts: dict[int, list[int]] = field(default_factory=dict)

    def add(self, other: ExactnessCount) -> None:
        """Add the count of another tier."""
        for name in ("items", "duplicates", "fresh_shared", "shared", "expected", "excess"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.splits_shared += other.splits_shared
        self.disagreements += other.disagreements
        for steps, counts in other.parts.items():
            total = self.parts.setdefault(steps, [0, 0, 0])
            self.parts[steps] = [a + b for a, b in zip(total, counts, strict=True)]

    @property
    def passed(self) -> bool:
        """No fault, and no shared sub-expression of three or more steps."""
        wrong = self.disagreements or self.duplicates or self.fresh_shared or self.excess
        large = any(counts[2] for steps, counts in self.parts.items() if steps >= 3)
        return not (wrong or self.splits_shared or large)


def check_tier(name: str, tier: int, count: int) -> ExactnessCount:
    """Draw and check four sets of `count` items of one tier."""
    result, definition = ExactnessCount(), family(name)
    sets: list[dict[str, float]] = []
    parts: list[dict[int, set[str]]] = []
    for number, (seed, split) in enumerate(SETS):
        notation = definition.notations[number % len(definition.notations)]
        plan = SetPlan(definition, tier, tier, count, split, master_seed(seed=seed), notation)
        forms: dict[str, float] = {}
        set_parts: dict[int, set[str]] = {}
        for block in redraw_duplicates(Sampler(plan), draw_blocks(plan), HashSet()):
            for row in block.rows:
                result.items += 1
                form = check_item(definition, row.problem, row.answer, row.canonical, result)
                if row.canonical in forms:
                    result.duplicates += 1
                forms[row.canonical] = row.bits
                if split != "all" and form is not None:
                    for steps, part in definition.parts(form):
                        set_parts.setdefault(steps, set()).add(part)
        sets.append(forms)
        parts.append(set_parts)
    shared = len(sets[0].keys() & sets[1].keys())
    if definition.min_bits(tier) >= FRESH_BITS:
        result.fresh_shared = shared
    else:
        result.shared = shared
        result.expected = chance(list(sets[0].values()), list(sets[1].values()))
        result.excess = int(shared > result.expected + SIGMAS * sqrt(result.expected) + 1)
    result.splits_shared = len(sets[2].keys() & sets[3].keys())
    for steps in parts[2].keys() | parts[3].keys():
        train, evaluation = parts[2].get(steps, set()), parts[3].get(steps, set())
        result.parts[steps] = [len(train), len(evaluation), len(train & evaluation)]
    return result


def check_item(
    definition: Family[Any], text: str, answer: str, canonical: str, result: ExactnessCount
) -> Any | None:
    """Compare one item with its text; returns the parsed computation, None if it cannot be parsed."""
    try:
        form = definition.read(text)
        if definition.evaluate(text) != Fraction(answer) or definition.canonical(form) != canonical:
            result.disagreements.append(text)
        return form
    except ValueError as error:
        result.disagreements.append(f"{text} ({error})")
        return None


def chance(first: list[float], second: list[float]) -> float:
    """Upper bound on the expected number of shared forms of two sets, from the bits of their items."""
    share = draws = 0.0
    for bits in second:
        draws += 1 / max(1 - share, 1e-9)
        share += 2**-bits
    return sum(min(1.0, 2**-bits * draws) for bits in first)


def main() -> None:
    """Check, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000)
    options = parser.parse_args()
    started = time.monotonic()
    names = [*FAMILIES, *(flavor.name for flavor in FLAVORS.values())]
    tiers = [(name, tier) for name in names for tier in family(name).tiers]
    each = -(-options.items // (len(SETS) * len(tiers)))
    counts = {name: ExactnessCount() for name in names}
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        jobs = [(name, pool.submit(check_tier, name, tier, each)) for name, tier in tiers]
        for done, (name, job) in enumerate(jobs, 1):
            counts[name].add(job.result())
            if done % 20 == 0:
                print(f"{done} of {len(jobs)} tiers", file=sys.stderr)
    total = ExactnessCount()
    for count in counts.values():
        total.add(count)
    lines = [
        f"| {name} | {c.items:,} | {len(c.disagreements)} | {c.duplicates} | {c.fresh_shared} | "
        f"{c.shared} | {c.expected:.3g} | {c.splits_shared} |"
        for name, c in (*counts.items(), ("**all**", total))
    ]
    parts = []
    for name, c in counts.items():
        for label, steps in (("1", {1}), ("2", {2}), ("3 to 20", set(range(3, 21)))):
            rows = [numbers for at, numbers in c.parts.items() if at in steps]
            if rows:
                train, evaluation, both = map(sum, zip(*rows, strict=True))
                parts.append(f"| {name} | {label} | {train:,} | {evaluation:,} | {both:,} |")
    text = "\n".join(
        [
            "# Exactness and freshness of a million items",
            "",
            f"`make check-exactness` on {platform.machine()}, Python {platform.python_version()}, "
            f"{time.monotonic() - started:.0f} s on {os.cpu_count()} cores. {each:,} items in each of "
            f"four sets at each of {len(tiers)} tiers.",
            "",
            "| family | items | answer or form disagrees with the text | duplicates in a set | "
            "shared by two seeds, tiers from 60 bits | below 60 bits: shared | upper bound by chance | "
            "shared by train and eval |",
            "|---|---|---|---|---|---|---|---|",
            *lines,
            "",
            "Sub-expressions in the two splits, by their number of steps:",
            "",
            "| family | steps | different in train | different in eval | in both |",
            "|---|---|---|---|---|",
            *parts,
            "",
            "All checks passed." if total.passed else "Some checks FAILED.",
            "",
        ]
    )
    RESULT.write_text(text)
    print(text)
    for line in total.disagreements[:20]:
        print(line, file=sys.stderr)
    sys.exit(not total.passed)


if __name__ == "__main__":
    main()
