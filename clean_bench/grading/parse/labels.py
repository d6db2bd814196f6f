r"""The names on the left of an equation: x, x_1, f(x), \omega(r), (x, y), \text{Area}, m\angle A, ...

`label_of` gives names after which any value may follow; `quantity_of` those after which only a number
may, since beside an expression they may be an equation that is not yet solved: m + n, \cos\theta.
"""

from __future__ import annotations

import re

from clean_bench.grading.expr import Expr
from clean_bench.grading.parse.expressions import parse
from clean_bench.grading.parse.latex_lexer import Token, Unreadable
from clean_bench.grading.parse.names import read_name

_NO_NAMES = frozenset({"e", "i", "pi"})
_UNKNOWNS = frozenset({"x", "y", "z", "e", "i", "pi"})
_SINGLE_FUNCTION = re.compile(r"[A-Za-z](?:_\{?\w\}?)?'*\((?:[A-Za-z](?:,[A-Za-z])*|-?[0-9]+)\)")
_AREA = re.compile(
    r"\[(?:\\triangle)?[A-Z]{3,6}\]|\|(?:[A-Z]{2}|\\(?:vec|mathbf|overrightarrow) ?\w+)\|"
)
_NORM = re.compile(r"\\\|[^|]{1,20}\\\||\|\|[^|]{1,20}\|\|")
_CHANCE = re.compile(
    r"(?:P|Pr|\\Pr|E|Var|Cov|\\mathbb [PE]|\\operatorname [A-Z][a-z]+)(?:\([^()]*\)|\[[^\[\]]*\])"
)
_SET = r"[A-Z](?:'|\^\{?c\}?)?"
_COUNT = re.compile(rf"n\({_SET}(?:\\c[ua]p{_SET}){{0,4}}\)|\|{_SET}(?:\\c[ua]p{_SET}){{1,4}}\|")
"""The number of members of a set."""
_ANGLE = re.compile(r"f\^\{?-1\}?\([a-z]\)|m?\\angle[A-Z]{1,3}|m?\\angle(?:alpha|beta|theta)")
_OPERATORS = frozenset({"+", "-", "*", "/", "\\cdot", "\\frac", "{", "}"})
_TRIGONOMETRIC = frozenset("sin cos tan cot sec csc".split())
_FORMULAS = re.compile(
    r"\\(?:sum|prod|lim|i{0,2}int|oint|det|deg|dim|max|min|sup|inf|Pr|arg|gcd)\b|(?:gcd|lcm|max|min)\b"
)
_OPERATOR = re.compile(
    r"\\frac\{(?:d|\\partial)(?:\^\{?\d\}?)?\}\{(?:d|\\partial)[A-Za-z]+(?:\^\{?\d\}?)?\}."
    r"|\\mathcal [A-Z](?:\^\{?-1\}?)?(?:\\\{|\(|\[)"
)
_NAMED_IN_WORDS = re.compile(r"(?:the )?[A-Za-z]{3,}")


def label_of(side: list[Token]) -> str | None:
    """The name that a side is, or None."""
    text = "".join(token.text for token in side)
    if len(side) == 1:
        token = side[0]
        if token.kind == "symbol" and token.text not in _NO_NAMES:
            return token.text
        return token.text.strip().lower() if token.kind in ("text", "word") else None
    if not side:
        return None
    applied = _applied(side)
    if applied is not None:
        return applied
    if _SINGLE_FUNCTION.fullmatch(text) or re.fullmatch(r"[A-Za-z]+_\{?\w+\}?", text):
        return text.replace("{", "").replace("}", "")
    if _ANGLE.fullmatch(text):
        return text.replace("{", "").replace("}", "")
    if len(side) > 4 and text[0] + text[-1] == "()":
        names, commas = side[1:-1:2], side[2:-1:2]
        if all(name.kind == "symbol" for name in names) and {t.text for t in commas} == {","}:
            return text
    if all(token.kind in ("text", "word") for token in side):
        return " ".join(token.text.strip().lower() for token in side)
    if re.fullmatch(r"[A-Z]{2,3}", text):
        return text
    if side[0].text == "\\langle" and side[-1].text == "\\rangle":
        return text if text.count("\\langle") == 1 else None
    if _FORMULAS.match("\\" + side[0].text if side[0].kind == "function" else side[0].text):
        return text
    if _OPERATOR.match(text):
        return text
    return _ratio_of_functions(side)


def _applied(side: list[Token]) -> str | None:
    """A name with its subscript and primes, and the variables that it is a function of, if any."""
    if side[0].kind != "symbol" or side[0].text in _NO_NAMES:
        return None
    try:
        name, primes, at = read_name(side, 0)
    except Unreadable:
        return None
    name += "'" * primes
    if at == len(side):
        return name
    if side[at].text != "(" or side[-1].text != ")":
        return None
    variables, commas = side[at + 1 : -1 : 2], side[at + 2 : -1 : 2]
    if not all(variable.kind == "symbol" for variable in variables) or not variables:
        return None
    if len(variables) != len(commas) + 1 or any(comma.text != "," for comma in commas):
        return None
    return f"{name}({','.join(variable.text for variable in variables)})"


def _ratio_of_functions(side: list[Token]) -> str | None:
    r"""\frac{V_o(s)}{V_i(s)} or Y(s)/X(s): a transfer function."""
    texts = [token.text for token in side]
    if texts[0] == "\\frac" and texts.count("{") == texts.count("}") and texts[-1] == "}":
        middle = next((at for at in range(len(side) - 1) if texts[at : at + 2] == ["}", "{"]), None)
        if middle is None or texts[1] != "{":
            return None
        above, below = side[2:middle], side[middle + 2 : -1]
    elif texts.count("/") == 1:
        above, below = side[: texts.index("/")], side[texts.index("/") + 1 :]
    else:
        return None
    names = [_applied(part) if part else None for part in (above, below)]
    if None in names or not all(str(name).endswith(")") for name in names):
        return None
    return "/".join(map(str, names))


def quantity_of(side: list[Token]) -> str | None:
    """The quantity that a side names, as in m + n = 9, [ABC] = 12 or P(X > 2) = 1/3, or None.

    A sum, product or quotient of different names counts. x, y and z do not: they are unknowns of an
    equation that is not yet solved.
    """
    text = "".join(token.text for token in side)
    if any(pattern.fullmatch(text) for pattern in (_AREA, _NORM, _CHANCE, _COUNT)):
        return text
    if any(token.text in ("\\bmod", "\\mod", "\\pmod", "mod") for token in side):
        return text
    if side[0].kind == "function" and side[0].text in _TRIGONOMETRIC:
        angle = [token.text for token in side[1:] if token.text != "\\angle"]
        known = len(angle) == 1 and side[-1].kind == "symbol" and angle[0] not in _UNKNOWNS
        return text if known else None
    if side[0].kind in ("text", "word") and _NAMED_IN_WORDS.match(side[0].text.strip()):
        return text.casefold()
    names = _names_between_operators(side)
    known = len(set(names)) == len(names) and _UNKNOWNS.isdisjoint(names)
    return text if names and known else None


def _names_between_operators(side: list[Token]) -> list[str]:
    """The names of a sum, product or quotient of names; none if the side is something else."""
    names: list[str] = []
    at = 0
    while at < len(side):
        if side[at].kind != "symbol":
            if side[at].text not in _OPERATORS:
                return []
            at += 1
            continue
        if _is_segment(side[at : at + 3]):
            names.append(side[at].text + side[at + 1].text)
            at += 2
            continue
        try:
            name, primes, at = read_name(side, at)
        except Unreadable:
            return []
        names.append(name + "'" * primes)
    return names


def _is_segment(side: list[Token]) -> bool:
    """Whether two capital letters without a space, and no third name, begin the tokens: AB."""
    letters = [token.text for token in side[:2] if token.kind == "symbol" and len(token.text) == 1]
    run = "".join(letters)
    third = side[2:] and (side[2].kind == "symbol" or side[2].text in ("_", "'", "^"))
    return len(run) == 2 and run.isupper() and not side[1].spaced and not third


def maybe_tree(side: list[Token]) -> Expr | None:
    """The tree of a side, with a function of variables as one symbol; None if it cannot be read."""
    applied = _applied(side)
    if applied is not None:
        return ("sym", applied)
    try:
        return parse(side)
    except Unreadable:
        return None


def same_name(one: str, other: str) -> bool:
    r"""Whether two labels name one thing: \omega(r) is \omega if the other leaves out the variable."""
    return one == other or _bare(one) == other or _bare(other) == one


def _bare(label: str) -> str:
    name, bracket, variables = label.partition("(")
    return name if bracket and re.fullmatch(r"[A-Za-z,]+\)", variables) else label
