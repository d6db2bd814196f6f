r"""Derivatives in any notation become one symbol: `x'[t]` for dx/dt, x'(t) and \dot{x}.

The letter in square brackets is the variable of the derivative; it is absent where the notation leaves
it out (`y'`). `reconciled` drops it from one answer where the other does not state it. Beside a
derivative, a name before a single variable in brackets is a function and no product: x(t) is x.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any, TypeVar

from clean_bench.grading.parse.latex_lexer import Token, Unreadable, tokens
from clean_bench.grading.parse.names import read_name

_HINT = re.compile(
    r"['′’″]|prime|\\d?dot(?![A-Za-z])|d[^/]{0,30}/ ?\\?[a-z]*\{? ?d|partial|∂"
    r"|frac *\{ *(?:\\(?:text|mathrm|rm) ?\{ ?)?d"
)
_DOTS = ("\\dot ", "\\ddot ")
_VARIABLE = re.compile(r"'\[(\w+)\]")
_CONSTANTS = frozenset({"pi", "e", "i"})
_MAX_ORDER = 9
Item = TypeVar("Item")


def may_have_derivatives(text: str) -> bool:
    """Whether a text has a sign that occurs in derivatives."""
    if "d" not in text and "'" not in text and "p" not in text and text.isascii():
        return False
    return _HINT.search(text) is not None


def with_derivatives(text: list[Token]) -> list[Token]:
    """The tokens, with each derivative as one symbol."""
    result: list[Token] = []
    differentiated: set[str] = set()
    at = 0
    while at < len(text):
        found = _derivative(text, at)
        if found is None:
            result.append(text[at])
            at += 1
            continue
        name, primes, variable, after = found
        differentiated.add(name)
        of = f"[{variable}]" if variable else ""
        result.append(Token("symbol", name + "'" * primes + of, None, text[at].spaced))
        at = after
    return _without_arguments(result, differentiated) if differentiated else text


def _derivative(text: list[Token], at: int) -> tuple[str, int, str, int] | None:
    """The name, order, variable and end of the derivative that begins at a token, or None."""
    token = text[at]
    if token.text == "\\frac":
        return _leibniz(text, at)
    if token.kind != "symbol":
        return None
    try:
        if token.text.startswith(_DOTS):
            return _dotted(text, at)
        if token.text == "d":
            return _plain_leibniz(text, at)
        name, primes, after = read_name(text, at)
    except Unreadable:
        return None
    if not primes:
        return None
    variable = _argument(text, after)
    return name, primes, variable, after + 3 if variable else after


def _dotted(text: list[Token], at: int) -> tuple[str, int, str, int] | None:
    order = 1 + _DOTS.index(next(dot for dot in _DOTS if text[at].text.startswith(dot)))
    inner = tokens(text[at].text.partition(" ")[2])
    if not inner or inner[0].kind != "symbol":
        return None
    rest = text[at + 1 :]
    name, primes, end = read_name(inner + rest, 0)
    if primes or end < len(inner):
        return None
    after = at + 1 + end - len(inner)
    variable = _argument(text, after)
    return name, order, variable or "t", after + 3 if variable else after


def _argument(text: list[Token], at: int) -> str:
    """The variable in the brackets that begin at a position; empty if there is no single one."""
    bracket = [token.text for token in text[at : at + 3 : 2]] == ["(", ")"]
    return text[at + 1].text if bracket and text[at + 1].kind == "symbol" else ""


def _leibniz(text: list[Token], at: int) -> tuple[str, int, str, int] | None:
    r"""\frac{d^2 x}{dt^2}, and \frac{d}{dt} x."""
    above, middle = _group(text, at + 1)
    below, after = _group(text, middle)
    try:
        variable = _differential(below, square_last=True)
        function = _differential(above, square_last=False)
        if variable is None or function is None or function[1] != variable[1] or not variable[0]:
            return None
        sign, name = above[0].text.strip(), function[0]
        if sign != below[0].text.strip():
            return None
        if not name:
            if after >= len(text) or text[after].kind != "symbol":
                return None
            name, primes, after = read_name(text, after)
            if primes or name == variable[0]:
                return None
            if _argument(text, after) == variable[0]:
                after += 3
    except Unreadable:
        return None
    mark = "∂" if sign != "d" else ""
    return mark + name, function[1], variable[0], after


def _plain_leibniz(text: list[Token], at: int) -> tuple[str, int, str, int] | None:
    """dx/dt and d^2x/dt^2, as an operand of its own."""
    if at and text[at - 1].kind in ("symbol", "function") and not text[at].spaced:
        return None
    slash = next((n for n in range(at, min(at + 12, len(text))) if text[n].text == "/"), None)
    if slash is None:
        return None
    function = _differential(text[at:slash], square_last=False)
    after = slash + 3
    if text[after : after + 1] and text[after].text == "^":
        after += 2 if text[after + 1 : after + 2] and text[after + 1].kind == "number" else 4
    variable = _differential(text[slash + 1 : after], square_last=True)
    if not function or not variable or function[1] != variable[1]:
        return None
    return (function[0], function[1], variable[0], after) if function[0] and variable[0] else None


def _differential(part: list[Token], square_last: bool) -> tuple[str, int] | None:
    """The name and order of `d^2 x` (or of `dt^2` if `square_last`), or None."""
    if not part or part[0].text.strip() not in ("d", "\\partial"):
        return None
    order, at = 1, 1
    if not square_last:
        order, at = _order(part, at)
    if at == len(part):
        return "", order
    if part[at].kind != "symbol":
        return None
    name, primes, at = read_name(part, at)
    if square_last:
        order, at = _order(part, at)
    elif _argument(part, at):
        at += 3
    return (name, order) if at == len(part) and not primes and order else None


def _order(part: list[Token], at: int) -> tuple[int, int]:
    """The power at a position as an order of derivative (1 without one, 0 if it is none)."""
    if at >= len(part) or part[at].text != "^":
        return 1, at
    power, after = _group(part, at + 1)
    if len(power) != 1 or not power[0].text.isdigit() or int(power[0].text) > _MAX_ORDER:
        return 0, after
    return int(power[0].text), after


def _group(text: list[Token], at: int) -> tuple[list[Token], int]:
    """The tokens of the braces at a position (or the one token there), and the position after them."""
    if at >= len(text) or text[at].text != "{":
        return text[at : at + 1], at + 1
    depth = 0
    for end in range(at, len(text)):
        depth += (text[end].text == "{") - (text[end].text == "}")
        if not depth:
            return text[at + 1 : end], end + 1
    return [], len(text)


def _without_arguments(text: list[Token], differentiated: set[str]) -> list[Token]:
    """x(t) as x, for every name before one variable that is not itself differentiated."""
    result: list[Token] = []
    at = 0
    while at < len(text):
        result.append(text[at])
        at += 1
        variable = _argument(text, at)
        name = result[-1]
        applied = name.kind == "symbol" and name.text not in _CONSTANTS
        if variable and applied and variable not in differentiated | _CONSTANTS:
            at += 3
    return result


def reconciled(one: Item, other: Item) -> tuple[Item, Item]:
    """Two answers, where a variable of derivatives that only one of them states is dropped."""
    stated, others = _variables(one), _variables(other)
    if len(stated) == 1 and not others:
        return _without_variables(one), other
    if len(others) == 1 and not stated:
        return one, _without_variables(other)
    return one, other


def _variables(answer: Any) -> set[str]:
    if isinstance(answer, str):
        return set(_VARIABLE.findall(answer)) if "'[" in answer else set()
    return set[str]().union(*map(_variables, _parts(answer)))


def _parts(answer: Any) -> tuple[Any, ...]:
    if dataclasses.is_dataclass(answer):
        return tuple(getattr(answer, part.name) for part in dataclasses.fields(answer))
    return answer if isinstance(answer, tuple) else ()


def _without_variables(answer: Any) -> Any:
    if isinstance(answer, str):
        return _VARIABLE.sub("'", answer)
    if dataclasses.is_dataclass(answer) and not isinstance(answer, type):
        return type(answer)(*map(_without_variables, _parts(answer)))
    return tuple(map(_without_variables, answer)) if type(answer) is tuple else answer
