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

FILE = Path(__file__).with_name("profile.toml")
DEFAULT = "math500"
LEVELS = (1, 2, 3, 4, 5)


class Target(NamedTuple):
    """Mean and standard deviation of a feature, in thousandths."""

    mean: int
    deviation: int

    @property
    def weight(self) -> int:
        """What a squared distance from the mean counts, as a whole number: 10^9 / deviation^2."""
        return 10**9 // (self.deviation * self.deviation)


class Profile(NamedTuple):
    """What a set is matched to.

    cells: number of problems by (subject, level).
    lengths: quantiles of the logarithm of the characters by (subject, level), in thousandths, at equal
        steps of probability from 0 to 1.
    levels: that logarithm by (subject, level).
    targets: by subject, the features of `text_shape.Shape`, and `dollar_numbers`, the bare numbers in
        dollar signs.
    styles: by subject, the share of problems printed in each other way of `Style`.
    """

    name: str
    cells: Mapping[tuple[str, int], int]
    lengths: Mapping[tuple[str, int], Sequence[int]]
    levels: Mapping[tuple[str, int], Target]
    targets: Mapping[str, Mapping[str, Target]]
    styles: Mapping[str, Mapping[str, float]]

    def length_at(self, subject: str, level: int, part: int, parts: int) -> int:
        """The quantile of the length at (part + 1/2) / parts, linear between the stored ones."""
        quantiles = self.lengths[subject, level]
        steps = len(quantiles) - 1
        below, rest = divmod((2 * part + 1) * steps, 2 * parts)
        below = min(below, steps - 1)
        return quantiles[below] + rest * (quantiles[below + 1] - quantiles[below]) // (2 * parts)


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
    cells, lengths, levels, targets, styles = {}, {}, {}, {}, {}
    for subject, table in tables.items():
        for level in LEVELS:
            cells[subject, level] = table["cells"][level - 1]
            lengths[subject, level] = table["lengths"][level - 1]
            levels[subject, level] = Target(*table["levels"][level - 1])
        targets[subject] = {key: Target(*pair) for key, pair in table["texts"].items()}
        styles[subject] = dict(table["style"])
    return Profile(name, cells, lengths, levels, targets, styles)
