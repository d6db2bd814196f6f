"""What a family of fresh problems is.

A family turns random words into problems. It knows nothing of seeds, files or sets:
`generators.sets` derives the words, meets duplicates and writes the set. To add a family, see
CONTRIBUTING.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Item:
    """One generated problem.

    `canonical` names the computation up to commutation, without names, templates or other surface:
    two items with the same canonical form ask for the same computation. `bits` is minus log2 of the
    probability that the family draws that canonical form at this tier, or a proven lower bound of
    it (the family's docstring says which). `part_bits` is the same for the largest proper
    sub-expression (0 where there is none): what could be recalled although the whole is new.
    """

    problem: str
    answer: str
    solution: str
    canonical: str
    bits: float
    part_bits: float


class Family(Protocol):
    """A family of problems with a ladder of tiers (numbers of steps).

    `random_bytes` is how many random bytes `make` wants. `version` rises whenever the same words
    would make another item.
    """

    name: str
    version: int
    summary: str
    tiers: range
    random_bytes: int

    def make(self, words: bytes, tier: int) -> Item | None:
        """The item that these random words stand for, or None where they stand for no valid item.

        Args:
            words: `random_bytes` uniformly random bytes.
            tier: number of steps, a member of `tiers`.
        """
        ...

    def space(self, tier: int) -> int | None:
        """How many canonical forms the tier has, or None where that is not known."""
        ...

    def min_bits(self, tier: int) -> float:
        """A proven lower bound on the tier's min-entropy in bits: no canonical form is likelier."""
        ...

    def evaluate(self, text: str) -> Fraction:
        """The answer of a problem's text, computed from the printed text alone.

        Raises:
            ValueError: if the text is not one that this family prints.
        """
        ...
