"""Every setting of training has a place in the export to verl, and the value that verl reads."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from trainers.config import TrainConfig
from trainers.presets import PRESETS
from trainers.verl.mapping import (
    ALWAYS,
    NO_CLIP,
    ONLY_REFUSED,
    RULES,
    WITHOUT_COUNTERPART,
    overrides_of,
)
from trainers.verl.refusals import CHECKS, refusals

ACTOR = "actor_rollout_ref.actor."
ROLLOUT = "actor_rollout_ref.rollout."
MODEL = "actor_rollout_ref.model."
CORRECTION = "algorithm.rollout_correction."


def test_every_setting_is_mapped_or_refused_or_has_no_counterpart() -> None:
    """A new setting of `TrainConfig` fails here until the export decides what becomes of it."""
    mapped = [name for rule in RULES for name in rule.settings]
    places = Counter([*mapped, *WITHOUT_COUNTERPART, *ONLY_REFUSED])
    assert set(places) == set(TrainConfig.model_fields)
    assert max(places.values()) == 1
    assert set(CHECKS) <= set(TrainConfig.model_fields)
    assert set(ONLY_REFUSED) <= set(CHECKS)


def test_the_default_of_a_setting_that_is_only_refused_is_accepted(make_run: Any) -> None:
    run = make_run()
    assert refusals(run.config, run.cluster) == []


def test_no_two_rules_set_the_same_key(make_run: Any) -> None:
    run = make_run(tuning="lora", kl_coefficient=0.1)
    keys = Counter([*ALWAYS, *(key for rule in RULES for key in rule.values(run))])
    assert max(keys.values()) == 1


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"clip_low": 0.1, "clip_high": 0.28}, {"clip_ratio_low": 0.1, "clip_ratio_high": 0.28}),
        # None would be verl's clip_ratio of 0.2.
        ({"clip_low": None, "clip_high": None}, {"clip_ratio_low": 1.0, "clip_ratio_high": 1e9}),
        # verl's default is a dual clip at 3.
        ({}, {"clip_ratio_c": NO_CLIP}),
        ({"dual_clip": 3}, {"clip_ratio_c": 3.0}),
        ({}, {"policy_loss.loss_mode": "vanilla"}),
        ({"ratio": "sequence"}, {"policy_loss.loss_mode": "gspo"}),
        (
            {"surrogate": "cispo", "clip_high": 5},
            {"policy_loss.loss_mode": "cispo", "clip_ratio_high": 5.0},
        ),
        (
            {"surrogate": "reinforce", "clip_low": None, "clip_high": None},
            {"policy_loss.loss_mode": "gpg"},
        ),
        ({"aggregate": "token"}, {"loss_agg_mode": "token-mean", "loss_scale_factor": None}),
        ({"aggregate": "sequence"}, {"loss_agg_mode": "seq-mean-token-mean"}),
        (
            {"aggregate": "constant", "max_tokens": 70},
            {"loss_agg_mode": "seq-mean-token-sum-norm", "loss_scale_factor": 70},
        ),
        ({"aggregate": "constant", "constant_length": 9}, {"loss_scale_factor": 9}),
        (
            {"kl_coefficient": 0.04},
            {"use_kl_loss": True, "kl_loss_coef": 0.04, "kl_loss_type": "k3"},
        ),
        ({}, {"use_kl_loss": False}),
        ({"entropy_coefficient": 0.01}, {"entropy_coeff": 0.01}),
        # 32 prompts in 4 mini-batches: verl counts prompts and multiplies by the rollouts itself.
        (
            {"minibatches": 4, "epochs": 2},
            {"ppo_mini_batch_size": 8, "ppo_epochs": 2, "shuffle": False},
        ),
        # verl's defaults are a weight decay of 0.01 and betas of 0.9 and 0.999.
        (
            {"learning_rate": 5e-7},
            {"optim.lr": 5e-7, "optim.betas": (0.9, 0.95), "optim.weight_decay": 0.0},
        ),
        (
            {"learning_rate_schedule": "cosine", "warmup_updates": 3, "learning_rate_floor": 0.1},
            {
                "optim.lr_scheduler_type": "cosine",
                "optim.lr_warmup_steps": 3,
                "optim.min_lr_ratio": 0.1,
            },
        ),
        ({"max_grad_norm": 0.5}, {"grad_clip": 0.5, "optim.clip_grad": 0.5}),
        # The longest sequence has 40 + 48 tokens; verl refuses a smaller budget.
        ({"token_budget": 50}, {"ppo_max_token_len_per_gpu": 88}),
        ({"token_budget": 5000}, {"ppo_max_token_len_per_gpu": 5000}),
        (
            {"compute_dtype": "float16"},
            {"fsdp_config.dtype": "float16", "fsdp_config.model_dtype": "fp32"},
        ),
        (
            {"weights_dtype": "bfloat16"},
            {"fsdp_config.dtype": "bfloat16", "fsdp_config.model_dtype": "fp32"},
        ),
        ({"masters": "host"}, {"fsdp_config.optimizer_offload": True}),
    ],
)
def test_settings_of_the_actor(
    make_run: Any, settings: dict[str, Any], expected: dict[str, Any]
) -> None:
    values = overrides_of(make_run(**settings))
    assert {key: values[ACTOR + key] for key in expected} == expected


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {"algorithm.adv_estimator": "grpo", "algorithm.norm_adv_by_std_in_grpo": True}),
        (
            {"advantage": "none"},
            {"algorithm.adv_estimator": "grpo", "algorithm.norm_adv_by_std_in_grpo": False},
        ),
        ({"advantage": "leave-one-out"}, {"algorithm.adv_estimator": "rloo"}),
        (
            {"dynamic_sampling": 4},
            {"algorithm.filter_groups.enable": True, "algorithm.filter_groups.metric": "reward"},
        ),
        ({}, {"algorithm.filter_groups.enable": False, CORRECTION + "bypass_mode": False}),
        ({"old_logprobs": "recorded"}, {CORRECTION + "bypass_mode": True}),
        ({"old_logprobs": "recomputed"}, {CORRECTION + "bypass_mode": False}),
        (
            {"prompts_per_step": 16, "group_size": 4},
            {"data.train_batch_size": 16, ROLLOUT + "n": 4, ACTOR + "ppo_mini_batch_size": 2},
        ),
        (
            {"tuning": "lora", "lora_rank": 8, "lora_alpha": 16, "lora_targets": "q_proj, v_proj"},
            {
                MODEL + "lora_rank": 8,
                MODEL + "lora_alpha": 16,
                MODEL + "target_modules": ["q_proj", "v_proj"],
                ROLLOUT + "load_format": "safetensors",
            },
        ),
        ({}, {MODEL + "lora_rank": 0, MODEL + "target_modules": "all-linear"}),
        (
            {"temperature": 0.7, "max_tokens": 100},
            {
                ROLLOUT + "temperature": 0.7,
                ROLLOUT + "top_p": 1.0,
                ROLLOUT + "top_k": -1,
                "data.max_response_length": 100,
                "data.max_prompt_length": 40,
                ROLLOUT + "full_determinism": False,
            },
        ),
        (
            {"seed": 7, "steps": 9, "checkpoint_every": 2},
            {
                "data.seed": 7,
                ROLLOUT + "seed": 7,
                "trainer.total_training_steps": 9,
                "trainer.save_freq": 2,
                "trainer.max_actor_ckpt_to_keep": 1,
                "trainer.test_freq": -1,
                "trainer.val_before_train": False,
            },
        ),
        (
            {"evaluate_every": 10, "keep_last": 3},
            {
                "trainer.test_freq": 10,
                "trainer.val_before_train": True,
                "trainer.max_actor_ckpt_to_keep": 3,
            },
        ),
        ({}, {"trainer.nnodes": 2, "trainer.n_gpus_per_node": 4, "data.shuffle": False}),
    ],
)
def test_other_settings(make_run: Any, settings: dict[str, Any], expected: dict[str, Any]) -> None:
    values = overrides_of(make_run(**settings))
    assert {key: values.get(key) for key in expected} == expected


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, (None, 2.0, None, None)),
        ({"mismatch_level": "token"}, ("token", 2.0, None, None)),
        ({"mismatch_level": "sequence", "mismatch_high": 5}, ("sequence", 5.0, None, None)),
        (
            {
                "mismatch_level": "token",
                "mismatch_action": "mask",
                "mismatch_low": 0.5,
                "mismatch_high": 5,
            },
            ("token", "0.5_5.0", None, None),
        ),
        (
            {
                "mismatch_level": "token",
                "mismatch_action": "mask",
                "mismatch_statistic": "k3",
                "mismatch_high": 0.01,
            },
            ("token", 1e9, "token_k3", 0.01),
        ),
        # verl bounds exp(k1), the inverse of the ratio: 0.5 <= r <= 4 is 0.25 <= 1/r <= 2.
        (
            {
                "mismatch_level": "geometric",
                "mismatch_action": "reject",
                "mismatch_low": 0.5,
                "mismatch_high": 4,
            },
            (None, 2.0, "seq_mean_k1", "0.25_2.0"),
        ),
        (
            {
                "mismatch_level": "sequence",
                "mismatch_action": "reject",
                "mismatch_statistic": "k2",
                "mismatch_high": 3,
            },
            (None, 2.0, "seq_sum_k2", 3.0),
        ),
        (
            {
                "mismatch_level": "any",
                "mismatch_action": "reject",
                "mismatch_statistic": "k3",
                "mismatch_high": 3,
            },
            (None, 2.0, "seq_max_k3", 3.0),
        ),
    ],
)
def test_the_correction_of_the_sampler(
    make_run: Any, settings: dict[str, Any], expected: tuple[object, ...]
) -> None:
    values = overrides_of(make_run(**settings))
    keys = ("rollout_is", "rollout_is_threshold", "rollout_rs", "rollout_rs_threshold")
    assert tuple(values[CORRECTION + key] for key in keys) == expected


REFUSED_PRESETS = {"reinforce": "advantage", "spurious-rewards": "whiten"}
"""Presets that verl cannot express, with the setting that it refuses."""


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_exported_or_refused_by_name(make_run: Any, preset: str) -> None:
    run = make_run(objective=preset)
    found = refusals(run.config, run.cluster)
    if preset not in REFUSED_PRESETS:
        assert found == []
        overrides_of(run)
    else:
        assert any(line.startswith(f"{REFUSED_PRESETS[preset]} = ") for line in found)
