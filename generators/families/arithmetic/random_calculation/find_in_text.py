r"""Find the expressions of a pool's operands in any text, and parse printed ones.

A text is cut into runs of operands, operators and parentheses. A run that can be parsed under ordinary
precedence is an expression, in LaTeX or not, with or without spaces, on one line. `\frac{3}{4}` and
`(3/4)` are operands where the pool has them, and any other `3/4` is a quotient. A run that is cut off by
something else, such as a decimal or a variable, is no expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from generators.families.arithmetic.random_calculation.expression_tree import (
    Grammar,
    Sum,
    Tree,
    flatten,
    written,
)
from generators.phrasing import read_texts

_SAME: dict[str, str] = read_texts(__file__)
_SPELLINGS = re.compile("|".join(map(re.escape, sorted(_SAME, key=len, reverse=True))))
_TOKEN = re.compile(
    r"\\frac\{[0-9]{1,9}\}\{[0-9]{1,9}\}|\([0-9]{1,9}/[0-9]{1,9}\)"
    r"|(?<![\w^])(?<![0-9][.,])(?<![\s+*/(-]\.)[0-9]{1,9}(?:\^(?:\{[0-9]\}|[0-9]))?"
    r"(?![\w^{]|[.,][0-9])|[-+*/()]"
)
_RUN = re.compile(rf"(?:{_TOKEN.pattern})(?:[ \t]*(?:{_TOKEN.pattern}))+")
_CUT_BEFORE = re.compile(r"[\w}\]^.,][ \t]*\Z")
_CUT_AFTER = re.compile(r"[ \t]*(?:[\w\\{\[]|[.,][0-9])")
_SIGNS = frozenset("+-*/")
_LONGEST = 400
_DEEPEST = 64


def found_trees(text: str, grammar: Grammar) -> Iterator[Tree]:
    """The expressions in a text, each as a tree with at least one operator."""
    plain = _SPELLINGS.sub(lambda match: _SAME[match[0]], text)
    for run in _RUN.finditer(plain):
        tokens = [match[0] for match in _TOKEN.finditer(plain, run.start(), run.end())]
        first, last = 0, len(tokens)
        while first < last and (tokens[first] in _SIGNS or tokens[first] == ")"):
            first += 1
        while last > first and (tokens[last - 1] in _SIGNS or tokens[last - 1] == "("):
            last -= 1
        before = plain[max(0, run.start() - 20) : run.start()]
        if first and tokens[0] in _SIGNS and _CUT_BEFORE.search(before):
            continue
        if last < len(tokens) and tokens[-1] in _SIGNS and _CUT_AFTER.match(plain, run.end()):
            continue
        tokens = tokens[first:last]
        if not 3 <= len(tokens) <= _LONGEST:
            continue
        try:
            tree = _Parser(tokens, grammar).whole()
        except ValueError:
            continue
        if not isinstance(tree, int):
            yield tree


def parse_tree(text: str, grammar: Grammar, notation: str) -> Sum:
    """The expression that a text prints.

    Raises:
        ValueError: if `written` prints no such text.
    """
    plain = _SPELLINGS.sub(lambda match: _SAME[match[0]], text)
    tokens = _TOKEN.findall(plain)
    if len(tokens) > _LONGEST:
        raise ValueError(f"expected at most {_LONGEST} tokens, got {len(tokens)}")
    terms = flatten(_Parser(tokens, grammar).whole(), grammar.groups)
    if written(terms, grammar, notation) != text:
        raise ValueError(f"expected an expression as it is printed, got {text[:60]!r}")
    return terms


class _Parser:
    """Recursive descent under ordinary precedence."""

    def __init__(self, tokens: list[str], grammar: Grammar) -> None:
        self._tokens, self._at = tokens, 0
        self._numbers = grammar.numbers

    def whole(self) -> Tree:
        tree = self._sum(0)
        if self._at != len(self._tokens):
            raise ValueError("expected one expression")
        return tree

    def _next(self, expected: tuple[str, ...]) -> str | None:
        if self._at < len(self._tokens) and self._tokens[self._at] in expected:
            self._at += 1
            return self._tokens[self._at - 1]
        return None

    def _sum(self, depth: int) -> Tree:
        if depth > _DEEPEST:
            raise ValueError(f"expected at most {_DEEPEST} nested levels")
        tree = self._product(depth)
        while sign := self._next(("+", "-")):
            tree = (sign, tree, self._product(depth))
        return tree

    def _product(self, depth: int) -> Tree:
        tree = self._operand(depth)
        while sign := self._next(("*", "/")):
            tree = (sign, tree, self._operand(depth))
        return tree

    def _operand(self, depth: int) -> Tree:
        if self._next(("(",)):
            tree = self._sum(depth + 1)
            if not self._next((")",)):
                raise ValueError("expected a closing parenthesis")
            return tree
        if self._at == len(self._tokens):
            raise ValueError("expected more, got the end of the expression")
        token = self._tokens[self._at]
        if "^" in token:
            token = token.replace("{", "").replace("}", "")
        self._at += 1
        for numbers in self._numbers.values():
            if token in numbers:
                return numbers[token]
        integers = re.findall("[0-9]+", token)
        numbers = self._numbers["latex"]
        if "^" not in token and len(integers) == 2 and all(n in numbers for n in integers):
            return ("/", numbers[integers[0]], numbers[integers[1]])
        raise ValueError(f"expected an operand of the pool, got {token}")
