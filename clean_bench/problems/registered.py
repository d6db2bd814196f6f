"""The published content of benchmarks, as hashes of their rows, and how far a stored set is that.

A set that is named `math500` may come from the hub or from a file of one's own (`math500=FILE`), or hold
only the first problems (`--limit`). For each benchmark whose published file was read, `registered.json`
has a hash of text and gold answer of every row, in order. So a stored set can be compared with what its
name states, without a network.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from clean_bench.artifacts.manifest import canonical_json

if TYPE_CHECKING:
    from clean_bench.problems.problem import Problem

DIGITS = 16
"""Hexadecimal digits of a row's hash."""


@dataclass(frozen=True)
class Content:
    """How far a set is the published set of its name.

    Attributes:
        rows: number of its problems that are in the published set.
        published: number of problems of the published set.
        other: places in the set, from 0, of problems that the published set does not have.
    """

    rows: int
    published: int
    other: tuple[int, ...] = ()

    @property
    def whole(self) -> bool:
        return not self.other and self.rows == self.published

    @property
    def note(self) -> str | None:
        """What to show beside the name; None for the whole published set."""
        if self.other:
            rows = self.rows + len(self.other)
            return f"not the published set: {len(self.other)} of {rows} rows differ"
        return None if self.whole else f"{self.rows} of {self.published} rows"


def content_of(name: str, problems: Sequence[Problem]) -> Content | None:
    """How far problems are the published set of a name; None if its content is not known.

    A problem that occurs more often than it was published counts as another one.
    """
    published = _registered().get(name)
    if published is None:
        return None
    left: dict[str, int] = {}
    for row in published:
        left[row] = left.get(row, 0) + 1
    other = []
    for place, problem in enumerate(problems):
        row = row_hash(problem)
        if left.get(row, 0):
            left[row] -= 1
        else:
            other.append(place)
    return Content(len(problems) - len(other), len(published), tuple(other))


def registered_names() -> list[str]:
    """Names of the benchmarks whose published content is known."""
    return list(_registered())


def row_hash(problem: Problem) -> str:
    """The hash of a problem's text and gold answer."""
    row = canonical_json([problem.problem, problem.answer])
    return hashlib.sha256(row).hexdigest()[:DIGITS]


@cache
def _registered() -> Mapping[str, tuple[str, ...]]:
    text = files("clean_bench.problems").joinpath("registered.json").read_text("utf-8")
    stored: dict[str, dict[str, Any]] = json.loads(text)
    return {
        name: tuple(entry["rows"][i : i + DIGITS] for i in range(0, len(entry["rows"]), DIGITS))
        for name, entry in stored.items()
    }
