"""The prompts of each training step.

The order depends on the seed alone, so two arms with the same seed train on the same prompts at the same
steps.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from clean_bench.problems import Problem
from clean_bench.seeds import seed_of
from trainers.config import TrainConfig


def pick(problems: Sequence[Problem], config: TrainConfig, step: int) -> list[Problem]:
    """The prompts of a step: the set is shuffled anew for each pass through it."""
    chosen, orders = [], {}
    size = config.prompts_per_step
    for position in range(step * size, (step + 1) * size):
        epoch, place = divmod(position, len(problems))
        if epoch not in orders:
            orders[epoch] = list(range(len(problems)))
            random.Random(seed_of("prompt order", config.seed, epoch)).shuffle(orders[epoch])
        chosen.append(problems[orders[epoch][place]])
    return chosen
