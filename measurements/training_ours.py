"""One update of this project on recorded rollouts, timed: advantages, packed rows, loss, optimizer.

Every statistic that `clean-bench train` records is computed too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from training_clock import Clock
from training_rollouts import WARM_UP_TOKENS, Rollouts

from clean_bench.checkpoints import resolve_checkpoint
from clean_bench.samples import Sample
from trainers import rollouts as training
from trainers.advantages import rollout_advantages
from trainers.config import TrainConfig, make_config
from trainers.objectives import Objective
from trainers.open_policy import open_policy
from trainers.optimizers import Optimizer, optimizer_of
from trainers.policy import Policy
from trainers.update import prepare, run_updates


def replay_ours(
    checkpoint: Path,
    rollouts: Rollouts,
    *,
    updates: int,
    gradient: Path | None = None,
    **settings: Any,
) -> Clock:
    """The times of `updates` updates after a warm-up.

    Args:
        gradient: file for the gradient of the first timed update. It costs time: time others.
        settings: of `TrainConfig`, beside those that both sides have.
    """
    config = training_config(rollouts, **settings)
    policy = open_policy(resolve_checkpoint(str(checkpoint)), config)
    return replay(policy, rollouts, config, updates=updates, gradient=gradient)


def replay(
    policy: Policy,
    rollouts: Rollouts,
    config: TrainConfig,
    *,
    updates: int,
    gradient: Path | None = None,
) -> Clock:
    """The same with a policy that is loaded."""
    optimizer = optimizer_of(policy, config)
    clock = Clock(policy.device)
    _update(policy, optimizer, rollouts.cut(WARM_UP_TOKENS), config)
    if gradient is not None:
        _save_gradient(policy, optimizer, gradient)
    for _ in range(updates):
        clock.start()
        _update(policy, optimizer, rollouts, config)
        clock.stop()
    return clock


def training_config(rollouts: Rollouts, **settings: Any) -> TrainConfig:
    """The objective of both sides, one update per step, a learning rate of 0."""
    return make_config(
        {
            "reward": "truth",
            "steps": 1_000,
            "objective": "dapo",
            "advantage_epsilon": 1e-4,
            "prompts_per_step": len(rollouts.prompts) // rollouts.group,
            "group_size": rollouts.group,
            "minibatches": 1,
            "max_tokens": max(map(len, rollouts.completions)),
            "learning_rate": 0.0,
            "max_grad_norm": 1e6,
            **settings,
        }
    )


def _update(policy: Policy, optimizer: Optimizer, rollouts: Rollouts, config: TrainConfig) -> None:
    """One step of training after generation and grading.

    The old log-probabilities are those of the policy before its first update, as in TRL.
    """
    rewards = torch.tensor(rollouts.rewards, dtype=torch.float64).reshape(-1, rollouts.group)
    lengths = torch.tensor([len(completion) for completion in rollouts.completions])
    advantages = rollout_advantages(rewards, lengths.reshape(rewards.shape), Objective.of(config))
    batch = training.Rollouts(
        [_sample(*pair) for pair in zip(rollouts.prompts, rollouts.completions, strict=True)],
        range(len(rewards)),
        {"truth": rewards},
        advantages.float(),
    )
    ready = prepare(policy, batch, config, recompute=True)
    for _ in run_updates(policy, optimizer, ready, config, step=0):
        pass


def _sample(prompt: list[int], completion: list[int]) -> Sample:
    return Sample(
        set="recorded",
        problem_id="",
        template="",
        mode="sample",
        index=0,
        seed=0,
        gold="",
        prompt="",
        response="",
        finish="stop",
        prompt_ids=prompt,
        token_ids=completion,
        logprobs=[0.0] * len(completion),
        grade="different",
        extracted=None,
        extraction=None,
    )


def _save_gradient(policy: Policy, optimizer: Optimizer, path: Path) -> None:
    """Write the gradient to a file before the next step of the optimizer, clipped by a large norm."""
    step = optimizer.step

    def saving(max_norm: float) -> float | None:
        gradients = {name: p.grad.clone() for name, p in policy.trainable() if p.grad is not None}
        save_file(gradients, path)
        optimizer.step = step  # type: ignore[method-assign]
        return step(max_norm)

    optimizer.step = saving  # type: ignore[method-assign]
