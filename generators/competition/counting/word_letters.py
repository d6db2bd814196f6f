"""`word-letters`: the arrangements of the letters of two words, one of them under a condition."""

from __future__ import annotations

from collections import Counter
from functools import cache
from math import factorial, prod
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Name
from generators.competition.template import Template

WORDS = (
    "CANOE COMET ARENA EAGLE COCOA KAYAK DADDY GEESE GARDEN ROCKET KITTEN RABBIT POTATO STREET TSETSE "
    "ALPACA BUBBLE PAPAYA PEPPER DEEDED TEEPEE VOODOO BEDROOM VILLAGE COCONUT ROOSTER OPINION CARAVAN "
    "PAJAMAS ANTENNA TERRIER POSSESS REFEREE ELEPHANT SQUIRREL MUSHROOM SLIPPERS HONOLULU SEASHELL "
    "CINNAMON COLORADO ANACONDA TOMORROW LOLLIPOP NONSENSE NINETEEN SCISSORS COOKBOOK BUTTERCUP "
    "ARMADILLO PINEAPPLE PEPPERONI BEGINNING CATAMARAN FOOTSTOOL SEVENTEEN COMMITTEE"
).split()


def form(word: str) -> tuple[int, ...]:
    """How often the letters of a word occur, sorted."""
    return tuple(sorted(Counter(word).values()))


def starts() -> list[tuple[str, str]]:
    """Words with one of their letters, for every number of times that a letter occurs in a word."""
    return [(w, {w.count(x): x for x in sorted(w)}[n]) for w in WORDS for n in sorted({*form(w)})]


class WordLetters(Template):
    """See the module's docstring."""

    level, answer = 2, Integer()
    kin = ("test/counting_and_probability/1060.json", "test/counting_and_probability/913.json")
    numbers = Numbers(
        tail=("sum first", "sum later", "difference first", "difference later"),
        word=WORDS,
        other=starts(),
    )
    prints = {
        "word": Name(*WORDS),
        "second": Name(*WORDS),
        "letter": Name(*"ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        # One word alone has fewer than 2^12 forms. This problem is read and not drawn.
        "tail": Choice(
            {
                "one": "?",
                "sum first": "? In how many ways can the letters of <second> be arranged if <letter> "
                "comes first? <find> the sum of the two results<find:1>",
                "sum later": "? In how many ways can the letters of <second> be arranged if <letter> "
                "does not come first? <find> the sum of the two results<find:1>",
                "difference first": "? In how many ways can the letters of <second> be arranged if "
                "<letter> "
                "comes first? <find> the positive difference of the two results<find:1>",
                "difference later": "? In how many ways can the letters of <second> be arranged if "
                "<letter> "
                "does not come first? <find> the positive difference of the two results<find:1>",
            }
        ),
    }
    words = {"find": (("Find", "."), ("What is", "?"), ("Compute", "."), ("How large is", "?"))}
    texts = (
        "In how many different orders can the letters of the word <word> be written<tail>",
        "In how many ways can we arrange the letters of <word><tail>",
        "In how many orders can one write the letters of <word><tail>",
        "In how many ways can the letters of <word> be arranged<tail>",
        "A child plays with wooden letters that all have the same color and size, so that two copies "
        "of the same letter look alike. The child uses the letters of words to form rows, whether or "
        "not a row makes any sense. In how many orders can the letters of <word> be put into a "
        "row<tail>",
        "Two rows of letters are the same if they agree in every place. In how many orders can we "
        "write the letters of the word <word><tail>",
    )

    def printed_values(self, p: Parameters) -> dict[str, Any]:
        return {"tail": p.tail, "word": p.word, "second": p.other[0], "letter": p.other[1]}

    def nice(self, p: Parameters) -> Any:
        return p.word != p.other[0] and self.solve(p) and self.solve(p) <= 100_000

    def same(self, p: Parameters) -> object:
        word, letter = p.other
        return (p.tail, form(p.word), form(word), word.count(letter))

    def solve(self, p: Parameters) -> Any:
        (word, letter), rule = p.other, p.tail.split()
        one, two = (factorial(len(w)) // prod(map(factorial, form(w))) for w in (p.word, word))
        first = two * word.count(letter) // len(word)
        other = first if rule[1] == "first" else two - first
        return one + other if rule[0] == "sum" else abs(one - other)

    def check(self, q: Parameters) -> Any:
        one = arrangements("".join(sorted(q.word)))
        if q.tail == "one":
            return one
        rule = q.tail.split()
        letters = "".join(sorted(q.second))
        other = sum(
            arrangements(letters.replace(x, "", 1))
            for x in set(letters)
            if (x == q.letter) == (rule[1] == "first")
        )
        return one + other if rule[0] == "sum" else max(one, other) - min(one, other)


@cache
def arrangements(letters: str) -> int:
    """The different arrangements of sorted letters, by their first letter."""
    return sum(arrangements(letters.replace(x, "", 1)) for x in set(letters)) if letters else 1
