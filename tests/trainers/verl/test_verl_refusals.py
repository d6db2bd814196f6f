"""What verl cannot express is refused by the name of the setting."""

from __future__ import annotations

from typing import Any

import pytest

from trainers.config import make_config
from trainers.rewards import REWARDS, parse_reward
from trainers.verl.arm import Cluster
from trainers.verl.refusals import refusals
from trainers.verl.rewards import EXPORTED, REFUSED, inexact, reward_refusals


def refused(cluster: Cluster | None = None, **settings: Any) -> list[str]:
    config = make_config({"reward": "truth", "steps": 1, "prompts_per_step": 32, **settings})
    return refusals(config, cluster or Cluster(nodes=1, gpus_per_node=4))


@pytest.mark.parametrize(
    ("settings", "start"),
    [
        ({"advantage": "batch"}, "advantage = batch: it divides by the deviation of the group"),
        ({"advantage": "raw"}, "advantage = raw: it always subtracts a mean"),
        ({"advantage_epsilon": 1e-4}, "advantage_epsilon = 0.0001: it adds 1e-06"),
        ({"whiten": True}, "whiten = true: "),
        (
            {"ratio": "sequence", "surrogate": "cispo"},
            "ratio = sequence: its cispo has ratios of tokens",
        ),
        ({"ratio": "sequence", "dual_clip": 3}, "dual_clip = 3.0: its gspo has no dual clip"),
        ({"kl_coefficient": 0.1, "kl_ratio_weighted": True}, "kl_ratio_weighted = true: "),
        ({"mask_truncated": True}, "mask_truncated = true: "),
        ({"mismatch_delta": 0.1}, "mismatch_delta = 0.1: "),
        ({"minibatches": 64}, "minibatches = 64: its mini-batches are whole prompts"),
        ({"learning_rate_schedule": "cosine"}, "learning_rate_schedule = cosine: "),
        ({"learning_rate_schedule": "linear"}, "learning_rate_schedule = linear: "),
        ({"warmup_updates": 5}, "warmup_updates = 5: "),
        ({"lora_alpha": 1.5}, "lora_alpha = 1.5: "),
        ({"lora_rank": 1024}, "lora_rank = 1024: "),
        ({"seed": 2**31}, "seed = 2147483648: "),
        ({"keep_best": True, "evaluate_every": 1}, "keep_best = true: "),
        ({"evaluate_samples": 4, "evaluate_every": 1}, "evaluate_samples = 4: "),
        (
            {"mismatch_level": "geometric"},
            "mismatch_level = geometric, mismatch_action = truncate: ",
        ),
        ({"mismatch_level": "token", "mismatch_low": 0.5}, "mismatch_low: "),
        (
            {"mismatch_level": "token", "mismatch_action": "reject"},
            "mismatch_level = token, mismatch_action = reject, aggregate = sequence: ",
        ),
        (
            {"mismatch_level": "sequence", "mismatch_action": "reject", "kl_coefficient": 0.1},
            "mismatch_level = sequence, mismatch_action = reject: verl takes rejected tokens out of",
        ),
        (
            {"mismatch_level": "token", "ratio": "sequence"},
            "mismatch_level = token, mismatch_action = truncate: with ratio = sequence",
        ),
    ],
)
def test_a_setting_without_counterpart(settings: dict[str, Any], start: str) -> None:
    (line,) = refused(**settings)
    assert line.startswith(start)


def test_schedules_are_expressed_with_one_update_a_rollout_batch() -> None:
    one = {"steps": 9, "minibatches": 1, "warmup_updates": 2, "learning_rate_schedule": "cosine"}
    assert refused(**one) == []
    assert len(refused(**one, epochs=2)) == 2
    (line,) = refused(**{**one, "learning_rate_schedule": "linear"})
    assert line.startswith("learning_rate_schedule = linear: ")


def test_an_epsilon_that_divides_nothing_is_accepted() -> None:
    assert refused(advantage="none", advantage_epsilon=1e-4) == []


def test_several_are_named_together() -> None:
    assert len(refused(whiten=True, mask_truncated=True, seed=2**40)) == 3


def test_gpus_must_divide_the_rollouts_of_a_mini_batch() -> None:
    # 32 prompts x 16 rollouts in 8 mini-batches: 64 rollouts each.
    assert refused(Cluster(nodes=2, gpus_per_node=8)) == []
    (line,) = refused(Cluster(nodes=3, gpus_per_node=8))
    assert line.startswith("nodes * gpus_per_node = 24: ") and "64 rollouts" in line
    (line,) = refused(Cluster(nodes=1, gpus_per_node=4, tensor_parallel=3))
    assert line.startswith("tensor_parallel = 3: ")


def test_every_reward_is_exported_or_refused() -> None:
    """A new reward fails here until the export decides what becomes of it."""
    assert sorted([*EXPORTED, *REFUSED]) == sorted(REWARDS)


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        *((name, name) for name in REFUSED),
        ("truth+0.5*random", "random"),
        ("format & !group-majority", "group-majority"),
    ],
)
def test_a_reward_without_counterpart(expression: str, named: str) -> None:
    config = make_config({"reward": expression, "steps": 1})
    (line,) = reward_refusals(config, parse_reward(expression))
    assert line == f"reward = {named}: {REFUSED[named]}"


@pytest.mark.parametrize(
    "expression", ["truth", "format+0.5*python", "format & !python", "inverted"]
)
def test_a_reward_with_counterpart(expression: str) -> None:
    config = make_config({"reward": expression, "steps": 1})
    assert reward_refusals(config, parse_reward(expression)) == []
    assert not inexact(config, parse_reward(expression))


@pytest.mark.parametrize(
    ("value", "exact"),
    [(1, True), (0.5, True), (-3, True), (0.1, False), (1 / 3, False), (0, True)],
)
def test_a_constant_is_no_zero_control_unless_float32_averages_it_exactly(
    value: float, exact: bool
) -> None:
    """The oracle is numpy's float32: whether the mean of 16 equal rewards is the reward."""
    import numpy as np

    expression = parse_reward(f"constant:value={value!r}")
    config = make_config({"reward": "constant", "steps": 1})
    found = reward_refusals(config, expression)
    assert (found == []) == exact
    if exact:
        rewards = np.full(16, value, np.float32)
        assert np.all(rewards - rewards.mean(dtype=np.float32) == 0)
    assert (
        reward_refusals(
            make_config({"reward": "constant", "steps": 1, "advantage": "none"}), expression
        )
        == []
    )


def test_weights_and_fractions_that_are_rounded_are_inexact() -> None:
    config = make_config({"reward": "truth", "steps": 1})
    assert inexact(config, parse_reward("truth+0.1*format"))
    assert inexact(config, parse_reward("numeric"))
    assert not inexact(config, parse_reward("truth+0.25*format"))
