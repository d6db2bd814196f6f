"""Aligned texts: both can be read back, sides are equally long, and marks are where they differ."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from leaderboards.alignment import LONGEST, align

WORDS = st.text("ab \n", max_size=30)


def test_differing_characters_are_marked() -> None:
    pieces = align("buys 38 at the park", "buys 9 at the park")
    assert [(p.first, p.second) for p in pieces if p.differs] == [("38", "9 ")]
    assert "".join(p.first for p in pieces) == "buys 38 at the park"
    assert not any(p.differs for p in align("the same", "the same"))


@given(WORDS, WORDS)
def test_the_pieces_give_both_texts(first: str, second: str) -> None:
    pieces = align(first, second)
    assert all(len(p.first) == len(p.second) for p in pieces)
    assert any(p.differs for p in pieces) == (first != second)
    for side, text in ((0, first), (1, second)):
        joined = "".join(piece[side] for piece in pieces)
        assert joined.replace(" ", "") == text.replace("\n", "↵").replace(" ", "")
    assert all(p.first == p.second for p in pieces if not p.differs)


def test_long_texts_are_cut() -> None:
    [piece] = align("a" * 50_000, "a" * 50_000)
    assert piece.first == "a" * LONGEST + "…"
