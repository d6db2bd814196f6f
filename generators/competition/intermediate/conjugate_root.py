"""`conjugate-root`: a ratio of values of a quadratic polynomial with a given irrational root."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from generators.competition.answers import Rationals
from generators.competition.numbers import Numbers, Parameters
from generators.competition.template import Template


class ConjugateRoot(Template):
    """See the module's docstring."""

    level, answer = 3, Rationals()
    kin = ("test/intermediate_algebra/1123.json", "test/intermediate_algebra/149.json")
    numbers = Numbers(
        a=(*range(-5, 0), *range(1, 10)),
        k=(-3, -2, -1, -1, -1, 1, 1, 1, 2, 3),
        n=(2, 3, 5, 6, 7, 10, 11, 13, 14, 15, 17, 19, 21, 22, 23),
        u=range(-2, 10),
        v=range(-2, 10),
    )
    words = {"f": ("q", "p", "f", "g")}
    texts = (
        r"Let $<f>(x)$ be a quadratic polynomial with integer coefficients and $<a><k:+c>\sqrt{<n>}$ "
        r"as a root. Compute $\frac{<f>(<u>)}{<f>(<v>)}$.",
        r"The quadratic polynomial $<f>(x)$ has integer coefficients, and $<a><k:+c>\sqrt{<n>}$ is "
        r"one of its roots. Find \[\frac{<f>(<u>)}{<f>(<v>)}.\]",
        "If $<f>(x)$ is a quadratic polynomial whose coefficients are integers and "
        r"$<f>(<a><k:+c>\sqrt{<n>})=0$, what is the value of $\frac{<f>(<u>)}{<f>(<v>)}$?",
        "A quadratic polynomial $<f>(x)$ has integer coefficients, but its roots are irrational. "
        r"Only one of them is known: it is \[<a><k:+c>\sqrt{<n>}.\] Although this does not determine "
        "the leading coefficient of $<f>(x)$, the ratio of any two values of the polynomial can be "
        r"found. Compute $\frac{<f>(<u>)}{<f>(<v>)}$, and express your answer in simplest form.",
        r"Find $\frac{<f>(<u>)}{<f>(<v>)}$ for a quadratic polynomial $<f>(x)$ that has integer "
        r"coefficients and the root \[x=<a><k:+c>\sqrt{<n>}.\]",
        r"Let $<a><k:+c>\sqrt{<n>}$ be a root of a quadratic $<f>(x)$ that has integer coefficients. "
        r"Find $\frac{<f>(<u>)}{<f>(<v>)}$.",
        r"If \[<a><k:+c>\sqrt{<n>}\] is a root of a quadratic $<f>(x)$ that has integer coefficients, "
        r"compute $\frac{<f>(<u>)}{<f>(<v>)}$.",
        r"A quadratic $<f>(x)$ has integer coefficients and the root $<a><k:+c>\sqrt{<n>}$. Find "
        r"$\frac{<f>(<u>)}{<f>(<v>)}$.",
    )

    def nice(self, p: Parameters) -> Any:
        return p.u != p.v and p.u + p.v != 2 * p.a and p.k * p.k * p.n < 70

    def same(self, p: Parameters) -> object:
        return (p.a, p.k * p.k, p.n, p.u, p.v)

    orbit = 6

    def solve(self, p: Parameters) -> Any:
        norm = p.k**2 * p.n
        return Fraction((p.u - p.a) ** 2 - norm, (p.v - p.a) ** 2 - norm)

    def check(self, q: Parameters) -> Any:
        # Multiply the two linear factors with pairs (rational part, multiple of the square root).
        root, other = (q.a, q.k), (q.a, -q.k)
        linear = -(root[0] + other[0])
        constant = (
            root[0] * other[0] + root[1] * other[1] * q.n,
            root[0] * other[1] + root[1] * other[0],
        )
        if constant[1]:
            raise ValueError("expected rational coefficients")
        above, below = (x * x + linear * x + constant[0] for x in (q.u, q.v))
        return Fraction(above, below)
