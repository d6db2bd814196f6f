r"""Altered copies: rules by hand, and properties of texts put together from known pieces."""

import json
import re
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clean_bench.probing.alter import change_case, renumber, reword, swap_words
from clean_bench.probing.cut import math_spans
from clean_bench.probing.reword import TABLE

BUSY = settings(deadline=None)  # other processes may hold the cores

MATH500 = Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "math500.jsonl"

KEPT = [
    "x_1", "$x_{12}$", "$y^2$", "$z^{10}$", "$a^{-3}$", r"$\sqrt[3]{x}$", "[asy] draw(1, 22); [/asy]",
    r"\hspace{3pt}", "\\\\[2ex]", r"\begin{e1}", r"\label{eq7}", "A1", "the 7th", "21st",
    r"$8^{\text{th}}$", "words", r"$\alpha$", "https://a.b/1",
]  # fmt: skip
NUMBERS = [
    "0",
    "1",
    "7",
    "10",
    "50",
    "99",
    "128",
    "1200",
    "3.5",
    "0.05",
    "0.125",
    "2.50",
    "20{,}000",
    "1,000,000",
]
PIECES = st.lists(
    st.one_of(st.sampled_from(KEPT), st.sampled_from(NUMBERS)), min_size=1, max_size=25
)
SEEDS = st.text(max_size=6)


def value(number: str) -> float:
    return float(number.replace("{,}", "").replace(",", ""))


@BUSY
@given(PIECES, SEEDS)
def test_every_number_and_nothing_else_is_replaced(pieces: list[str], seed: str) -> None:
    text = " ; ".join(pieces)
    new = renumber(text, seed)
    assert (new is None) == all(piece in KEPT for piece in pieces)
    if new is None:
        return
    assert len(new) == len(text)
    replacement: dict[str, str] = {}
    for piece, got in zip(pieces, new.split(" ; "), strict=True):
        if piece in KEPT:
            assert got == piece
            continue
        assert re.sub("[0-9]", "#", got) == re.sub("[0-9]", "#", piece)
        assert value(got) != value(piece)
        assert replacement.setdefault(piece, got) == got
        if value(piece) != 0 and piece[0] != "0":
            assert got[0] != "0"
        if value(piece) < 10 and "." not in piece:
            assert got in set("23456789")


@BUSY
@given(PIECES, SEEDS)
def test_numbers_that_differ_stay_different(pieces: list[str], seed: str) -> None:
    values = {value(piece) for piece in pieces if piece in NUMBERS}
    new = renumber(" ; ".join(pieces), seed)
    if new is not None:
        got = new.split(" ; ")
        assert len({value(g) for p, g in zip(pieces, got, strict=True) if p in NUMBERS}) == len(
            values
        )


@pytest.mark.parametrize(
    "text, pattern",
    [
        (r"\frac12 \frac1{23}", r"\\frac([2-9])[3-9] \\frac\1\{[1-9][1-9]\}"),
        (r"\frac12 and 12", r"\\frac[2-9][3-9] and [1-9][1-9]"),
        (r"\sqrt23 + 3", r"\\sqrt[3-9]([2-9]) \+ \1"),
        ("$(100,200)$ and 100", r"\$\(([2-9])00,[3-9]00\)\$ and \g<1>00"),
        (r"costs \$66,200.50 or 66200.5", r"costs \\\$(\d\d),(\d{3})\.([1-9])0 or \1\2\.\3"),
        ("50% is 0.5 and 5", r"([2-9])0% is 0\.\1 and \1"),
        ("0.00 is 0", r"([2-9])\.00 is \1"),
        ("007", "00[2-9]"),
        (r"$0.\overline{13}$", r"\$0\.\\overline\{[1-9][1-9]\}\$"),
        ("3x + 6-sided", "[2-9]x [+] [2-9]-sided"),
        ("$$2^{3^{4}}$$", r"\$\$[3-9]\^\{3\^\{4\}\}\$\$"),
    ],
)
def test_numbers_by_hand(text: str, pattern: str) -> None:
    pattern = re.sub(r"\\g<(\d)>", r"(?:\\\1)", pattern)
    for seed in "abcdefgh":
        new = renumber(text, seed)
        assert new is not None and new != text and re.fullmatch(pattern, new)


def test_one_draw_per_seed() -> None:
    text = "between 123456 and 654321 of 7"
    assert len({renumber(text, str(seed)) for seed in range(20)}) == 20
    assert renumber(text, "3") == renumber(text, "3")


PROSE = [
    "find",
    "the",
    "area",
    "of",
    "a",
    "Two",
    "trains",
    "x",
    "leave",
    "it",
    "team's",
    "cross-country",
    "3rd",
]
FORMULAS = [
    "$x + y$",
    r"\(the area\)",
    r"\[ \text{area of} \]",
    "[asy] draw(area, b); [/asy]",
    r"\emph{very}",
]
TEXTS = st.lists(st.sampled_from(PROSE + FORMULAS), max_size=40).map(" ".join)


def prose_words(text: str) -> list[str]:
    """The words outside formulas of the texts above: split at white space."""
    for formula in FORMULAS[:4]:
        text = text.replace(formula, " ")
    parts = (word.removeprefix(r"\emph{").removesuffix("}") for word in text.split())
    return [word for word in parts if word != "3rd"]


def formulas(text: str) -> list[str]:
    return [text[start:end] for start, end in math_spans(text)]


@BUSY
@given(TEXTS, SEEDS)
def test_neighbouring_words_are_exchanged(text: str, seed: str) -> None:
    long_words = [word for word in prose_words(text) if len(word) >= 3]
    new = swap_words(text, seed)
    if new is None:
        assert len(long_words) < 3 or len({word.lower() for word in long_words}) == 1
        return
    got = [word for word in prose_words(new) if len(word) >= 3]
    assert Counter(map(str.lower, got)) == Counter(map(str.lower, long_words))
    moved = [
        i for i, (a, b) in enumerate(zip(long_words, got, strict=True)) if a.lower() != b.lower()
    ]
    pairs = list(zip(moved[::2], moved[1::2], strict=True))
    assert 1 <= len(pairs) <= max(1, len(long_words) // 8)
    for first, second in pairs:
        assert second == first + 1 and got[first].lower() == long_words[second].lower()
    assert formulas(new) == formulas(text) and len(new) == len(text)


def test_the_number_of_exchanges() -> None:
    words = [a + b + "xyz" for a in "abcdefgh" for b in "abcdefgh"]
    new = swap_words(" ".join(words), "seed")
    assert new is not None
    assert sum(a != b for a, b in zip(words, new.split(), strict=True)) == 2 * 8


@pytest.mark.parametrize(
    "text", ["", "Find $area of the$ it", "two words", "one of a", "and and and and"]
)
def test_too_few_words_to_exchange(text: str) -> None:
    assert swap_words(text, "seed") is None


def test_a_capital_at_the_start_of_a_sentence_stays() -> None:
    got = {swap_words("Find angle Alpha", str(seed)) for seed in range(30)}
    assert got == {"Angle find Alpha", "Find Alpha angle"}


@BUSY
@given(TEXTS)
def test_every_word_changes_its_first_letter(text: str) -> None:
    words = prose_words(text)
    new = change_case(text)
    assert (new is None) == (not words)
    if new is not None:
        assert prose_words(new) == [word[0].swapcase() + word[1:] for word in words]
        assert formulas(new) == formulas(text)
        assert change_case(new) == text


def test_case_by_hand() -> None:
    text = r"Find the $x$-axis of NASA's \emph{Big} area, ßa éa x_1"
    assert change_case(text) == r"find The $x$-Axis Of nASA's \emph{big} Area, ßa Éa x_1"
    assert change_case("$x + y = 3$, 12.") is None


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Find $x$.", {"Determine $x$."}),
        ("You find it.", {None}),
        ("What is the area of $T$?", {"Find the area of $T$.", "Determine the area of $T$."}),
        ("If $x=3$, what is $y?$", {f"{a} that $x=3$, what is $y?$" for a in ("Given", "Assuming")}),
        ("How old is Ann and what is her name?", {None}),
        ("What is $f(x)$ equal to?", {None}),
        ("Let $n$ be even.", {"Suppose that $n$ is even.", "Assume that $n$ is even."}),
        ("Let $a,$ $b$ be reals.", {f"{a} that $a,$ $b$ are reals." for a in ("Suppose", "Assume")}),
        ("Let $a$ be odd, and $b$ be even.", {None}),
        ("Let $f(x) = 2$.", {"Suppose that $f(x) = 2$.", "Assume that $f(x) = 2$."}),
        ("It is true for all real numbers $x$.", {"It is true for every real number $x$."}),
        ("It is true for all real numbers $x$ and $y$.", {None}),
        ("Is $n$ such that $x$?", {"Is $n$ so that $x$?", "Is $n$ with the property that $x$?"}),
        ("The point is such that $n = 3$.", {None}),
        ("In how\nmany days", {"In what number of days"}),
        ("How many is that?", {None}),
        ("$Find the$ thing", {None}),
        ("[asy] Find; [/asy] Find", {"[asy] Find; [/asy] Determine"}),
        ("\ue000. Find \ue003", {"\ue000. Determine \ue003"}),
    ],
)  # fmt: skip
def test_phrases_by_hand(text: str, expected: set[str | None]) -> None:
    assert {reword(text, str(seed)) for seed in range(40)} <= expected
    assert {reword(text, str(seed)) for seed in range(40)} != {None} or expected == {None}


PHRASES = [phrase for group in TABLE["both"] for phrase in group]
PHRASES += [entry["from"] for entry in TABLE["one_way"]] + [
    "What is the",
    "Find",
    "If",
    "and",
    "?",
    ".",
    ",",
]
FILLED = [
    re.sub(r"\{[SR]\}", "$x = 1$", re.sub(r"\{N\}", "$a$ and $b$", phrase)) for phrase in PHRASES
]
REWORDABLE = st.lists(st.sampled_from(FILLED + FORMULAS), max_size=30).map(" ".join)


@BUSY
@given(REWORDABLE, SEEDS)
def test_rewording_leaves_formulas_and_numbers(text: str, seed: str) -> None:
    new = reword(text, seed)
    if new is not None:
        assert new != text
        assert formulas(new) == formulas(text)
        assert new == reword(text, seed)


def test_the_table_of_phrases() -> None:
    assert len(TABLE["both"]) + len(TABLE["one_way"]) >= 60
    for group in TABLE["both"]:
        assert len(group) == len(set(group)) >= 2
    for entry in TABLE["one_way"]:
        assert entry["from"] not in entry["to"]
        formulas_in = re.findall(r"\{.\}", entry["from"])
        assert all(re.findall(r"\{.\}", phrase) == formulas_in for phrase in entry["to"])


@pytest.mark.parametrize(
    "text",
    ["7" * 50_000, "a" * 50_000, "If " * 16_000, "what is the " * 4_000, "let $x$ be " * 4_000,
     "_{" * 25_000, "a-" * 25_000, r"\hspace[" * 6_000, "how many " * 5_000, "$" * 50_000,
     "\\" * 50_000],
)  # fmt: skip
def test_long_texts_take_bounded_time(text: str) -> None:
    """Each takes about a second; one quadratic pattern would take minutes."""
    start = time.process_time()
    renumber(text, "s")
    swap_words(text, "s")
    change_case(text)
    reword(text, "s")
    assert time.process_time() - start < 20


@pytest.mark.skipif(not MATH500.exists(), reason=f"{MATH500.name} is not on this machine")
def test_most_of_math500_can_be_altered() -> None:
    texts = [json.loads(line)["problem"] for line in MATH500.read_text("utf-8").splitlines()]
    for alter, share in [(renumber, 0.85), (swap_words, 0.75), (reword, 0.85)]:
        altered = [alter(text, "seed") for text in texts]
        assert sum(new is not None for new in altered) > share * len(texts)
        assert all(new != text for new, text in zip(altered, texts, strict=True))
