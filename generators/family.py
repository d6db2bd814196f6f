"""What a family of fresh problems is.

A family turns random words into problems. It knows nothing of seeds, files or sets:
`generators.write` derives the words, meets duplicates and writes the set. To add a family, see
CONTRIBUTING.md; `generators/families/arithmetic/integer_chains.py` is a short one to read first.

An item is made in two halves that share nothing but the printed text. `draw` makes a *form*, the
computation in whatever shape suits the family, from which text, answer and bits follow. `read` and
`evaluate` start from a text alone. Most families are a `DrawnFamily`; one that makes its items in a way
of its own is a `Family`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, ClassVar, Generic, Literal, NamedTuple, TypeVar

from clean_bench.seeds import Draw, digest

Split = Literal["all", "train", "eval"]
Notation = Literal["latex", "plain"]
SPLITS: tuple[Split, ...] = ("all", "train", "eval")
NOTATIONS: tuple[Notation, ...] = ("latex", "plain")

Form = TypeVar("Form")


class Item(NamedTuple):
    """One generated problem.

    `bits` is minus log2 of the probability that the family draws the item's canonical form at its
    tier, or a proven lower bound of it (the family's docstring says which). `form` is the computation
    as the family holds it: `Family.canonical`, `solution` and `part_bits` take it.
    """

    problem: str
    answer: str
    bits: float
    form: Any


class Family(ABC, Generic[Form]):
    """A family of problems with a ladder of tiers (numbers of steps).

    `version` rises whenever the same words would make another item. `random_bytes` is how many random
    bytes `make` wants, at least twice what it uses. `notations` are the ways in which it prints a
    problem, the usual one first.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    summary: ClassVar[str]
    tiers: ClassVar[range] = range(1, 21)
    random_bytes: ClassVar[int] = 128
    notations: ClassVar[tuple[Notation, ...]] = NOTATIONS

    @abstractmethod
    def make(
        self, words: bytes, tier: int, split: Split = "all", notation: Notation | None = None
    ) -> Item | None:
        """The item that these random words stand for, or None where they stand for none.

        Args:
            words: `random_bytes` uniformly random bytes.
            tier: number of steps, a member of `tiers`.
            split: from which half of the forms to draw; None comes back for a form of the other.
            notation: how to print it, a member of `notations`; None for the first of them.
        """

    @abstractmethod
    def solution(self, form: Form) -> str:
        """The steps written out, in one line: `37 + 25 = 62, 62 - 18 = 44`."""

    @abstractmethod
    def canonical(self, form: Form) -> str:
        """A name of the computation up to commutation, without names, templates or other surface.

        Two items with the same name ask for the same computation, and two with different names do
        not.
        """

    @abstractmethod
    def part_bits(self, form: Form) -> float:
        """Like an item's `bits`, for the largest proper sub-expression (0 where there is none).

        It is what could be recalled although the whole is new.
        """

    @abstractmethod
    def min_bits(self, tier: int) -> float:
        """A proven lower bound on the tier's min-entropy in bits: no canonical form is likelier."""

    @abstractmethod
    def space(self, tier: int) -> int | None:
        """How many canonical forms the tier has, or None where that is not known."""

    def most(self, tier: int) -> int:
        """At least as many as the tier has canonical forms."""
        known = self.space(tier)
        if known is None:
            raise NotImplementedError(f"{self.name} counts neither its forms nor bounds them")
        return known

    @abstractmethod
    def read(self, text: str) -> Form:
        """The computation that a printed text asks for; `canonical` of it is that of the item.

        Raises:
            ValueError: if the text is not one that this family prints.
        """

    def body(self, text: str) -> str:
        """A problem's text without the sentence that stands around every formula of the family."""
        return text

    def forms_in(self, text: str) -> Iterable[Form]:
        """The computations of this family that a stranger's text holds, as far as it can be seen.

        By default the one that the whole text asks for, if this family could have printed it.
        """
        try:
            return (self.read(" ".join(text.split())),)
        except ValueError:
            return ()

    @abstractmethod
    def evaluate(self, text: str) -> Fraction:
        """The answer of a problem's text, computed from the printed text alone.

        It is the check on `answer` and works in another way.

        Raises:
            ValueError: if the text is not one that this family prints.
        """

    def details(self, form: Form) -> tuple[str, str, float]:
        """`canonical`, `solution` and `part_bits` of a form; some families have them faster together."""
        return self.canonical(form), self.solution(form), self.part_bits(form)

    def parts(self, form: Form) -> Iterable[tuple[int, str]]:
        """Steps and canonical form of every sub-expression that takes a step, the whole included.

        Empty for families whose sub-expressions are not compared between sets.
        """
        return ()

    def split_of(self, form: Form) -> Split:
        """To which half a form belongs, whatever the seed: one hash bit of its canonical form."""
        bit = digest("split", self.name, self.canonical(form), length=1)[0] & 1
        return "eval" if bit else "train"

    def split_bits(self, form: Form) -> float:
        """How many bits less an item has that was drawn from a half."""
        return 1.0

    def most_split_bits(self, tier: int) -> float:
        """At least `split_bits` of every form of the tier."""
        return 1.0


class DrawnFamily(Family[Form]):
    """A family whose items are made in four parts: a computation, its text, its answer and its bits."""

    def make(
        self, words: bytes, tier: int, split: Split = "all", notation: Notation | None = None
    ) -> Item | None:
        """See `Family.make`."""
        draw = Draw(words)
        form = self.draw(draw, tier)
        if form is None or (split != "all" and self.split_of(form) != split):
            return None
        text = self.tell(form, notation or self.notations[0], draw)
        return Item(text, self.answer(form), self.bits(form), form)

    @abstractmethod
    def draw(self, draw: Draw, tier: int) -> Form | None:
        """Draw a computation; None where the random words stand for none (avoid it: see `bits`)."""

    @abstractmethod
    def tell(self, form: Form, notation: Notation, draw: Draw) -> str:
        """The problem's text; `draw` is for names, templates and other surface."""

    @abstractmethod
    def answer(self, form: Form) -> str:
        """The exact answer, as it stands in the `answer` column."""

    @abstractmethod
    def bits(self, form: Form) -> float:
        """Minus log2 of the probability that a draw at the form's tier has its canonical form.

        A lower bound will do, and an overstatement will not. Where `draw` returns None with
        probability r, what is not rejected is likelier by the factor 1/(1-r): take log2 of it off.
        """
