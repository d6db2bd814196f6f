"""`block-in-row`: choose things of two kinds and stand them in a row under a condition."""

from __future__ import annotations

from itertools import combinations, pairwise
from math import comb, factorial, perm
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import FORMATS, Choice
from generators.competition.template import Template

CHOSEN = "are given. <count> rows of <r> <thing> and <s> <thing:1><count:1> "


class BlockInRow(Template):
    """See the module's docstring."""

    level, answer = 3, Integer()
    kin = (
        "test/counting_and_probability/508.json",
        "test/counting_and_probability/1014.json",
        "test/counting_and_probability/134.json",
    )
    numbers = Numbers(
        rule=("together", "apart", "loose", "ends", "left", "blocks"),
        n=range(3, 13),
        b=range(3, 13),
        r=range(2, 7),
        s=range(2, 7),
    )
    prints = {
        **dict.fromkeys("nbrs", FORMATS["word"]),
        # The problem without a choice has fewer than 2^12 members. It is read and not drawn.
        "rule": Choice(
            all="stand on a shelf. In how many orders can they stand if the <b:again> <thing:1> "
            "have to be side by side?",
            together=CHOSEN + "all <thing:1> in a row are side by side<count:2>",
            apart=CHOSEN + "no two <thing:1> are side by side<count:2>",
            loose=CHOSEN + "the <thing:1> in a row are not all side by side<count:2>",
            ends=CHOSEN + "<thing> are at both ends<count:2>",
            left=CHOSEN + "one of the <thing> is at the left end<count:2>",
            blocks=CHOSEN + "the <thing> are side by side and so are the <thing:1><count:2>",
        ),
    }
    words = {
        "thing": (
            ("novels", "atlases"),
            ("plates", "bowls"),
            ("vases", "candles"),
            ("shells", "stones"),
            ("puppets", "toy cars"),
        ),
        "count": (
            ("How many", " are possible if", "?"),
            ("How many", " can be made if", "?"),
            ("What is the number of", ", if", "?"),
            ("Find the number of", ", if", "."),
        ),
    }
    texts = (
        "<n:Word> different <thing> and <b> different <thing:1> <rule>",
        "<n:Word> <thing> and <b> <thing:1>, no two alike, <rule>",
        "Suppose that <n> different <thing> and <b> different <thing:1> <rule>",
        "Two rows are alike only if they have the same thing in each place. <n:Word> different <thing> "
        "and <b> different <thing:1> <rule>",
        "A room has been painted, and the only shelf in it is still empty. What used to stand there "
        "was packed away for some weeks, and now it comes back. <n:Word> different <thing> and <b> "
        "different <thing:1> <rule> Two rows are the same only if they hold the same things in the "
        "same order from left to right.",
    )

    def nice(self, p: Parameters) -> Any:
        if p.r >= p.n or p.s >= p.b or (p.rule == "apart" and p.s > p.r + 1):
            return False
        if p.rule == "blocks" and (p.n, p.r) < (p.b, p.s):
            return False
        return self.solve(p) <= 20_000_000

    def solve(self, p: Parameters) -> Any:
        r, s = p.r, p.s
        rows = {
            "together": factorial(r + 1) * factorial(s),
            "apart": factorial(r) * perm(r + 1, s),
            "loose": factorial(r + s) - factorial(r + 1) * factorial(s),
            "ends": r * (r - 1) * factorial(r + s - 2),
            "left": r * factorial(r + s - 1),
            "blocks": 2 * factorial(r) * factorial(s),
        }[p.rule]
        return comb(p.n, r) * comb(p.b, s) * rows

    def check(self, q: Parameters) -> Any:
        r, s = (q.n, q.b) if q.rule == "all" else (q.r, q.s)
        patterns = 0
        for places in combinations(range(r + s), s):  # where the things of the second kind stand
            steps = [y - x for x, y in pairwise(places)]
            block = max(steps) == 1
            patterns += {
                "all": block,
                "together": block,
                "apart": min(steps) > 1,
                "loose": not block,
                "ends": places[0] > 0 and places[-1] < r + s - 1,
                "left": places[0] > 0,
                "blocks": block and (places[0] == 0 or places[-1] == r + s - 1),
            }[q.rule]
        # Which thing comes first, second, ... on the places of its kind.
        for kind, used in ((q.n, r), (q.b, s)):
            for taken in range(used):
                patterns *= kind - taken
        return patterns
