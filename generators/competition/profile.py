"""The profile of a benchmark: subjects, levels, lengths and printing, to which a set is matched.

profile.toml is written by `make match-profile`. The cells are the counts of the benchmark's problems
without figures. Lengths and printing are fitted on the training split of MATH alone.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from clean_bench.errors import UserError
from generators.competition.printing import Style

FILE = Path(__file__).with_name("profile.toml")
DEFAULT = "math500"
LEVELS = (1, 2, 3, 4, 5)


class Profile(NamedTuple):
    """What a set is matched to.

    cells: number of problems by (subject, level).
    lengths: quantiles of the characters of a problem by (subject, level), at equal steps of probability
        from 0 to 1.
    styles: by subject, the share of problems printed in each way of `Style`.
    """

    name: str
    cells: Mapping[tuple[str, int], int]
    lengths: Mapping[tuple[str, int], Sequence[float]]
    styles: Mapping[str, Mapping[str, float]]

    def length_at(self, subject: str, level: int, probability: float) -> float:
        """The quantile of the characters, linear between the stored ones."""
        quantiles = self.lengths[subject, level]
        place = probability * (len(quantiles) - 1)
        below = min(int(place), len(quantiles) - 2)
        return quantiles[below] + (place - below) * (quantiles[below + 1] - quantiles[below])


@cache
def profiles() -> Mapping[str, Profile]:
    """The stored profiles by name."""
    stored = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {name: _profile(name, tables) for name, tables in stored.items()}


def profile_named(name: str) -> Profile:
    """The profile with that name.

    Raises:
        UserError: if there is none.
    """
    if name not in profiles():
        raise UserError(f"--profile {name}: expected {' or '.join(profiles())}")
    return profiles()[name]


def _profile(name: str, tables: Mapping[str, Any]) -> Profile:
    cells, lengths, styles = {}, {}, {}
    for subject, table in tables.items():
        for level in LEVELS:
            cells[subject, level] = table["cells"][level - 1]
            lengths[subject, level] = table["lengths"][level - 1]
        styles[subject] = {field: table["style"][field] for field in Style._fields}
    return Profile(name, cells, lengths, styles)
