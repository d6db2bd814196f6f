r"""The atoms of scalar expressions: numbers, names, functions with what they apply to, brackets.

A number before a proper fraction is a mixed number.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from fractions import Fraction

from clean_bench.grading.expr import Expr
from clean_bench.grading.parse.cursor import DEEPEST, Cursor
from clean_bench.grading.parse.latex_lexer import Token, Unreadable

_APPLIED = frozenset("fghFGH")
"""Letters that stand for functions where a bracket follows them."""
_INVERSES = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "lg": "log10"}
_OF_SEVERAL = frozenset({"gcd", "lcm", "max", "min"})
_PAIRS = {"(": ")", "[": "]", "{": "}", "|": "|", "\\lfloor": "\\rfloor", "\\lceil": "\\rceil"}


class Atoms(Cursor, ABC):
    """The part of the parser below powers. It may split a token ("34" after \\frac)."""

    @abstractmethod
    def sum(self) -> Expr:
        """The sum that begins here."""

    @abstractmethod
    def signed(self) -> Expr:
        """The factor that begins here, with its sign."""

    @abstractmethod
    def power(self) -> Expr:
        """The power that begins here."""

    @abstractmethod
    def exponent(self) -> Expr:
        """The exponent that begins here."""

    def atom(self) -> Expr:
        token = self.take()
        if token.kind == "number":
            return self._number(token)
        if token.kind == "symbol":
            return self._symbol(token)
        if token.kind == "function":
            return self._function(token.text)
        if token.kind == "text" and token.text.strip() in ("i", "e", "d", "x", "y"):
            return ("sym", token.text.strip())
        if token.text == "\\infty":
            return ("sym", "oo")
        if token.text == "\\frac":
            above = self._argument()
            below = self._argument()
            return ("div", above, below)
        if token.text == "\\binom":
            above = self._argument()
            return ("fn", "binomial", above, self._argument())
        if token.kind in ("sign", "command") and token.text in _PAIRS:
            return self._enclosed(token.text)
        raise Unreadable

    def _enclosed(self, opening: str) -> Expr:
        bars = self.bars
        self.bars = 1 if opening == "|" else 0
        inner = self.sum()
        self.bars = bars
        if self.take().text != _PAIRS[opening]:
            raise Unreadable
        if opening == "|":
            return ("fn", "abs", inner)
        if opening in ("\\lfloor", "\\lceil"):
            return ("fn", "floor" if opening == "\\lfloor" else "ceiling", inner)
        return inner

    def _number(self, token: Token) -> Expr:
        value = token.value
        assert value is not None
        if self.peek().text == "\\overline" and self.peek(1).kind == "text":
            if "." not in token.text:
                raise Unreadable
            repeating = self.peek(1).text
            self.at += 2
            places = len(token.text.partition(".")[2])
            tail = Fraction(int(repeating), (10 ** len(repeating) - 1) * 10**places)
            return ("num", value + tail)
        if value.denominator == 1 and token.text.isdigit():
            part = self._proper_fraction()
            if part is not None:
                return ("num", value + part)
        return ("num", value)

    def _proper_fraction(self) -> Fraction | None:
        """The 1/2 of 3 1/2 and the \\frac{1}{2} of 3\\frac{1}{2}."""
        first = self.peek()
        if first.kind == "number" and first.spaced and self.peek(1).text == "/":
            above, below = first, self.peek(2)
            if below.kind != "number" or not (above.text.isdigit() and below.text.isdigit()):
                return None
            if not 0 < int(above.text) < int(below.text):
                return None
            self.at += 3
            return Fraction(int(above.text), int(below.text))
        if first.text != "\\frac":
            return None
        start, depth, saved = self.at, self.depth, list(self.tokens)
        self.at += 1
        try:
            above_tree, below_tree = self._argument(), self._argument()
        except Unreadable:
            above_tree = below_tree = ("sym", "")
        if above_tree[0] == below_tree[0] == "num" and 0 < above_tree[1] < below_tree[1]:
            both = above_tree[1].denominator == below_tree[1].denominator == 1
            if both:
                return Fraction(above_tree[1] / below_tree[1])
        self.at, self.depth, self.tokens = start, depth, saved
        return None

    def _symbol(self, token: Token) -> Expr:
        name = token.text
        while self.peek().text in ("'", "''"):
            name += self.take().text
        if self.peek().text == "_":
            self.at += 1
            name += "_" + self._subscript()
        while self.peek().text in ("'", "''"):
            name += self.take().text
        if name == "C" and self._numbers_follow():
            return ("fn", "binomial", ("num", self.peek(-4).value), ("num", self.peek(-2).value))
        if self.peek().text == "(" and (token.text in _APPLIED or self._at_a_number(name)):
            self.at += 1
            inner = self._enclosed("(")
            return (
                ("sym", f"{name}({inner[1]})") if inner[0] == "sym" else ("fn", f"{name}()", inner)
            )
        return ("sym", name)

    def _numbers_follow(self) -> bool:
        """Whether (n, k) follows, for the combinations C(n, k); it is passed over."""
        opening, above, comma, below, closing = (self.peek(ahead) for ahead in range(5))
        if (opening.text, comma.text, closing.text) != ("(", ",", ")"):
            return False
        if not (
            above.text.isdigit() and below.text.isdigit() and int(above.text) >= int(below.text)
        ):
            return False
        self.at += 5
        return True

    def _at_a_number(self, name: str) -> bool:
        """Whether a name is a function at a number, like I(0), rather than a factor."""
        bracket = self.peek(1).kind == "number" and self.peek(2).text == ")"
        return bracket and name not in ("pi", "e", "i")

    def _subscript(self) -> str:
        token = self.take()
        if token.kind in ("number", "symbol"):
            return token.text
        if token.text != "{":
            raise Unreadable
        name = ""
        while self.peek().text != "}":
            token = self.take()
            if token.kind == "end" or token.text in ("{", "\\frac"):
                raise Unreadable
            name += token.text.strip()
        self.at += 1
        return name

    def _function(self, name: str) -> Expr:
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unreadable
        if name in _OF_SEVERAL:
            tree = self._of_several(name)
        else:
            tree = self._root() if name == "sqrt" else self._applied(_INVERSES.get(name, name))
        self.depth -= 1
        return tree

    def _of_several(self, name: str) -> Expr:
        """gcd(a, b, c), as gcd(gcd(a, b), c)."""
        closing = {"(": ")", "{": "}", "\\{": "\\}"}.get(self.take().text)
        tree = self.sum()
        while self.peek().text == ",":
            self.at += 1
            tree = ("fn", name, tree, self.sum())
        if self.take().text != closing or tree[:2] != ("fn", name):
            raise Unreadable
        return tree

    def _root(self) -> Expr:
        index: Expr | None = None
        if self.peek().text == "[":
            self.at += 1
            index = self._enclosed("[")
        if self.peek().text == "(":
            self.at += 1
            inner = self._enclosed("(")
        else:
            inner = self._argument(whole=True)
        return ("fn", "sqrt", inner) if index is None else ("fn", "root", inner, index)

    def _applied(self, name: str) -> Expr:
        power = base = None
        while self.peek().text in ("^", "_") and self.peek().kind == "sign":
            mark = self.take().text
            if mark == "^":
                if self.peek().text == "\\circ":
                    raise Unreadable
                power = self.exponent()
            else:
                base = self._argument(whole=True)
        if self.peek().text in ("(", "{", "|") and self.peek().kind == "sign":
            inner = self._postfixed_group()
        else:
            inner = self._plain_argument()
        if power == ("neg", ("num", Fraction(1))) and name in ("sin", "cos", "tan", "cot"):
            name, power = f"arc{name}", None
        tree: Expr = ("fn", name, inner) if base is None else ("fn", name, inner, base)
        return tree if power is None else ("pow", tree, power)

    def _postfixed_group(self) -> Expr:
        return self._enclosed(self.take().text)

    def _plain_argument(self) -> Expr:
        """What a function without brackets applies to: sin 2x, ln 3, cos 30^\\circ, log -1."""
        parts = [self.signed()]
        while self.peek().kind == "symbol":
            parts.append(self.power())
        return parts[0] if len(parts) == 1 else ("mul", *parts)

    def _argument(self, whole: bool = False) -> Expr:
        """A group in braces, or the next digit (the whole number where `whole`) or sign."""
        token = self.peek()
        if token.text == "{":
            self.at += 1
            return self._enclosed("{")
        if token.kind == "number" and not whole and len(token.text) > 1:
            if not token.text.isdigit():
                raise Unreadable
            first, rest = token.text[0], token.text[1:]
            self.tokens[self.at] = Token("number", rest, Fraction(int(rest)))
            return ("num", Fraction(int(first)))
        if token.kind == "number":
            self.at += 1
            return ("num", token.value)
        if token.kind in ("symbol", "function", "command"):
            return self.atom()
        raise Unreadable
