"""Tests of whole sets against independent computations, and Holm's adjustment over all of them."""

from __future__ import annotations

from itertools import product
from math import comb

import pytest
from scipy import stats

from clean_bench.probing.flags import Flag
from clean_bench.probing.hypotheses import (
    ABOVE_LOOKUP,
    ABOVE_NULL,
    ABOVE_RENUMBERED,
    ABOVE_SHUFFLED,
    ABOVE_VARIANTS,
    Hypothesis,
    compute_hypotheses,
)

Known = dict[tuple[str, str], dict[str, float]]


def hypotheses(known: Known, clusters: dict[str, int] | None = None) -> list[Hypothesis]:
    """Of one set without null sets."""
    ids = dict.fromkeys(problem for _, problem in known)
    places = clusters or {problem: place for place, problem in enumerate(ids)}
    return compute_hypotheses({"set": known}, [], {}, {"set": places}, {})


def reconstruction(pairs: list[tuple[int, int]]) -> Known:
    return {
        ("reconstruction", str(place)): {"exact_match": float(own), "lookup_match": float(lookup)}
        for place, (own, lookup) in enumerate(pairs)
    }


def test_exact_match_above_the_look_up_is_mcnemars_test() -> None:
    pairs = [(1, 0)] * 7 + [(0, 1)] * 2 + [(1, 1)] * 5 + [(0, 0)] * 6
    [row] = hypotheses(reconstruction(pairs))
    assert (row.question, row.clusters, row.effect) == (ABOVE_LOOKUP, 20, pytest.approx(5 / 20))
    # At least 7 of the 9 problems that only one of the two reconstructs.
    assert row.p == pytest.approx(sum(comb(9, k) for k in (7, 8, 9)) / 2**9)
    assert row.p_holm == row.p


def test_a_near_duplicate_takes_part_once() -> None:
    pairs = [(1, 0)] * 4
    [row] = hypotheses(reconstruction(pairs), {"0": 0, "1": 0, "2": 0, "3": 3})
    assert row.clusters == 2 and row.p == pytest.approx(1 / 4)


def test_evidence_above_the_null_is_mann_whitneys_test() -> None:
    scores, null = [3.0, 5.0, 1.0, 9.0], [2.0, 2.5, 0.5, 4.0, 1.5]
    flags = [
        Flag("set", str(i), i, "min-k", None, True, "null", 5, True, score, 0.5, 0.5, False)
        for i, score in enumerate(scores)
    ]
    clusters = {"set": {str(i): i for i in range(4)}}
    [row] = compute_hypotheses({"set": {}}, flags, {("set", "min-k"): null}, clusters, {})
    assert row.question == ABOVE_NULL
    assert row.effect == pytest.approx(sum(a > b for a, b in product(scores, null)) / 20)
    assert row.p == pytest.approx(stats.mannwhitneyu(scores, null, alternative="greater").pvalue)


def test_paired_log_probabilities_are_tested_by_all_signs() -> None:
    gaps = [0.5, -0.25, 1.0, 0.75]
    known = {
        ("altered-suffix", str(i)): {"own": -1.0 + gap, "renumbered": -1.0}
        for i, gap in enumerate(gaps)
    }
    [row] = hypotheses(known)
    sums = [
        sum(s * g for s, g in zip(signs, gaps, strict=True)) for signs in product((1, -1), repeat=4)
    ]
    assert row.question == ABOVE_RENUMBERED and row.effect == pytest.approx(0.5)
    assert row.p == pytest.approx(sum(total >= sum(gaps) - 1e-12 for total in sums) / 16, abs=0.02)


def test_holm_adjusts_over_all_questions_and_sets() -> None:
    variants = {("zero-cot", str(i)): {"original": 1.0, "variant": float(i >= 5)} for i in range(8)}
    known = {**reconstruction([(1, 0)] * 8), **variants}
    places = {str(i): i for i in range(8)}
    of_sets = {
        ("set", "exchangeability"): {"canonical_minus_shuffled": 0.1, "p": 0.2, "shards": 4.0}
    }
    rows = compute_hypotheses({"set": known}, [], {}, {"set": places}, of_sets)
    found = {row.question: row for row in rows}
    assert set(found) == {ABOVE_LOOKUP, ABOVE_VARIANTS, ABOVE_SHUFFLED}
    raw = {ABOVE_LOOKUP: 1 / 2**8, ABOVE_VARIANTS: 1 / 2**5, ABOVE_SHUFFLED: 0.2}
    assert {name: row.p for name, row in found.items()} == pytest.approx(raw)
    assert found[ABOVE_LOOKUP].p_holm == pytest.approx(3 / 2**8)
    assert found[ABOVE_VARIANTS].p_holm == pytest.approx(2 / 2**5)
    assert found[ABOVE_SHUFFLED].p_holm == pytest.approx(0.2)
