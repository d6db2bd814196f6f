"""`parallel-lines`: the distance of two parallel lines in space."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import product
from math import gcd
from typing import Any

from generators.competition.algebraic import square_root
from generators.competition.answers import Radical
from generators.competition.numbers import Numbers, Parameters
from generators.competition.precalculus.surds import root_by_search
from generators.competition.printed import MatrixOf
from generators.competition.template import Template


def _directions() -> Iterator[tuple[int, ...]]:
    """Directions in lowest terms with one 0 at most."""
    for d in product(range(-4, 5), repeat=3):
        if d.count(0) < 2 and gcd(*d) == 1:
            yield d


class ParallelLines(Template):
    """See the module's docstring."""

    level, answer = 5, Radical()
    kin = ("test/precalculus/1172.json", "test/precalculus/902.json")
    numbers = Numbers(
        **{f"p{place}": range(-9, 10) for place in (1, 2, 3)},
        **{f"gap{place}": range(-8, 9) for place in (1, 2, 3)},
        d=tuple(_directions()),
        factor=(-3, -2, -1, 2, 3),
    )
    prints = {name: MatrixOf(3) for name in ("p", "q", "d", "e")}
    words = {"t": (("t", "u"), ("s", "t"), ("u", "v"), ("r", "s"))}
    texts = (
        r"Two parallel lines are given by \[<p>+<t> <d> \quad \text{and} \quad <q>+<t:1> <e>.\] Find "
        "the distance between them.",
        r"The line $<p>+<t> <d>$ is parallel to the line $<q>+<t:1> <e>$. Compute the distance "
        "between the two lines.",
        r"Let $\ell$ be the line \[<p>+<t> <d>,\] and let $m$ be the line \[<q>+<t:1> <e>.\] The two "
        "lines do not meet, but they have the same direction. Find the distance between them.",
        r"One line passes through the point $P$ and another one passes through the point $Q$. The "
        r"first line is described by \[\overrightarrow{OP}+<t> <d>, \quad \text{where } "
        r"\overrightarrow{OP}=<p>,\] and the second line is described by \[\overrightarrow{OQ}+<t:1> "
        r"<e>, \quad \text{where } \overrightarrow{OQ}=<q>.\] The two lines are parallel. Find the "
        "distance between them. Express your answer in simplest radical form.",
        r"Two straight tunnels run in the same direction under a mountain. The axis of the first "
        r"tunnel is the line \[<p>+<t> <d>,\] and the axis of the second tunnel is the line "
        r"\[<q>+<t:1> <e>.\] A passage between the two axes is going to be built, and it should be as "
        "short as possible. Find the length of the passage, in simplest radical form.",
        "Find the distance between the parallel lines $<p>+<t> <d>$ and $<q>+<t:1> <e>$.",
        r"Compute the distance between the parallel lines \[<p>+<t> <d> \quad \text{and} \quad "
        r"<q>+<t:1> <e>.\]",
        "The lines $<p>+<t> <d>$ and $<q>+<t:1> <e>$ are parallel. Find the distance between them.",
    )
    version = 2

    def nice(self, p: Parameters) -> Any:
        far = max(abs(p.p1 + p.gap1), abs(p.p2 + p.gap2), abs(p.p3 + p.gap3))
        if far > 10 or (p.gap1, p.gap2, p.gap3).count(0) > 1:
            return False
        distance = self.solve(p)
        return 1 < distance.radicand <= 60 and distance.coefficient.denominator <= 9

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        q = (p.p1 + p.gap1, p.p2 + p.gap2, p.p3 + p.gap3)
        return {"p": (p.p1, p.p2, p.p3), "q": q, "d": p.d, "e": tuple(p.factor * e for e in p.d)}

    def solve(self, p: Parameters) -> Any:
        a, b, c = p.d
        x, y, z = p.gap2 * c - p.gap3 * b, p.gap3 * a - p.gap1 * c, p.gap1 * b - p.gap2 * a
        return square_root(Fraction(x * x + y * y + z * z, a * a + b * b + c * c))

    def check(self, q: Parameters) -> Any:
        # The least value of the square |q - p + t e|^2 = a t^2 + 2 b t + c.
        w = [f - e for e, f in zip(q.p, q.q, strict=True)]
        a, c = sum(e * e for e in q.e), sum(e * e for e in w)
        b = sum(e * f for e, f in zip(q.e, w, strict=True))
        t = -b / a
        return root_by_search(a * t * t + 2 * b * t + c)
