"""Corrections for the difference between sampler and learner equal verl's (`make test-parity`)."""

from __future__ import annotations

import math
from typing import Any

import pytest

pytestmark = pytest.mark.parity
rollout_corr = pytest.importorskip(
    "verl.trainer.ppo.rollout_corr_helper",
    reason="verl cannot be imported: `make test-parity` makes an environment with it",
    exc_type=ImportError,
)

import torch  # noqa: E402
from padded import Padded, draw  # noqa: E402
from verl_side import check_equal, our_loss, verl_loss  # noqa: E402

from trainers.mismatch import mismatch_statistics, mismatch_weights  # noqa: E402
from trainers.objectives import Objective  # noqa: E402


def weights(data: Padded, objective: Objective) -> torch.Tensor:
    old, sampler = data.flat(data.old), data.flat(data.sampler)
    return mismatch_weights(old, sampler, data.document, len(data.mask), objective)


def importance(data: Padded, level: str, threshold: str) -> torch.Tensor:
    """verl's weights, (rows, tokens)."""
    values, _ = rollout_corr.compute_rollout_correction_weights(
        data.old - data.sampler, data.mask, rollout_is=level, rollout_is_threshold=threshold
    )
    assert isinstance(values, torch.Tensor)
    return values


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("level", ["token", "sequence"])
@pytest.mark.parametrize("action", ["truncate", "mask"])
def test_importance_weights_and_the_loss_with_them(seed: int, level: Any, action: Any) -> None:
    """One threshold truncates in verl; `lower_upper` masks."""
    data = draw(seed)
    low = 0.6 if action == "mask" else None
    objective = Objective(
        aggregate="token",
        mismatch_level=level,
        mismatch_action=action,
        mismatch_low=low,
        mismatch_high=1.5,
    )
    expected = importance(data, level, "1.5" if low is None else f"{low}_1.5")
    result = weights(data, objective)
    assert float((result != (data.old - data.sampler).exp()[data.keep]).double().mean()) > 0
    torch.testing.assert_close(result, data.flat(expected))
    reference = verl_loss(data, objective, "vanilla", expected)
    check_equal(our_loss(data, objective, result), reference, "token")


LEVELS = {"token": "token", "sequence": "seq_sum", "geometric": "seq_mean", "any": "seq_max"}


@pytest.mark.parametrize(
    ("level", "statistic"),
    [(level, k) for level in LEVELS for k in ("k1", "k2", "k3") if (level, k) != ("any", "k1")],
)
def test_rejection(level: Any, statistic: Any) -> None:
    """Bounds on k1 are given to verl as bounds on a ratio, and to us as their logarithms.

    verl has no rejection by the largest k1 of a sequence.
    """
    rejected = 0.0
    for seed in range(4):
        data = draw(seed)
        low, high = (math.log(0.9), math.log(1.1)) if statistic == "k1" else (None, 0.1)
        objective = Objective(
            mismatch_level=level,
            mismatch_action="reject",
            mismatch_statistic=statistic,
            mismatch_low=low,
            mismatch_high=high,
        )
        mask, _ = rollout_corr.compute_rollout_rejection_mask(
            data.old - data.sampler,
            data.mask,
            rollout_rs=f"{LEVELS[level]}_{statistic}",
            rollout_rs_threshold="0.9_1.1" if statistic == "k1" else "0.1",
        )
        result = weights(data, objective)
        assert torch.equal(result, data.flat(mask))
        rejected += float((1 - result).mean()) / 4
    assert 0.05 < rejected < 0.99


def test_statistics() -> None:
    data = draw(7)
    expected = rollout_corr.compute_offpolicy_metrics(data.old, data.sampler, data.mask)
    difference = data.flat(data.old - data.sampler)
    result = mismatch_statistics(difference, data.document)
    for ours_name, name, sign in (
        ("mean", "kl", -1),
        ("k3", "k3_kl", 1),
        ("chi2_token", "chi2_token", 1),
        ("chi2_sequence", "chi2_seq", 1),
        ("perplexity_ratio", "ppl_ratio", 1),
    ):
        assert result[ours_name] == pytest.approx(sign * expected[name], rel=1e-9), name
    wide = rollout_corr.compute_rollout_correction_weights(
        data.old - data.sampler, data.mask, rollout_is="token", rollout_is_threshold=1e9
    )[1]
    size = result["effective_sample_size"]
    assert size == pytest.approx(wide["rollout_is_eff_sample_size"], rel=1e-6)
