"""The prompts of each training step.

The order depends on the seed alone, so two arms with the same seed sample the same prompts at the same
steps.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from clean_bench.problems import Problem
from clean_bench.seeds import seed_of
from trainers.config import TrainConfig


def pick(
    problems: Sequence[Problem], config: TrainConfig, step: int, batch: int = 0
) -> list[Problem]:
    """The prompts of a rollout batch of a step.

    Args:
        batch: number of the rollout batch within the step; above 0 only with dynamic sampling.
    """
    size = config.prompts_per_step
    return at_places(problems, config, step, range(batch * size, (batch + 1) * size))


def at_places(
    problems: Sequence[Problem], config: TrainConfig, step: int, places: Iterable[int]
) -> list[Problem]:
    """The prompts at places of a step: `prompts_per_step` of each of its rollout batches in turn."""
    first = step * config.prompts_per_step * max(config.dynamic_sampling, 1)
    return in_passes(problems, [first + place for place in places], "prompt order", config.seed)


def in_passes(
    problems: Sequence[Problem], positions: Iterable[int], purpose: str, seed: int
) -> list[Problem]:
    """The problems at positions of an endless order: the set is shuffled anew for each pass through it.

    Args:
        purpose: names the stream of random numbers.
    """
    chosen, orders = [], dict[int, list[int]]()
    for position in positions:
        epoch, place = divmod(position, len(problems))
        if epoch not in orders:
            orders[epoch] = list(range(len(problems)))
            random.Random(seed_of(purpose, seed, epoch)).shuffle(orders[epoch])
        chosen.append(problems[orders[epoch][place]])
    return chosen
