"""`integer-chains` against Python's own arithmetic, an enumeration of small chains, and hand counts."""

from collections import defaultdict
from fractions import Fraction
from math import factorial, log2

import pytest
from draws import every_draw

from clean_bench.seeds import digest
from generators.families.arithmetic.integer_chains import IntegerChains
from generators.forms.signed_sum import SignedSum
from generators.forms.term_kind import UniformKind

FAMILY = IntegerChains()
TERMS = ((1, "", (48213,)), (-1, "*", (77, 312)), (1, "", (690421,)))


def item(tier, number, notation="plain"):
    words = digest("test", tier, number, length=FAMILY.random_bytes)
    return FAMILY.make(words, tier, notation=notation)


def test_a_text_by_hand():
    latex = r"What is the value of $48213 - 77 \times 312 + 690421$?"
    plain = "Calculate 48213 - 77 * 312 + 690421."
    for text in (latex, plain):
        assert FAMILY.evaluate(text) == 48213 - 24024 + 690421
        assert FAMILY.read(text).terms == TERMS
        assert FAMILY.answer(FAMILY.read(text)) == "714610"
    form = FAMILY.read(plain)
    assert (
        FAMILY.solution(form) == "77 * 312 = 24024, 48213 - 24024 = 24189, 24189 + 690421 = 714610"
    )
    for bad in (
        "Calculate 1 + 2.",
        "Calculate - 48213.",
        "Calculate 48213 +.",
        "Calculate 482 13.",
    ):
        with pytest.raises(ValueError):
            FAMILY.read(bad)


def test_commuted_texts_are_one_form_and_near_ones_are_not():
    def form(expression):
        return FAMILY.canonical(FAMILY.read(f"Evaluate {expression}."))

    assert form("4821 - 77 * 312 + 6904") == form("6904 + 4821 - 312 * 77")
    others = ["4821 - 77 * 312 - 6904", "4821 - 77 * 313 + 6904", "4821 + 77 * 312 + 6904"]
    assert len({form(text) for text in [*others, "4821 - 77 * 312 + 6904"]}) == 4


@pytest.mark.parametrize("tier", FAMILY.tiers)
def test_the_answer_is_that_of_python(tier):
    for number in range(30):
        found = item(tier, number)
        terms = found.form.terms
        value = 0
        for sign, _, factors in terms:
            value += sign * (factors[0] if len(factors) == 1 else factors[0] * factors[1])
        assert int(found.answer) == value
        assert sum(len(factors) for _, _, factors in terms) == tier + 1
        assert terms[0][0] == 1
        assert FAMILY.solution(found.form).endswith(f"= {value}")


@pytest.mark.parametrize(
    ("tier", "singles", "factors"), [(1, 3, 2), (2, 2, 2), (3, 2, 1), (4, 1, 1)]
)
def test_bits_and_space_are_those_of_an_enumeration(monkeypatch, tier, singles, factors):
    integers, factors = range(1000, 1000 + singles), range(12, 12 + factors)
    sums = SignedSum([UniformKind("", integers), UniformKind("*", factors, factors)])
    monkeypatch.setattr(IntegerChains, "sums", sums)
    probability, forms = defaultdict(Fraction), {}
    for form, p in every_draw(FAMILY, tier):
        probability[FAMILY.canonical(form)] += p
        forms[FAMILY.canonical(form)] = form
    assert sum(probability.values()) == 1
    for name, form in forms.items():
        assert FAMILY.bits(form) == pytest.approx(-log2(probability[name]))
    assert FAMILY.space(tier) == len(forms)
    assert FAMILY.min_bits(tier) <= min(-log2(p) for p in probability.values()) + 1e-9


def test_the_bits_of_two_steps_by_hand():
    """Two steps have 3 sequences of kinds; three integers have 3! orders and 4 choices of signs."""
    sum_of_three = FAMILY.read("Compute 1234 + 5678 + 91011.")
    text_bits = log2(3) + 2 + 3 * log2(999_000)
    assert FAMILY.bits(sum_of_three) == pytest.approx(text_bits - log2(factorial(3)))
    assert FAMILY.min_bits(2) <= FAMILY.bits(sum_of_three)
    one = FAMILY.read("Compute 1234 + 77 * 88.")
    assert FAMILY.part_bits(one) == pytest.approx(1 + 2 * log2(9_988) - 1)


def test_the_items_of_this_version():
    """A change here is a new version of the family: published sets must stay what they were."""
    assert item(1, 0).problem == ("Calculate 383550 - 74775.")
