"""The export in verl 0.9.1 itself: its configuration, its data set, its loss (make test-verl).

No GPU, Ray cluster or vLLM is needed: the overrides are composed with Hydra against verl's own files,
and its functions run on the CPU.
"""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from clean_bench.problems import Problem, ProblemSet, write_folder
from clean_bench.prompts import render_prompt
from trainers.advantages import advantages
from trainers.loss import LossBatch, policy_loss
from trainers.mismatch import mismatch_weights
from trainers.objectives import Objective
from trainers.presets import PRESETS
from trainers.prompt_order import pick
from trainers.schedules import learning_rate_factor
from trainers.verl.arm import parse_arm
from trainers.verl.export import export_arm
from trainers.verl.mapping import overrides_of
from trainers.verl.overrides import lines, literal
from trainers.verl.refusals import refusals
from trainers.verl.run import VERSION, Run

pytestmark = (
    pytest.mark.verl
)  # verl and Hydra are imported by the tests: elsewhere they are not there
CONFIGS: dict[str, dict[str, Any]] = {
    "clip-higher": {"clip_low": 0.2, "clip_high": 0.28, "aggregate": "token"},
    "low-only": {"clip_high": None},
    "high-only": {"clip_low": None, "aggregate": "token"},
    "no-clip-constant": {"clip_low": None, "clip_high": None, "aggregate": "constant"},
    "dual": {"dual_clip": 1.3},
    "dual-no-clip": {"dual_clip": 1.3, "clip_low": None, "clip_high": None},
    "constant-length": {"aggregate": "constant", "constant_length": 7},
    "gspo-token": {"ratio": "sequence", "clip_low": 0.01, "clip_high": 0.02, "aggregate": "token"},
    "gspo": {"ratio": "sequence", "clip_low": 0.01, "clip_high": 0.02},
    "cispo": {"surrogate": "cispo", "clip_low": None, "clip_high": 0.3, "aggregate": "token"},
    "cispo-low": {"surrogate": "cispo", "clip_low": 0.1, "clip_high": 0.3},
    "reinforce-group": {
        "surrogate": "reinforce",
        "clip_low": None,
        "clip_high": None,
        "aggregate": "constant",
    },
    "kl-k3": {"kl_coefficient": 0.04},
    "kl-k1": {"kl_coefficient": 0.04, "kl_estimator": "k1", "aggregate": "token"},
    "kl-k2": {"kl_coefficient": 0.04, "kl_estimator": "k2"},
    "kl-abs": {"kl_coefficient": 0.04, "kl_estimator": "abs"},
    "entropy": {"entropy_coefficient": 0.01},
    "truncate": {"mismatch_level": "token", "mismatch_high": 1.1},
    "truncate-sequence": {"mismatch_level": "sequence", "mismatch_high": 1.1, "aggregate": "token"},
    "mask": {
        "mismatch_level": "token",
        "mismatch_action": "mask",
        "mismatch_low": 0.9,
        "mismatch_high": 1.2,
    },
    "mask-k3": {
        "mismatch_level": "token",
        "mismatch_action": "mask",
        "mismatch_statistic": "k3",
        "mismatch_high": 0.01,
        "aggregate": "token",
    },
    "reject-geometric": {
        "mismatch_level": "geometric",
        "mismatch_action": "reject",
        "mismatch_low": 0.98,
        "mismatch_high": 1.05,
    },
    "reject-k1": {
        "mismatch_level": "sequence",
        "mismatch_action": "reject",
        "mismatch_statistic": "k1",
        "mismatch_low": -0.3,
        "mismatch_high": 0.1,
        "aggregate": "constant",
    },
    "reject-any": {
        "mismatch_level": "any",
        "mismatch_action": "reject",
        "mismatch_statistic": "k3",
        "mismatch_high": 0.02,
    },
    "reject-high-only": {
        "mismatch_level": "token",
        "mismatch_action": "reject",
        "mismatch_high": 1.05,
        "aggregate": "token",
    },
}
"""Settings that verl can express, to compare the losses of."""
FURTHER: dict[str, dict[str, Any]] = {
    "lora": {"tuning": "lora", "lora_targets": "q_proj,v_proj"},
    "recorded": {"old_logprobs": "recorded"},
    "dynamic": {"dynamic_sampling": 3},
    "evaluated": {"evaluate_every": 5},
    "loo": {"advantage": "leave-one-out"},
    "host": {"masters": "host", "compute_dtype": "float16", "gradient_checkpointing": "on"},
    "schedule": {"learning_rate_schedule": "cosine", "warmup_updates": 2, "minibatches": 1},
}


def verl_folder() -> Path:
    spec = importlib.util.find_spec("verl")
    assert spec is not None and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0])


def composed(overrides: list[str]) -> Any:
    """verl's configuration under overrides; Hydra refuses a key that verl does not have."""
    from hydra import compose, initialize_config_dir

    with initialize_config_dir(str(verl_folder() / "trainer" / "config"), version_base=None):
        return compose("ppo_trainer", overrides=overrides)


@cache
def parser() -> Any:
    from hydra.core.override_parser.overrides_parser import OverridesParser

    return OverridesParser.create()


def test_the_version_is_the_one_that_was_read() -> None:
    assert (verl_folder() / "version" / "version").read_text().strip() == VERSION


@pytest.mark.parametrize("name", [*CONFIGS, *FURTHER, *PRESETS])
def test_the_overrides_compose_and_verl_accepts_them(make_run: Any, name: str) -> None:
    from omegaconf import OmegaConf
    from verl.utils.config import omega_conf_to_dataclass, validate_config

    chosen = {**CONFIGS, **FURTHER}.get(name, {"objective": name})
    run: Run = make_run(**chosen)
    if refusals(run.config, run.cluster):
        assert name in PRESETS  # tests/trainers/verl/test_verl_mapping.py names the reason
        return
    values = overrides_of(run)
    config = composed(lines(values))
    for key, value in values.items():
        found = OmegaConf.select(config, key.removeprefix("+"))
        found = OmegaConf.to_container(found) if OmegaConf.is_config(found) else found
        assert found == (list(value) if isinstance(value, tuple) else value), key
    for part in ("actor_rollout_ref.actor", "actor_rollout_ref.rollout", "algorithm"):
        omega_conf_to_dataclass(OmegaConf.select(config, part))
    if not run.lora:  # verl asks vLLM for its ranks
        validate_config(config, run.config.kl_coefficient > 0, False)


def test_a_later_override_takes_the_place_of_an_earlier_one(make_run: Any) -> None:
    """launch.sh appends those of cluster.env."""
    overrides = lines(overrides_of(make_run()))
    config = composed([*overrides, "actor_rollout_ref.model.path='/a b/c'", "trainer.nnodes=7"])
    assert (config.actor_rollout_ref.model.path, config.trainer.nnodes) == ("/a b/c", 7)


def test_a_key_of_vllm_is_new(make_run: Any) -> None:
    run: Run = make_run()
    cluster = run.cluster.model_copy(update={"kv_cache_bytes": 10**10})
    config = composed(lines(overrides_of(replace(run, cluster=cluster))))
    assert config.actor_rollout_ref.rollout.engine_kwargs.vllm.kv_cache_memory_bytes == 10**10


@settings(max_examples=500, deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12).filter(
        lambda t: "${" not in t
    )
)
def test_every_text_is_read_back(text: str) -> None:
    from omegaconf import OmegaConf

    override = parser().parse_override(f"key={literal(text)}")
    config = OmegaConf.create({})
    OmegaConf.update(config, "key", override.value())
    assert config.key == text


# The loss ---------------------------------------------------------------------------------------

ROLLOUTS, LONGEST = 6, 9
LENGTHS = [9, 4, 1, 7, 2, 5]


class Batch:
    """Random log-probabilities of a ragged mini-batch, padded for verl and flat for ours."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.mask = torch.zeros(ROLLOUTS, LONGEST, dtype=torch.float64)
        for row, length in enumerate(LENGTHS):
            self.mask[row, :length] = 1

        def near(other: torch.Tensor) -> torch.Tensor:
            return other + 0.1 * torch.randn(ROLLOUTS, LONGEST, dtype=torch.float64)

        self.logp = (-torch.rand(ROLLOUTS, LONGEST, dtype=torch.float64) - 0.1).requires_grad_()
        self.entropy = torch.rand(ROLLOUTS, LONGEST, dtype=torch.float64).requires_grad_()
        self.old = near(self.logp.detach()) + 0.1
        self.sampler = near(self.old)
        self.reference = near(self.old)
        self.advantage = torch.randn(ROLLOUTS, dtype=torch.float64)
        self.document = torch.arange(ROLLOUTS)[:, None].expand(-1, LONGEST)
        self.inside = self.mask.bool()

    def flat(self, values: torch.Tensor) -> torch.Tensor:
        return values[self.inside]


def our_loss(batch: Batch, objective: Objective) -> torch.Tensor:
    lengths = torch.tensor(LENGTHS, dtype=torch.float64)
    each = {
        "token": torch.ones(ROLLOUTS, dtype=torch.float64) / lengths.sum(),
        "sequence": 1 / (ROLLOUTS * lengths),
        "constant": torch.full(
            (ROLLOUTS,), 1 / (ROLLOUTS * (objective.constant_length or 1)), dtype=torch.float64
        ),
    }[objective.aggregate]
    spread = lambda values: batch.flat(values[:, None].expand(-1, LONGEST))  # noqa: E731
    document = batch.flat(batch.document)
    weights = None
    if objective.mismatch_level != "none":
        weights = mismatch_weights(
            batch.flat(batch.old), batch.flat(batch.sampler), document, ROLLOUTS, objective
        )
    flat = LossBatch(
        old=batch.flat(batch.old),
        advantage=spread(batch.advantage),
        weight=spread(each),
        document=document,
        documents=ROLLOUTS,
        reference=batch.flat(batch.reference),
        mismatch=weights,
    )
    return policy_loss(batch.flat(batch.logp), batch.flat(batch.entropy), flat, objective).loss


def verl_loss(batch: Batch, config: Any) -> torch.Tensor:
    """As verl's `ppo_loss` (workers/utils/losses.py) computes it for one mini-batch on one GPU."""
    from verl.trainer.ppo.core_algos import agg_loss, get_policy_loss_fn, kl_penalty
    from verl.trainer.ppo.rollout_corr_helper import compute_rollout_correction_and_rejection_mask
    from verl.utils.config import omega_conf_to_dataclass

    actor = omega_conf_to_dataclass(config.actor_rollout_ref.actor)
    actor.global_batch_info.update(
        dp_size=1,
        batch_num_tokens=int(batch.mask.sum()),
        global_batch_size=ROLLOUTS,
        loss_scale_factor=actor.loss_scale_factor,
    )
    correction = config.algorithm.rollout_correction
    found, mask, _ = compute_rollout_correction_and_rejection_mask(
        old_log_prob=batch.old,
        rollout_log_prob=batch.sampler,
        response_mask=batch.mask,
        rollout_is=correction.rollout_is,
        rollout_is_threshold=correction.rollout_is_threshold,
        rollout_rs=correction.rollout_rs,
        rollout_rs_threshold=correction.rollout_rs_threshold,
    )
    loss, _ = get_policy_loss_fn(actor.policy_loss.loss_mode)(
        old_log_prob=batch.old,
        log_prob=batch.logp,
        advantages=batch.advantage[:, None].expand(-1, LONGEST),
        response_mask=mask,
        loss_agg_mode=actor.loss_agg_mode,
        config=actor,
        rollout_is_weights=None if found is None else found.batch["rollout_is_weights"],
    )
    terms = dict(loss_mask=mask, loss_agg_mode=actor.loss_agg_mode, **actor.global_batch_info)
    if actor.entropy_coeff:
        loss = loss - actor.entropy_coeff * agg_loss(loss_mat=batch.entropy, **terms)
    if actor.use_kl_loss:
        divergence = kl_penalty(batch.logp, batch.reference, actor.kl_loss_type)
        loss = loss + actor.kl_loss_coef * agg_loss(loss_mat=divergence, **terms)
    return loss


@pytest.mark.parametrize("name", [*CONFIGS, *PRESETS])
def test_the_loss_under_the_exported_settings_is_ours(make_run: Any, name: str) -> None:
    """Loss and gradient in float64, through the composed configuration."""
    run: Run = make_run(**CONFIGS.get(name, {"objective": name}))
    if refusals(run.config, run.cluster):
        pytest.skip("refused")
    batch = Batch()
    theirs = verl_loss(batch, composed(lines(overrides_of(run))))
    their_gradients = torch.autograd.grad(theirs, [batch.logp, batch.entropy], allow_unused=True)
    ours = our_loss(batch, Objective.of(run.config))
    our_gradients = torch.autograd.grad(ours, [batch.logp, batch.entropy], allow_unused=True)
    # verl adds 1e-8 to the length of a sequence.
    torch.testing.assert_close(ours, theirs, rtol=1e-7, atol=1e-9)
    for mine, other in zip(our_gradients, their_gradients, strict=True):
        expected = torch.zeros_like(batch.mask) if other is None else other
        torch.testing.assert_close(
            torch.zeros_like(batch.mask) if mine is None else mine, expected, rtol=1e-6, atol=1e-9
        )
    assert our_gradients[0].abs().max() > 1e-3


@pytest.mark.parametrize("kind", ["group", "none", "leave-one-out"])
def test_the_advantages_under_the_exported_settings_are_ours(make_run: Any, kind: str) -> None:
    from verl.trainer.ppo.core_algos import get_adv_estimator_fn

    run: Run = make_run(advantage=kind)
    config = composed(lines(overrides_of(run))).algorithm
    generator = np.random.default_rng(0)
    rewards = torch.tensor(generator.integers(0, 2, (12, 16)), dtype=torch.float64)
    rewards[0] = 1
    scores = rewards.flatten()[:, None].clone()
    groups = np.repeat([f"group {i}" for i in range(12)], 16)
    options = {"norm_adv_by_std_in_grpo": config.norm_adv_by_std_in_grpo}
    theirs, _ = get_adv_estimator_fn(config.adv_estimator)(
        token_level_rewards=scores, response_mask=torch.ones_like(scores), index=groups, **options
    )
    ours = advantages(rewards, kind=kind, epsilon=run.config.advantage_epsilon)
    torch.testing.assert_close(theirs.reshape(12, 16), ours, rtol=0, atol=1e-7)


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_the_learning_rate_under_the_exported_settings_is_ours(
    make_run: Any, schedule: str
) -> None:
    from verl.utils import torch_functional

    floor = 0.1 if schedule == "cosine" else 0.0
    run: Run = make_run(
        steps=20,
        minibatches=1,
        learning_rate_schedule=schedule,
        warmup_updates=4,
        learning_rate_floor=floor,
    )
    assert not refusals(run.config, run.cluster)
    optim = composed(lines(overrides_of(run))).actor_rollout_ref.actor.optim
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=optim.lr)
    make = getattr(torch_functional, f"get_{optim.lr_scheduler_type}_schedule_with_warmup")
    options = (
        {}
        if schedule == "constant"
        else {
            "num_training_steps": run.config.steps,
            "min_lr_ratio": optim.min_lr_ratio,
            "num_cycles": optim.num_cycles,
            "zero_indexed_step": optim.zero_indexed_step,
        }
    )
    scheduler = make(optimizer=optimizer, num_warmup_steps=optim.lr_warmup_steps, **options)
    for update in range(20):
        factor = learning_rate_factor(update, 20, schedule, warmup=4, floor=floor)
        assert scheduler.get_last_lr()[0] == pytest.approx(factor * optim.lr, abs=1e-12)
        optimizer.step()
        scheduler.step()


# The data and the reward ------------------------------------------------------------------------


def test_verl_reads_the_data_and_the_reward(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its data set, its rendering of prompts, and the reward function as it loads it."""
    from omegaconf import OmegaConf
    from transformers import AutoTokenizer
    from verl.trainer.ppo.reward import get_custom_reward_fn
    from verl.utils.dataset.rl_dataset import RLHFDataset

    problems = [Problem(f"p{i}", f"What is {i} + 1?", str(i + 1)) for i in range(6)]
    write_folder(tmp_path / "sums", ProblemSet("sums", problems), {})
    train = {
        "reward": "truth",
        "steps": 3,
        "prompts_per_step": 4,
        "minibatches": 2,
        "max_tokens": 8,
    }
    table = {
        "checkpoint": str(tiny_checkpoint),
        "data": str(tmp_path / "sums"),
        "train": train,
        "cluster": {"gpus_per_node": 2},
    }
    exported = export_arm(parse_arm(table, "arm.toml"), ("arm.toml", ""), tmp_path / "out")
    monkeypatch.chdir(exported.out)  # as Ray does with the working directory
    config = composed((exported.out / "overrides.txt").read_text().splitlines())
    tokenizer = AutoTokenizer.from_pretrained(tiny_checkpoint)
    ours = {
        p.id: tokenizer(render_prompt(p.problem, "raw", tokenizer).text)["input_ids"]
        for p in problems
    }
    tokenizer.chat_template = config.actor_rollout_ref.model.custom_chat_template
    OmegaConf.update(config, "data.cache_dir", str(tmp_path / "cache"), force_add=True)
    rows = RLHFDataset(config.data.train_files, tokenizer, config.data)
    score = get_custom_reward_fn(config)
    drawn = [p for step in range(3) for p in pick(problems, exported.run.config, step)]
    assert len(rows) == len(drawn)
    for index, problem in enumerate(drawn):
        row = rows[index]
        ids = tokenizer.apply_chat_template(
            row["raw_prompt"], add_generation_prompt=True, tokenize=True, return_dict=False
        )
        assert list(ids) == ours[problem.id]
        for answer, expected in ((problem.answer, 1.0), ("77", 0.0)):
            result = score(
                data_source=row["data_source"],
                solution_str=rf"so \boxed{{{answer}}}",
                ground_truth=row["reward_model"]["ground_truth"],
                extra_info=row["extra_info"],
            )
            assert result["score"] == expected
