"""`word-problems`: exact answers, exact probabilities, and pinned items."""

from collections import Counter
from fractions import Fraction
from itertools import permutations
from math import fsum

import pytest

from clean_bench.seeds import digest
from generators.families.stories.word_problems import (
    TOP,
    WordProblems,
    _forms,
    canonical_probability,
    choices,
)

FAMILY = WordProblems()


def item(tier, number):
    return FAMILY.make(digest("test", tier, number), tier)


def probability(start, steps):
    """The probability that start and steps are drawn in this order (0 if that is impossible)."""
    if not 10 <= start <= TOP:
        return 0.0
    p, value = 1.0 / (TOP - 9), start
    for step in steps:
        gains, losses = choices(value)
        options = gains if step > 0 else losses
        if abs(step) not in options:
            return 0.0
        p /= len(options) * (2 if gains and losses else 1)
        value += step
    return p


def form_probabilities(tier):
    for gains, losses in _forms(tier):
        yield canonical_probability(gains[0], (*gains[1:], *(-n for n in losses)))


@pytest.mark.parametrize("tier", FAMILY.tiers)
def test_the_text_comes_to_the_answer(tier):
    for number in range(100):
        drawn = item(tier, number)
        assert FAMILY.evaluate(drawn.problem) == Fraction(drawn.answer)
        assert FAMILY.solution(drawn.form).count(" = ") == tier
        assert FAMILY.solution(drawn.form).endswith(f"= {drawn.answer}")
        assert 1 <= int(drawn.answer) <= TOP
        assert drawn.bits >= FAMILY.min_bits(tier)
        assert 0 <= FAMILY.part_bits(drawn.form) < drawn.bits


def test_a_text_by_hand():
    text = (
        "How many coins does Mia have in the end? Mia starts with 37 coins, finds 25 in the "
        "garden and gives 18 to Tom."
    )
    assert FAMILY.evaluate(text) == 44
    for bad in (
        "",
        text + " ",
        text.replace("gives", "eats"),
        text.replace("Mia starts", "Ada starts"),
    ):
        with pytest.raises(ValueError):
            FAMILY.evaluate(bad)


def test_the_probabilities_of_one_step_sum_to_one():
    assert fsum(form_probabilities(1)) == pytest.approx(1, abs=1e-12)
    assert len(list(form_probabilities(1))) == FAMILY.space(1) == 6988


def test_a_probability_by_hand():
    """From 50: 48 gains (2..49) and 48 losses (2..49), either with probability 1/2."""
    assert [len(options) for options in choices(50)] == [48, 48]
    assert probability(50, (20,)) == pytest.approx(1 / 90 / 2 / 48)
    assert canonical_probability(50, (20,)) == pytest.approx(
        1 / 90 / 2 / 48 + 1 / 90 / 2 / len(choices(20)[0])
    )
    assert probability(50, (50,)) == 0


@pytest.mark.parametrize("tier", [tier for tier in FAMILY.tiers if tier <= 5])
def test_the_probability_of_a_form_is_that_of_all_its_orders(tier):
    for number in range(20):
        form = item(tier, number).form
        orders = set(permutations((form.start, *form.steps)))
        expected = fsum(probability(order[0], order[1:]) for order in orders)
        assert canonical_probability(form.start, form.steps) == pytest.approx(expected)


def test_min_bits_bound_the_likeliest_form():
    """From one step to the next a form's likeliest order loses at least a factor of 18."""
    assert 2 ** -FAMILY.min_bits(1) >= max(form_probabilities(1))
    likeliest = max(
        1 / len(options) / (2 if all(choices(value)) else 1)
        for value in range(1, TOP + 1)
        for options in choices(value)
        if options
    )
    assert likeliest == pytest.approx(1 / 18)


def test_bits_agree_with_simulation_at_one_step():
    """With P(form) = 2^-bits, two draws are equal with probability E[2^-bits]."""
    items = [item(1, number) for number in range(12_000)]
    n = len(items)
    forms = Counter(FAMILY.canonical(drawn.form) for drawn in items)
    pairs = sum(count * (count - 1) for count in forms.values()) / (n * (n - 1))
    assert pairs == pytest.approx(fsum(2**-drawn.bits for drawn in items) / n, rel=0.06)


def test_the_items_of_this_version():
    """A change here needs a new version of the family: published sets must not change."""
    assert item(2, 0).problem == (
        "How many apples does Eva have in the end? "
        "Eva starts with 90 apples, loses 15 in the attic and finds 18 in the garden."
    )
