"""`tangent-identity`: the angle whose tangent is an expression in two angles in degrees."""

from __future__ import annotations

from math import cos, radians, sin
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice
from generators.competition.template import Template

A, B, X = r"<a>^\circ", r"<b>^\circ", r"\tan <x>^\circ"
C, D = r"<a:again>^\circ", r"<b:again>^\circ"


class TangentIdentity(Template):
    """See the module's docstring."""

    level, answer = 4, Integer()
    kin = (
        "test/precalculus/1313.json",
        "test/precalculus/697.json",
        "test/precalculus/190.json",
        "test/precalculus/989.json",
        "test/precalculus/44.json",
    )
    numbers = Numbers(
        a=range(4, 87), b=range(4, 87), form=("sums", "differences", "tangents", "products")
    )
    prints = {
        "form": Choice(
            sums=rf"{X}=\frac{{\sin {A}+\sin {B}}}{{\cos {C}+\cos {D}}}",
            differences=rf"{X}=\frac{{\sin {A}-\sin {B}}}{{\cos {C}-\cos {D}}}",
            tangents=rf"\tan {A}+\tan {B}+{X}=\tan {C} \tan {D} {X}",
            products=rf"{X}=\frac{{\sin {A} \cos {B}+\cos {C} \sin {D}}}"
            rf"{{\cos {C} \cos {D}-\sin {C} \sin {D}}}",
        )
    }
    words = {"x": ("x", "y", "t", "n")}
    texts = (
        r"Find $<x>$, where $0 < <x> < 180$, if \[<form>.\]",
        r"If $0 < <x> < 180$ and $<form>$, what is the value of $<x>$?",
        r"There is exactly one number $<x>$ between $0$ and $180$ such that "
        r"\[<form>.\] Compute $<x>$.",
        r"The number $<x>$ lies between $0$ and $180$, and it satisfies the equation \[<form>.\] "
        "Find $<x>$.",
        "Two angles of a machine part have been measured in degrees, and a third angle has to be "
        r"chosen so that the part fits. Let $<x>$ be the least positive number such that \[<form>.\] "
        "It is known that $<x>$ is an integer, so the answer can be found exactly, and no table or "
        "calculator is needed. Find $<x>$.",
        "Let $0 < <x> < 180$ and $<form>$. Find $<x>$.",
        "Find $<x>$, if $<form>$ and $0 < <x> < 180$.",
        r"Solve \[<form>\] for $<x>$, where $0 < <x> < 180$.",
    )
    orbit = 2

    def nice(self, p: Parameters) -> Any:
        even = (p.a + p.b) % 2 == 0 or p.form in ("tangents", "products")
        return p.a != p.b and even and p.a + p.b != 90

    def same(self, p: Parameters) -> object:
        return (p.form, min(p.a, p.b), max(p.a, p.b))

    def solve(self, p: Parameters) -> Any:
        # By the theorems of addition, and tan a + tan b + tan c = tan a tan b tan c if a + b + c = 180.
        both = p.a + p.b
        return {
            "sums": both // 2,
            "differences": 90 + both // 2,
            "tangents": 180 - both,
            "products": both,
        }[p.form]

    def check(self, q: Parameters) -> Any:
        # Both sides times the denominators, at every whole number of degrees.
        a, b = radians(q.a), radians(q.b)
        found = []
        for degrees in range(1, 180):
            s, c = sin(radians(degrees)), cos(radians(degrees))
            if q.form == "sums":
                gap = s * (cos(a) + cos(b)) - c * (sin(a) + sin(b))
            elif q.form == "differences":
                gap = s * (cos(a) - cos(b)) - c * (sin(a) - sin(b))
            elif q.form == "tangents":
                gap = c * (sin(a) * cos(b) + cos(a) * sin(b)) + s * (
                    cos(a) * cos(b) - sin(a) * sin(b)
                )
            else:
                gap = s * (cos(a) * cos(b) - sin(a) * sin(b)) - c * (
                    sin(a) * cos(b) + cos(a) * sin(b)
                )
            if abs(gap) < 1e-9:
                found.append(degrees)
        (only,) = found
        return only
