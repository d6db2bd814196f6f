"""The families by name. A family is registered by its definition in `generators.families`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from inspect import isabstract
from pkgutil import walk_packages
from types import MappingProxyType
from typing import Any

from clean_bench.errors import UserError
from generators import families
from generators.competition.plan import FAMILY
from generators.family import Family
from generators.suggestions import close_names


def _defined() -> Iterator[Family[Any]]:
    """An instance of every concrete family in the modules of `generators.families`, in their order."""
    for module in walk_packages(families.__path__, f"{families.__name__}."):
        members = vars(import_module(module.name)).values()
        for member in (member for member in members if isinstance(member, type)):
            concrete = issubclass(member, Family) and not isabstract(member)
            if concrete and member.__module__ == module.name:
                yield member()


_ALL = tuple(_defined())
FAMILIES: Mapping[str, Family[Any]] = MappingProxyType(
    {family.name: family for family in _ALL if family.flavor is None}
)
FLAVORS: Mapping[tuple[str, str], Family[Any]] = MappingProxyType(
    {(f.name.removesuffix(f"-{f.flavor}"), f.flavor): f for f in _ALL if f.flavor is not None}
)
"""Variants by the name of the family and the flavor; each is a family of its own in sets."""
_COMPETITION = {FAMILY: FAMILY, "matched": FAMILY}
"""Names for which an error suggests the family of matched sets, which is not drawn in tiers."""


def family(name: str) -> Family[Any]:
    """The family, or the flavor of a family, with that name.

    Raises:
        UserError: if there is none; it lists the closest names, or all.
    """
    for flavor in FLAVORS.values():
        if flavor.name == name:
            return flavor
    if name not in FAMILIES:
        close = close_names(name, [*FAMILIES, *_COMPETITION]) or list(FAMILIES)
        meant = dict.fromkeys(_COMPETITION.get(other, other) for other in close)
        raise UserError(f"there is no family {name!r}: did you mean {' or '.join(meant)}?")
    return FAMILIES[name]


def flavored(name: str, flavor: str | None) -> Family[Any]:
    """The family with that name, in a flavor if one is given.

    Raises:
        UserError: if there is no such family or flavor.
    """
    default = family(name)
    if flavor is None or flavor == "default":
        return default
    if (name, flavor) not in FLAVORS:
        flavors = ["default", *(f for n, f in FLAVORS if n == name)]
        raise UserError(f"--flavor {flavor}: expected {' or '.join(flavors)} for {name}")
    return FLAVORS[name, flavor]
