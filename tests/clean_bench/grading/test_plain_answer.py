"""Plain numbers as exact fractions, and the string normal form under them."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clean_bench.grading.plain_answer import normalize_plain, parse_rational


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", Fraction(5)),
        ("+5", Fraction(5)),
        ("-5", Fraction(-5)),
        ("−5", Fraction(-5)),
        ("- 5", Fraction(-5)),
        ("025", Fraction(25)),
        ("5.", Fraction(5)),
        (".5", Fraction(1, 2)),
        ("27.0", Fraction(27)),
        ("-0.125", Fraction(-1, 8)),
        ("1,000", Fraction(1000)),
        ("1{,}000", Fraction(1000)),
        (r"1,\!000", Fraction(1000)),
        (r"10\,000", Fraction(10000)),
        ("1,234,567.5", Fraction(2469135, 2)),
        ("$18$", Fraction(18)),
        (r"\(18\)", Fraction(18)),
        ("3/4", Fraction(3, 4)),
        ("-6/8", Fraction(-3, 4)),
        ("3/-4", Fraction(-3, 4)),
        ("-1./3", Fraction(-1, 3)),
        (r"\frac{3}{4}", Fraction(3, 4)),
        (r"-\dfrac{3}{4}", Fraction(-3, 4)),
        (r"\tfrac{-3}{4}", Fraction(-3, 4)),
        (r"-\frac{-3}{4}", Fraction(3, 4)),
        (r"\frac34", Fraction(3, 4)),
        (r"\frac{0.5}{2}", Fraction(1, 4)),
        ("1e-3", Fraction(1, 1000)),
        ("4.5e33", Fraction(45 * 10**32)),
        (r"1.2 \times 10^{-6}", Fraction(12, 10**7)),
        (r"3\cdot10^8", Fraction(3 * 10**8)),
    ],
)
def test_oracle_table(text: str, value: Fraction) -> None:
    assert parse_rational(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "", "-", ".", "e5", "x", "1 2", "1 1/2", "1/0", r"\frac{1}{0}", r"\frac123", "--5", "1,00",
        "12,34", "50%", r"50\%", "5 cm", "(1,2)", "1/2/3", "2^3", "9^{9^9}", "1e9999999", "nan",
        "inf", "1, 234", "٣", "1_000", "0x10", "5!", r"\sqrt{4}", "9" * 5000, r"10^{5}",
    ],
)  # fmt: skip
def test_not_a_plain_number(text: str) -> None:
    assert parse_rational(text) is None


@given(st.fractions(max_denominator=10**6), st.booleans())
def test_every_way_of_writing_a_fraction_reads_back(value: Fraction, sign_inside: bool) -> None:
    n, d = value.numerator, value.denominator
    sign = "-" if n < 0 else ""
    forms = [f"{n}/{d}", rf"\frac{{{n}}}{{{d}}}", f"${n} / {d}$", f"{3 * n}/{3 * d}"]
    forms.append(rf"{sign}\dfrac{{{abs(n):,}}}{{{d:,}}}")
    assert {parse_rational(form) for form in forms} == {value}


@given(st.integers(-(10**40), 10**40), st.integers(0, 12))
def test_decimals_are_exact(digits: int, places: int) -> None:
    text = f"{abs(digits):0{places + 1}d}"
    cut = len(text) - places
    decimal = ("-" if digits < 0 else "") + f"{int(text[:cut]):,}" + "." + text[cut:]
    assert parse_rational(decimal) == Fraction(digits, 10**places)
    assert parse_rational(f"{digits}e-{places}") == Fraction(digits, 10**places)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"\left( 3, \frac{\pi}{2} \right)", r"(3,\dfrac{\pi}{2})"),
        (r"3 \sqrt{13}", r"3\sqrt{13}"),
        (r"\text{(C)}", "(C)"),
        ("$x + 1$.", "x+1"),
        (r"\boxed{7}", "7"),
        (r"1,\!234", "1{,}234"),
        (r"11,\! 111", "11,111"),
        ("(1, 2)", "(1,2)"),
        ("a   b", "a b"),
    ],
)
def test_same_normal_form(one: str, other: str) -> None:
    assert normalize_plain(one) == normalize_plain(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1   2", "12"),
        ("1, 234", "1,234"),
        ("1 1/2", "11/2"),
        ("x", "X"),
        ("-x", "x"),
        ("2220_5", "2220_6"),
        ("(1,2)", "[1,2]"),
        ("50", r"50\%"),
        (r"\leftarrow", "arrow"),
        ("a b", "ab"),
        (r"1\\ 2", r"1\2"),
    ],
)
def test_different_normal_form(one: str, other: str) -> None:
    assert normalize_plain(one) != normalize_plain(other)


@given(st.text(alphabet="$\\()[]{}., 1aA-+~!;:\n", max_size=40))
def test_normal_form_is_a_fixed_point(text: str) -> None:
    assert normalize_plain(normalize_plain(text)) == normalize_plain(text)
