"""`decimals` against Python's `decimal` module and by hand."""

import decimal
import re
from collections import Counter
from fractions import Fraction
from math import log2

import pytest

from clean_bench.seeds import Draw, digest
from generators.families.arithmetic.decimals import LONG, SHORT, Decimals, Rounding
from generators.forms.sum_family import Sum

FAMILY = Decimals()
EXACT = decimal.Context(prec=200)
AWAY = "Compute {}. Round only the final result, to {}, with halves rounded away from zero."
EVEN = "Compute {}. Round only the final result, to {}, with halves rounded to the even digit."


def item(tier, number, notation=None):
    words = digest("test", tier, number, length=FAMILY.random_bytes)
    return FAMILY.make(words, tier, notation=notation)


def decimal_answer(problem):
    """The answer by the `decimal` module with 200 digits, and how many operations there are.

    No quotient here comes within 10^-100 of a half without being one: a divisor has at most three
    digits, and there are at most ten.
    """
    expression = re.search(r"[0-9][-0-9.+*/ ]*[0-9]", problem)[0]
    tokens = expression.split(" ")
    total, steps = decimal.Decimal(0), len(tokens) // 2
    tokens.insert(0, "+")
    while tokens:
        sign, value = tokens.pop(0), decimal.Decimal(tokens.pop(0))
        if tokens and tokens[0] in "*/":
            operation = EXACT.multiply if tokens.pop(0) == "*" else EXACT.divide
            value = operation(value, decimal.Decimal(tokens.pop(0)))
        total = (EXACT.add if sign == "+" else EXACT.subtract)(total, value)
    total = total.quantize(decimal.Decimal(1).scaleb(-100), context=EXACT)
    places = int(re.search(r"to ([0-9]) decimal", problem)[1])
    rounding = decimal.ROUND_HALF_UP if "away" in problem else decimal.ROUND_HALF_EVEN
    rounded = total.quantize(decimal.Decimal(1).scaleb(-places), rounding, EXACT)
    return str(rounded if rounded else abs(rounded)), steps


@pytest.mark.parametrize("tier", [1, 2, 3, 5, 8, 13, 20])
def test_answers_are_those_of_the_decimal_module(tier):
    for number in range(80):
        found = item(tier, number, "plain")
        assert (found.answer, tier) == decimal_answer(found.problem)
        assert FAMILY.solution(found.form).count(" = ") == tier
        assert FAMILY.solution(found.form).endswith(f"rounded: {found.answer}")
        assert abs(Fraction(found.answer)) < 10**6


@pytest.mark.parametrize(
    ("expression", "places", "away", "even"),
    [
        ("0.25 * 1.5 + 3.11", "2 decimal places", "3.49", "3.48"),
        ("0.25 * 1.5 - 1.22", "2 decimal places", "-0.85", "-0.84"),
        ("1.125 + 1.11", "2 decimal places", "2.24", "2.24"),
        ("0.225 - 0.175", "1 decimal place", "0.1", "0.0"),
        ("0.175 - 0.225", "1 decimal place", "-0.1", "0.0"),
        ("0.0123 - 0.0456", "1 decimal place", "0.0", "0.0"),
        ("1.25 + 1.25", "3 decimal places", "2.500", "2.500"),
        ("1.25 / 1.5", "3 decimal places", "0.833", "0.833"),
    ],
)
def test_halves_by_hand(expression, places, away, even):
    for form, wanted in ((AWAY, away), (EVEN, even)):
        text = form.format(expression, places)
        assert FAMILY.answer(FAMILY.read(text)) == wanted
        assert FAMILY.evaluate(text) == Fraction(wanted)


def test_a_half_decides_often_enough_to_matter():
    """Of the items of one step, some have another answer under the other rule."""
    differ = 0
    for number in range(2000):
        terms, (places, to_even) = item(1, number).form
        answers = (FAMILY.answer(Sum(terms, (places, rule))) for rule in (to_even, not to_even))
        differ += next(answers) != next(answers)
    assert 20 <= differ <= 200


def test_a_text_by_hand_in_both_notations():
    form = Sum(
        ((1, "/", ("11.25", "2.5")), (-1, "*", ("1.2", "0.35")), (1, "", ("0.125",))),
        Rounding(2, True),
    )
    latex = EVEN.format(r"$11.25 \div 2.5 - 1.2 \times 0.35 + 0.125$", "2 decimal places")
    plain = EVEN.format("11.25 / 2.5 - 1.2 * 0.35 + 0.125", "2 decimal places")
    assert FAMILY.render(form, "latex", Draw(bytes(64))) == latex
    assert FAMILY.render(form, "plain", Draw(bytes(64))) == plain
    assert FAMILY.answer(form) == "4.20"
    assert FAMILY.solution(form) == (
        "11.25 / 2.5 = 4.5, 1.2 * 0.35 = 0.42, 4.5 - 0.42 = 4.08, 4.08 + 0.125 = 4.205, rounded: 4.20"
    )


def test_the_canonical_form_is_that_up_to_commutation():
    def name(expression, form=AWAY, places="2 decimal places"):
        return FAMILY.canonical(FAMILY.read(form.format(expression, places)))

    one = name("1.23 + 0.45 * 6.7 - 8.91")
    assert name("1.23 - 8.91 + 6.7 * 0.45") == name("6.7 * 0.45 + 1.23 - 8.91") == one
    for other in (
        "8.91 + 0.45 * 6.7 - 1.23",
        "1.23 - 0.45 * 6.7 + 8.91",
        "1.23 + 0.45 * 6.8 - 8.91",
    ):
        assert name(other) != one
    assert name("1.25 / 2.5") != name("2.25 / 1.5")
    assert name("1.23 + 0.45 * 6.7 - 8.91", EVEN) != one
    assert name("1.23 + 0.45 * 6.7 - 8.91", AWAY, "3 decimal places") != one


def test_the_options_are_the_described_ones():
    def described(values):
        return {str(value) for value in values if str(value)[-1] != "0"}

    longs = [decimal.Decimal(n).scaleb(-p) for n in range(100, 10_000) for p in (2, 3, 4)]
    shorts = [decimal.Decimal(n).scaleb(-p) for n in range(10, 1_000) for p in (1, 2)]
    assert set(LONG) == described(longs) and len(LONG) == 26_730
    assert set(SHORT) == described(shorts) and len(SHORT) == 1_782
    assert len(set(map(Fraction, LONG))) == len(LONG) and len(set(map(Fraction, SHORT))) == len(
        SHORT
    )


def test_bits_by_hand():
    """One step: one of three sequences of kinds; plus or minus (1/2); six roundings."""
    text = AWAY.format("1.23 + 4.56", "2 decimal places")
    assert FAMILY.bits(FAMILY.read(text)) == pytest.approx(log2(3 * 2 * 6 * 26_730**2 / 2))
    text = AWAY.format("1.23 / 4.5", "2 decimal places")
    assert FAMILY.bits(FAMILY.read(text)) == pytest.approx(log2(3 * 6 * 26_730 * 1_782))
    assert FAMILY.min_bits(1) == pytest.approx(log2(3 * 6 * 1_782**2 / 2))
    assert FAMILY.space(1) == 6 * (
        26_730 * 26_731 // 2 + 26_730**2 + 1_782 * 1_783 // 2 + 26_730 * 1_782
    )
    assert FAMILY.min_bits(4) - 1 >= 60


def test_every_rounding_is_drawn_as_often():
    drawn = Counter(item(1, number).form.question for number in range(3000))
    assert len(drawn) == 6
    assert all(400 <= count <= 600 for count in drawn.values())


@pytest.mark.parametrize(
    "text",
    [
        "Compute 1.23 + 4.56.",
        AWAY.format("", "2 decimal places"),
        AWAY.format("1.23 + 4.56", "4 decimal places"),
        AWAY.format("1.23 + 4.5.6", "2 decimal places"),
        AWAY.format("1.23 * ", "2 decimal places"),
        AWAY.format("1.23 + " * 3000 + "1.23", "2 decimal places"),
    ],
)
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError):
        FAMILY.evaluate(text)


@pytest.mark.parametrize("expression", ["1.20 + 4.56", "1.2345 * 1.2", "12 + 4.56", "1.23", "x"])
def test_operands_that_are_none_of_the_options_are_not_read(expression):
    with pytest.raises(ValueError):
        FAMILY.read(AWAY.format(expression, "2 decimal places"))


def test_one_item_is_pinned():
    """A change here is a new version of the family."""
    assert FAMILY.version == 2
    assert item(3, 0).problem == (
        r"Work out $10.62 \div 84.7 - 7.45 \times 2.93$. Do not round intermediate results; give "
        "the final result to 3 decimal places, rounding halves to the even digit."
    )
    assert item(3, 0).answer == "-21.703"
