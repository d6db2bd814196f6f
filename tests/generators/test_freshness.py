"""The freshness account and claim against plain Python on small tables."""

import re
import statistics
from collections import Counter
from math import fsum, log2

import numpy as np
import pyarrow as pa
import pytest

from generators.claim import ASSUMPTION, claim
from generators.freshness import expected_duplicates, freshness_account
from generators.sampler import Hit


def row(tier, bits, answer, problem=None, **draw):
    """A row of both tables; the text of the problem is derived from the answer by default."""
    return {
        "steps": tier,
        "bits": bits,
        "answer": answer,
        "problem": problem or f"What {answer}?",
        "part_bits": bits / 2,
        "redraws": 0,
        "duplicates": 0,
        "rejected": 0,
        **draw,
    }


def shards(*parts):
    """The input of `freshness_account`, one shard for each part."""

    def tables():
        for rows in parts:
            columns = {key: [row[key] for row in rows] for key in rows[0]}
            draws = ("part_bits", "redraws", "duplicates", "rejected")
            yield (
                pa.table({key: columns[key] for key in columns if key not in draws}),
                pa.table({key: columns[key] for key in draws}),
            )

    return tables


def account(*parts, min_entropy=None, origin=None, **options):
    sizes = dict(sorted(Counter(row["steps"] for rows in parts for row in rows).items()))
    min_entropy = min_entropy or dict.fromkeys(sizes, 40.0)
    return freshness_account(shards(*parts), sizes, min_entropy, origin or {"seed": "a"}, **options)


def duplicate_count(bits):
    """The expected number of duplicates if each item is drawn until it is a new one."""
    share, expected = 0.0, 0.0
    for item in bits:
        expected += share / (1 - share)
        share += 2.0**-item
    return expected


def reference(rows, entropy):
    """The account of one tier, from the definitions."""
    answers = Counter(row["answer"] for row in rows)
    most = max(answers.values())
    masked = Counter(re.sub(r"\d+([.,]\d+)*", "#", row["problem"]) for row in rows)
    bits = [row["bits"] for row in rows]
    return {
        "n": len(rows),
        "label": "fresh" if entropy >= 60 else "skill",
        "bits": {"min": min(bits), "mean": pytest.approx(statistics.fmean(bits))},
        "min_entropy": pytest.approx(entropy),
        "part_bits": {"max": max(row["part_bits"] for row in rows)},
        "redraws": sum(row["redraws"] for row in rows),
        "rejected": sum(row["rejected"] for row in rows),
        "duplicates": {
            "expected": pytest.approx(duplicate_count(bits)),
            "observed": sum(row["duplicates"] for row in rows),
        },
        "masked_duplicates": sum(masked.values()) - len(masked),
        "answers": {
            "distinct": len(answers),
            "entropy": pytest.approx(
                -fsum(n / len(rows) * log2(n / len(rows)) for n in answers.values()),
                rel=1e-8,
                abs=1e-12,
            ),
            "most_common": next(row["answer"] for row in rows if answers[row["answer"]] == most),
            "most_common_accuracy": pytest.approx(most / len(rows)),
        },
        "any_item_in_corpus": {
            size: pytest.approx(min(1.0, len(rows) * float(size) / 2**entropy))
            for size in ("1e12", "1e13", "1e14")
        },
    }


ROWS = [
    row(4, 3.5, "1", "How much is 12 and 3?", redraws=4, duplicates=1, rejected=3),
    row(4, 2.25, "1", "How much is 7 and 1,250?"),
    row(4, 5.0, "2", "How much are 7 and 3?", redraws=2, duplicates=2),
    row(4, 4.0, "3/4", "How much is 0.5 and 99?", redraws=1),
]


def test_one_tier_by_hand():
    found = account(ROWS, min_entropy={4: 49.0})["tiers"]["4"]
    assert found["bits"] == {"min": 2.25, "mean": 3.6875}
    assert found["part_bits"] == {"max": 2.5}
    assert (found["redraws"], found["rejected"], found["duplicates"]["observed"]) == (7, 3, 3)
    assert found["masked_duplicates"] == 2
    assert found["answers"] == {
        "distinct": 3,
        "entropy": 1.5,
        "most_common": "1",
        "most_common_accuracy": 0.5,
    }
    assert found["any_item_in_corpus"]["1e12"] == pytest.approx(4e12 / 2**49)
    assert found["any_item_in_corpus"]["1e14"] == pytest.approx(4e14 / 2**49)
    assert found == reference(ROWS, 49.0)


def drawn_rows(count, tiers, answers):
    """Rows of mixed tiers from a generator with a fixed seed."""
    numbers = np.random.default_rng(5)
    for _ in range(count):
        tier = int(numbers.choice(tiers))
        answer = str(numbers.integers(answers))
        duplicates, rejected = numbers.integers(3, size=2).tolist()
        yield row(
            tier,
            float(numbers.uniform(9 + tier, 30)),
            answer,
            f"{numbers.integers(30)} and {'ab'[numbers.integers(2)]} {numbers.integers(3)}",
            redraws=duplicates + rejected + int(numbers.integers(2)),
            duplicates=duplicates,
            rejected=rejected,
        )


@pytest.mark.parametrize("cuts", [[], [1], [100, 101, 350]], ids=["one", "two", "four"])
def test_tiers_in_shards_of_any_size(cuts):
    rows = list(drawn_rows(400, [1, 2, 7], 40))
    parts = [rows[a:b] for a, b in zip([0, *cuts], [*cuts, 400], strict=True)]
    min_entropy = {1: 9.5, 2: 60.0, 7: 63.25}
    whole = account(*parts, min_entropy=min_entropy)
    assert list(whole["tiers"]) == ["1", "2", "7"]
    for tier, entropy in min_entropy.items():
        expected = reference([row for row in rows if row["steps"] == tier], entropy)
        assert whole["tiers"][str(tier)] == expected


def test_a_tier_without_rows_is_left_out():
    found = freshness_account(shards(ROWS), {4: 4, 5: 0}, {4: 40.0, 5: 50.0}, {"seed": "a"})
    assert list(found["tiers"]) == ["4"]


def test_answers_that_all_differ():
    rows = [row(1, 8.0, str(i)) for i in (7, 3, 5, 1)]
    assert account(rows)["tiers"]["1"]["answers"] == {
        "distinct": 4,
        "entropy": 2.0,
        "most_common": "7",
        "most_common_accuracy": 0.25,
    }


def test_answers_that_are_all_the_same():
    answers = account([row(1, 8.0, "5")] * 3)["tiers"]["1"]["answers"]
    assert answers == {
        "distinct": 1,
        "entropy": 0.0,
        "most_common": "5",
        "most_common_accuracy": 1.0,
    }
    assert str(answers["entropy"]) == "0.0"  # and not minus zero


@pytest.mark.parametrize(
    ("answers", "first"), [("baab", "b"), ("cabab", "a"), ("cbabacb", "b"), ("abc", "a")]
)
def test_of_equally_common_answers_the_first_to_come_is_named(answers, first):
    rows = [row(1, 8.0, answer) for answer in answers]
    for cut in range(1, len(rows)):
        found = account(rows[:cut], rows[cut:])["tiers"]["1"]["answers"]
        assert found["most_common"] == first
        assert found["most_common_accuracy"] == pytest.approx(answers.count(first) / len(answers))


def test_most_common_answer_of_each_tier():
    rows = [row(1, 8.0, "1"), row(2, 8.0, "2"), row(2, 8.0, "1"), row(1, 8.0, "2")]
    tiers = account(rows[:3], rows[3:])["tiers"]
    assert [tiers[t]["answers"]["most_common"] for t in ("1", "2")] == ["1", "2"]


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("2 and 3", "17 and 1", True),
        ("2 and 3", "1.5 and 1,234,567.25", True),
        ("2 and 3.", "2 and 35.", True),
        ("2 and 3", "2 and  3", False),
        ("2 and 3", "2 or 3", False),
        ("2^3", "17^2", True),
        ("23", "2 3", False),
        ("2 and 3", "-2 and 3", False),
    ],
)
def test_masked_duplicates_are_texts_that_differ_in_numerals_alone(one, other, alike):
    found = account([row(1, 8.0, "1", one), row(1, 8.0, "2", other)])
    assert found["tiers"]["1"]["masked_duplicates"] == alike


@pytest.mark.parametrize(
    ("entropy", "label"),
    [(59.999999, "skill"), (60.0, "fresh"), (60.000001, "fresh")],
)
def test_a_tier_is_fresh_from_sixty_bits_on(entropy, label):
    assert account(ROWS, min_entropy={4: entropy})["tiers"]["4"]["label"] == label


def test_the_label_depends_on_min_entropy_and_not_on_bits():
    rows = [row(1, 99.0, "1")]
    assert account(rows, min_entropy={1: 59.0})["tiers"]["1"]["label"] == "skill"


@pytest.mark.parametrize("n", [1, 2, 8, 100])
def test_expected_duplicates_of_equal_items(n):
    """The coupon collector: n (1 + 1/2 + ... + 1/n) draws for n items, the rest are duplicates."""
    draws = n * sum(1 / i for i in range(1, n + 1))
    assert expected_duplicates([log2(n)] * n)[0] == pytest.approx(draws - n)


def test_expected_duplicates_against_a_simulation():
    """Items of different probabilities, drawn until five are different."""
    weights = np.array([0.4, 0.2, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05])
    numbers = np.random.default_rng(1)
    observed, expected = [], []
    for _ in range(4000):
        order, duplicates = [], 0
        while len(order) < 5:
            item = int(numbers.choice(8, p=weights))
            if item in order:
                duplicates += 1
            else:
                order.append(item)
        observed.append(duplicates)
        expected.append(expected_duplicates([-log2(weights[i]) for i in order])[0])
    error = statistics.stdev(a - b for a, b in zip(observed, expected, strict=True)) / 4000**0.5
    assert statistics.fmean(observed) == pytest.approx(statistics.fmean(expected), abs=4 * error)


def test_expected_duplicates_of_shards_add_up():
    bits = [5.0, 4.5, 6.0, 5.5, 7.0, 4.0]
    whole, share = expected_duplicates(bits)
    first, before = expected_duplicates(bits[:2])
    second, after = expected_duplicates(bits[2:], before)
    assert (first + second, after) == pytest.approx((whole, share))
    assert (whole, share) == pytest.approx((duplicate_count(bits), sum(2**-b for b in bits)))


def test_probabilities_stop_at_one():
    whole = account(ROWS, min_entropy={4: 20.0})
    assert whole["tiers"]["4"]["any_item_in_corpus"] == {"1e12": 1.0, "1e13": 1.0, "1e14": 1.0}
    both = account(
        ROWS, [row(5, 8.0, "1")] * 4, min_entropy={4: log2(4e12 / 0.75), 5: log2(4e12 / 0.75)}
    )
    assert both["tiers"]["4"]["any_item_in_corpus"]["1e12"] == pytest.approx(0.75)
    assert both["any_item_in_corpus"]["1e12"] == 1.0


MIN_ENTROPY = {4: 50.0, 5: 61.0, 6: 70.0}


def three_tiers(origin, min_entropy=MIN_ENTROPY, **options):
    rows = [row(4, 55.0, "1"), row(5, 66.0, "2"), row(6, 77.0, "3"), row(6, 78.0, "3")]
    return account(rows, min_entropy=min_entropy, origin=origin, **options)


def test_the_whole_set():
    whole = three_tiers({"bind": ["ff", "aa", "ff"]})
    assert whole["bound"] is True
    assert whole["bound_to"] == ["aa", "ff"]
    assert whole["seed_grinding_ruled_out"] is False
    assert whole["assumption"] == ASSUMPTION
    assert "decontamination" not in whole
    for size, tokens in (("1e12", 1e12), ("1e13", 1e13), ("1e14", 1e14)):
        bound = tokens * (2**-50 + 2**-61 + 2 * 2**-70)
        assert whole["any_item_in_corpus"][size] == pytest.approx(bound, rel=1e-8)


def test_the_claim_of_a_bound_set():
    text = three_tiers({"bind": ["aa"]})["claim"]
    assert "weights of 1 checkpoint. So this set cannot have existed" in text
    assert "favourable set comes out) is not ruled out: no public randomness" in text
    assert "bound to no checkpoint" not in text
    assert "Tiers 5 and 6 are fresh" in text
    assert "above 2^-61.0" in text
    any_item = 1e12 * (2**-61 + 2 * 2**-70)
    assert 4e-7 < any_item < 5e-7
    assert "any of 3 items with a probability of at most 5e-07, if" in text
    assert ASSUMPTION in text
    assert "Tier 4 is labelled skill, not fresh" in text
    assert "The family is public" in text


def test_the_claim_of_a_bound_set_with_a_round():
    whole = three_tiers({"bind": ["aa", "bb"], "round": "a beacon's value"})
    assert whole["seed_grinding_ruled_out"] is True
    assert "2 checkpoints" in whole["claim"]
    assert "is ruled out if the text of the round was published after" in whole["claim"]
    assert "is not ruled out" not in whole["claim"]


def test_the_claim_of_a_seeded_set():
    whole = three_tiers({"seed": "1"}, {4: 60.0, 5: 61.0, 6: 70.0})
    assert whole["bound"] is False
    assert whole["bound_to"] == []
    assert whole["seed_grinding_ruled_out"] is False
    assert "bound to no checkpoint" in whole["claim"]
    assert "cannot have existed" not in whole["claim"]
    assert "Tiers 4, 5 and 6 are fresh" in whole["claim"]
    assert "skill" not in whole["claim"]
    assert claim(whole) == whole["claim"]


def test_the_claim_of_a_set_without_a_fresh_tier():
    text = three_tiers({"seed": "1"}, dict.fromkeys(MIN_ENTROPY, 20.0))["claim"]
    assert "are fresh:" not in text
    assert "Tiers 4, 5 and 6 are labelled skill" in text
    assert "10^12" not in text


@pytest.mark.parametrize("entropy", [60.06, 60.96, 63.77])
def test_the_figures_of_a_claim_are_bounds(entropy):
    whole = account([row(5, 66.0, "2")] * 3, min_entropy={5: entropy})
    figures = re.search(r"above 2\^-([\d.]+)\. .* probability of at most (\S+),", whole["claim"])
    proven = whole["any_item_in_corpus"]["1e12"]
    assert float(figures[1]) <= entropy and float(figures[2]) >= proven


def corpus(drop, *hits, files=1):
    return {
        "files": [{"sha256": "ab", "texts": 3, "computations": 2}] * files,
        "drop": drop,
        "ngram": 8,
        "hits": [Hit(row, redraw, kind, what, 0) for row, redraw, kind, what in hits],
        "parts": {"3": {"drawn": 9, "in_files": 1}},
    }


HITS = [
    (0, 0, "canonical", "1+2"),
    (0, 0, "ngram", "one 1 two 2"),
    (0, 0, "ngram", "1 two 2 three"),
    (0, 1, "ngram", "one 1 two 2"),
    (2, 0, "canonical", "3+4"),
]


def test_hits_are_counted_by_draws():
    found = three_tiers({"seed": "1"}, corpus=corpus(True, *HITS))["decontamination"]
    assert found == {
        "files": [{"sha256": "ab", "texts": 3, "computations": 2}],
        "rejected": True,
        "items": 3,
        "canonical": 2,
        "ngram": 2,
        "parts": {"3": {"drawn": 9, "in_files": 1}},
    }


@pytest.mark.parametrize(
    ("searched", "expected", "absent"),
    [
        (corpus(True), "In 1 local file no computation and no 8-gram of the set", "Drawn again"),
        (corpus(False, files=2), "In 2 local files no computation and no 8-gram", "of 1 item"),
        (
            corpus(True, *HITS),
            "Drawn again because 1 local file contained the computation or an 8-gram: 3 items.",
            "In 1 local",
        ),
        (corpus(False, *HITS[:3]), "an 8-gram of 1 item was found", "Drawn again"),
        (corpus(False, *HITS, files=1200), "In 1,200 local files the computation", "Drawn again"),
    ],
    ids=["none", "none of two", "rejected", "one", "many files"],
)
def test_the_claim_of_a_decontaminated_set(searched, expected, absent):
    text = three_tiers({"seed": "1"}, corpus=searched)["claim"]
    assert expected in text
    assert absent not in text
    assert text.endswith("trained on other items of it.")
