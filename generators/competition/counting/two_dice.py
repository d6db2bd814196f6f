"""`two-dice`: the probability that the sum, product or difference of two fair dice is of a kind."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from generators.competition.answers import Rationals
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Kind, Words
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class Faces(Kind):
    """The numbers of faces of two dice, or of sectors of two spinners, by the words for `thing`."""

    pattern = (
        r"\d+ [a-z]+ each, numbered from 1 to \d+|"
        r"[a-z]+ numbered from 1 to \d+ and from 1 to \d+, respectively"
    )

    def print(self, value: tuple[int, int], words: Words) -> str:
        a, b = value
        noun = words["thing"][1]
        if a == b:
            return f"{a} {noun} each, numbered from 1 to {a}"
        return f"{noun} numbered from 1 to {a} and from 1 to {b}, respectively"

    def read(self, text: str, words: Words) -> tuple[int, int]:
        found = re.findall(r"\d+", text)
        return (int(found[0]),) * 2 if "each" in text else (int(found[1]), int(found[3]))


class TwoDice(Template):
    """See the module's docstring."""

    level, answer = 4, Rationals()
    kin = (
        "test/counting_and_probability/1114.json",
        "test/counting_and_probability/51.json",
        "test/prealgebra/1742.json",
    )
    numbers = Numbers(
        event=("product", "sum", "above", "apart", "below"),
        faces=[(a, b) for a in range(4, 17) for b in range(a, 17)],
        k=range(2, 26),
    )
    prints = {
        "faces": Faces(),
        "event": Choice(
            # The worked example is read and not drawn.
            worked="multiplies what they show. <likely> <name:2> product is a multiple of "
            "<k><likely:1>",
            product="takes the product. <likely> the result is one of the multiples of <k><likely:1>",
            sum="takes the sum. <likely> the result is one of the multiples of <k><likely:1>",
            above="takes the sum. <likely> the result is greater than <k><likely:1>",
            apart="takes the positive difference. <likely> the result is at least <k><likely:1>",
            below="takes the product. <likely> the result is less than <k><likely:1>",
        ),
    }
    words = {
        "thing": (("dice", "faces", "throws"), ("spinners", "sectors", "spins")),
        "likely": (
            ("How likely is it that", "?"),
            ("What is the probability that", "?"),
            ("Find the probability that", "."),
        ),
        "name": PEOPLE,
    }
    texts = (
        "Two fair <thing> have <faces>. <name> <thing:2> both and <event> Express your answer as a "
        "common fraction.",
        "<name> has two fair <thing>, which have <faces>. <name:1^> <thing:2> both and <event>",
        "Two fair <thing> have <faces>. <name> <thing:2> both and <event>",
        "<name> <thing:2> two fair <thing> that have <faces>, and <event>",
        "<name> <thing:2> each of two fair <thing>, which have <faces>, and <event>",
        "A game is played on a board of squares, and two fair <thing> decide how far a player may move "
        "forward. They have <faces>. On each turn, the player has to use both of them once. Now it is "
        "the turn of <name>, who <thing:2> the two and <event> Give your answer in lowest terms.",
    )
    version = 2

    def nice(self, p: Parameters) -> Any:
        if p.event in ("product", "sum"):
            possible = 3 <= p.k <= 12
        elif p.event == "above":
            possible = 4 <= p.k < sum(p.faces) - 1
        elif p.event == "apart":
            possible = p.k < p.faces[1] - 1
        else:
            possible = 5 <= p.k < p.faces[0] * p.faces[1]
        return possible and self.solve(p) not in (0, Fraction(1, 2), 1)

    def solve(self, p: Parameters) -> Any:
        (a, b), k = p.faces, p.k
        if p.event == "product":
            hits = sum(1 for x in range(1, a + 1) for y in range(1, b + 1) if x * y % k == 0)
        elif p.event == "sum":
            hits = sum((b + x) // k - x // k for x in range(1, a + 1))
        elif p.event == "above":
            hits = sum(min(b, max(0, b + x - k)) for x in range(1, a + 1))
        elif p.event == "apart":
            hits = sum(max(0, x - k) + max(0, b - x - k + 1) for x in range(1, a + 1))
            hits -= sum(x - k - b for x in range(k + b + 1, a + 1))
        else:
            hits = sum(min(b, (k - 1) // x) for x in range(1, a + 1))
        return Fraction(hits, a * b)

    def check(self, q: Parameters) -> Any:
        (a, b), k = q.faces, q.k
        hits = 0
        for x in range(1, a + 1):
            for y in range(1, b + 1):
                hits += {
                    "worked": x * y % k == 0,
                    "product": x * y in range(0, a * b + 1, k),
                    "sum": x + y in range(0, a + b + 1, k),
                    "above": x + y > k,
                    "apart": abs(x - y) >= k,
                    "below": x * y < k,
                }[q.event]
        return Fraction(hits, a * b)
