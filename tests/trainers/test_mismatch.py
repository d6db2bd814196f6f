"""Weights and statistics of the sampler's mismatch: hand values, and numpy one document at a time."""

from __future__ import annotations

import math
from itertools import product
from typing import Any, get_args

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trainers.mismatch import delta_weights, mismatch_statistics, mismatch_weights
from trainers.objective_settings import MismatchAction, MismatchLevel, MismatchStatistic
from trainers.objectives import Objective

# Two documents with ratios (2, 1/2) and (4): d = log of these.
RATIOS = [2.0, 0.5, 4.0]
DOCUMENT = [0, 0, 1]
GROUPED = [level for level in get_args(MismatchLevel) if level != "none"]


def weights(ratios: list[float], document: list[int], **fields: Any) -> list[float]:
    """Weights for ratios learner / sampler; NaN for a token without a recorded log-probability."""
    old = torch.full((len(ratios),), -1.0, dtype=torch.float64, requires_grad=True)
    sampler = old.detach() - torch.tensor(ratios, dtype=torch.float64).log()
    options = {f"mismatch_{name}": value for name, value in fields.items()}
    objective = Objective(**options)
    result = mismatch_weights(old, sampler, torch.tensor(document), max(document) + 1, objective)
    assert not result.requires_grad
    return result.tolist()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"level": "none"}, [1, 1, 1]),
        ({"level": "token", "high": 3.0}, [2, 0.5, 3]),
        ({"level": "token", "low": 0.8, "high": None}, [2, 0.8, 4]),
        ({"level": "sequence", "high": 3.0}, [1, 1, 3]),
        ({"level": "geometric", "high": 3.0}, [1, 1, 3]),
        ({"level": "token", "action": "mask", "low": 0.8, "high": 3.0}, [2, 0, 0]),
        ({"level": "sequence", "action": "mask", "low": 0.8, "high": 5.0}, [1, 1, 4]),
        ({"level": "geometric", "action": "mask", "low": 1.5, "high": None}, [0, 0, 4]),
        ({"level": "token", "action": "reject", "low": 0.8, "high": 3.0}, [1, 0, 0]),
        ({"level": "sequence", "action": "reject", "low": 0.8, "high": 3.0}, [1, 1, 0]),
        ({"level": "any", "action": "reject", "low": 0.4, "high": 3.0}, [1, 1, 0]),
        ({"level": "any", "action": "reject", "low": 0.6, "high": 9.0}, [0, 0, 1]),
        # k1 = -log r: a bound from below at -log 3 bounds the ratio from above at 3.
        (
            {"level": "token", "action": "mask", "statistic": "k1", "low": -math.log(3)}
            | {"high": None},
            [2, 0.5, 0],
        ),
        # k2: log(2)^2 / 2 = 0.240 for the first two tokens, 0.961 for the third.
        ({"level": "token", "action": "mask", "statistic": "k2", "high": 0.25}, [2, 0.5, 0]),
        ({"level": "sequence", "action": "reject", "statistic": "k2", "high": 0.5}, [1, 1, 0]),
        ({"level": "sequence", "action": "reject", "statistic": "k2", "high": 0.4}, [0, 0, 0]),
        ({"level": "geometric", "action": "reject", "statistic": "k2", "high": 0.4}, [1, 1, 0]),
        # k3 = r - 1 - log r: 0.307, 0.193, 1.614.
        ({"level": "token", "action": "reject", "statistic": "k3", "high": 0.2}, [0, 1, 0]),
        ({"level": "sequence", "action": "reject", "statistic": "k3", "high": 0.51}, [1, 1, 0]),
        ({"level": "any", "action": "reject", "statistic": "k3", "high": 0.3}, [0, 0, 0]),
        ({"level": "any", "action": "reject", "statistic": "k3", "high": 0.31}, [1, 1, 0]),
    ],
)
def test_hand_values(fields: dict[str, Any], expected: list[float]) -> None:
    assert weights(RATIOS, DOCUMENT, **fields) == pytest.approx(expected)


def test_sequence_is_the_product_and_geometric_its_root() -> None:
    assert weights([2, 2, 2], [0, 0, 0], level="sequence", high=None, low=0.1) == pytest.approx(
        [8] * 3
    )
    assert weights([8, 1, 1], [0, 0, 0], level="geometric", high=None, low=0.1) == pytest.approx(
        [2] * 3
    )


def test_log_ratios_are_clamped() -> None:
    """A token of probability 0 at the sampler has weight exp(20), not infinity."""
    for level in ("token", "sequence", "geometric"):
        assert weights([math.inf], [0], level=level, high=None, low=0.0) == [math.exp(20)]
        assert weights([0.0], [0], level=level, high=9.0) == [math.exp(-20)]


def test_a_token_that_the_sampler_did_not_record_has_no_mismatch() -> None:
    assert weights([math.nan, 4.0], [0, 0], level="token", high=9.0) == pytest.approx([1, 4])
    assert weights([math.nan, 4.0], [0, 0], level="geometric", high=9.0) == pytest.approx([2, 2])


def by_hand(
    d: list[list[float]], level: str, action: str, statistic: str, low: float | None, high: Any
) -> list[float]:
    """The weights of every token, one document at a time."""
    result: list[float] = []
    for document in d:
        logs = np.array(document)
        estimates = {
            "ratio": np.exp(logs),
            "k1": -logs,
            "k2": logs**2 / 2,
            "k3": np.exp(logs) - 1 - logs,
        }[statistic]
        if level == "sequence":
            value = np.exp(logs.sum()) if statistic == "ratio" else estimates.sum()
            weight = np.exp(logs.sum())
        elif level == "geometric":
            value = np.exp(logs.mean()) if statistic == "ratio" else estimates.mean()
            weight = np.exp(logs.mean())
        else:
            value, weight = estimates, np.exp(logs)
        value, weight = np.broadcast_to(value, logs.shape), np.broadcast_to(weight, logs.shape)
        inside = np.ones(len(logs), bool)
        if low is not None:
            inside &= value >= low
        if high is not None:
            inside &= value <= high
        if level == "any":
            inside = np.full(len(logs), inside.all())
        if action == "truncate":
            result += np.clip(weight, low, high).tolist()
        elif action == "mask":
            result += np.where(inside, weight, 0).tolist()
        else:
            result += inside.astype(float).tolist()
    return result


CHOICES = [
    (level, action, statistic)
    for level, action, statistic in product(
        GROUPED, get_args(MismatchAction), get_args(MismatchStatistic)
    )
    if (action == "reject" or level != "any") and (statistic == "ratio" or action != "truncate")
]


@settings(deadline=None)
@given(
    st.sampled_from(CHOICES),
    st.sampled_from([(None, 2.0), (0.5, None), (0.5, 2.0), (0.99, 1.01), (None, 0.05)]),
    st.lists(st.lists(st.floats(-3, 3), min_size=1, max_size=5), min_size=1, max_size=4),
)
def test_agrees_with_numpy(
    choice: tuple[str, str, str], bounds: tuple[float | None, float | None], d: list[list[float]]
) -> None:
    level, action, statistic = choice
    low, high = bounds
    flat = [value for document in d for value in document]
    number = [place for place, document in enumerate(d) for _ in document]
    result = weights(
        [math.exp(value) for value in flat],
        number,
        level=level,
        action=action,
        statistic=statistic,
        low=low,
        high=high,
    )
    expected = by_hand(d, level, action, statistic, low, high)
    # A statistic at a bound may round to either side.
    differs = [i for i, (a, b) in enumerate(zip(result, expected, strict=True)) if a != b]
    edges = [value for value in (low, high) if value is not None]
    if action != "truncate" and any(result[i] == 0 or expected[i] == 0 for i in differs):
        assert near_an_edge(d, level, statistic, edges)
    else:
        assert result == pytest.approx(expected, rel=1e-9)


def near_an_edge(d: list[list[float]], level: str, statistic: str, edges: list[float]) -> bool:
    """Whether a statistic changes sides when a bound moves by rounding."""
    return any(
        by_hand(d, level, "reject", statistic, edge - 1e-9, None)
        != by_hand(d, level, "reject", statistic, edge + 1e-9, None)
        for edge in edges
    )


def test_delta_rule_by_hand() -> None:
    """Mean log-ratio sampler / policy of 0.5, 0.5 and 0.1, advantages -1, +1 and -1, delta 0.3."""
    logp = torch.zeros(6, dtype=torch.float64)
    sampler = torch.tensor([1.0, 0.0, 0.5, 0.5, 0.3, -0.1], dtype=torch.float64)
    document = torch.tensor([0, 0, 1, 1, 2, 2])
    advantage = torch.tensor([-1.0, -1, 1, 1, -1, -1], dtype=torch.float64)
    kept = delta_weights(logp, sampler, document, 3, advantage, 0.3)
    assert kept.tolist() == [0, 0, 1, 1, 1, 1]
    sampler[0] = math.nan  # unknown: no evidence of a difference
    assert delta_weights(logp, sampler, document, 3, advantage, 0.3).tolist() == [1] * 6


def test_statistics_by_hand() -> None:
    """Ratios 2, 1/2 in one document and 4 in another, and a token without a record."""
    difference = torch.tensor([*np.log(RATIOS), math.nan])
    values = mismatch_statistics(difference, torch.tensor([*DOCUMENT, 7]))
    log2 = math.log(2)
    assert values == pytest.approx(
        {
            "mean": 2 * log2 / 3,
            "abs_mean": 4 * log2 / 3,
            "abs_p95": log2 * (1 + 0.9),  # 90% of the way from the second to the third of 3 values
            "abs_p99.9": log2 * (1 + 0.998),
            "abs_max": 2 * log2,
            "k3": (2 + 0.5 + 4) / 3 - 1 - 2 * log2 / 3,
            "effective_sample_size": (6.5 / 3) ** 2 / (20.25 / 3),
            "chi2_token": 20.25 / 3 - 1,
            "chi2_sequence": (1 + 16) / 2 - 1,
            "token_mult_prob_error": (2 + 2 + 4) / 3,
            "perplexity_ratio": (1 + 0.25) / 2,
        }
    )


@given(
    st.lists(st.lists(st.floats(-2, 2), min_size=1, max_size=6), min_size=1, max_size=5),
    st.integers(0, 3),
)
def test_statistics_agree_with_numpy(d: list[list[float]], skipped: int) -> None:
    flat = np.array([value for document in d for value in document])
    number = torch.tensor([place + skipped for place, document in enumerate(d) for _ in document])
    values = mismatch_statistics(torch.tensor(flat), number)
    w = np.exp(flat)
    assert values["abs_p95"] == pytest.approx(np.quantile(np.abs(flat), 0.95))
    assert values["abs_p99.9"] == pytest.approx(np.quantile(np.abs(flat), 0.999))
    assert values["k3"] == pytest.approx(np.mean(w - 1 - flat), abs=1e-12)
    assert values["effective_sample_size"] == pytest.approx(1 / np.mean((w / w.mean()) ** 2))
    assert values["chi2_token"] == pytest.approx(np.mean(w**2) - 1, abs=1e-12)
    products = [math.exp(sum(document)) for document in d]
    assert values["chi2_sequence"] == pytest.approx(np.mean(np.square(products)) - 1, abs=1e-9)
    means = [math.exp(-float(np.mean(document))) for document in d]
    assert values["perplexity_ratio"] == pytest.approx(np.mean(means))
    assert values["token_mult_prob_error"] == pytest.approx(np.mean(np.exp(np.abs(flat))))


def test_equal_log_probabilities_have_no_mismatch() -> None:
    values = mismatch_statistics(torch.zeros(5), torch.zeros(5, dtype=torch.long))
    ones = ("effective_sample_size", "token_mult_prob_error", "perplexity_ratio")
    assert values == {name: float(name in ones) for name in values}
    assert mismatch_statistics(torch.zeros(0), torch.zeros(0, dtype=torch.long)) == {}
