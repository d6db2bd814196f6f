"""Print and read the atoms of `powers-and-roots`.

Reading is independent of printing: it takes the roots of the printed bases.
"""

from __future__ import annotations

import re
from fractions import Fraction
from math import gcd
from typing import TypeAlias

from generators import arithmetic_evaluator, phrasing

Atom: TypeAlias = tuple[int, int, int, int]
"""The root a/b of the printed base, and the exponent p/q: the value is (a/b)^p."""

_WHOLE = "[1-9][0-9]{0,19}"
_ATOM = re.compile(
    rf"(?:\(({_WHOLE})/({_WHOLE})\)|({_WHOLE}))\^(?:([0-9])|\((-?[0-9])(?:/([0-9]))?\))"
)
_FRACTION = re.compile(rf"\\frac\{{({_WHOLE})\}}\{{({_WHOLE})\}}")
_ROOT = re.compile(
    rf"\\sqrt(?:\[([34])\])?\{{({_WHOLE}(?:/{_WHOLE})?)\}}|(sqrt|cbrt)\(({_WHOLE}(?:/{_WHOLE})?)\)"
)
_EXPONENT = re.compile(r"\^\{(-?[0-9](?:/[0-9])?)\}")
_LONGEST = 4_000


def latex(atom: Atom, radical: bool) -> str:
    """An atom in LaTeX, with a radical sign if possible and `radical`."""
    a, b, p, q = atom
    base = rf"\frac{{{a**q}}}{{{b**q}}}" if b > 1 else str(a**q)
    if radical and p == 1:
        return rf"\sqrt{{{base}}}" if q == 2 else rf"\sqrt[{q}]{{{base}}}"
    exponent = f"{p}/{q}" if q > 1 else p
    return rf"\left({base}\right)^{{{exponent}}}" if b > 1 else f"{base}^{{{exponent}}}"


def plain(atom: Atom, radical: bool) -> str:
    """An atom in plain text, with `sqrt` or `cbrt` if possible and `radical`."""
    a, b, p, q = atom
    base = f"{a**q}/{b**q}" if b > 1 else str(a**q)
    if radical and p == 1 and q < 4:
        return f"{'sqrt' if q == 2 else 'cbrt'}({base})"
    exponent = f"({p}/{q})" if q > 1 else str(p) if p > 0 else f"({p})"
    return f"({base})^{exponent}" if b > 1 else f"{base}^{exponent}"


def with_powers(text: str) -> str:
    """The expression of a problem with every atom as a power: `(8/27)^(-2/3)`, `144^(1/2)`, `12^2`.

    Raises:
        ValueError: if the text does not ask for a value.
    """
    if len(text) > _LONGEST:
        raise ValueError(f"expected at most {_LONGEST} characters, got {len(text)}")
    expression = phrasing.expression_of(text).replace(r"\left(", "(").replace(r"\right)", ")")
    expression = _FRACTION.sub(r"\1/\2", expression.replace(r"\times", "*").replace(r"\div", "/"))
    return _EXPONENT.sub(_bare_exponent, _ROOT.sub(_as_power, expression))


def read_atom(text: str) -> Atom:
    """The atom of a power as printed by `with_powers`.

    Raises:
        ValueError: if the text is not a power, not in lowest terms, or its root is not rational.
    """
    match = _ATOM.fullmatch(text)
    if not match:
        raise ValueError(f"expected a power or a root, got {text[:60]!r}")
    root, p, q = _root_and_exponent(match)
    return root.numerator, root.denominator, p, q


def without_powers(expression: str) -> str:
    """The expression with every power replaced by its value."""
    return _ATOM.sub(_value, expression)


def _root_and_exponent(match: re.Match[str]) -> tuple[Fraction, int, int]:
    above, below, whole, power, p, q = match.groups()
    if below and (below == "1" or gcd(int(above), int(below)) > 1):
        raise ValueError(f"expected in lowest terms, got {match[0]}")
    base = Fraction(int(whole or above), int(below or 1))
    root = arithmetic_evaluator.root(base, int(q)) if q else base
    return root, int(power or p), int(q or 1)


def _value(match: re.Match[str]) -> str:
    root, p, _ = _root_and_exponent(match)
    value = root**p
    return f"({value.numerator}/{value.denominator})"


def _as_power(match: re.Match[str]) -> str:
    base = match[2] or match[4]
    degree = match[1] or ("3" if match[3] == "cbrt" else "2")
    return f"({base})^(1/{degree})" if "/" in base else f"{base}^(1/{degree})"


def _bare_exponent(match: re.Match[str]) -> str:
    return f"^{match[1]}" if match[1].isdigit() else f"^({match[1]})"
