r"""Matching: against a plain dynamic programme, by hand, and by property."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clean_bench.probing.suffix_match import compare_suffix
from clean_bench.text.normalize import normalize_spaces
from clean_bench.text.similarity import common_prefix, rouge_l
from clean_bench.text.tokenizer import latex_tokens

WORDS = st.lists(st.sampled_from(["a", "b", "c", "12", r"\frac", "{"]), max_size=12)


def _longest(a: list[str], b: list[str]) -> int:
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a, 1):
        for j, y in enumerate(b, 1):
            table[i][j] = (
                table[i - 1][j - 1] + 1 if x == y else max(table[i - 1][j], table[i][j - 1])
            )
    return table[-1][-1]


@given(WORDS, WORDS)
def test_rouge_l_against_dynamic_programming(a: list[str], b: list[str]) -> None:
    longest = _longest(a, b)
    precision, recall = (longest / len(x) if x else 0.0 for x in (a, b))
    expected = 2 * precision * recall / (precision + recall) if longest else 0.0
    assert rouge_l(a, b) == pytest.approx(expected)


@given(WORDS, WORDS)
def test_common_prefix(a: list[str], b: list[str]) -> None:
    n = common_prefix(a, b)
    assert a[:n] == b[:n]
    assert n == min(len(a), len(b)) or a[n] != b[n]


@given(st.text(min_size=1).filter(str.strip), st.text())
def test_levels_are_nested_and_going_on_is_allowed(suffix: str, more: str) -> None:
    got = compare_suffix(suffix + " " + more, suffix, ended=False)
    assert not got.text or got.latex
    assert not got.raw or got.text
    if not suffix.endswith("\\"):
        assert got.raw and got.rouge_l in (0.0, 1.0) and not got.stops


@given(st.text(), st.text(min_size=1))
def test_scores_are_bounded_and_levels_nested(completion: str, suffix: str) -> None:
    got = compare_suffix(completion, suffix, ended=True)
    assert 0 <= got.rouge_l <= 1 and 0 <= got.edit_similarity <= 1
    assert (not got.raw or got.text) and (not got.text or got.latex) and (not got.stops or got.text)


@pytest.mark.parametrize(
    "completion, suffix, levels",
    [
        (" is 12.", " is 12.", (True, True, True)),
        ("is  12.\n", " is 12.", (False, True, True)),
        (" is 125.", " is 12", (False, False, False)),  # the number goes on
        (" is 12.5", " is 12", (True, True, True)),
        (" an apple", " an app", (False, False, False)),
        (" cafe\u0301 au lait", " caf\u00e9 au lait", (False, True, True)),
        (" caf e", " cafe", (False, False, False)),
        (r" $\dfrac{1}{2}$ of", r" $\frac{1}{2}$ of", (False, False, True)),
        (r" $\left( 1,\! 2 \right)$", " $(1, 2)$", (False, False, True)),
        (" $1{,}000$", " $1,000$", (False, False, True)),
        (r" \(x+1\)", " $x + 1$", (False, False, True)),
        (" $-3$", " $3$", (False, False, False)),
        (" $X$", " $x$", (False, False, False)),
        ("", " $3$", (False, False, False)),
        (" and then more", " and then more words", (False, False, False)),
    ],
)
def test_levels_by_hand(completion: str, suffix: str, levels: tuple[bool, bool, bool]) -> None:
    got = compare_suffix(completion, suffix, ended=True)
    assert (got.raw, got.text, got.latex) == levels


def test_stops_needs_both_the_end_of_the_text_and_of_the_generation() -> None:
    assert compare_suffix(" is 12. ", " is 12.", ended=True).stops
    assert not compare_suffix(" is 12.", " is 12.", ended=False).stops
    assert not compare_suffix(" is 12. Then", " is 12.", ended=True).stops
    assert not compare_suffix(" is 13.", " is 12.", ended=True).stops


def test_soft_scores_by_hand() -> None:
    got = compare_suffix(
        " is the sum of 3 and then it goes on for long", " is the sum of 5", ended=False
    )
    assert got.rouge_l == pytest.approx(4 / 5)  # on the suffix's length: "is the sum of 3"
    assert got.edit_similarity == pytest.approx(14 / 15)
    assert got.common_prefix == 4


def test_tokens() -> None:
    assert latex_tokens(r"$\dfrac{10}{3}x_1$ km") == [
        r"\frac",
        *"{",
        "10",
        *"}{",
        "3",
        "}",
        *"x_1",
        "km",
    ]
    assert normalize_spaces(" a\n\n b\t") == "a b"
