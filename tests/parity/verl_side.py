"""Loss and gradient of verl's core functions and of this project on the same padded tokens."""

from __future__ import annotations

from typing import Any

import torch
from padded import Padded
from verl.trainer.ppo import core_algos
from verl.workers.config import ActorConfig

from trainers.loss import policy_loss
from trainers.objectives import Objective

MODES = {
    "token": "token-mean",
    "sequence": "seq-mean-token-mean",
    "constant": "seq-mean-token-sum-norm",
}
CONSTANT = 20
UNBOUNDED = 1e9


def verl_loss(data: Padded, objective: Objective, mode: str, weights: Any = None) -> Any:
    """Loss and gradient by verl; low 1 and high 1e9 stand for a missing side of the clip range."""
    low, high, dual = objective.clip_low, objective.clip_high, objective.dual_clip
    aggregate = MODES[objective.aggregate]
    config = ActorConfig(
        strategy="fsdp",
        rollout_n=1,
        use_dynamic_bsz=True,
        loss_agg_mode=aggregate,
        clip_ratio_low=1.0 if low is None else low,
        clip_ratio_high=UNBOUNDED if high is None else high,
        clip_ratio_c=UNBOUNDED if dual is None else dual,
    )
    if objective.aggregate == "constant":
        config.global_batch_info["loss_scale_factor"] = objective.constant_length
    new = data.new.clone().requires_grad_()
    advantage = data.advantage[:, None].expand_as(new)
    loss, metrics = core_algos.get_policy_loss_fn(mode)(
        data.old,
        new,
        advantage,
        data.mask,
        loss_agg_mode=aggregate,
        config=config,
        rollout_is_weights=weights,
    )
    loss.backward()
    return loss.detach(), data.flat(new.grad), metrics


def our_loss(data: Padded, objective: Objective, mismatch: torch.Tensor | None = None) -> Any:
    new = data.flat(data.new).clone().requires_grad_()
    parts = policy_loss(new, data.flat(data.entropy), data.batch(objective, mismatch), objective)
    parts.loss.backward()
    return parts.loss.detach(), new.grad, parts.statistics


def check_equal(first: Any, second: Any, aggregate: str) -> None:
    """Equal loss and gradient; verl adds 1e-8 to the tokens of a sequence that it divides by."""
    near = 1e-8 if aggregate == "sequence" else 1e-14
    torch.testing.assert_close(first[0], second[0], rtol=1e-12, atol=near)
    torch.testing.assert_close(first[1], second[1], rtol=1e-12, atol=near)
