"""Print and read sums of constants, multiples of an unknown, brackets and fractions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias

from generators.family import Notation

CONSTANT, MULTIPLE, BRACKET, FRACTION = range(4)

Piece: TypeAlias = tuple[int, ...]
"""(0, c) is c; (1, a) is ax; (2, a, b, c) is a(bx + c); (3, d, b, c) is (bx + c)/d.

A fraction with a minus sign in front has -d instead of d.
"""

_NUMBER = "[1-9][0-9]{0,11}"
_SUM = "[0-9a-z +-]{1,60}"
_PIECE = re.compile(
    rf"(?P<sign>^-?| [-+] )(?:\\frac\{{(?P<latex>{_SUM})\}}\{{(?P<below>{_NUMBER})\}}"
    rf"|\((?P<plain>{_SUM})\)/(?P<by>{_NUMBER})|(?P<factor>{_NUMBER})\((?P<bracket>{_SUM})\)"
    rf"|(?P<multiple>{_NUMBER})?(?P<letter>[a-z])|(?P<constant>{_NUMBER}))"
)


def signed_text(piece: Piece, x: str, notation: Notation) -> str:
    """The piece with its sign in front: ` + 5`, ` - 3x`."""
    kind, a = piece[0], piece[1]
    sign, a = (" - ", -a) if a < 0 else (" + ", a)
    if kind == CONSTANT:
        return f"{sign}{a}"
    if kind == MULTIPLE:
        return f"{sign}{a}{x}"
    b, c = piece[2], piece[3]
    at_x = f"{abs(b)}{x}" if b not in (1, -1) else x
    inner = f"{c} - {at_x}" if b < 0 else f"{at_x} - {-c}" if c < 0 else f"{at_x} + {c}"
    if kind == BRACKET:
        return f"{sign}{a}({inner})"
    return rf"{sign}\frac{{{inner}}}{{{a}}}" if notation == "latex" else f"{sign}({inner})/{a}"


def side_text(pieces: Iterable[Piece], x: str, notation: Notation) -> str:
    """The pieces added up, as on one side of an equation."""
    text = "".join([signed_text(piece, x, notation) for piece in pieces])
    return text[3:] if text[1] == "+" else "-" + text[3:]


def read_side(text: str, x: str) -> tuple[Piece, ...]:
    """The pieces of a side, or of the sum in a bracket.

    Raises:
        ValueError: if the text is not such a sum in the unknown x.
    """
    pieces: list[Piece] = []
    position = 0
    while position < len(text):
        match = _PIECE.match(text, position)
        if not match or match["letter"] not in (None, x):
            raise ValueError(f"expected a sum of pieces, got {text[:60]!r}")
        sign = -1 if "-" in match["sign"] else 1
        if match["constant"]:
            pieces.append((CONSTANT, sign * int(match["constant"])))
        elif match["letter"]:
            pieces.append((MULTIPLE, sign * int(match["multiple"] or 1)))
        else:
            inner = sorted(read_side(match["latex"] or match["plain"] or match["bracket"], x))
            if [piece[0] for piece in inner] != [CONSTANT, MULTIPLE]:
                raise ValueError(
                    f"expected a multiple and a constant in a bracket, got {text[:60]!r}"
                )
            kind = BRACKET if match["bracket"] else FRACTION
            number = int(match["below"] or match["by"] or match["factor"])
            pieces.append((kind, sign * number, inner[1][1], inner[0][1]))
        position = match.end()
    return tuple(pieces)
