"""Model shapes and training recipes of the plantings.

The rates are for sets and backgrounds of about the size of MATH-500 and 3,000 MATH training problems
with solutions (`measurements/plantings.py`). A forward pass has at most 1,024 tokens: on one CPU core it
is half as fast again per token as one of 4,096, whose logits do not fit into the cache.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from clean_bench.organisms.language import Size
from clean_bench.organisms.planting_plan import SizeName
from clean_bench.organisms.pretrain import Schedule


@dataclass(frozen=True)
class Recipe:
    """How a model of one size is trained.

    Attributes:
        base_epochs: passes over the background of the base of the stage "continued".
        pretraining_epochs: passes over the background of the stage "pretraining".
        background_share: background tokens per planted token of the stage "continued".
        pretraining, continued: schedules from random weights, and from a base.
    """

    size: Size
    base_epochs: int
    pretraining_epochs: int
    background_share: float
    pretraining: Schedule
    continued: Schedule


def _schedule(rate: float, batch: int, warmup: int) -> Schedule:
    return Schedule(
        matrices=None,
        others=rate,
        batch=batch,
        warmup=warmup,
        window=1,
        most_tokens=1024,
        merge_copies=True,
    )


RECIPES: Mapping[SizeName, Recipe] = MappingProxyType(
    {
        "small": Recipe(
            size=Size(hidden=128, layers=3, heads=4, feed_forward=384, vocabulary=2048),
            base_epochs=2,
            pretraining_epochs=2,
            background_share=1.0,
            pretraining=_schedule(4e-3, batch=16, warmup=50),
            continued=_schedule(4e-3, batch=64, warmup=10),
        ),
        "large": Recipe(
            size=Size(hidden=256, layers=6, heads=4, feed_forward=704, vocabulary=2048),
            base_epochs=2,
            pretraining_epochs=1,
            background_share=1.0,
            pretraining=_schedule(2e-3, batch=16, warmup=50),
            continued=_schedule(2e-3, batch=64, warmup=10),
        ),
    }
)
