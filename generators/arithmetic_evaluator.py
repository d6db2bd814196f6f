r"""An independent evaluator of printed arithmetic.

It accepts integers and decimals, `+ - * /` (also as `\times`, `\cdot`, `\div`), powers with whole
exponents (`18^2`, `18^{12}`), `\frac{...}{...}`, rational roots (`\sqrt{...}`, `\sqrt[3]{...}`,
`sqrt(...)`, `cbrt(...)`), parentheses (also `\left( \right)`), variables, and products without a sign
(`3x`, `2(x + 1)`). Precedence is the ordinary one, with operators of equal precedence from left to
right. It shares no code with the generators whose texts it checks, and works in `Fraction`s.

Texts may be hostile: the length, the depth and the size of every value are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from math import isqrt

_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]{1,60}(?:\.[0-9]{1,30})?)|(?P<name>[a-z](?![a-z]))"
    r"|\\left(?P<open>\()|\\right(?P<close>\))"
    r"|(?P<other>\\times|\\cdot|\\div|\\frac|\\sqrt|sqrt|cbrt|[-+*/^(){}\[\]]))"
)
_SIGNS = {r"\times": "*", r"\cdot": "*", r"\div": "/"}
_LONGEST = 10_000
_DEEPEST = 64
_MOST_BITS = 20_000


def evaluate(text: str, variables: Mapping[str, Fraction] | None = None) -> Fraction:
    """The exact value of an expression text.

    Args:
        text: the expression, without `$`.
        variables: values of the one-letter names in it.

    Raises:
        ValueError: if the text is not such an expression, divides by zero, or has a value that is
            not rational or is too large.
    """
    if len(text) > _LONGEST:
        raise ValueError(f"expected at most {_LONGEST} characters, got {len(text)}")
    tokens, position, text = [], 0, text.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if not match:
            raise ValueError(
                f"expected arithmetic at character {position}, got {text[position:][:40]!r}"
            )
        token = (
            match["number"] or match["name"] or match["open"] or match["close"] or match["other"]
        )
        tokens.append(_SIGNS.get(token, token))
        position = match.end()
    reader = _Reader(tokens, variables or {})
    try:
        value = reader.sum(0)
    except ZeroDivisionError:
        raise ValueError(f"division by zero: {text[:60]!r}") from None
    if reader.peek():
        raise ValueError(f"expected the end or an operator, got {reader.peek()!r}")
    return value


class _Reader:
    """Recursive descent: a sum of products of powers."""

    def __init__(self, tokens: list[str], variables: Mapping[str, Fraction]) -> None:
        self._tokens = tokens
        self._next = 0
        self._variables = variables

    def peek(self) -> str:
        return self._tokens[self._next] if self._next < len(self._tokens) else ""

    def _take(self, expected: str | None = None) -> str:
        token = self.peek()
        if not token:
            raise ValueError("expected more, got the end of the expression")
        if expected not in (None, token):
            raise ValueError(f"expected {expected!r}, got {token!r}")
        self._next += 1
        return token

    def sum(self, depth: int) -> Fraction:
        if depth > _DEEPEST:
            raise ValueError(f"expected at most {_DEEPEST} nested levels")
        negative = self.peek() == "-" and self._take()
        value = self._product(depth)
        value = -value if negative else value
        while self.peek() in ("+", "-"):
            if self._take() == "+":
                value += self._product(depth)
            else:
                value -= self._product(depth)
            _check_size(value)
        return value

    def _product(self, depth: int) -> Fraction:
        value = self._power(depth)
        while True:
            token = self.peek()
            if token in ("*", "/"):
                self._take()
                factor = self._power(depth)
                value = value * factor if token == "*" else value / factor
            elif token in ("(", r"\frac", r"\sqrt") or token.isalpha():
                value *= self._power(depth)
            else:
                return value
            _check_size(value)

    def _power(self, depth: int) -> Fraction:
        value = self._operand(depth)
        if self.peek() != "^":
            return value
        self._take()
        if self.peek() == "{":
            self._take()
            exponent = self._take()
            self._take("}")
        else:
            exponent = self._take()
        if not exponent.isdigit():
            raise ValueError(f"expected a whole exponent, got {exponent!r}")
        size = max(value.numerator.bit_length(), value.denominator.bit_length())
        if len(exponent) > 5 or size * int(exponent) > _MOST_BITS:
            raise ValueError(
                f"expected a power below {_MOST_BITS} bits, got {value}^{exponent[:9]}"
            )
        return value ** int(exponent)

    def _operand(self, depth: int) -> Fraction:
        token = self._take()
        if token[0].isdigit():
            return Fraction(token)
        if token == "(":
            return self._until(")", depth)
        if token == r"\frac":
            self._take("{")
            above = self._until("}", depth)
            self._take("{")
            return above / self._until("}", depth)
        if token == r"\sqrt":
            degree = 2
            if self.peek() == "[":
                self._take()
                degree = int(self._take())
                self._take("]")
            self._take("{")
            return root(self._until("}", depth), degree)
        if token in ("sqrt", "cbrt"):
            self._take("(")
            return root(self._until(")", depth), 2 if token == "sqrt" else 3)
        if token in self._variables:
            return self._variables[token]
        raise ValueError(f"expected an operand, got {token!r}")

    def _until(self, close: str, depth: int) -> Fraction:
        value = self.sum(depth + 1)
        self._take(close)
        return value


def _check_size(value: Fraction) -> None:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > _MOST_BITS:
        raise ValueError(f"expected values below {_MOST_BITS} bits")


def root(value: Fraction, degree: int) -> Fraction:
    """The rational root of a number.

    Raises:
        ValueError: if the root is not rational, or the degree is not in 2..64.
    """
    if not 2 <= degree <= _DEEPEST:
        raise ValueError(f"expected a root of degree 2 to {_DEEPEST}, got {degree}")
    if value < 0 and degree % 2 == 0:
        raise ValueError(f"expected a real root, got one of {value}")
    sign = -1 if value < 0 else 1
    candidate = Fraction(
        sign * _whole_root(abs(value.numerator), degree), _whole_root(value.denominator, degree)
    )
    if candidate**degree != value:
        raise ValueError(f"expected a rational root, got one of {value}")
    return candidate


def _whole_root(n: int, degree: int) -> int:
    """The largest integer whose power is at most n."""
    if degree == 2:
        return isqrt(n)
    low, high = 0, 1 << (n.bit_length() // degree + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**degree <= n else (low, middle)
    return low
