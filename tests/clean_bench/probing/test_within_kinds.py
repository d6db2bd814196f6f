"""Famous passages against rare ones of their kind: every permutation by hand, and what takes part."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product

import numpy as np
import pytest

from clean_bench.probing.within_kinds import famous_above_rare, stratified_test
from clean_bench.problems import Problem

Known = dict[tuple[str, str], dict[str, float]]


def test_the_p_value_is_that_of_all_permutations_inside_the_strata() -> None:
    first, second = {"a": [5.0, 3.0], "b": [2.0]}, {"a": [1.0, 4.0], "b": [0.0, 1.0]}
    found = stratified_test(first, second)
    assert found is not None and (found.first, found.second) == (3, 4)
    # Ranks by hand: 4 and 2 of four in a, 3 of three in b; each divided by its stratum plus one.
    observed = (4 + 2) / 5 + 3 / 4
    sums = [
        (sum(of_a) / 5 + of_b / 4)
        for of_a, of_b in product(combinations((1, 2, 3, 4), 2), (1, 2, 3))
    ]
    exact = np.mean([total >= observed - 1e-9 for total in sums])
    assert found.p == pytest.approx(exact, abs=0.015)
    # P(first > second) is 3/4 in a and 1 in b; weights m n / (m + n + 1): 4/5 and 2/4.
    assert found.effect == pytest.approx((0.8 * 0.75 + 0.5 * 1.0) / 1.3)


def test_a_difference_between_kinds_is_none_within_them() -> None:
    first, second = {"poem": [9.0] * 5, "law": [1.0]}, {"poem": [9.0], "law": [1.0] * 5}
    found = stratified_test(first, second)
    assert found is not None and found.p == 1.0 and found.effect == pytest.approx(0.5)
    assert stratified_test({"poem": [1.0]}, {"law": [0.0]}) is None


def passages(entries: Sequence[tuple[str, str, float]]) -> tuple[list[Problem], Known]:
    """Passages of a tier and a kind, with a log-probability per token of two."""
    problems = [
        Problem(str(i), f"text {i}", metadata={"tier": tier, "kind": kind})
        for i, (tier, kind, _) in enumerate(entries)
    ]
    known = {
        ("suffix-logprob", str(i)): {"logprob": 2 * value, "tokens": 2.0}
        for i, (_, _, value) in enumerate(entries)
    }
    return problems, known


def test_only_the_two_extreme_tiers_without_sequences_take_part() -> None:
    entries = [
        *[("1", "poem", -1.0 - i / 10) for i in range(6)],
        *[("4", "poem", -3.0 - i / 10) for i in range(6)],
    ]
    found = famous_above_rare(*passages(entries))
    assert found is not None and found.effect == pytest.approx(1.0)
    assert found.p == pytest.approx(1 / 924, abs=0.0015)  # 12 over 6
    others = [
        ("2", "poem", -9.0),
        ("3", "poem", 0.0),
        ("1", "sequence", -9.0),
        ("4", "sequence", 0.0),
    ]
    assert famous_above_rare(*passages([*entries, *others])) == found


def test_without_tiers_or_log_probabilities_there_is_no_test() -> None:
    assert famous_above_rare([Problem("0", "text")], {}) is None
    problems, known = passages([("1", "poem", -1.0), ("4", "poem", -2.0)])
    assert famous_above_rare(problems, known) is not None
    assert famous_above_rare(problems, {}) is None
    assert famous_above_rare([Problem("0", "a"), Problem("1", "b")], known) is None
