"""What differs on the cluster although every setting could be expressed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from clean_bench.checkpoints import Checkpoint
from trainers.config import TrainConfig
from trainers.rewards import RewardExpression
from trainers.verl.rewards import inexact
from trainers.verl.run import VERSION

ALWAYS = (
    "leave rollout.full_determinism off: with it every request of a vLLM replica has the same seed, and "
    "the rollouts of a prompt are copies of each other",
    f"verl {VERSION} fills a batch in the order in which completions end and sorts it by length over "
    "the GPUs: which rollouts share a mini-batch is not reproducible",
    "verl seeds each replica of the sampler, not each rollout: two runs of one seed differ, and a "
    "resumed run is not equal to an uninterrupted one",
    "a rollout that the grader does not decide (a timeout) has the reward 0 there, where clean-bench "
    "leaves it out: see `undecided` in verl's logs",
)


def warnings_of(
    config: TrainConfig,
    reward: RewardExpression,
    checkpoint: Checkpoint,
    *,
    unlogged: Sequence[str],
    end_tokens: Iterable[str],
) -> list[str]:
    """One line each.

    Args:
        unlogged: rewards of `log_rewards` that verl cannot give.
        end_tokens: tokens that end a completion in clean-bench, and in vLLM only where the settings of
            the checkpoint list them.
    """
    found = list(ALWAYS)
    if config.dynamic_sampling:
        found.append(
            f"dynamic_sampling = {config.dynamic_sampling}: verl samples until the step is full, "
            "without a limit on the rollout batches"
        )
    if config.kl_coefficient and config.kl_estimator == "k3":
        found.append("verl clamps the k3 estimate of a token at 10")
    if inexact(config, reward):
        found.append(
            f"reward = {reward}: equal rewards of a group that are no multiples of a power of two get "
            "small advantages there, by float32 rounding; with 0 and 1 they get none"
        )
    if unlogged:
        found.append(f"log_rewards: verl cannot log {', '.join(unlogged)}")
    if missing := sorted(end_tokens):
        found.append(
            f"clean-bench also ends completions at {', '.join(missing)}: add them to eos_token_id in "
            "generation_config.json of the checkpoint on the cluster"
        )
    if checkpoint.revision is not None:
        found.append(
            f"verl takes no revision of a hub name: download {checkpoint.name} at {checkpoint.revision} "
            "to a folder that all machines have, and set MODEL in cluster.env to it"
        )
    return found
