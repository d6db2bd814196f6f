"""What verl 0.9.1 cannot express, by the name of the setting.

Read in its source: the loss in trainer/ppo/core_algos.py, the loop in trainer/ppo/v1/trainer_base.py,
the learning rate in utils/torch_functional.py, the reward in experimental/reward_loop/.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from trainers.config import TrainConfig
from trainers.verl.arm import Cluster
from trainers.verl.mismatch import mismatch_refusals

EPSILON = 1e-6
"""Added to the deviation of a group; verl has no setting for it (compute_grpo_outcome_advantage)."""
LARGEST_SEED = 2**31 - 1
"""vLLM seeds numpy with it, which takes 32 bits."""
LARGEST_RANK = 512
"""Of the adapters of vLLM."""

_PER_BATCH = "it changes the learning rate once per rollout batch, not at each update"

Check = Callable[[TrainConfig], str | None]


def _advantage(config: TrainConfig) -> str | None:
    if config.advantage == "batch":
        return "it divides by the deviation of the group; set group, none or leave-one-out"
    if config.advantage == "raw":
        return "it always subtracts a mean of the group; set group, none or leave-one-out"
    return None


def _epsilon(config: TrainConfig) -> str | None:
    if config.advantage == "group" and config.advantage_epsilon != EPSILON:
        return f"it adds {EPSILON:g} to the deviation; set {EPSILON:g}"
    return None


def _ratio(config: TrainConfig) -> str | None:
    if config.ratio == "sequence" and config.surrogate == "cispo":
        return "its cispo has ratios of tokens only; set token"
    return None


def _dual_clip(config: TrainConfig) -> str | None:
    if config.dual_clip and config.ratio == "sequence" and config.surrogate == "clip":
        return "its gspo has no dual clip; set none"
    return None


def _minibatches(config: TrainConfig) -> str | None:
    if config.prompts_per_step % config.minibatches:
        return (
            "its mini-batches are whole prompts; set a number that divides the "
            f"{config.prompts_per_step} prompts of a step"
        )
    return None


def _schedule(config: TrainConfig) -> str | None:
    if config.learning_rate_schedule == "linear":
        return "it has no linear decay; set constant or cosine"
    if config.learning_rate_schedule == "cosine" and _updates(config) > 1:
        return f"{_PER_BATCH}; set constant, or minibatches = 1"
    return None


def _warmup(config: TrainConfig) -> str | None:
    if config.warmup_updates and _updates(config) > 1:
        return f"{_PER_BATCH}; set 0, or minibatches = 1"
    return None


def _updates(config: TrainConfig) -> int:
    """Updates of a rollout batch."""
    return config.minibatches * config.epochs


def _unless(name: str, reason: str, default: object) -> Check:
    return lambda config: None if getattr(config, name) == default else reason


CHECKS: Mapping[str, Check] = {
    "advantage": _advantage,
    "advantage_epsilon": _epsilon,
    "whiten": _unless("whiten", "it whitens no advantages of grpo and rloo; set false", False),
    "ratio": _ratio,
    "dual_clip": _dual_clip,
    "kl_ratio_weighted": _unless(
        "kl_ratio_weighted", "its KL term has no importance ratio; set false", False
    ),
    "mask_truncated": _unless(
        "mask_truncated", "it trains on truncated completions too; set false", False
    ),
    "mismatch_delta": _unless(
        "mismatch_delta", "its corrections do not look at the sign of the advantage; set none", None
    ),
    "minibatches": _minibatches,
    "learning_rate_schedule": _schedule,
    "warmup_updates": _warmup,
    "lora_alpha": lambda config: (
        None if config.lora_alpha.is_integer() else "it takes a whole number; set one"
    ),
    "lora_rank": lambda config: (
        None if config.lora_rank <= LARGEST_RANK else f"its vLLM takes at most {LARGEST_RANK}"
    ),
    "seed": lambda config: (
        None if config.seed <= LARGEST_SEED else f"it takes seeds of at most {LARGEST_SEED}"
    ),
    "evaluate_samples": _unless(
        "evaluate_samples", "it evaluates either greedily or by sampling, not both; set 0", 0
    ),
    "keep_best": _unless("keep_best", "it keeps the last checkpoints only; set false", False),
}
"""Per setting, why its value has no counterpart; None where it has one."""


def refusals(config: TrainConfig, cluster: Cluster) -> list[str]:
    """What the settings ask that verl cannot do, each as "setting = value: reason"."""
    found = []
    for name, check in CHECKS.items():
        if reason := check(config):
            found.append(f"{name} = {_shown(getattr(config, name))}: {reason}")
    return [*found, *mismatch_refusals(config), *_cluster_refusals(config, cluster)]


def _cluster_refusals(config: TrainConfig, cluster: Cluster) -> list[str]:
    if cluster.gpus % cluster.tensor_parallel:
        return [
            f"tensor_parallel = {cluster.tensor_parallel}: expected a divisor of the {cluster.gpus} GPUs"
        ]
    if config.prompts_per_step % config.minibatches:
        return []  # refused by its own name
    rollouts = config.prompts_per_step // config.minibatches * config.group_size
    if rollouts % cluster.gpus:
        return [
            f"nodes * gpus_per_node = {cluster.gpus}: verl gives each GPU as many rollouts of a "
            f"mini-batch; set a divisor of its {rollouts} rollouts"
        ]
    return []


def _shown(value: object) -> str:
    """A value as it is typed in TOML or after --set."""
    return (
        "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    )
