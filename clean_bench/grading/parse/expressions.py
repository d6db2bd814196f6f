r"""A parser of scalar expressions: LaTeX and plain notation, to a tree (see `trees`).

Division and products group from the left,
written or implied: 1/2x is (1/2)x.
"""

from __future__ import annotations

from clean_bench.grading.expr import ONE, Expr
from clean_bench.grading.parse.atoms import Atoms
from clean_bench.grading.parse.cursor import DEEPEST
from clean_bench.grading.parse.latex_lexer import Token, Unreadable

_MOST_POSTFIXES = 4
_TIMES = frozenset({"*", "\\cdot", "\\times"})


def parse(text: list[Token]) -> Expr:
    """The tree of a whole list of tokens.

    Raises:
        Unreadable: if the tokens are no scalar expression, or one nested too deep.
    """
    if not text:
        raise Unreadable
    reader = _Reader(text)
    tree = reader.sum()
    if reader.at < len(reader.tokens):
        raise Unreadable
    return tree


class _Reader(Atoms):
    """Recursive descent over a list of tokens: sums, products, signs and powers."""

    def sum(self) -> Expr:
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unreadable
        parts: list[Expr] = []
        while True:
            sign = self.peek().text if self.peek().kind in ("sign", "command") else ""
            if sign in ("+", "-", "\\pm", "\\mp"):
                self.at += 1
                if sign == "+" and self.peek().text == "/" and self.peek(1).text == "-":
                    self.at += 2
                    sign = "\\pm"
            elif parts:
                break
            part = self.product()
            if sign == "-":
                part = ("neg", part)
            elif sign in ("\\pm", "\\mp"):
                part = ("pm", 1 if sign == "\\pm" else -1, part)
            parts.append(part)
        self.depth -= 1
        return parts[0] if len(parts) == 1 else ("add", *parts)

    def product(self) -> Expr:
        parts = [self.signed()]
        while True:
            token = self.peek()
            if token.text in _TIMES and token.kind in ("sign", "command"):
                self.at += 1
                parts.append(self.signed())
            elif token.text == "/" and token.kind == "sign":
                self.at += 1
                parts.append(("div", ONE, self.signed()))
            elif self._power_of_ten(token):
                self.at += 1
                parts.append(self.power())
            elif self._starts(token) and (token.kind != "number" or self._is_factor(token)):
                parts.append(self.power())
            else:
                return parts[0] if len(parts) == 1 else ("mul", *parts)

    def _is_factor(self, number: Token) -> bool:
        """i4 is 4i, and 3!7! a product; of other numbers that follow something, none is a factor."""
        before = self.peek(-1)
        return before.text == "!" or (before.kind == "symbol" and not number.spaced)

    def _power_of_ten(self, token: Token) -> bool:
        """The letter x for the sign between a number and a power of ten: 1.2 x 10^6."""
        return (
            token.text in ("x", "X")
            and token.kind == "symbol"
            and self.at > 0
            and self.peek(-1).kind == "number"
            and self.peek(1).kind == "number"
            and ((self.peek(1).text == "10" and self.peek(2).text == "^") or self.peek(1).spaced)
        )

    def _starts(self, token: Token) -> bool:
        if token.kind in ("number", "symbol", "function"):
            return True
        if token.kind == "command":
            return token.text in ("\\frac", "\\binom", "\\infty", "\\lfloor", "\\lceil", "\\sqrt")
        if token.kind == "text":
            return token.text.strip() in ("i", "e", "d") and self.at > 0
        if token.text == "|":
            return not self.bars
        return token.text in ("(", "[", "{")

    def signed(self) -> Expr:
        token = self.peek()
        if token.kind in ("sign", "command") and token.text in ("-", "+", "\\pm", "\\mp"):
            self.at += 1
            self.depth += 1
            if self.depth > DEEPEST:
                raise Unreadable
            part = self.signed()
            self.depth -= 1
            if token.text in ("\\pm", "\\mp"):
                return ("pm", 1 if token.text == "\\pm" else -1, part)
            return ("neg", part) if token.text == "-" else part
        return self.power()

    def power(self) -> Expr:
        return self._postfixed(self.atom())

    def _postfixed(self, base: Expr) -> Expr:
        for _ in range(_MOST_POSTFIXES):
            token = self.peek()
            if token.kind != "sign" or token.text not in ("^", "!"):
                return base
            self.at += 1
            if token.text == "!":
                if self.peek().text == "!":
                    raise Unreadable
                base = ("fn", "factorial", base)
            elif self.peek().text == "\\circ":
                self.at += 1
                base = ("deg", base)
            else:
                base = ("pow", base, self.exponent())
        raise Unreadable

    def exponent(self) -> Expr:
        token = self.peek()
        if token.text in ("-", "+") and token.kind == "sign":
            self.at += 1
            part = self.exponent()
            return ("neg", part) if token.text == "-" else part
        base = self.atom()
        if self.peek().text == "^":
            self.at += 1
            self.depth += 1
            if self.depth > DEEPEST:
                raise Unreadable
            base = ("pow", base, self.exponent())
            self.depth -= 1
        return base
