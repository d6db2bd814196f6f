"""`after-removal`: the fraction of one kind after as many of each kind are taken away."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from generators.competition.answers import Rationals
from generators.competition.numbers import Numbers, Parameters
from generators.competition.template import Template
from generators.competition.words import PEOPLE

FRUIT = ("apples", "pears", "plums", "lemons", "oranges", "peaches", "mangoes")
TOYS = ("dolls", "cars", "balls", "puzzles", "kites", "trains")
BOOKS = ("novels", "cookbooks", "atlases", "diaries", "comics", "dictionaries")


class AfterRemoval(Template):
    """See the module's docstring."""

    level, answer = 4, Rationals()
    kin = ("test/prealgebra/1356.json", "test/intermediate_algebra/1510.json")
    numbers = Numbers(a=range(5, 23), b=range(5, 23), c=range(5, 23), r=range(2, 5))
    words = {
        "one": FRUIT, "two": FRUIT, "three": FRUIT, "toy": TOYS, "toy2": TOYS, "toy3": TOYS,
        "book": BOOKS, "book2": BOOKS, "book3": BOOKS, "name": PEOPLE,
    }  # fmt: skip
    texts = (
        "Three crates hold <a> <one>, <b> <two>, and <c> <three>, one kind in each crate. <r:Word> "
        "pieces of fruit are taken out of every crate. What fraction of the remaining fruit are "
        "<two>? Express your answer as a common fraction.",
        "A box contains <a> <toy>, <b> <toy2>, and <c> <toy3>. If <r> toys of each kind are lost, "
        "what fraction of the toys that are left are <toy2>?",
        "<name> has three shelves. The first one holds <a> <book>, the second one <b> <book2>, and "
        "the third one <c> <book3>. Now <name:1> gives away <r:word> books from each shelf. What "
        "fraction of the books still on the shelves are <book2>?",
        "In an aquarium there are <a> red fish, <b> blue fish, and <c> yellow fish. Then <r> fish of "
        "each color are sold. What fraction of the remaining fish are blue? Express your "
        "answer as a common fraction.",
        "The three classes of a small school go to a concert together. There are <a> children from "
        "class A, <b> children from class B, and <c> children from class C on the bus. At the first "
        "stop, <r:word> children of every class get off because they want to walk the rest of the "
        "way. Nobody else gets on or off before the bus reaches the concert hall. Of the children "
        "who are on the bus at the end, what fraction are from class B?",
        "A drawer has <a> black socks, <b> gray socks, and <c> white socks in it. After <r> socks of "
        "each color are taken out, what fraction of the socks in the drawer are gray?",
        "If <r> balls of each color are taken from <a> red, <b> blue, and <c> green ones, what "
        "fraction of the rest is blue?",
        "A jar has <a> red, <b> white, and <c> pink beads. If <r> of each color are lost, what "
        "fraction of the rest is white?",
        "There are <a> brown, <b> black, and <c> gray horses. After <r> of each color have left, "
        "compute the fraction of the remaining horses that are black.",
    )

    def nice(self, p: Parameters) -> Any:
        return len({p.a, p.b, p.c}) == 3 and p.b > p.r + 1

    def same(self, p: Parameters) -> object:
        return (p.r, p.b, *sorted((p.a, p.c)))

    def solve(self, p: Parameters) -> Any:
        return Fraction(p.b - p.r, p.a + p.b + p.c - 3 * p.r)

    def check(self, q: Parameters) -> Any:
        things = ["a"] * q.a + ["b"] * q.b + ["c"] * q.c
        for kind in "abc" * q.r:
            things.remove(kind)
        return Fraction(things.count("b"), len(things))
