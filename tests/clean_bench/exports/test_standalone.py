"""The scorer that exports carry, by hand, against the project's reader of numbers, and under attack."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clean_bench.exports.standalone import answer_of, correct
from clean_bench.grading import grade
from clean_bench.grading.plain_answer import parse_rational


@pytest.mark.parametrize(
    ("gold", "response"),
    [
        ("17", r"\boxed{17}"),
        ("17", r"\boxed{3} and then \boxed{17}"),
        ("17", r"$\boxed{\text{17}}$"),
        ("1/2", r"\boxed{\frac{1}{2}}"),
        ("1/2", r"\boxed{\dfrac{2}{4}}"),
        ("-1/2", r"\boxed{-\frac{1}{2}}"),
        ("-1/2", r"\boxed{-0.5}"),
        ("1/2", r"\boxed{$0.50$}"),
        ("1234567", r"\boxed{1,234,567}"),
        ("1234567", r"\boxed{1{,}234{,}567.0}"),
        ("12", "The answer is 12."),
        ("12", "The answer is: $12$, I think."),
        ("12", "**The answer is 12**"),
        ("12", "The answer is 11. No, the answer is 12."),
        ("12", "so #### 12"),
        ("12", "<think>5</think> <answer> 12 </answer>"),
        ("12", "first 7, then 5, in all 12"),
        ("12", "in all 12."),
        ("1200", "in all 1,200!"),
        ("-3/4", "we get -3/4"),
        ("3/4", r"it is \frac{3}{4}."),
        ("4", "7-3=4"),
        ("3", "7-3"),
        (r"x^2 + 1", r"\boxed{x^2+1}"),
        (r"\text{blue}", r"\boxed{blue}"),
        ("12", "\\boxed{12"),
        (" 12 ", r"\boxed{12}"),
    ],
)
def test_right(gold: str, response: str) -> None:
    assert correct(gold, response)


@pytest.mark.parametrize(
    ("gold", "response"),
    [
        ("17", ""),
        ("17", "I cannot say."),
        ("17", r"\boxed{17} no, \boxed{18}"),
        ("17", r"17, so \boxed{}"),
        ("17", "17, so \\boxed{"),
        ("17", r"The answer is 17: \boxed{18}"),
        ("2/3", r"\boxed{0.667}"),
        ("1/2", r"\boxed{1/3}"),
        ("17", r"\boxed{17 or 18}"),
        ("17", r"\boxed{8+9}"),
        ("1/2", r"\boxed{1/0}"),
        ("17", r"\boxed{int('17')}"),
        ("17", "The answer is 18, not 17."),
        ("Blue", r"\boxed{blue}"),
        ("17", r"\boxed{17\%}"),
        ("-17", r"\boxed{17}"),
        ("512", r"\boxed{2^9}"),
        ("1000", r"\boxed{1,00}"),
    ],
)
def test_wrong(gold: str, response: str) -> None:
    assert not correct(gold, response)


numbers = st.fractions(max_denominator=10**6) | st.integers(-(10**12), 10**12).map(Fraction)


def forms(value: Fraction, scale: int) -> list[str]:
    """Ways to write a number."""
    above, below = value.numerator, value.denominator
    sign, size = "-" if above < 0 else "", abs(above)
    written = [
        f"{above * scale}/{below * scale}",
        rf"{sign}\frac{{{size * scale}}}{{{below * scale}}}",
        rf"\dfrac{{{above}}}{{{below}}}",
    ]
    if below == 1:
        written += [str(above), f"{above:,}", f"{above}.00", f"{above:,}".replace(",", "{,}")]
    return written


@given(numbers, numbers, st.integers(1, 9))
def test_numbers_are_compared_as_numbers(gold: Fraction, other: Fraction, scale: int) -> None:
    for text in forms(other, scale):
        assert parse_rational(text) == other
        for response in (
            f"so \\boxed{{{text}}}.",
            f"The answer is {text}",
            f"The answer is ${text}$.",
        ):
            assert correct(str(gold), response) == (gold == other)
    for text in forms(gold, scale):
        assert correct(str(gold), f"so \\boxed{{{text}}}") and correct(
            str(gold), f"so it is {text}"
        )


@given(st.text(alphabet="0123456789+-−.,/ \\{}$frac()eboxd:answi#\n", max_size=60), numbers)
def test_whatever_clean_bench_decides_by_number_is_decided_alike(text: str, gold: Fraction) -> None:
    response = f"\\boxed{{{text}}}"
    given_answer = answer_of(response)
    value = None if given_answer is None else parse_rational(given_answer)
    assert correct(str(gold), response) == (value == gold)
    if value is not None:
        assert correct(str(value), response)
        assert grade([(str(value), response)])[0].correct


HOSTILE = {
    "many open boxes": r"\boxed{" * 50_000,
    "many closed boxes": r"\boxed{" * 50_000 + "}" * 50_000,
    "spaces after the phrase": "the answer is" + " " * 200_000,
    "lines after the phrase": "the answer is" + "\n" * 200_000,
    "many phrases": "answer is " * 50_000,
    "tags": "<answer> " * 50_000,
    "hashes": "#" * 200_000,
    "bare box": r"\boxed" + " " * 200_000,
    "digits": "7" * 200_000,
    "groups": "1," * 100_000,
    "digits in a box": r"\boxed{" + "7" * 200_000 + "}",
    "5000 digits": r"\boxed{" + "7" * 5000 + "}",
    "exponent": r"\boxed{1e999999999}",
    "power": r"\boxed{9**9**9**9}",
    "code": r"\boxed{__import__('os').system('false')}",
    "null": "\\boxed{\0}",
    "surrogate": "\\boxed{\ud800}",
    "other digits": "\\boxed{\u0661\u0662}",
    "dollars": r"\boxed{" + "$" * 900 + "}",
    "nested commas": r"\boxed{" + "{" * 400 + "," + "}" * 400 + "}",
    "fractions": r"\frac{" * 50_000,
    "minus": "-" * 200_000,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_costs_little_and_scores_nothing(kind: str) -> None:
    begun = time.process_time()
    assert not correct("12", HOSTILE[kind])
    assert not correct("a", HOSTILE[kind])
    assert correct("12", HOSTILE[kind][:1000].replace("{", "").replace("}", "") + r" \boxed{12}")
    assert time.process_time() - begun < 2


def test_only_the_end_of_a_response_is_read() -> None:
    assert not correct("12", r"\boxed{12}" + " word" * 100_000)
    assert correct("12", "word " * 100_000 + r"\boxed{12}")


def test_a_long_answer_counts_only_as_it_stands() -> None:
    long = "7" * 3000
    assert correct(long, f"\\boxed{{{long}}}")
    assert not correct(long, f"\\boxed{{+{long}}}")
