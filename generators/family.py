"""The interface of a family of generated problems.

A family maps random bytes to a problem. Seeding, de-duplication and I/O live in `generators.sampler`
and `generators.write`. To add a family, see CONTRIBUTING.md; start from
`generators.families.arithmetic.integer_chains`, which is short.

A problem is made in two independent halves that share only the printed text. `draw` makes a *form*,
the computation in any representation, which determines text, answer and bits. `read` and `evaluate`
start from a text alone. Most families are a `DrawnFamily`; one that builds its items in another way is
a `Family`.
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

    `bits` is -log2 of the probability that the family draws the item's canonical form at its tier, or
    a proven lower bound (the family's docstring states which). `form` is the computation in the
    representation of the family; `Family.canonical`, `solution` and `part_bits` take it.
    """

    problem: str
    answer: str
    bits: float
    form: Any


class Family(ABC, Generic[Form]):
    """A family of problems with a range of tiers (numbers of steps).

    `version` is raised whenever the same bytes would make another item. `random_bytes` is the number
    of random bytes that `make` takes, at least twice the entropy it uses. `notations` are the notations
    it prints, the default one first. A variant of another family has that family's name, a hyphen and
    its `flavor` as its name.
    """

    name: ClassVar[str]
    flavor: ClassVar[str | None] = None
    version: ClassVar[int] = 1
    summary: ClassVar[str]
    tiers: ClassVar[range] = range(1, 21)
    random_bytes: ClassVar[int] = 128
    notations: ClassVar[tuple[Notation, ...]] = NOTATIONS

    @property
    def subject(self) -> str:
        """The folder of `generators.families` that defines the family: `arithmetic`, `algebra`, ..."""
        return type(self).__module__.split(".")[2]

    @abstractmethod
    def make(
        self, entropy: bytes, tier: int, split: Split = "all", notation: Notation | None = None
    ) -> Item | None:
        """The item for these random bytes, or None if they are rejected.

        Args:
            entropy: `random_bytes` uniformly random bytes.
            tier: number of steps, a member of `tiers`.
            split: the half of the forms to draw from; forms of the other half are rejected.
            notation: a member of `notations`; None for the first.
        """

    @abstractmethod
    def solution(self, form: Form) -> str:
        """The steps in one line: `37 + 25 = 62, 62 - 18 = 44`."""

    @abstractmethod
    def canonical(self, form: Form) -> str:
        """A name of the computation up to commutation, without names, wordings or other surface.

        Two items have the same name if and only if they ask for the same computation.
        """

    @abstractmethod
    def part_bits(self, form: Form) -> float:
        """Like an item's `bits`, for the largest proper sub-expression (0 if there is none).

        This part could be memorized although the whole is new.
        """

    @abstractmethod
    def min_bits(self, tier: int) -> float:
        """A proven lower bound on the tier's min-entropy in bits, over its canonical forms."""

    def space(self, tier: int) -> int | None:
        """The number of canonical forms of the tier, or None if it is unknown."""
        return None

    def most(self, tier: int) -> int:
        """An upper bound on the number of canonical forms of the tier."""
        space = self.space(tier)
        if space is None:
            raise NotImplementedError(f"{self.name}: expected `space` or `most`, got neither")
        return space

    @abstractmethod
    def read(self, text: str) -> Form:
        """The computation that a printed text asks for; its `canonical` is that of the item.

        Raises:
            ValueError: if this family does not print the text.
        """

    def body(self, text: str) -> str:
        """A problem's text without the sentence around every formula of the family."""
        return text

    def forms_in(self, text: str) -> Iterable[Form]:
        """The computations of this family that can be read from any text, for decontamination.

        By default the one that the whole text asks for, if this family prints such texts.
        """
        try:
            return (self.read(" ".join(text.split())),)
        except ValueError:
            return ()

    @abstractmethod
    def evaluate(self, text: str) -> Fraction:
        """The answer of a problem, computed from the printed text alone.

        It checks `answer` and uses another algorithm.

        Raises:
            ValueError: if this family does not print the text.
        """

    def details(self, form: Form) -> tuple[str, str, float]:
        """`canonical`, `solution` and `part_bits` of a form; override it to compute them together."""
        return self.canonical(form), self.solution(form), self.part_bits(form)

    def parts(self, form: Form) -> Iterable[tuple[int, str]]:
        """Steps and canonical form of every sub-expression with a step, the whole included.

        Empty for families whose sub-expressions are not compared between sets.
        """
        return ()

    def split_of(self, form: Form) -> Split:
        """The half of a form: one hash bit of its canonical form, independent of the seed."""
        bit = digest("split", self.name, self.canonical(form), length=1)[0] & 1
        return "eval" if bit else "train"

    def split_bits(self, form: Form) -> float:
        """The bits to subtract from `bits` for an item drawn from one half."""
        return 1.0

    def most_split_bits(self, tier: int) -> float:
        """An upper bound on `split_bits` over the forms of the tier."""
        return 1.0


class DrawnFamily(Family[Form]):
    """A family that makes an item in four parts: a form, its text, its answer and its bits."""

    def make(
        self, entropy: bytes, tier: int, split: Split = "all", notation: Notation | None = None
    ) -> Item | None:
        """See `Family.make`."""
        draw = Draw(entropy)
        form = self.draw(draw, tier)
        if form is None or (split != "all" and self.split_of(form) != split):
            return None
        text = self.render(form, notation or self.notations[0], draw)
        return Item(text, self.answer(form), self.bits(form), form)

    @abstractmethod
    def draw(self, draw: Draw, tier: int) -> Form | None:
        """Draw a computation, or None to reject the random bytes (avoid it: see `bits`)."""

    @abstractmethod
    def render(self, form: Form, notation: Notation, draw: Draw) -> str:
        """The problem's text; `draw` is for names, wordings and other surface."""

    @abstractmethod
    def answer(self, form: Form) -> str:
        """The exact answer, as in the `answer` column."""

    @abstractmethod
    def bits(self, form: Form) -> float:
        """-log2 of the probability that a draw at the form's tier has its canonical form.

        A lower bound is allowed, an overstatement is not. If `draw` rejects with probability r, every
        other form is likelier by the factor 1/(1-r): subtract log2 of it.
        """
