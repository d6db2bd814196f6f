"""The declarative form of a problem: numbers, filter, texts, `solve` and an independent `check`.

A subclass declares what one kind of problem is; CONTRIBUTING ("Add a competition template") has an
example. From the declaration follow drawing, printing, reading, evaluation, the canonical form, and the
counted bits.

The two calculations share the printed text alone: `solve` gets the numbers as drawn, `check` gets the
values as read from the text. `check` must not call `solve` or a function that `solve` calls.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import count
from math import prod
from typing import Any, ClassVar, NamedTuple

from clean_bench.seeds import Draw, digest
from generators.competition.answers import Answer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Kind, Whole, Words
from generators.competition.printing import PLAIN, Style, dress
from generators.competition.texts import Pool, Texts

NUMBER_BYTES = 96
"""Random bytes for the parameters of one draw."""
WORD_BYTES = 256
"""Random bytes for the words of one problem."""
SUBJECTS: Mapping[str, str] = {
    "algebra": "Algebra",
    "counting": "Counting & Probability",
    "geometry": "Geometry",
    "intermediate": "Intermediate Algebra",
    "number_theory": "Number Theory",
    "prealgebra": "Prealgebra",
    "precalculus": "Precalculus",
}
"""The subjects of MATH by the folder of their templates."""


class Item(NamedTuple):
    """One problem of a template."""

    problem: str
    answer: str
    parameters: Parameters


class Template(ABC):
    """One kind of problem. See the module's docstring.

    Attributes:
        level: 1 to 5, as in MATH.
        answer: the type of the answers.
        numbers: the box from which the parameters are drawn, uniformly among those that `nice` accepts.
        prints: the kinds of printed values that are no plain integers; a `Choice` for what is asked.
        words: the words of the stories by placeholder. Placeholders with the same pool get different
            words. A placeholder of one letter, such as x, also renames that letter in polynomials.
        texts: at least four, of different lengths. Every text asks for the same.
        fixed: names of parameters that the variants of a group share. Choices are always shared.
        kin: `unique_id` of the MATH-500 problems that ask for the same kind of thing.
        orbit: the most draws that are one computation (`same`), where the box is too large to count.
        version: raised whenever the same bytes would make another item.
    """

    level: ClassVar[int]
    answer: ClassVar[Answer]
    numbers: ClassVar[Numbers]
    prints: ClassVar[Mapping[str, Kind]] = {}
    words: ClassVar[Mapping[str, Pool]] = {}
    texts: ClassVar[Sequence[str]]
    fixed: ClassVar[Sequence[str]] = ()
    kin: ClassVar[Sequence[str]] = ()
    orbit: ClassVar[int] = 1
    version: ClassVar[int] = 1

    def nice(self, p: Parameters) -> Any:
        """True (or any true value) for numbers that make a problem; a draw of others is repeated."""
        return True

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        """The printed values by placeholder; the parameters by default."""
        return vars(p)

    def same(self, p: Parameters) -> Hashable:
        """The computation: two draws with the same value ask for the same up to commutation.

        By default the values that the texts print, and the choices.
        """
        values = self.printed_values(p)
        return tuple(values[name] for name in self.printed)

    @abstractmethod
    def solve(self, p: Parameters) -> Any:
        """The answer, a value of the answer's type."""

    @abstractmethod
    def check(self, q: Parameters) -> Any:
        """The answer from the values read from the text, by other means than `solve`."""

    @property
    def name(self) -> str:
        """The name of the file: `power-sum-remainder`."""
        return type(self).__module__.rpartition(".")[2].replace("_", "-")

    @property
    def summary(self) -> str:
        """What is asked, from the docstring of the file."""
        text = sys.modules[type(self).__module__].__doc__ or ""
        return " ".join(text.partition(":")[2].split("\n\n")[0].split())

    @property
    def subject(self) -> str:
        """The subject, by the folder of the file."""
        return SUBJECTS[type(self).__module__.split(".")[-2]]

    @property
    def questions(self) -> int:
        """How many questions (choices named `ask`) there are to the same numbers.

        They are different computations, but one worked instance tells the answers to all of them.
        """
        asked = (self.kinds[name] for name in ("ask", "asked") if name in self.kinds)
        return prod(len(kind.phrases) for kind in asked if isinstance(kind, Choice))

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        """The kinds of all values."""
        whole = Whole()
        return {**dict.fromkeys(self.numbers.names, whole), **self.prints}

    @cached_property
    def compiled(self) -> Texts:
        """The texts, compiled."""
        return Texts(self.texts, self.kinds, self.words)

    @cached_property
    def printed(self) -> tuple[str, ...]:
        """The names of the values that the texts print, choices included."""
        choices = [name for name, kind in self.kinds.items() if isinstance(kind, Choice)]
        slots = {slot.name: None for text in self.compiled for slot in text.slots if slot.kind}
        return (*choices, *slots)

    @cached_property
    def shared(self) -> tuple[str, ...]:
        """The parameters that the variants of a group share."""
        choices = (n for n in self.numbers.names if isinstance(self.kinds[n], Choice))
        return (*choices, *self.fixed)

    def draw(self, entropy: bytes, fixed: Mapping[str, Any] | None = None) -> Parameters | None:
        """Uniform parameters for these random bytes; None for a draw that is not nice.

        Args:
            entropy: at least twice as many random bits as the box has.
            fixed: values of some parameters.
        """
        p = self.numbers.draw(Draw(entropy), fixed)
        return p if self.nice(p) else None

    def draw_words(self, entropy: bytes) -> dict[str, Sequence[str]]:
        """A word for every placeholder, different ones from the same pool."""
        draw = Draw(entropy)
        words: dict[str, Sequence[str]] = {}
        left: dict[int, list[str | tuple[str, ...]]] = {}
        for name, pool in self.words.items():
            rest = left.setdefault(id(pool), list(pool))
            word = rest.pop(draw.below(len(rest)))
            words[name] = (word,) if isinstance(word, str) else word
        return words

    def render(self, p: Parameters, text: int, words: Words, style: Style = PLAIN) -> str:
        """The text with that index, printed."""
        values = self.printed_values(p)
        return dress(self.compiled.skeleton(text, values).print(values, words), style)

    def item(self, p: Parameters, text: int, words: Words, style: Style = PLAIN) -> Item:
        """The problem and its answer by `solve`."""
        return Item(self.render(p, text, words, style), self.answer.print(self.solve(p), words), p)

    def examples(self, label: str) -> Iterator[Item]:
        """Items without end for tests and measurements, the same for a label; all texts in turn."""
        made = 0
        for attempt in count():
            p = self.draw(digest(label, self.name, attempt, length=NUMBER_BYTES))
            if p is not None:
                words = self.draw_words(digest(label, "words", attempt + 1, length=WORD_BYTES))
                yield self.item(p, made % len(self.texts), words)
                made += 1

    def read(self, text: str) -> tuple[Parameters, Words]:
        """The values and words of a printed text.

        Raises:
            ValueError: if this template does not print the text.
        """
        values, words = self.compiled.read(text)
        return Parameters(**values), words

    def evaluate(self, text: str) -> str:
        """The answer from the printed text alone, by `check`.

        Raises:
            ValueError: if this template does not print the text.
        """
        q, words = self.read(text)
        return self.answer.print(self.check(q), words)
