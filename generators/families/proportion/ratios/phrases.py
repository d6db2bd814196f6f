"""Print and read the texts of `ratios`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import gcd
from typing import TypeAlias

from generators.family import NOTATIONS, Notation
from generators.phrasing import read_texts

_LETTERS = tuple("ABCDFGHJKLMNPQRSTUVWXYZ")
_PEOPLE = tuple(
    "Ann Ben Cal Dan Eva Finn Gus Hana Ida Jack Kim Leo Mia Noah Olga Paul Rosa Sam Tina Uma Vera "
    "Will Zoe".split()
)


@dataclass(frozen=True, slots=True)
class Wording:
    """Templates of a wording; the frames are for given and asked: one, one; one, sum; sum, one."""

    names: tuple[str, ...]
    relation: str
    frames: tuple[str, ...]

    def text(self, relations: list[str], given: list[str], number: int, asked: list[str]) -> str:
        frame = self.frames[2 if len(given) > 1 else len(asked) > 1]
        listed = " + ".join if self.names is _LETTERS else _listed
        return frame % (_listed(relations), listed(given), number, listed(asked))


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def _wordings(notation: Notation) -> list[Wording]:
    wordings = []
    for table in read_texts(__file__)["wording"]:
        texts = [table["relation"], *table["frames"]]
        relation, *frames = texts if notation == "latex" else [t.replace("$", "") for t in texts]
        names = _LETTERS if table["names"] == "letters" else _PEOPLE
        wordings.append(Wording(names, relation, tuple(frames)))
    return wordings


WORDINGS = {notation: _wordings(notation) for notation in NOTATIONS}

Relation: TypeAlias = tuple[str, str, int, int]
"""Two names and the terms of their ratio."""


@cache
def _patterns() -> list[tuple[re.Pattern[str], re.Pattern[str]]]:
    """For every frame, its pattern and the pattern of its relations."""
    patterns = []
    for wording in (wording for notation in NOTATIONS for wording in WORDINGS[notation]):
        name = "([A-Z])" if wording.names is _LETTERS else "([A-Z][a-z]{1,3})"
        relation = re.escape(wording.relation).replace("%s", name).replace("%d", "([0-9]{1,3})")
        for frame in dict.fromkeys(wording.frames):
            whole = re.escape(frame).replace("%s", "([^.?]{1,2000})", 1)
            whole = whole.replace("%s", "([A-Za-z,+ ]{1,120})").replace("%d", "([0-9]{1,12})")
            patterns.append((re.compile(whole), re.compile(relation)))
    return patterns


def statements(text: str) -> tuple[list[Relation], list[str], int, list[str]]:
    """The relations, the names with a given sum, this sum, and the names asked for.

    Raises:
        ValueError: if the text has none of the wordings.
    """
    for whole, relation in _patterns():
        if match := whole.fullmatch(text):
            stated, given, number, asked = match.groups()
            parts = [relation.fullmatch(part) for part in re.split(", | and ", stated)]
            relations = [(p[1], p[2], int(p[3]), int(p[4])) for p in parts if p]
            if len(relations) == len(parts) and all(
                a and b and gcd(a, b) == 1 for _, _, a, b in relations
            ):
                related = {name for row in relations for name in row[:2]}
                names = [re.split(r" \+ |, | and ", listed) for listed in (given, asked)]
                if int(number) and all(
                    len(set(n)) == len(n) and related.issuperset(n) for n in names
                ):
                    return relations, names[0], int(number), names[1]
    raise ValueError(f"expected a text of ratios, got {text[:60]!r}")


def sizes_of(relations: list[Relation]) -> dict[str, Fraction]:
    """The amounts as multiples of the one that is named first.

    Raises:
        ValueError: if the ratios contradict each other or do not connect all the amounts.
    """
    sizes = {relations[0][0]: Fraction(1)}
    left = relations
    while left:
        reached = [r for r in left if r[0] in sizes or r[1] in sizes]
        if not reached:
            raise ValueError("expected ratios that connect all the amounts")
        for first, second, a, b in reached:
            if first in sizes:
                if sizes.setdefault(second, sizes[first] * b / a) != sizes[first] * b / a:
                    raise ValueError(f"expected consistent ratios of {first} and {second}")
            else:
                sizes[first] = sizes[second] * a / b
        left = [r for r in left if r not in reached]
    return sizes
