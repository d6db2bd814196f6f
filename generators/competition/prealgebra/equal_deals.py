"""`equal-deals`: the possible numbers of players when cards are dealt evenly and within bounds."""

from __future__ import annotations

from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice
from generators.competition.template import Template
from generators.competition.words import PEOPLE

DIVISORS = {n: [d for d in range(1, n + 1) if n % d == 0] for n in range(24, 301)}


class EqualDeals(Template):
    """See the module's docstring."""

    level, answer = 5, Integer()
    kin = ("test/prealgebra/1353.json", "test/prealgebra/805.json", "test/prealgebra/1227.json")
    numbers = Numbers(n=range(24, 301), p=range(2, 7), c=range(2, 10), ask=("count", "most", "sum"))
    prints = {
        "ask": Choice(
            count="How many different numbers of players are possible?",
            most="What is the greatest possible number of players?",
            sum="What is the sum of all possible numbers of players?",
        )
    }
    words = {"name": PEOPLE, "piece": ("stones", "tokens", "tiles", "chips")}
    texts = (
        "All <n> cards of a game are dealt out so that every player gets equally many. There are at "
        "least <p> players, and each gets at least <c> cards. <ask>",
        "At the start of a game, <n> <piece> are shared equally among <p> or more players, and every "
        "player has <c> or more <piece>. <ask>",
        "<name> deals all cards of a deck of <n> to $x$ players, $y$ cards to each of them. We know "
        r"that $x\ge <p>$ and $y\ge <c>$. <ask>",
        "On a rainy afternoon, <name> finds an old game in the attic. The rules are lost, but "
        "there are <n> <piece> in the box. On the lid one can read that the game is made for <p> "
        "players or more, that the <piece> are divided equally among the players with none left "
        "over, and that no player starts with fewer than <c> of them. <ask>",
        "A teacher divides <n> <piece> equally among the players of a game, and none of the <piece> "
        "remain. If there are at least <p> players, and if every player needs at least <c> <piece>, "
        "then there are only a few numbers of players that work. <ask>",
        "Some players share <n> coins evenly. There are no fewer than <p> players and no fewer than "
        "<c> coins for each one. <ask>",
        "Some players share <n> <piece> equally. There are <p> or more players, and each gets <c> "
        "or more. <ask>",
        "At least <p> players share <n> cards equally and get at least <c> each. <ask>",
    )

    def nice(self, p: Parameters) -> Any:
        return 3 <= len(self.players(p)) <= 12

    def players(self, p: Parameters) -> list[int]:
        """The possible numbers of players: the divisors from p.p to n / p.c."""
        return [x for x in DIVISORS[p.n] if p.p <= x <= p.n // p.c]

    def solve(self, p: Parameters) -> Any:
        players = self.players(p)
        return {"count": len(players), "most": players[-1], "sum": sum(players)}[p.ask]

    def check(self, q: Parameters) -> Any:
        # By the cards of a player.
        found = []
        for cards in range(q.n, q.c - 1, -1):
            people, left = divmod(q.n, cards)
            if not left and people >= q.p:
                found.append(people)
        if q.ask == "sum":
            return sum(found)
        return max(found) if q.ask == "most" else len(set(found))
