r"""Names of variables in tokens: a symbol with its subscript and primes.

One name has one text, however it is written: `x_{\text{max}}`, `x_\text{max}` and `x_{max}` are
`x_max`, `x_1'` and `x'_1` are `x_1'`.
"""

from __future__ import annotations

from clean_bench.grading.parse.latex_lexer import Token, Unreadable

_NO_SUBSCRIPT = frozenset({"\\frac", "\\binom", "\\overline", "\\\\", "\\{", "\\}"})
_SINGLE = frozenset({"number", "symbol", "text", "word", "function", "command"})


def read_name(text: list[Token], at: int) -> tuple[str, int, int]:
    """The name at a symbol, the number of its primes, and the position after both.

    Raises:
        Unreadable: if the subscript is none.
    """
    name, at = text[at].text, at + 1
    primes, at = _primes(text, at)
    if at < len(text) and text[at].text == "_":
        part, at = _subscript(text, at + 1)
        name += "_" + part
    more, at = _primes(text, at)
    return name, primes + more, at


def _primes(text: list[Token], at: int) -> tuple[int, int]:
    start = at
    while at < len(text) and text[at].text == "'":
        at += 1
    return at - start, at


def _subscript(text: list[Token], at: int) -> tuple[str, int]:
    if at >= len(text):
        raise Unreadable
    token = text[at]
    if token.kind in _SINGLE and not _stops(token):
        return token.text.strip(), at + 1
    if token.text != "{":
        raise Unreadable
    name = ""
    at += 1
    while at < len(text) and text[at].text != "}":
        if text[at].text in ("{", "\\frac"):
            raise Unreadable
        name += text[at].text.strip()
        at += 1
    if at >= len(text):
        raise Unreadable
    return name, at + 1


def _stops(token: Token) -> bool:
    return token.text in _NO_SUBSCRIPT or token.text.startswith(("\\begin", "\\end"))
