"""`number-bases`: answers digit by digit, and probabilities by enumerating every draw."""

import re
from collections import Counter
from math import log2

import pytest
from draws import every_draw

from clean_bench.seeds import digest
from generators.families.arithmetic import number_bases
from generators.families.arithmetic.number_bases import NumberBases, Numerals
from generators.forms.signed_sum import SignedSum
from generators.forms.sum_family import Sum
from generators.forms.term_kind import UniformKind

FAMILY = NumberBases()


@pytest.fixture
def small(monkeypatch):
    """Two or three numbers in two bases, so that equal terms and sums of 0 are frequent."""
    singles, factors = (
        Numerals(numbers, range(2, 4)) for numbers in (range(144, 146), range(12, 14))
    )
    sums = SignedSum([UniformKind("", singles), UniformKind("*", factors, factors)])
    monkeypatch.setattr(NumberBases, "sums", sums)
    monkeypatch.setattr(NumberBases, "questions", range(3, 4))


def item(tier, number, notation=None):
    words = digest("test", tier, number, length=FAMILY.random_bytes)
    return FAMILY.make(words, tier, notation=notation)


def worth(numeral):
    digits, base = numeral.split("_")
    return sum(int(digit) * int(base) ** place for place, digit in enumerate(reversed(digits)))


def value_of(text):
    """The sum of the signed products that a text shows in either notation."""
    plain = text.replace(r"\times", "*").replace("{", "").replace("}", "").replace("$", "")
    numeral = "[0-9]+_[0-9]+"
    total = 0
    for sign, first, second in re.findall(rf"([-+] )?({numeral})(?: \* ({numeral}))?", plain):
        total += (-1 if sign == "- " else 1) * worth(first) * (worth(second) if second else 1)
    return total


def test_texts_by_hand():
    """780 - 13 * 24 + 144 = 612, which is 2500 in base 6."""
    text = (
        "Find $11110_{5} - 1101_{2} \\times 33_{7} + 144_{10}$ in base $6$. Every subscript is a base, "
        "and the answer is to be given as digits only."
    )
    plain = (
        "Calculate 144_10 + 11110_5 - 33_7 * 1101_2, where the number after every _ is a base. Give the "
        "answer in base 6, as digits only."
    )
    assert 780 - 13 * 24 + 144 == 612 == 2 * 216 + 5 * 36
    assert FAMILY.evaluate(text) == FAMILY.evaluate(plain) == 2500
    assert FAMILY.canonical(FAMILY.read(text)) == FAMILY.canonical(FAMILY.read(plain))
    for bad in (
        text + " ",
        text.replace("11110_{5}", "11115_{5}"),
        text.replace("_{5}", "_{11}"),
        text.replace("_{5}", "_{1}"),
        text.replace("_{5}", ""),
        text.replace("_{5}", "_5"),
        text.replace("$6$", "$2$"),
        text.replace("+ 144_{10}", "-"),
        text.replace("11110_{5}", "111_{5}"),
        plain.replace("144_10", "144_100"),
        plain.replace("144_10", "0144_10"),
    ):
        with pytest.raises(ValueError):
            FAMILY.evaluate(bad)
        with pytest.raises(ValueError):
            FAMILY.read(bad)


def test_what_is_never_drawn_is_not_read():
    text = (
        "Calculate 144_10 + 33_7 * 1101_2, where the number after every _ is a base. Give the answer "
        "in base 6, as digits only."
    )
    FAMILY.read(text)
    for bad in (
        text.replace("144_10", "99_10"),
        text.replace("33_7", "11_7"),
        text.replace("1101_2", "1101_2 * 1101_2"),
        text.replace(" + 33_7 * 1101_2", ""),
    ):
        with pytest.raises(ValueError):
            FAMILY.read(bad)


def test_the_answers_are_the_digits_of_the_sums():
    for tier in FAMILY.tiers:
        for number in range(20):
            for notation in FAMILY.notations:
                found = item(tier, number, notation)
                assert worth(f"{found.answer}_{found.form.question}") == value_of(found.problem)
                assert found.answer == str(int(found.answer))
                assert all(int(digit) < found.form.question for digit in found.answer)
                assert f"base {found.form.question}" in found.problem.replace("$", "")
                assert len(found.answer) <= 20
            assert FAMILY.solution(found.form).count(" = ") == tier
            assert FAMILY.solution(found.form).endswith(f" {found.answer}")


def test_the_largest_answer_has_twenty_digits():
    factor = number_bases.FACTORS[-1]
    largest = (1, "*", ((factor, 10), (factor, 10)))
    assert len(FAMILY.answer(Sum((largest,) * 10, 3))) <= 20
    assert FAMILY.answer(Sum(((1, "", ((100, 2),)), (-1, "", ((100, 3),))), 3)) == "0"


@pytest.mark.parametrize("tier", [1, 2, 3])
def test_bits_are_those_of_every_draw(small, tier):
    chances, bits = Counter(), {}
    for form, chance in every_draw(FAMILY, tier):
        chances[FAMILY.canonical(form)] += chance
        bits[FAMILY.canonical(form)] = FAMILY.bits(form)
    assert sum(chances.values()) == 1
    for form, chance in chances.items():
        assert bits[form] == pytest.approx(-log2(chance))
    assert len(chances) <= FAMILY.most(tier)
    assert -log2(max(chances.values())) >= FAMILY.min_bits(tier) - 1e-9
    if tier < 3:
        assert -log2(max(chances.values())) == pytest.approx(FAMILY.min_bits(tier))


def test_part_bits_are_those_of_a_sub_expression_with_an_operator():
    def read(expression):
        return FAMILY.read(
            f"Calculate {expression}, where the number after every _ is a base. Give the answer in "
            "base 6, as digits only."
        )

    assert FAMILY.part_bits(read("33_7 * 1101_2")) == 0
    assert FAMILY.part_bits(read("1440_10 - 1101_5")) == 0
    assert FAMILY.part_bits(read("144_10 + 33_7 * 1101_2")) == FAMILY.bits(read("33_7 * 1101_2"))
    three = read("1440_10 - 1101_5 + 144_10")
    assert FAMILY.part_bits(three) == FAMILY.bits(read("1440_10 - 1101_5"))


def test_the_canonical_form_is_of_the_computation():
    def name(text):
        return FAMILY.canonical(FAMILY.read(text))

    text = (
        "Calculate 1440_10 + 11110_5 - 33_7 * 1101_2, where the number after every _ is a base. Give "
        "the answer in base 6, as digits only."
    )
    other = (
        "Every subscript is a base. What is $1440_{10} - 1101_{2} \\times 33_{7} + 11110_{5}$? Write "
        "the answer in base $6$, without a subscript."
    )
    assert name(text) == name(other)
    near = (
        text.replace("base 6", "base 7"),
        text.replace("1440_10", "1440_9"),
        text.replace("33_7", "24_10"),
        text.replace("+ 11110_5 -", "- 11110_5 +"),
        text.replace("1101_2", "1100_2"),
    )
    assert len({name(text), *map(name, near)}) == 6


def test_an_item_stays_what_it_is():
    """A change here is a new version of the family."""
    assert item(3, 0).problem == (
        r"Find $6714_{9} \times 2331_{5} - 13200310_{4} + 4313021_{5}$ in base $3$. Every subscript "
        "is a base, and the answer is to be given as digits only."
    )
