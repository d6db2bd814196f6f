"""`broken-path`: the least value of a sum of two square roots that is a broken path."""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt, sqrt
from typing import Any

from generators.competition.algebraic import Surd, polynomial, square_root
from generators.competition.answers import Radical
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Kind, Poly, Words
from generators.competition.template import Template


class Moved(Kind):
    """A pair (p, n) for (x-p)^2+n, or (p-x)^2+n for a positive p and `turned`."""

    pattern = r"(?:x|\(x[+-]\d+\)|\(\d+-x\))\^2\+\d+"

    def __init__(self, turned: bool) -> None:
        self.turned = turned

    def print(self, value: tuple[int, int], words: Words) -> str:
        place, rest = value
        inner = f"({place}-x)" if self.turned and place > 0 else f"(x{-place:+d})"
        return f"{'x' if place == 0 else inner}^2+{rest}"

    def read(self, text: str, words: Words) -> tuple[int, int]:
        inner, _, rest = text.partition("^2+")
        inner = inner.strip("()")
        place = int(inner.removesuffix("-x")) if inner[0].isdigit() else -int(inner[1:] or "0")
        return place, int(rest)


class BrokenPath(Template):
    """See the module's docstring."""

    level, answer = 5, Radical()
    kin = ("test/intermediate_algebra/1454.json", "test/precalculus/768.json")
    numbers = Numbers(
        a=range(1, 9), b=range(1, 9), c=range(2, 14), p=range(-4, 5), form=("moved", "expanded")
    )
    prints = {
        "first": Moved(False),
        "second": Moved(True),
        "one": Poly(),
        "two": Poly(),
        "form": Choice(
            moved=r"\sqrt{<first>}+\sqrt{<second>}", expanded=r"\sqrt{<one>}+\sqrt{<two>}"
        ),
    }
    texts = (
        r"Find the minimum value of \[<form>\] over all real numbers $x$.",
        "If $x$ can be any real number, what is the smallest possible value of $<form>$?",
        "Let $m$ be the minimum value of $f(x)=<form>$ as $x$ ranges over all real numbers. Find "
        "$m$, in simplest radical form.",
        r"For every real number $x$, let \[d(x)=<form>.\] This can be seen as the length of a path "
        "that consists of two line segments. Such a path becomes shortest when its two segments lie "
        "on one line, and this happens for exactly one value of $x$. Compute the smallest value "
        "that $d(x)$ can take. Write your answer in simplest radical form.",
        r"There is a largest real number $c$ such that \[<form>\ge c\] for all real numbers $x$. "
        "Find $c$.",
        "Find the minimum value of $<form>$, where $x$ is real.",
        "Find the least value of $<form>$ for real $x$.",
        r"Let $x$ be real. Compute the least possible value of \[<form>.\]",
    )
    version = 2

    def nice(self, p: Parameters) -> Any:
        n = p.c**2 + (p.a + p.b) ** 2
        root = isqrt(n) ** 2 < n
        return root and any(n % k**2 == 0 for k in (2, 3, 5, 7, 13, 17, 29))

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        q = p.p + p.c
        return {
            "form": p.form,
            "first": (p.p, p.a**2),
            "second": (q, p.b**2),
            "one": polynomial("x", 1, -2 * p.p, p.p**2 + p.a**2),
            "two": polynomial("x", 1, -2 * q, q**2 + p.b**2),
        }

    def solve(self, p: Parameters) -> Any:
        return square_root(p.c**2 + (p.a + p.b) ** 2)

    def check(self, q: Parameters) -> Any:
        if q.form == "moved":
            (p, a2), (r, b2) = q.first, q.second
        else:
            (n, m, _), (v, u, _) = q.one.coefficients(), q.two.coefficients()
            p, r = float(-m / 2), float(-u / 2)
            a2, b2 = float(n - m * m / 4), float(v - u * u / 4)
        low, high = min(p, r), max(p, r)
        for _ in range(70):  # the sum is convex
            third = (high - low) / 3
            values = [
                sqrt((x - p) ** 2 + a2) + sqrt((x - r) ** 2 + b2)
                for x in (low + third, high - third)
            ]
            low, high = (low, high - third) if values[0] < values[1] else (low + third, high)
        square = (sqrt((low - p) ** 2 + a2) + sqrt((low - r) ** 2 + b2)) ** 2
        whole = round(square)
        assert abs(square - whole) < 1e-6
        outside = max(k for k in range(1, isqrt(whole) + 1) if whole % (k * k) == 0)
        return Surd(outside, whole // outside**2)  # type: ignore[arg-type]
