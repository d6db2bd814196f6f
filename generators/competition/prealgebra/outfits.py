"""`outfits`: the number of choices of one thing of every kind, one kind optional, some pairs banned."""

from __future__ import annotations

from itertools import product
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class Outfits(Template):
    """See the module's docstring."""

    level, answer = 4, Integer()
    kin = ("test/prealgebra/307.json", "test/prealgebra/1128.json")
    numbers = Numbers(a=range(2, 10), b=range(3, 10), c=range(2, 10), d=range(2, 10), k=range(2, 9))
    words = {"name": PEOPLE}
    texts = (
        "<name> has <a> shirts, <b> pairs of pants, <c> pairs of shoes, and <d> hats. An outfit "
        "consists of one shirt, one pair of pants, one pair of shoes, and, if <name:1> likes, one "
        "hat. There are <k> pairs of pants that <name:1> never wears with the red shirt. How many "
        "outfits can <name> make?",
        "A meal is one of <a> soups, one of <b> main dishes, one of <c> cakes, and at most one of "
        "<d> drinks. The fish soup is not served before <k> of the main dishes. How many meals are "
        "there?",
        "For a school play, every actor needs one of <a> wigs, one of <b> coats, and one of <c> "
        "pairs of boots. It is also allowed to carry one of <d> swords, but nobody has to. If the "
        "gold wig cannot be combined with <k> of the coats, how many costumes are possible?",
        "At an ice cream shop, a sundae is made of one of <a> flavors, one of <b> sauces, and one of "
        "<c> kinds of nuts. On top there is one of <d> fruits or no fruit at all. Since mint is one "
        "of the flavors and does not taste good together with <k> of the sauces, the shop refuses to "
        "sell these combinations. All other sundaes can be ordered. How many sundaes can be ordered?",
        "A robot kit has <a> heads, <b> bodies, and <c> pairs of legs, and a robot needs one of "
        "each. It can also get one of <d> antennas, or none. The big head does not fit <k> of the "
        "bodies. How many robots can be built?",
        "How many ways are there for <name> to choose one of <a> tents, one of <b> mats, one of <c> "
        "sleeping bags, and at most one of <d> lamps, if <k> of the mats are too long to be used "
        "in the smallest tent?",
        "How many ways are there to pick a cap out of <a>, a coat out of <b>, a bag out of <c>, "
        "and at most one of <d> pins, if one of the caps must not be worn with <k> of the coats?",
        "A bouquet has one of <a> roses, one of <b> lilies, one of <c> ribbons, and at most one of "
        "<d> cards. One of the roses must not be combined with <k> of the lilies. How many bouquets "
        "are possible?",
    )
    version = 2

    def nice(self, p: Parameters) -> Any:
        return p.k < p.b

    def same(self, p: Parameters) -> object:
        return (p.k, p.c, p.d, *sorted((p.a, p.b)))

    def solve(self, p: Parameters) -> Any:
        return (p.a * p.b - p.k) * p.c * (p.d + 1)

    def check(self, q: Parameters) -> Any:
        pairs = [(i, j) for i, j in product(range(q.a), range(q.b)) if i > 0 or j >= q.k]
        extras = [None, *range(q.d)]
        return sum(1 for _ in product(pairs, range(q.c), extras))
