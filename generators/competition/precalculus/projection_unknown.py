"""`projection-unknown`: an unknown entry of a vector from its projection onto another one."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, MatrixOf, Number
from generators.competition.template import Template


class ProjectionUnknown(Template):
    """See the module's docstring."""

    level, answer = 2, Integer()
    kin = ("test/precalculus/34.json", "test/precalculus/625.json", "test/precalculus/356.json")
    numbers = Numbers(
        v1=range(-4, 5),
        v2=range(-4, 5),
        v3=range(-4, 5),
        e=range(-9, 10),
        f=range(-9, 10),
        hidden=range(-12, 13),
        place=(0, 1, 2),
    )
    prints = {
        "u": MatrixOf(3),
        "v": MatrixOf(3),
        "ratio": Number(),
        "place": Choice({0: "x", 1: "y", 2: "z"}),
    }
    texts = (
        r"The projection of $<u>$ onto $<v>$ is \[<ratio> <v:again>.\] Find $<place>$.",
        r"If the projection of $<u>$ onto $\mathbf{v}=<v>$ is $<ratio> \mathbf{v}$, find $<place>$.",
        r"Let $\mathbf{a}=<u>$ and $\mathbf{b}=<v>$, where $<place>$ is a real number. If "
        r"\[\operatorname{proj}_{\mathbf{b}} \mathbf{a}=<ratio> \mathbf{b},\] find the value of "
        "$<place>$.",
        r"For a certain value of $<place>$, the vector \[\mathbf{w}=<ratio> <v>\] is the projection "
        r"of $<u>$ onto $<v:again>$. Compute $<place>$.",
        r"A lamp hangs far above the line through the origin in the direction of $\mathbf{v}=<v>$, "
        r"and its rays meet the line at right angles. The arrow from the origin to the tip of "
        r"$\mathbf{u}=<u>$ therefore throws the shadow \[\operatorname{proj}_{\mathbf{v}} "
        r"\mathbf{u}=<ratio> \mathbf{v}\] on the line. Find the missing entry $<place>$.",
        "If the projection of $<u>$ onto $<v>$ is $<ratio> <v:again>$, compute $<place>$.",
        r"Find $<place>$ if $\operatorname{proj}_{\mathbf{v}} <u>=<ratio> \mathbf{v}$, where "
        r"$\mathbf{v}=<v>$.",
        r"Let $\mathbf{v}=<v>$. Find $<place>$ if \[\operatorname{proj}_{\mathbf{v}} <u>=<ratio> "
        r"\mathbf{v}.\]",
    )
    orbit = 6

    def nice(self, p: Parameters) -> Any:
        v = (p.v1, p.v2, p.v3)
        if not v[p.place] or v.count(0) > 1:
            return False
        ratio = self.printed_values(p)["ratio"]
        return ratio and ratio.denominator > 1

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        v, u = (p.v1, p.v2, p.v3), [p.e, p.f]
        u.insert(p.place, p.hidden)
        dot = sum(a * b for a, b in zip(u, v, strict=True))
        ratio = Fraction(dot, sum(b * b for b in v))
        entries = tuple("xyz"[p.place] if i == p.place else e for i, e in enumerate(u))
        return {"u": entries, "v": v, "ratio": ratio, "place": p.place}

    def same(self, p: Parameters) -> object:
        v = [p.v1, p.v2, p.v3]
        beside = v.pop(p.place)
        pairs = sorted(zip((p.e, p.f), v, strict=True))
        return (p.hidden, beside, *pairs)

    def solve(self, p: Parameters) -> Any:
        values = self.printed_values(p)
        known = sum(
            a * b for a, b in zip(values["u"], values["v"], strict=True) if a not in ("x", "y", "z")
        )
        dot = values["ratio"] * sum(b * b for b in values["v"])
        return (dot - known) / values["v"][p.place]

    def check(self, q: Parameters) -> Any:
        # The difference of the vector and its projection is at right angles to the second vector.
        found = []
        for entry in range(-40, 41):
            u = [entry if isinstance(e, str) else e for e in q.u]
            rest = [a - q.ratio * b for a, b in zip(u, q.v, strict=True)]
            if sum(a * b for a, b in zip(rest, q.v, strict=True)) == 0:
                found.append(entry)
        (only,) = found
        return only
