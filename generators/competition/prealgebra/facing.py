"""`facing`: the direction of the compass after one or two turns of many degrees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.competition.answers import Text
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Name, Whole
from generators.competition.template import Template
from generators.competition.words import PEOPLE

ROSE = "north northeast east southeast south southwest west northwest".split()


class Facing(Template):
    """See the module's docstring."""

    level, answer = 1, Text()
    kin = ("test/prealgebra/105.json",)
    numbers = Numbers(
        at=range(8),
        i=range(5, 41),
        j=range(5, 41),
        s=("left", "right"),
        u=("left", "right"),
        rose=("four", "eight"),
        turn=("one", "two"),
    )
    prints = {
        "start": Name(*ROSE),
        "a": Whole(),
        "b": Whole(),
        "s": Name("left", "right"),
        "u": Name("left", "right"),
        "rose": Choice(four=" (north, south, east, or west)", eight=""),
        "turn": Choice(
            one="<a> degrees to the <s>",
            two="<a> degrees to the <s> and after that <b> degrees to the <u>",
        ),
    }
    words = {"name": PEOPLE}
    texts = (
        "A weather vane points <start> and then turns <turn>. In which direction<rose> does it point "
        "now?",
        "<name> looks <start> and turns <turn>. Which way<rose> does <name:1> look then?",
        "The needle of a toy compass is set to <start>. A child spins it <turn>. What "
        "direction<rose> does the needle show in the end?",
        "If you stand facing <start> and spin <turn>, which direction<rose> will you be facing?",
        "A robot stands in the middle of a large hall, and the camera on its head looks <start>. "
        "Because of an error in its program, the robot does not walk at all. It only spins on the "
        "spot, <turn>. After that it stops and takes a picture. In which direction<rose> was the "
        "camera looking when the picture was taken?",
        "At the start of her dance, a ballerina faces <start>. Then she spins <turn>. In which "
        "direction<rose> does she look after that?",
        "<name> faces <start> and turns <turn>. Which way<rose> does <name:1> face now?",
        "Facing <start>, you turn <turn>. In which direction<rose> do you look now?",
        "A compass needle points <start>. It turns <turn>. Name the direction<rose> in which it "
        "points now.",
    )

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        step = 90 if p.rose == "four" else 45
        return {**vars(p), "start": ROSE[p.at], "a": p.i * step, "b": p.j * step}

    def nice(self, p: Parameters) -> Any:
        # Where the text tells one turn, the other numbers are the first ones.
        if p.turn == "one" and (p.j, p.u) != (5, "left"):
            return False
        sides = {"left": -1, "right": 1}
        turn = p.i * sides[p.s] + (p.j * sides[p.u] if p.turn == "two" else 0)
        return turn % (4 if p.rose == "four" else 8) and (p.rose == "eight" or p.at % 2 == 0)

    def same(self, p: Parameters) -> object:
        turns = ((p.i, p.s), (p.j, p.u)) if p.turn == "two" else ((p.i, p.s),)
        return (p.at, p.rose, tuple(sorted(turns)))

    orbit = 2

    def solve(self, p: Parameters) -> Any:
        step = 2 if p.rose == "four" else 1
        turn = p.i * (step if p.s == "right" else -step)
        if p.turn == "two":
            turn += p.j * (step if p.u == "right" else -step)
        return ROSE[(p.at + turn) % 8]

    def check(self, q: Parameters) -> Any:
        turns = [(q.a, q.s), (q.b, q.u)] if q.turn == "two" else [(q.a, q.s)]
        facing = q.start
        for degrees, side in turns:
            circle = ROSE if side == "right" else ROSE[::-1]
            for _ in range(0, degrees, 45):
                facing = circle[(circle.index(facing) + 1) % 8]
        return facing
