"""`map-scale`: a length on a map from the real length and the scale."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from generators.competition.answers import Rationals
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import DecimalNumber
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class MapScale(Template):
    """See the module's docstring."""

    level, answer = 3, Rationals()
    kin = ("test/number_theory/459.json",)
    numbers = Numbers(a=range(2, 10), b=range(7, 41), quarters=range(21, 400))
    prints = {"d": DecimalNumber()}
    words = {
        "name": PEOPLE,
        "place": (
            ("village", "villages"),
            ("tower", "towers"),
            ("lake", "lakes"),
            ("farm", "farms"),
        ),
        "kind": ("hiking", "road", "city", "bicycle"),
    }
    texts = (
        "On a <kind> map, <a> inches stand for <b> miles. If two <place:1> are <d> miles apart, "
        "how many inches apart are they on the map? Express your answer as a common fraction.",
        "A map is drawn so that <a> inches represent <b> miles. How many inches on the map "
        "represent <d> miles? Express your answer as a common fraction.",
        "If <a> centimeters on a map correspond to <b> kilometers, what is the length on the map, "
        "in centimeters, of a road that is <d> kilometers long? Express your answer as a common "
        "fraction.",
        "<name> draws a map of a valley, on which <a> inches on paper are equal to <b> miles in "
        "the valley. The distance from a bridge to a <place> is <d> miles. How many inches long is "
        "this distance on the map? Write the answer as a fraction.",
        "Before a trip, <name> looks at a <kind> map of the region. The legend of the map says "
        "that <a> centimeters on the map are <b> kilometers in reality. The first part of the trip "
        "goes straight from a <place> to a train station, and according to a sign it is <d> "
        "kilometers long. What is the distance between the <place> and the station on the map, in "
        "centimeters, written as a common fraction in lowest terms?",
        "If <a> inches on a map represent <b> miles, how many inches represent <d> miles?",
        "What length on a map, in inches, stands for <d> miles if <a> inches stand for <b> miles?",
        "On a map, <a> centimeters stand for <b> kilometers. Compute the number of centimeters "
        "that stand for <d> kilometers.",
    )

    def nice(self, p: Parameters) -> Any:
        length = self.solve(p)
        return length.denominator not in (1, 2) and length.denominator <= 120 and length <= 60

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {"a": p.a, "b": p.b, "d": Fraction(p.quarters, 4)}

    def solve(self, p: Parameters) -> Any:
        return Fraction(p.a * p.quarters, 4 * p.b)

    def check(self, q: Parameters) -> Any:
        # The number of parts of an inch in which the length is whole.
        parts = 1
        while q.d * parts * q.a % q.b:
            parts += 1
        return Fraction(int(q.d * parts * q.a / q.b), parts)
