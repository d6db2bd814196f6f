"""`dot-product`: the dot product of two vectors in space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import MatrixOf
from generators.competition.template import Template


class DotProduct(Template):
    """See the module's docstring."""

    level, answer = 1, Integer()
    kin = ("test/precalculus/1289.json", "test/precalculus/43.json")
    numbers = Numbers(**{f"{name}{place}": range(-9, 10) for name in "uv" for place in (1, 2, 3)})
    prints = {"u": MatrixOf(3), "v": MatrixOf(3)}
    words = {"letter": (("a", "b"), ("u", "v"), ("p", "q"), ("v", "w"), ("x", "y"))}
    texts = (
        "Find the dot product of $<u>$ and $<v>$.",
        r"Compute $<u> \cdot <v>$.",
        r"Let \[\mathbf{<letter>}=<u> \quad \text{and} \quad \mathbf{<letter:1>}=<v>.\] "
        r"Find $\mathbf{<letter>} \cdot \mathbf{<letter:1>}$.",
        r"If $\mathbf{<letter>}=<u>$ and $\mathbf{<letter:1>}=<v>$, what is the value of "
        r"$\mathbf{<letter>} \cdot \mathbf{<letter:1>}$?",
        r"A crate slides along a straight ramp. One of the forces that act on the crate is the vector "
        r"$\mathbf{F}=<u>$, and the displacement of the crate is \[\mathbf{d}=<v>.\] The work that "
        r"this force does on the crate is equal to $\mathbf{F} \cdot \mathbf{d}$. Compute the work.",
        r"Evaluate \[<u> \cdot <v>.\]",
        r"Find $\mathbf{<letter>} \cdot \mathbf{<letter:1>}$, where $\mathbf{<letter>}=<u>$ and "
        r"$\mathbf{<letter:1>}=<v>$.",
        r"Compute the dot product of \[\mathbf{<letter>}=<u> \quad \text{and} \quad "
        r"\mathbf{<letter:1>}=<v>.\]",
        r"Find the value of \[<u> \cdot <v>.\]",
    )

    def nice(self, p: Parameters) -> Any:
        u, v = self.printed_values(p).values()
        return u.count(0) < 2 and v.count(0) < 2 and abs(self.solve(p)) <= 120

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {"u": (p.u1, p.u2, p.u3), "v": (p.v1, p.v2, p.v3)}

    def same(self, p: Parameters) -> object:
        u, v = self.printed_values(p).values()
        return tuple(min(sorted(zip(u, v, strict=True)), sorted(zip(v, u, strict=True))))

    orbit = 12

    def solve(self, p: Parameters) -> Any:
        return p.u1 * p.v1 + p.u2 * p.v2 + p.u3 * p.v3

    def check(self, q: Parameters) -> Any:
        # The law of cosines: |u|^2 + |v|^2 - |u - v|^2 is twice the dot product.
        lengths = sum(e * e for e in (*q.u, *q.v))
        return (lengths - sum((e - f) ** 2 for e, f in zip(q.u, q.v, strict=True))) / 2
