"""Losses and gradients equal verl's core functions (`make test-parity`)."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.parity
core_algos = pytest.importorskip(
    "verl.trainer.ppo.core_algos",
    reason="verl cannot be imported: `make test-parity` makes an environment with it",
    exc_type=ImportError,
)

import torch  # noqa: E402
from padded import draw  # noqa: E402
from verl.workers.config import ActorConfig  # noqa: E402
from verl_side import CONSTANT, MODES, check_equal, our_loss, verl_loss  # noqa: E402

from trainers.loss import kl_estimate  # noqa: E402
from trainers.objectives import Objective  # noqa: E402

CLIPS: dict[str, dict[str, Any]] = {
    "symmetric": {"clip_low": 0.2, "clip_high": 0.2},
    "clip-higher": {"clip_low": 0.2, "clip_high": 0.28},
    "none": {"clip_low": None, "clip_high": None},
    "low only": {"clip_low": 0.2, "clip_high": None},
    "high only": {"clip_low": None, "clip_high": 0.2},
    "dual": {"clip_low": 0.2, "clip_high": 0.2, "dual_clip": 1.4},
    "dual without high": {"clip_low": 0.2, "clip_high": None, "dual_clip": 1.4},
}


@pytest.mark.parametrize("aggregate", MODES)
@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.parametrize("seed", [0, 1])
def test_clipped_loss(seed: int, clip: str, aggregate: Any) -> None:
    data = draw(seed)
    objective = Objective(**CLIPS[clip], aggregate=aggregate, constant_length=CONSTANT)
    expected, result = verl_loss(data, objective, "vanilla"), our_loss(data, objective)
    check_equal(result, expected, aggregate)
    tokens = float(data.mask.sum())
    both = float(result[2]["clip_low"] + result[2]["clip_high"]) / tokens
    assert both == pytest.approx(expected[2]["actor/pg_clipfrac"])
    dual = float(result[2]["dual"]) / tokens
    assert dual == pytest.approx(expected[2]["actor/pg_clipfrac_lower"])


@pytest.mark.parametrize("aggregate", MODES)
@pytest.mark.parametrize("clip", [0.05, 0.2])
def test_gspo(clip: float, aggregate: Any) -> None:
    data = draw(2)
    objective = Objective(
        ratio="sequence",
        clip_low=clip,
        clip_high=clip,
        aggregate=aggregate,
        constant_length=CONSTANT,
    )
    check_equal(our_loss(data, objective), verl_loss(data, objective, "gspo"), aggregate)


@pytest.mark.parametrize("low", [None, 0.3])
def test_cispo(low: float | None) -> None:
    data = draw(3)
    objective = Objective(surrogate="cispo", clip_low=low, clip_high=0.28, aggregate="token")
    check_equal(our_loss(data, objective), verl_loss(data, objective, "cispo"), "token")


@pytest.mark.parametrize("aggregate", MODES)
def test_reinforce(aggregate: Any) -> None:
    """verl's function takes the sampler's log-probabilities first and uses them for a metric only."""
    data = draw(4)
    objective = Objective(surrogate="reinforce", aggregate=aggregate, constant_length=CONSTANT)
    config = ActorConfig(strategy="fsdp", rollout_n=1, use_dynamic_bsz=True)
    if aggregate == "constant":
        config.global_batch_info["loss_scale_factor"] = CONSTANT
    new = data.new.clone().requires_grad_()
    loss, _ = core_algos.compute_policy_loss_reinforce(
        data.sampler,
        new,
        data.advantage[:, None].expand_as(new),
        data.mask,
        loss_agg_mode=MODES[aggregate],
        config=config,
    )
    loss.backward()
    check_equal(our_loss(data, objective), (loss.detach(), data.flat(new.grad)), aggregate)


@pytest.mark.parametrize("estimator", ["k1", "abs", "k2", "k3"])
def test_kl_estimators(estimator: Any) -> None:
    data = draw(5)
    new, reference = data.flat(data.new), data.flat(data.sampler)
    expected = core_algos.kl_penalty(new, reference, estimator)
    torch.testing.assert_close(kl_estimate(new, reference, estimator), expected)


@pytest.mark.parametrize("aggregate", MODES)
def test_kl_and_entropy_terms(aggregate: Any) -> None:
    """Added to the policy loss as verl's workers do: each aggregated like the policy loss."""
    data = draw(6)
    objective = Objective(
        aggregate=aggregate,
        constant_length=CONSTANT,
        kl_coefficient=0.1,
        entropy_coefficient=0.03,
    )
    plain, _, _ = verl_loss(
        data, Objective(aggregate=aggregate, constant_length=CONSTANT), "vanilla"
    )
    scale = CONSTANT if aggregate == "constant" else None
    kl, entropy = (
        core_algos.agg_loss(values, data.mask, MODES[aggregate], loss_scale_factor=scale)
        for values in (core_algos.kl_penalty(data.new, data.sampler, "k3"), data.entropy)
    )
    torch.testing.assert_close(our_loss(data, objective)[0], plain + 0.1 * kl - 0.03 * entropy)


def test_a_k3_estimate_above_ten_is_bounded_by_verl_alone() -> None:
    """A documented difference: verl clamps k3 at 10 and its log ratio at 20."""
    new, reference = torch.tensor([-5.0]).double(), torch.tensor([-0.5]).double()
    assert float(core_algos.kl_penalty(new, reference, "k3")) == 10
    assert float(kl_estimate(new, reference, "k3")) == pytest.approx(84.5171, abs=1e-3)
