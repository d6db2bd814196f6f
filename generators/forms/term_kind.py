"""Kinds of terms of a signed sum: how the operands of a term are drawn, and with which probability."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from math import comb, log2, prod
from typing import Any, TypeAlias

Operands: TypeAlias = tuple[Any, ...]


class TermKind(ABC):
    """A kind of terms of one or several sizes; `name` is the operator that joins its operands."""

    name: str
    sizes: Sequence[int]

    @abstractmethod
    def draw(self, below: Callable[[int], int], size: int) -> Operands:
        """Draw the operands of a term of that size; `below(n)` is a uniform integer in 0..n-1."""

    @abstractmethod
    def weigh(self, operands: Operands) -> tuple[int, float, Operands]:
        """A term's size, -log2 P(canonical term | kind, size), and its operands in canonical order."""

    @abstractmethod
    def least_bits(self, size: int) -> float:
        """The smallest -log2 P(canonical term | kind, size), or a lower bound."""

    @abstractmethod
    def count(self, size: int) -> int:
        """The number of canonical terms of that size."""

    def show(self, ordered: Operands) -> str:
        """A name of the term, given its operands in canonical order."""
        return self.name.join(map(str, ordered))

    def part_bits(self, operands: Operands) -> float:
        """A lower bound on the bits of the largest proper part of a term; 0 if no part has a step."""
        return 0.0


class UniformKind(TermKind):
    """Terms with operands drawn uniformly from one pool each; `*` commutes, and has two equal pools."""

    def __init__(self, name: str, *pools: Sequence[Any]) -> None:
        self.name = name
        self.pools = pools
        self.sizes = (len(pools),)
        self._options = prod(map(len, pools))
        self._bits = log2(self._options)
        self._size = len(pools)
        self._members: list[Collection[Any]] = []

    def draw(self, below: Callable[[int], int], size: int) -> Operands:
        if size == 1:
            return (self.pools[0][below(self._options)],)
        first, second = divmod(below(self._options), len(self.pools[1]))
        return self.pools[0][first], self.pools[1][second]

    def weigh(self, operands: Operands) -> tuple[int, float, Operands]:
        if self.name != "*":
            return self._size, self._bits, operands
        first, second = operands
        if first == second:
            return 2, self._bits, operands
        return 2, self._bits - 1, operands if first < second else (second, first)

    def least_bits(self, size: int) -> float:
        return self._bits - (self.name == "*" and len(self.pools[0]) > 1)

    def count(self, size: int) -> int:
        return comb(len(self.pools[0]) + 1, 2) if self.name == "*" else self._options

    def allows(self, operands: Operands) -> bool:
        """Whether a term with these operands can be drawn."""
        if not self._members:
            self._members = [frozenset(p) if isinstance(p, tuple) else p for p in self.pools]
        return len(operands) == len(self.pools) and all(
            operand in members for operand, members in zip(operands, self._members, strict=True)
        )
