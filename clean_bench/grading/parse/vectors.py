r"""Vectors: a transposed row or column, and plain angle brackets."""

from __future__ import annotations

from clean_bench.grading.parse.answer_types import Answer, Matrix, Square, Tuple
from clean_bench.grading.parse.latex_lexer import Token
from clean_bench.grading.parse.split_top_level import OPENING

_TRANSPOSE = frozenset({"T", "t", "\\top", "\\intercal"})


def transposed(text: list[Token]) -> list[Token]:
    """The tokens before a transpose sign after brackets, as in `[1,2,3]^T`; empty without one."""
    if len(text) < 5 or (text[0].text not in OPENING and not text[0].text.startswith("\\begin ")):
        return []
    if text[-1].text.strip() in _TRANSPOSE and text[-2].text == "^":
        return text[:-2]
    braced = text[-1].text == "}" and text[-3].text == "{" and text[-4].text == "^"
    return text[:-4] if braced and text[-2].text.strip() in _TRANSPOSE else []


def transpose(answer: Answer) -> Answer | None:
    """The transposed vector or matrix; None if the answer is neither."""
    if isinstance(answer, Square):
        return Tuple(answer.items, False, True)
    if isinstance(answer, Tuple):
        return Matrix((answer.items,)) if answer.column else Tuple(answer.items, False, True)
    if not isinstance(answer, Matrix):
        return None
    if len(answer.rows) == 1:
        return Tuple(answer.rows[0], False, True)
    return Matrix(tuple(zip(*answer.rows, strict=True)))


def in_angles(text: list[Token]) -> list[Token]:
    """The tokens between plain angle brackets, as in `<1,2,3>`; empty for an inequality."""
    if text[0].text != "<" or text[-1].text != ">":
        return []
    angles = [at for at, token in enumerate(text) if token.text in ("<", ">")]
    comma = any(token.text == "," for token in text)
    return text[1:-1] if comma and len(angles) == 2 else []
