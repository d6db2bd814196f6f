r"""Recursive-descent parser of scalar expressions: LaTeX and plain notation to a tree (see `expr`).

Products and quotients, written or implied, group from the left: 1/2x is (1/2)x. A number before a proper
fraction is a mixed number.
"""

from __future__ import annotations

from fractions import Fraction

from clean_bench.grading.expr import ONE, Expr
from clean_bench.grading.parse.latex_lexer import Token, Unreadable
from clean_bench.grading.parse.names import read_name

_MAX_DEPTH = 40
_MAX_POSTFIXES = 4
_END = Token("end", "")
_TIMES = frozenset({"*", "\\cdot", "\\times"})
_APPLIED = frozenset("fghFGH")
"""Letters that are functions if a bracket follows."""
_INVERSES = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "lg": "log10"}
_OF_SEVERAL = frozenset({"gcd", "lcm", "max", "min"})
_PAIRS = {"(": ")", "[": "]", "{": "}", "|": "|", "\\lfloor": "\\rfloor", "\\lceil": "\\rceil"}


def parse(text: list[Token]) -> Expr:
    """The tree of a whole list of tokens.

    Raises:
        Unreadable: if the tokens are no scalar expression, or one nested too deep.
    """
    if not text:
        raise Unreadable
    parser = _Parser(text)
    tree = parser.sum()
    if parser.at < len(parser.tokens):
        raise Unreadable
    return tree


class _Parser:
    """The position, depth and open bars in a list of tokens. May split a token ("34" after \\frac)."""

    def __init__(self, text: list[Token]) -> None:
        self.tokens = list(text)
        self.at = 0
        self.depth = 0
        self.bars = 0

    def peek(self, ahead: int = 0) -> Token:
        at = self.at + ahead
        return self.tokens[at] if at < len(self.tokens) else _END

    def take(self) -> Token:
        token = self.peek()
        self.at += 1
        return token

    def descend(self) -> None:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise Unreadable

    def sum(self) -> Expr:
        self.descend()
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
        """Whether a number after another part is a factor: only in i4 and 3!7!."""
        before = self.peek(-1)
        return before.text == "!" or (before.kind == "symbol" and not number.spaced)

    def _power_of_ten(self, token: Token) -> bool:
        """Whether the letter x is a multiplication sign: 1.2 x 10^6."""
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
            self.descend()
            part = self.signed()
            self.depth -= 1
            if token.text in ("\\pm", "\\mp"):
                return ("pm", 1 if token.text == "\\pm" else -1, part)
            return ("neg", part) if token.text == "-" else part
        return self.power()

    def power(self) -> Expr:
        return self._postfixed(self.atom())

    def _postfixed(self, base: Expr) -> Expr:
        for _ in range(_MAX_POSTFIXES):
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
            self.descend()
            base = ("pow", base, self.exponent())
            self.depth -= 1
        return base

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
        """The fraction of a mixed number: the 1/2 of 3 1/2 and of 3\\frac{1}{2}."""
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
        name, primes, self.at = read_name(self.tokens, self.at - 1)
        name += "'" * primes
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
        """Consume (n, k) after a C, for the combinations C(n, k); whether it follows."""
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
        """Whether a name before a bracket is a function at a number, as in I(0), and no factor."""
        bracket = self.peek(1).kind == "number" and self.peek(2).text == ")"
        return bracket and name not in ("pi", "e", "i")

    def _function(self, name: str) -> Expr:
        self.descend()
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
            inner = self._enclosed(self.take().text)
        else:
            inner = self._plain_argument()
        if power == ("neg", ("num", Fraction(1))) and name in ("sin", "cos", "tan", "cot"):
            name, power = f"arc{name}", None
        tree: Expr = ("fn", name, inner) if base is None else ("fn", name, inner, base)
        return tree if power is None else ("pow", tree, power)

    def _plain_argument(self) -> Expr:
        """The argument of a function without brackets: sin 2x, ln 3, cos 30^\\circ, log -1."""
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
