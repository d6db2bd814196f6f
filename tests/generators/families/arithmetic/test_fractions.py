"""`fractions` against sums by Python's own parser, and by hand."""

import ast
import re
from fractions import Fraction
from math import gcd, lcm, log2
from operator import add, mul, sub, truediv

import pytest

from clean_bench.seeds import Draw, digest
from generators.families.arithmetic.fractions import ANSWER_FORMATS, DIVISORS, FRACTIONS, Fractions
from generators.forms.sum_family import Sum

FAMILY = Fractions()


def item(tier, number, notation=None):
    words = digest("test", tier, number, length=FAMILY.random_bytes)
    return FAMILY.make(words, tier, notation=notation)


OPERATORS = {ast.Add: add, ast.Sub: sub, ast.Mult: mul, ast.Div: truediv}


def python_value(plain):
    """The value of an expression by Python's parser."""

    def value(node):
        if isinstance(node, ast.Constant):
            return Fraction(node.value)
        return OPERATORS[type(node.op)](value(node.left), value(node.right))

    return value(ast.parse(plain, mode="eval").body)


@pytest.mark.parametrize("tier", [1, 2, 3, 5, 8, 13, 20])
def test_answers_are_pythons_in_lowest_terms(tier):
    for number in range(60):
        found = item(tier, number, "plain")
        expression = re.search(r"[(0-9][-0-9/()+* ]*[0-9)]", found.problem)[0]
        value = python_value(expression)
        assert found.answer == str(value)
        assert FAMILY.solution(found.form).endswith(f"= {found.answer}")
        assert FAMILY.solution(found.form).count(" = ") == tier
        assert len(re.findall(r" [-+*/] ", expression)) == tier
        assert value.denominator <= 27720**2
        assert abs(value.numerator) < 10**14


def test_a_sum_by_hand():
    r"""2/3 * 9/4 = 3/2; 5/6 / (10/7) = 7/12; 7/12 + 3/2 - 7/12 = 3/2."""
    form = Sum(((1, "", ("7/12",)), (1, "*", ("2/3", "9/4")), (-1, "/", ("5/6", "10/7"))))
    assert FAMILY.answer(form) == "3/2"
    assert FAMILY.solution(form) == (
        "(2/3) * (9/4) = 3/2, (5/6) / (10/7) = 7/12, 7/12 + 3/2 = 25/12, 25/12 - 7/12 = 3/2"
    )
    latex = (
        r"What is the value of $\frac{7}{12} + \frac{2}{3} \times \frac{9}{4}"
        r" - \frac{5}{6} \div \frac{10}{7}$?"
    )
    plain = "What is the value of 7/12 + (2/3) * (9/4) - (5/6) / (10/7)?"
    assert FAMILY.render(form, "latex", Draw(bytes(64))) == latex + ANSWER_FORMATS[0]
    assert FAMILY.render(form, "plain", Draw(bytes(64))) == plain + ANSWER_FORMATS[0]
    for text in (latex, plain):
        assert FAMILY.evaluate(text + ANSWER_FORMATS[1]) == Fraction(3, 2)
        assert FAMILY.read(text + ANSWER_FORMATS[2]) == form


def test_a_whole_number_is_printed_without_a_line():
    assert FAMILY.answer(Sum(((1, "", ("3/2",)), (1, "", ("5/2",))))) == "4"
    assert FAMILY.answer(Sum(((1, "", ("3/2",)), (-1, "", ("3/2",))))) == "0"


def test_the_canonical_form_is_that_up_to_commutation():
    def name(plain):
        return FAMILY.canonical(FAMILY.read(f"Compute {plain}." + ANSWER_FORMATS[0]))

    one = name("1/2 + (2/3) * (9/4) - 5/6")
    assert name("(9/4) * (2/3) - 5/6 + 1/2") == one
    assert name("1/2 - 5/6 + (9/4) * (2/3)") == one
    for other in (
        "1/2 + (2/3) * (9/4) + 5/6",
        "1/2 - (2/3) * (9/4) + 5/6",
        "1/2 + (2/3) / (4/9) - 5/6",
        "1/2 + (2/3) * (5/6) - 9/4",
    ):
        assert name(other) != one
    assert name("(2/3) / (4/9)") != name("(4/9) / (2/3)")


def test_the_fractions_are_all_of_the_described_ones():
    described = {
        str(Fraction(a, b))
        for a in range(1, 100)
        for b in range(2, 100)
        if gcd(a, b) == 1 and lcm(*range(1, 13)) % b == 0
    }
    assert set(FRACTIONS) == described and len(FRACTIONS) == len(described) == 1872
    assert set(DIVISORS) == {text for text in described if 27720 % Fraction(text).numerator == 0}


def test_bits_by_hand():
    """A sum of two fractions: one of three sequences of kinds, a plus (1/2), and two orders."""
    assert FAMILY.bits(FAMILY.read("Compute 1/2 + 2/3." + ANSWER_FORMATS[0])) == pytest.approx(
        2 * log2(1872) + log2(3) + 1 - 1
    )
    assert FAMILY.bits(FAMILY.read("Compute 1/2 - 2/3." + ANSWER_FORMATS[0])) == pytest.approx(
        2 * log2(1872) + log2(3) + 1
    )
    assert FAMILY.min_bits(1) == pytest.approx(log2(3 * 1872 * 475))
    assert FAMILY.min_bits(5) - 1 >= 60


@pytest.mark.parametrize(
    "text",
    [
        "Compute 1/2 + 2/3.",
        "Compute 1/2 + 2/4." + ANSWER_FORMATS[0],
        "Compute 1/2 * 2/3." + ANSWER_FORMATS[0] + " Thanks.",
        "Compute " + "1/2 + " * 3000 + "1/2." + ANSWER_FORMATS[0],
    ],
)
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError):
        FAMILY.read(text)
        FAMILY.evaluate(text)


def test_one_item_is_pinned():
    """A change here is a new version of the family."""
    assert FAMILY.version == 2
    assert item(3, 0).problem == (
        r"Work out $\frac{71}{8} - \frac{31}{70} + \frac{31}{21} \times \frac{94}{77}$. Write the "
        "result as a fraction in lowest terms (or as a whole number)."
    )
    assert item(3, 0).answer == "661951/64680"
