"""Families by name, and what every family must hold to."""

from fractions import Fraction

import pytest

from clean_bench.errors import UserError
from clean_bench.seeds import digest
from generators.registry import FAMILIES, family


@pytest.mark.parametrize("name", FAMILIES)
def test_every_gold_answer_is_right_and_every_tier_can_be_drawn(name):
    found = family(name)
    assert found.name == name
    for tier in (found.tiers[0], found.tiers[-1]):
        words = (digest("registry", i, length=found.random_bytes) for i in range(50))
        items = [item for item in (found.make(w, tier) for w in words) if item]
        assert len(items) > 20
        for item in items:
            assert found.evaluate(item.problem) == Fraction(item.answer)
        again = digest("registry", 0, length=found.random_bytes)
        assert found.make(again, tier) == found.make(again, tier)


@pytest.mark.parametrize(
    ("name", "listed"),
    [("random-calc", "random-calculation?"), ("zzz", "random-calculation or word-problems")],
)
def test_an_unknown_family_lists_the_close_names(name, listed):
    with pytest.raises(UserError) as caught:
        family(name)
    assert repr(name) in str(caught.value)
    assert listed in str(caught.value)
