"""The account of freshness, by hand."""

from math import log2

import pytest

from generators.freshness import Drawn, claim, expected_duplicates, freshness, tier_account


def drawn(tier, bits, answer, duplicates=0):
    return Drawn(tier, bits, bits / 2, answer, duplicates + 1, duplicates)


ROWS = [drawn(4, 50.0, "1"), drawn(4, 52.0, "1", 2), drawn(4, 54.0, "2"), drawn(4, 56.0, "3/4")]


def test_one_tier_by_hand():
    account = tier_account(ROWS, 49.0)
    assert account["n"] == 4
    assert account["label"] == "skill"
    assert account["bits"] == {"min": 50.0, "mean": 53.0}
    assert account["part_bits"]["max"] == 28.0
    assert account["redraws"] == 6
    assert account["duplicates"]["observed"] == 2
    assert account["answers"] == {
        "distinct": 3,
        "entropy": 1.5,
        "most_common": "1",
        "most_common_accuracy": 0.5,
    }
    assert account["any_item_in_corpus"]["1e12"] == pytest.approx(4e12 / 2**49)
    assert account["any_item_in_corpus"]["1e14"] == pytest.approx(4e14 / 2**49)


def test_probabilities_stop_at_one():
    assert tier_account(ROWS, 20.0)["any_item_in_corpus"]["1e12"] == 1.0


@pytest.mark.parametrize(("floor", "label"), [(59.99, "skill"), (60.0, "fresh")])
def test_a_tier_is_fresh_from_sixty_bits_on(floor, label):
    assert tier_account(ROWS, floor)["label"] == label


def test_collecting_every_one_of_eight_equal_items():
    """The coupon collector: 8 (1 + 1/2 + ... + 1/8) draws for 8 items, the rest are duplicates."""
    draws = 8 * sum(1 / i for i in range(1, 9))
    assert expected_duplicates([log2(8)] * 8) == pytest.approx(draws - 8)


def account(origin, floors=None):
    rows = [drawn(4, 55.0, "1"), drawn(5, 66.0, "2"), drawn(6, 77.0, "3")]
    return freshness(rows, floors or {4: 50.0, 5: 61.0, 6: 70.0}, origin)


def test_the_whole_set():
    whole = account({"bind": ["ff", "aa", "ff"]})
    assert list(whole["tiers"]) == ["4", "5", "6"]
    assert whole["bound"] is True
    assert whole["bound_to"] == ["aa", "ff"]
    assert whole["redrawing_ruled_out"] is False
    assert whole["any_item_in_corpus"]["1e12"] == pytest.approx(
        1e12 * (2**-50 + 2**-61 + 2**-70), rel=1e-6
    )


def test_the_claim_of_a_bound_set():
    text = account({"bind": ["aa"]})["claim"]
    assert "weights of 1 checkpoint, so this set cannot have existed" in text
    assert "Redrawing is not ruled out" in text
    assert "Tiers 5 and 6 are fresh" in text
    assert "above 2^-61.0" in text
    assert "Tier 4 is labelled skill" in text
    assert "the family is public" in text


def test_the_claim_of_a_bound_set_with_a_round():
    whole = account({"bind": ["aa", "bb"], "round": "a beacon's value"})
    assert whole["redrawing_ruled_out"] is True
    assert "2 checkpoints" in whole["claim"]
    assert "is ruled out, provided that the round's text was published after" in whole["claim"]


def test_the_claim_of_a_seeded_set():
    whole = account({"seed": "1"}, {4: 60.0, 5: 61.0, 6: 70.0})
    assert whole["bound"] is False
    assert whole["redrawing_ruled_out"] is False
    assert "bound to no checkpoint" in whole["claim"]
    assert "skill" not in whole["claim"]
    assert claim(whole) == whole["claim"]
