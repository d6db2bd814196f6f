"""`turn-about-a-point`: the image of a complex number under quarter turns about another one."""

from __future__ import annotations

from collections.abc import Mapping
from math import cos, radians, sin
from typing import Any

from generators.competition.algebraic import Polynomial
from generators.competition.answers import Complex
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Poly
from generators.competition.template import Template


class TurnAboutAPoint(Template):
    """See the module's docstring."""

    level, answer = 3, Complex()
    kin = (
        "test/precalculus/1291.json",
        "test/precalculus/779.json",
        "test/precalculus/990.json",
    )
    numbers = Numbers(
        a=range(-9, 10),
        b=range(-9, 10),
        c=range(-9, 10),
        d=range(-9, 10),
        angle=(90, 180, 270),
        turn=("left", "right"),
    )
    prints = {
        "z": Poly(),
        "center": Poly(),
        "turn": Choice(left="counter-clockwise", right="clockwise"),
    }
    texts = (
        r"A rotation by $<angle>^\circ$ about $<center>$ in the <turn> direction is applied to $<z>$. "
        "What complex number results?",
        r"Find the image of $<z>$ after a <turn> rotation of $<angle>^\circ$ about $<center>$.",
        r"Let $c=<center>$ and let $z=<z>$. The number $w$ is obtained when $z$ is rotated around "
        r"$c$ by $<angle>^\circ$ in the <turn> direction. Compute $w$.",
        r"The complex number \[z=<z>\] is rotated <turn> through $<angle>^\circ$, where the center "
        r"of the rotation is $<center>$. Find the resulting complex number. Enter your answer in the "
        "form $a+bi$.",
        "On the board of a game, every square is named by a complex number, and a turntable can be "
        "fixed anywhere on the board. It is now fixed at the square $<center>$. A token lies on the "
        "square $<z>$, and the turntable carries it around $<center:again>$ in the <turn> direction "
        r"through an angle of $<angle>^\circ$. Find the complex number that names the square where "
        "the token lies now.",
        r"The number $<z>$ is rotated $<angle>^\circ$ <turn> about $<center>$. Find its image.",
        r"Find the image of \[<z>\] under a <turn> rotation of $<angle>^\circ$ about $<center>$.",
        r"If $<z>$ is rotated $<angle>^\circ$ <turn> about $<center>$, find the result.",
        r"Let $w$ be the image of \[z=<z>\] when $z$ is rotated $<angle>^\circ$ <turn> around "
        "$<center>$. Find $w$.",
    )
    orbit = 2
    version = 2

    def nice(self, p: Parameters) -> Any:
        different = (p.a != p.c or p.b != p.d) and (p.a, p.c) != (0, 0)
        return p.b and p.d and different and all(self.solve(p))

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        z, center = Polynomial([(p.a, ""), (p.b, "i")]), Polynomial([(p.c, ""), (p.d, "i")])
        return {"z": z, "center": center, "angle": p.angle, "turn": p.turn}

    def same(self, p: Parameters) -> object:
        return (p.a, p.b, p.c, p.d, (p.angle if p.turn == "left" else -p.angle) % 360)

    def solve(self, p: Parameters) -> Any:
        x, y = p.a - p.c, p.b - p.d
        for _ in range(p.angle // 90):
            x, y = (-y, x) if p.turn == "left" else (y, -x)
        return x + p.c, y + p.d

    def check(self, q: Parameters) -> Any:
        # The affine map z -> e z + (1 - e) c by real matrices.
        angle = radians(q.angle if q.turn == "left" else -q.angle)
        c, s = round(cos(angle)), round(sin(angle))
        x, y = q.z.coefficient(), q.z.coefficient("i")
        h, k = q.center.coefficient(), q.center.coefficient("i")
        return c * x - s * y + (1 - c) * h + s * k, s * x + c * y - s * h + (1 - c) * k
