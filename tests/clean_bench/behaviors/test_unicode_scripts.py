"""Scripts of real sentences, counted by hand."""

from __future__ import annotations

import sys
import unicodedata
from collections import Counter

import pytest

from clean_bench.behaviors.unicode_scripts import letters_by_script, second_share


@pytest.mark.parametrize(
    "text, letters",
    [
        ("So the answer is 42.", {"LATIN": 13}),
        (r"\frac{x}{y} + \alpha = \boxed{ab}", {"LATIN": 2}),
        ("2πr, Δx and α", {"LATIN": 3}),
        ("答案是 x = 5", {"CJK": 3}),
        ("答案 is 是", {"CJK": 3, "LATIN": 2}),
        ("これはテスト漢字", {"CJK": 8}),
        ("정답은 5", {"CJK": 3}),
        ("ответ λόγος", {"CYRILLIC": 5, "GREEK": 5}),
        ("और x", {"DEVANAGARI": 2}),
        ("𝐟𝐨𝐫 ｗｏｗ", {"LATIN": 6}),
        ("من 5", {"ARABIC": 2}),
        ("123 + 4 = ∑", {}),
        ("", {}),
    ],
)
def test_by_hand(text: str, letters: dict[str, int]) -> None:
    assert letters_by_script(text) == Counter(letters)


def test_the_second_share() -> None:
    assert second_share(Counter({"LATIN": 95, "CJK": 4, "CYRILLIC": 1})) == pytest.approx(0.05)
    assert second_share(Counter({"CJK": 3})) == 0
    assert second_share(Counter()) == 0


def test_every_character_can_be_read() -> None:
    """All code points two by two: no more letters than there are, surrogates and all."""
    for start in range(0, sys.maxunicode + 1, 4096):
        text = " ".join(chr(i) * 2 for i in range(start, start + 4096))
        letters = letters_by_script(text)
        plain = unicodedata.normalize("NFKC", text)
        upper = sum(unicodedata.category(c).startswith("L") for c in plain)
        assert letters.total() <= upper
