"""The families by name."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from clean_bench.errors import UserError
from generators.families.algebra.equation_systems import EquationSystems
from generators.families.algebra.linear_equations.family import LinearEquations
from generators.families.algebra.matrices.family import Matrices
from generators.families.algebra.polynomials.family import Polynomials
from generators.families.algebra.sequences import Sequences
from generators.families.arithmetic.decimals import Decimals
from generators.families.arithmetic.fractions import Fractions
from generators.families.arithmetic.gcd_lcm import GcdLcm
from generators.families.arithmetic.integer_chains import IntegerChains
from generators.families.arithmetic.modular_arithmetic import ModularArithmetic
from generators.families.arithmetic.number_bases import NumberBases
from generators.families.arithmetic.powers_and_roots.family import PowersAndRoots
from generators.families.arithmetic.random_calculation.family import (
    PaperCalculation,
    RandomCalculation,
)
from generators.families.combinatorics.averages.family import Averages
from generators.families.combinatorics.counting.family import Counting
from generators.families.geometry.areas.family import Areas
from generators.families.proportion.percentages.family import Percentages
from generators.families.proportion.ratios.family import RatioChains
from generators.families.stories.measures import Measures
from generators.families.stories.stories import Stories
from generators.families.stories.word_problems import WordProblems
from generators.family import Family

_ALL: tuple[Family[Any], ...] = (
    RandomCalculation(),
    IntegerChains(),
    Fractions(),
    Decimals(),
    Percentages(),
    GcdLcm(),
    PowersAndRoots(),
    Sequences(),
    Polynomials(),
    NumberBases(),
    ModularArithmetic(),
    RatioChains(),
    LinearEquations(),
    EquationSystems(),
    Matrices(),
    Averages(),
    Counting(),
    Areas(),
    Measures(),
    WordProblems(),
    Stories(),
)
FAMILIES: Mapping[str, Family[Any]] = MappingProxyType({family.name: family for family in _ALL})


_FLAVORS: tuple[Family[Any], ...] = (PaperCalculation(),)
FLAVORS: Mapping[tuple[str, str], Family[Any]] = MappingProxyType(
    {("random-calculation", "paper"): _FLAVORS[0]}
)
"""Other ways in which a family draws and prints; each is a family of its own in sets and manifests."""


def family(name: str) -> Family[Any]:
    """The family, or the flavor of one, of that name.

    Raises:
        UserError: if there is none; it lists the close names, or all.
    """
    for flavor in _FLAVORS:
        if flavor.name == name:
            return flavor
    if name not in FAMILIES:
        close = get_close_matches(name, FAMILIES, n=3, cutoff=0.4) or list(FAMILIES)
        raise UserError(f"there is no family {name!r}: did you mean {' or '.join(close)}?")
    return FAMILIES[name]


def flavored(name: str, flavor: str | None) -> Family[Any]:
    """The family of that name in a flavor, or as it usually is.

    Raises:
        UserError: if there is no such family or flavor.
    """
    usual = family(name)
    if flavor is None or flavor == "default":
        return usual
    if (name, flavor) not in FLAVORS:
        known = ["default", *(f for n, f in FLAVORS if n == name)]
        raise UserError(f"--flavor {flavor}: {name} has {' and '.join(known)}")
    return FLAVORS[name, flavor]
