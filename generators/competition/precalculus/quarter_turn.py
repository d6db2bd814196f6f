"""`quarter-turn`: the image of a complex number under quarter turns about the origin."""

from __future__ import annotations

from collections.abc import Mapping
from math import cos, radians, sin
from typing import Any

from generators.competition.algebraic import Polynomial
from generators.competition.answers import Complex
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Poly
from generators.competition.template import Template

PARTS = [part for part in range(-12, 13) if part]
SMALL = [part for part in range(-5, 6) if part]


class QuarterTurn(Template):
    """See the module's docstring."""

    level, answer = 2, Complex()
    kin = ("test/precalculus/779.json", "test/precalculus/1291.json")
    numbers = Numbers(
        a=PARTS,
        b=PARTS,
        c=SMALL,
        d=SMALL,
        angle=(90, 180, 270),
        turn=("left", "right"),
        then=("stop", "add", "multiply"),
    )
    prints = {
        "z": Poly(),
        "w": Poly(),
        "turn": Choice(left="counter-clockwise", right="clockwise"),
        "then": Choice(
            stop="What is the resulting complex number?",
            add="Then $<w>$ is added to the result. Find the sum.",
            multiply="The result is then multiplied by $<w>$. Find the product.",
        ),
    }
    texts = (
        r"The number $<z>$ is rotated about the origin by $<angle>^\circ$ in the <turn> direction. "
        "<then>",
        r"Rotate $<z>$ about $0$ by $<angle>^\circ$ in the <turn> direction. <then>",
        r"A rotation of $<angle>^\circ$ about the origin in the <turn> direction maps \[z=<z>\] to "
        "another complex number. <then>",
        r"In the complex plane, the point $P$ represents the number $<z>$. The plane is turned "
        r"through $<angle>^\circ$ around the origin in the <turn> direction, and $P$ moves to a new "
        "point, which represents another complex number. <then>",
        "The picture on a radar screen is described by the complex plane, and the antenna stands at "
        "the origin. A small boat is seen at the point $<z>$. Then the whole picture is rotated "
        r"about the antenna by $<angle>^\circ$ in the <turn> direction, so that the boat appears at "
        "another complex number. <then>",
        r"The number $<z>$ is rotated $<angle>^\circ$ <turn> around the origin. <then>",
        r"The complex number \[<z>\] is rotated $<angle>^\circ$ <turn> about the origin. <then>",
        r"Turn $<z>$ around $0$ by $<angle>^\circ$ <turn>. <then>",
    )
    orbit = 200

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        z, w = Polynomial([(p.a, ""), (p.b, "i")]), Polynomial([(p.c, ""), (p.d, "i")])
        return {"z": z, "w": w, "angle": p.angle, "turn": p.turn, "then": p.then}

    def same(self, p: Parameters) -> object:
        quarters = (p.angle if p.turn == "left" else -p.angle) % 360
        return (p.a, p.b, quarters, p.then, p.then != "stop" and (p.c, p.d))

    def solve(self, p: Parameters) -> Any:
        a, b = p.a, p.b
        for _ in range(p.angle // 90):
            a, b = (-b, a) if p.turn == "left" else (b, -a)
        if p.then == "add":
            return a + p.c, b + p.d
        return (a * p.c - b * p.d, a * p.d + b * p.c) if p.then == "multiply" else (a, b)

    def check(self, q: Parameters) -> Any:
        angle = radians(q.angle if q.turn == "left" else -q.angle)
        c, s = round(cos(angle)), round(sin(angle))
        x, y = int(q.z.coefficient()), int(q.z.coefficient("i"))
        image = complex(c * x - s * y, s * x + c * y)
        if q.then != "stop":
            w = complex(q.w.coefficient(), q.w.coefficient("i"))
            image = image + w if q.then == "add" else image * w
        return int(image.real), int(image.imag)
