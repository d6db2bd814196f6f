"""The estimators of KL against exact sums over a vocabulary."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clean_bench.behaviors.divergence import kl_sums
from clean_bench.behaviors.summary import divergence_results
from clean_bench.results import Result, Results

weights = st.lists(st.floats(0.01, 1), min_size=4, max_size=4)


def distribution(raw: list[float]) -> np.ndarray:
    return np.array(raw) / np.sum(raw)


@given(weights, weights)
def test_both_estimators_expect_the_divergence(raw_p: list[float], raw_q: list[float]) -> None:
    p, q = distribution(raw_p), distribution(raw_q)
    tokens = [kl_sums([np.log(p[t])], [np.log(q[t])]) for t in range(4)]
    exact = float((p * np.log(p / q)).sum())
    assert sum(p[t] * tokens[t].k1 for t in range(4)) == pytest.approx(exact, abs=1e-12)
    assert sum(p[t] * tokens[t].k3 for t in range(4)) == pytest.approx(exact, abs=1e-12)
    assert all(token.k3 >= 0 for token in tokens)


def test_sampled_text_of_a_known_pair() -> None:
    p, q = distribution([5, 3, 1, 1]), distribution([2, 3, 3, 2])
    exact = float((p * np.log(p / q)).sum())
    rng = np.random.default_rng(0)
    rows = []
    for problem in range(200):
        for _ in range(4):
            ids = rng.choice(4, size=rng.integers(1, 40), p=p)
            sums = kl_sums(np.log(p[ids]), np.log(q[ids]))
            assert sums.tokens == len(ids)
            rows.append(
                {"problem_id": str(problem), "compared": sums.tokens, "k1": sums.k1, "k3": sums.k3}
            )
    results = Results(divergence_results(rows, Result(), greedy=False))
    assert results.values_of("measure") == ["kl", "kl_k3"]
    for result in results:
        assert result.estimate.low <= exact <= result.estimate.high
        assert (result.value, result.n) == (pytest.approx(exact, abs=0.02), 200)
    k1, k3 = (result.estimate.high - result.estimate.low for result in results)
    assert k3 < k1


def test_a_greedy_ratio_is_called_no_divergence() -> None:
    rows = [{"problem_id": "a", "compared": 2, "k1": 1.0, "k3": 0.5}]
    [result] = divergence_results(rows, Result(), greedy=True)
    assert (result.measure, result.value) == ("log_ratio", 0.5)


def test_text_that_outgrew_the_other_context_is_compared_as_far_as_it_was_read() -> None:
    sums = kl_sums([-1.0, -2.0, -3.0], [-1.5, -2.0])
    assert (sums.tokens, sums.k1) == (2, 0.5)
    with pytest.raises(ValueError, match="log-probabilities of the other"):
        kl_sums([-1.0], [-1.0, -2.0])
    with pytest.raises(ValueError, match="expected finite"):
        kl_sums([-1.0], [float("nan")])
