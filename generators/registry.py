"""The families by name."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from clean_bench.errors import UserError
from generators.families.averages import Averages
from generators.families.fractions import Fractions
from generators.families.gcd_lcm import GcdLcm
from generators.families.integer_chains import IntegerChains
from generators.families.polynomials import Polynomials
from generators.families.ratios import RatioChains
from generators.families.word_problems import WordProblems
from generators.family import Family

_ALL: tuple[Family[Any], ...] = (
    IntegerChains(),
    Fractions(),
    GcdLcm(),
    Polynomials(),
    RatioChains(),
    Averages(),
    WordProblems(),
)
FAMILIES: Mapping[str, Family[Any]] = MappingProxyType({family.name: family for family in _ALL})


def family(name: str) -> Family[Any]:
    """The family of that name.

    Raises:
        UserError: if there is none; it lists the close names, or all.
    """
    if name not in FAMILIES:
        close = get_close_matches(name, FAMILIES, n=3, cutoff=0.4) or list(FAMILIES)
        raise UserError(f"there is no family {name!r}: did you mean {' or '.join(close)}?")
    return FAMILIES[name]
