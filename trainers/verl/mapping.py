"""verl's value of every setting of `trainers.config.TrainConfig`.

Each setting is in exactly one of `RULES` (it sets overrides), `WITHOUT_COUNTERPART` (it changes memory
or storage alone, and verl has its own way) and `ONLY_REFUSED` (verl has no such choice: the default is
what verl does, and `trainers.verl.refusals` refuses every other value). `ALWAYS` are overrides that no
setting changes. Values were read in the source of verl 0.9.1; paths below are its.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from trainers.verl.mismatch import mismatch_values
from trainers.verl.overrides import Value, Values
from trainers.verl.run import REWARD, TRAIN, VALIDATION, Run

_ACTOR = "actor_rollout_ref.actor"
_MODEL = "actor_rollout_ref.model"
_ROLLOUT = "actor_rollout_ref.rollout"
NO_CLIP_LOW, NO_CLIP = 1.0, 1e9
"""An open side of a clip range: a ratio is never below 1 - 1.0. None would be clip_ratio, 0.2
(trainer/ppo/core_algos.py, compute_policy_loss_vanilla)."""
_AGGREGATES = {
    "token": "token-mean",
    "sequence": "seq-mean-token-mean",
    "constant": "seq-mean-token-sum-norm",
}
_ESTIMATORS: Mapping[str, tuple[str, bool]] = {
    "group": ("grpo", True),
    "none": ("grpo", False),
    "leave-one-out": ("rloo", False),
}
_EPOCHS = 2
"""The training file holds the rows of one pass; verl must not end before its last step."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Overrides that follow from some settings."""

    settings: tuple[str, ...]
    values: Callable[[Run], Values]


def loss_mode(run: Run) -> str:
    """verl's name of the policy loss; gpg is -A log p (compute_policy_loss_gpg)."""
    if run.config.surrogate == "clip":
        return "gspo" if run.config.ratio == "sequence" else "vanilla"
    return {"cispo": "cispo", "reinforce": "gpg"}[run.config.surrogate]


def _clip(run: Run) -> Values:
    low, high, dual = run.config.clip_low, run.config.clip_high, run.config.dual_clip
    return {
        f"{_ACTOR}.clip_ratio_low": NO_CLIP_LOW if low is None else low,
        f"{_ACTOR}.clip_ratio_high": NO_CLIP if high is None else high,
        # verl's default, 3.0, is a dual clip.
        f"{_ACTOR}.clip_ratio_c": NO_CLIP if dual is None else dual,
    }


def _aggregate(run: Run) -> Values:
    config = run.config
    length = config.constant_length or config.max_tokens
    return {
        f"{_ACTOR}.loss_agg_mode": _AGGREGATES[config.aggregate],
        f"{_ACTOR}.loss_scale_factor": length if config.aggregate == "constant" else None,
    }


def _advantage(run: Run) -> Values:
    estimator, divided = _ESTIMATORS[run.config.advantage]
    return {
        "algorithm.adv_estimator": estimator,
        "algorithm.norm_adv_by_std_in_grpo": divided,
    }


def _kl(run: Run) -> Values:
    config = run.config
    return {
        f"{_ACTOR}.use_kl_loss": config.kl_coefficient > 0,
        f"{_ACTOR}.kl_loss_coef": config.kl_coefficient,
        f"{_ACTOR}.kl_loss_type": config.kl_estimator,
    }


def _dynamic_sampling(run: Run) -> Values:
    batches = run.config.dynamic_sampling
    return {
        "algorithm.filter_groups.enable": batches > 0,
        "algorithm.filter_groups.metric": "reward",
        "algorithm.filter_groups.max_num_gen_batches": batches,
    }


def _batch(run: Run) -> Values:
    config = run.config
    # Both sizes count prompts; verl multiplies them by rollout.n itself.
    return {
        "data.train_batch_size": config.prompts_per_step,
        f"{_ROLLOUT}.n": config.group_size,
        f"{_ACTOR}.ppo_mini_batch_size": config.prompts_per_step // config.minibatches,
        f"{_ACTOR}.ppo_epochs": config.epochs,
    }


def _lora(run: Run) -> Values:
    config = run.config
    names: Value = "all-linear"
    if config.lora_targets != "all-linear":
        names = [name.strip() for name in config.lora_targets.split(",")]
    return {
        f"{_MODEL}.lora_rank": config.lora_rank if run.lora else 0,
        f"{_MODEL}.lora_alpha": int(config.lora_alpha),
        f"{_MODEL}.target_modules": names,
        # vLLM cannot begin with random weights where only adapters are sent to it.
        f"{_ROLLOUT}.load_format": "safetensors" if run.lora else "dummy",
    }


def _arithmetic(run: Run) -> Values:
    dtype = run.config.compute_dtype
    dtype = run.cluster.dtype if dtype == "auto" else dtype
    return {
        f"{_ACTOR}.fsdp_config.dtype": dtype,
        "actor_rollout_ref.ref.fsdp_config.dtype": dtype,
        # FSDP keeps the weights that AdamW updates in float32, and computes with rounded copies.
        f"{_ACTOR}.fsdp_config.model_dtype": "fp32",
    }


def _seed(run: Run) -> Values:
    seed = run.config.seed
    return {
        "data.seed": seed,
        f"{_ROLLOUT}.seed": seed,
        f"{_ACTOR}.data_loader_seed": seed,
        f"{_ACTOR}.fsdp_config.seed": seed,
    }


def _optimizer(run: Run) -> Values:
    config = run.config
    return {
        f"{_ACTOR}.optim.lr": config.learning_rate,
        f"{_ACTOR}.optim.lr_scheduler_type": config.learning_rate_schedule,
        f"{_ACTOR}.optim.lr_warmup_steps": config.warmup_updates,
        f"{_ACTOR}.optim.min_lr_ratio": config.learning_rate_floor,
        f"{_ACTOR}.optim.betas": config.betas,
        f"{_ACTOR}.optim.weight_decay": config.weight_decay,
        f"{_ACTOR}.optim.clip_grad": config.max_grad_norm,
        f"{_ACTOR}.grad_clip": config.max_grad_norm,
    }


RULES: tuple[Rule, ...] = (
    Rule(("ratio", "surrogate"), lambda run: {f"{_ACTOR}.policy_loss.loss_mode": loss_mode(run)}),
    Rule(("clip_low", "clip_high", "dual_clip"), _clip),
    Rule(("aggregate", "constant_length"), _aggregate),
    Rule(("advantage",), _advantage),
    Rule(("kl_coefficient", "kl_estimator"), _kl),
    Rule(
        ("entropy_coefficient",),
        lambda run: {f"{_ACTOR}.entropy_coeff": run.config.entropy_coefficient},
    ),
    Rule(("dynamic_sampling",), _dynamic_sampling),
    Rule(
        ("old_logprobs",),
        # auto: sampler and learner never have the same arithmetic there.
        lambda run: {
            "algorithm.rollout_correction.bypass_mode": run.config.old_logprobs == "recorded"
        },
    ),
    Rule(
        (
            *("mismatch_level", "mismatch_action", "mismatch_statistic"),
            *("mismatch_low", "mismatch_high"),
        ),
        lambda run: mismatch_values(run.config),
    ),
    Rule(("prompts_per_step", "group_size", "minibatches", "epochs"), _batch),
    Rule(
        (
            *("learning_rate", "learning_rate_schedule", "warmup_updates", "learning_rate_floor"),
            *("betas", "weight_decay", "max_grad_norm"),
        ),
        _optimizer,
    ),
    Rule(("tuning", "lora_rank", "lora_alpha", "lora_targets"), _lora),
    Rule(("compute_dtype", "weights_dtype"), _arithmetic),
    Rule(
        ("masters",),
        lambda run: {f"{_ACTOR}.fsdp_config.optimizer_offload": run.config.masters == "host"},
    ),
    Rule(
        ("token_budget",),
        # verl refuses a budget below its longest sequence; the gradient does not depend on it.
        lambda run: {
            f"{_ACTOR}.ppo_max_token_len_per_gpu": max(
                run.config.token_budget, run.longest_sequence
            )
        },
    ),
    Rule(
        ("gradient_checkpointing",),
        lambda run: {f"{_MODEL}.enable_gradient_checkpointing": run.checkpointing},
    ),
    Rule(("temperature",), lambda run: {f"{_ROLLOUT}.temperature": run.config.temperature}),
    Rule(("max_tokens",), lambda run: {"data.max_response_length": run.config.max_tokens}),
    Rule(
        ("template",),
        lambda run: {
            f"{_MODEL}.custom_chat_template": run.chat_template,
            "data.max_prompt_length": run.longest_prompt,
        },
    ),
    Rule(
        ("reward", "log_rewards"),
        lambda run: {
            "reward.custom_reward_function.path": REWARD,
            "reward.custom_reward_function.name": "compute_score",
            "reward.reward_manager.name": "naive",
        },
    ),
    Rule(("seed",), _seed),
    Rule(
        ("steps",),
        lambda run: {
            "trainer.total_training_steps": run.config.steps,
            "trainer.total_epochs": _EPOCHS,
        },
    ),
    Rule(("checkpoint_every",), lambda run: {"trainer.save_freq": run.config.checkpoint_every}),
    Rule(("keep_last",), lambda run: {"trainer.max_actor_ckpt_to_keep": run.config.keep_last}),
    Rule(
        ("evaluate_every",),
        lambda run: {
            "trainer.test_freq": run.config.evaluate_every or -1,
            "trainer.val_before_train": run.config.evaluate_every > 0,
        },
    ),
)
WITHOUT_COUNTERPART: Mapping[str, str] = {
    "objective": "names the preset whose settings are exported one by one",
    "head_chunk": "memory of the logits alone",
    "checkpoint_seconds": "verl saves its state between steps only",
}
"""Settings that change nothing of what is trained, and why they are not exported."""
ONLY_REFUSED = (
    *("advantage_epsilon", "whiten", "kl_ratio_weighted", "mask_truncated", "mismatch_delta"),
    *("evaluate_samples", "keep_best"),
)
"""Settings with one value that verl can express."""
ALWAYS: Values = {
    "data.train_files": TRAIN,
    "data.val_files": VALIDATION,
    # The rows lie in the order in which an arm of clean-bench draws them.
    "data.shuffle": False,
    "data.validation_shuffle": False,
    "data.filter_overlong_prompts": False,
    "data.truncation": "error",
    "algorithm.use_kl_in_reward": False,
    f"{_ACTOR}.shuffle": False,
    f"{_ACTOR}.use_dynamic_bsz": True,
    f"{_MODEL}.use_remove_padding": True,
    f"{_ROLLOUT}.name": "vllm",
    f"{_ROLLOUT}.top_p": 1.0,
    f"{_ROLLOUT}.top_k": -1,
    f"{_ROLLOUT}.logprobs_mode": "processed_logprobs",
    f"{_ROLLOUT}.calculate_log_probs": True,
    f"{_ROLLOUT}.full_determinism": False,
    "trainer.balance_batch": False,
    "trainer.resume_mode": "auto",
    "trainer.logger": ["console"],
    "trainer.project_name": "clean-bench",
}
"""Overrides of every export."""


def overrides_of(run: Run) -> dict[str, Value]:
    """All overrides of a run, by key."""
    values: dict[str, Value] = dict(ALWAYS)
    for rule in RULES:
        values |= rule.values(run)
    return {**values, **_cluster_values(run)}


def _cluster_values(run: Run) -> Values:
    cluster = run.cluster
    memory: Values = {f"{_ROLLOUT}.gpu_memory_utilization": cluster.gpu_memory}
    if cluster.kv_cache_bytes is not None:
        # A key of vLLM's that verl's configuration does not have.
        key = f"+{_ROLLOUT}.engine_kwargs.vllm.kv_cache_memory_bytes"
        memory = {**memory, key: cluster.kv_cache_bytes}
    return {
        f"{_MODEL}.path": run.model,
        f"{_ROLLOUT}.dtype": cluster.dtype,
        f"{_ROLLOUT}.tensor_model_parallel_size": cluster.tensor_parallel,
        **memory,
        "trainer.experiment_name": run.name,
        "trainer.default_local_dir": run.checkpoints,
        "trainer.nnodes": cluster.nodes,
        "trainer.n_gpus_per_node": cluster.gpus_per_node,
    }
