r"""Congruences and residues: x \equiv 3 \pmod{7}, 3 (mod 7), 17 \bmod 7, 3 mod 7."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from clean_bench.grading.algebra import residues
from clean_bench.grading.expr import Expr, has, symbols
from clean_bench.grading.parse.answer_types import Answer, Hedge, List, Residue
from clean_bench.grading.parse.expressions import parse
from clean_bench.grading.parse.latex_lexer import Token, Unreadable
from clean_bench.grading.parse.plus_minus import both_signs
from clean_bench.grading.parse.split_top_level import parts_between, top, word_of

_MARKS = {
    "\\pmod": "class",
    "\\bmod": "operation",
    "\\mod": "word",
    "mod": "word",
    "modulo": "word",
}
_ENDS = {"or", "\\lor", ",", ";", "and", "\\land"}
_EQUAL = {"=", "==", ":=", "\\equiv"}
_CONSTANTS = frozenset({"pi", "e", "i"})
Label = Callable[[list[Token]], str | None]


def has_modulus(text: list[Token]) -> bool:
    """Whether a sign or word for a modulus is among the tokens."""
    return any(_mark(token) for token in text if token[0] in ("command", "text", "word"))


def _mark(token: Token) -> str:
    return _MARKS.get(token.text if token.kind == "command" else word_of(token), "")


def congruence(text: list[Token], label_of: Label) -> Answer | None:
    """The residue, or the list of residues, that the tokens are, or None.

    Raises:
        Unreadable: if a residue or its modulus cannot be read.
    """
    ends = top(text, _ENDS)
    parts = [part for part in parts_between(text, ends) if part]
    modulus: tuple[Expr, str] | None = None
    found: list[tuple[list[Token], Expr, str]] = []
    for part in reversed(parts):
        at = next((at for at, token in enumerate(part) if _mark(token)), None)
        if at is not None:
            if not _outside(part[:at]):
                return None
            if top(part, _EQUAL) and top(part, _EQUAL)[-1] > at:
                return None  # an operation with its value: 17 \\bmod 7 = 3
            modulus, part = _split(part, at)
        if modulus is None or not part:
            return None
        found.append((part, *modulus))
    items: list[Residue] = []
    label, solved = None, True
    for part, tree, form in reversed(found):
        cuts = top(part, _EQUAL)
        if cuts:
            label, solved = _left(part[: cuts[0]], tree, label_of)
            part = part[cuts[-1] + 1 :]
        value = parse(part)
        values = both_signs(value) if has(value, "pm") else [value]
        items += [Residue(each, tree, form, label, solved) for each in values]
    if len(items) == 1:
        return items[0]
    alternatives = any(word_of(text[end]) in ("or", "\\lor") for end in ends)
    return Hedge(tuple(items)) if alternatives and label is None else List(tuple(items))


def _outside(before: list[Token]) -> bool:
    """Whether these tokens open no bracket but perhaps the last, which encloses the modulus."""
    if before and before[-1].text == "(":
        before = before[:-1]
    try:
        top(before, ())
    except Unreadable:
        return False
    return True


def _split(part: list[Token], at: int) -> tuple[tuple[Expr, str], list[Token]]:
    """The modulus with its form, and the tokens before it, of a part with a mark at a position."""
    form, rest, modulus = _mark(part[at]), part[:at], part[at + 1 :]
    if rest and rest[-1].text == "(" and modulus and modulus[-1].text == ")":
        form, rest, modulus = "class", rest[:-1], modulus[:-1]
    elif modulus and modulus[0].text == "(" and modulus[-1].text == ")" and form == "word":
        modulus = modulus[1:-1]
    if rest and rest[-1].text == ",":
        rest = rest[:-1]
    tree = parse(modulus)
    if tree[0] == "num" and (tree[1].denominator != 1 or tree[1] < 1):
        raise Unreadable
    return (tree, form), rest


def _left(side: list[Token], modulus: Expr, label_of: Label) -> tuple[str | None, bool]:
    """The name on the left of a congruence, and whether it is one: 2x is not."""
    label = label_of(side)
    if label is not None:
        return label, True
    if not symbols(parse(side)) - _CONSTANTS:
        return None, True
    return "".join(token.text for token in side), False


def as_value(residue: Residue) -> tuple[Fraction | None, bool]:
    """The number that a residue may be written as, and whether it may also be written as it is.

    17 \\bmod 7 is the value 3 of an operation; 10 (mod 7) is 10 or 3; the bare words 17 mod 7 are 3, but
    3 mod 7 is no number, since it may be either.
    """
    reduced = residues.reduced(residue.tree, residue.modulus)
    if residue.form == "word" and residue.tree == ("num", reduced):
        return None, False
    return reduced, residue.form == "class"
