"""The numbers of a template: a box of finite domains, drawn uniformly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from types import SimpleNamespace
from typing import Any

from clean_bench.seeds import Draw


class Parameters(SimpleNamespace):
    """Values by name: `p.a`. Attributes are those of the template's `Numbers`."""


class Numbers:
    """Named finite domains, for example `Numbers(a=range(2, 10), kind=("sum", "product"))`.

    A draw is uniform over the product of the domains. Values can be anything immutable, such as
    tuples of sides of triangles.
    """

    def __init__(self, **domains: Sequence[Any]) -> None:
        self.domains: Mapping[str, Sequence[Any]] = {
            name: domain if isinstance(domain, range) else tuple(domain)
            for name, domain in domains.items()
        }
        self.names = tuple(self.domains)
        self._parts = tuple(
            (name, self.domains[name], len(self.domains[name])) for name in self.names
        )
        self.size = prod(len(domain) for domain in self.domains.values())

    def at(self, index: int, fixed: Mapping[str, Any] | None = None) -> Parameters:
        """The member with that index, 0 <= index < size, by mixed-radix digits.

        Args:
            fixed: values that replace those of the index.
        """
        values = {}
        for name, domain, length in self._parts:
            index, digit = divmod(index, length)
            values[name] = domain[digit]
        if fixed:
            values.update(fixed)
        return Parameters(**values)

    def draw(self, draw: Draw, fixed: Mapping[str, Any] | None = None) -> Parameters:
        """A uniform member of the box."""
        return self.at(draw.below(self.size), fixed)

    def __iter__(self) -> Iterator[Parameters]:
        return map(self.at, range(self.size))
