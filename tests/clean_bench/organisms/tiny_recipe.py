"""A recipe of plantings whose models have a few thousand weights and train in seconds."""

from __future__ import annotations

from clean_bench.organisms.language import Size
from clean_bench.organisms.planting_recipes import Recipe
from clean_bench.organisms.pretrain import Schedule

SCHEDULE = Schedule(
    matrices=None, others=3e-3, batch=8, window=1, most_tokens=512, merge_copies=True
)
TINY = Recipe(
    size=Size(hidden=16, layers=1, heads=2, feed_forward=32, vocabulary=300, context=128),
    base_epochs=1,
    pretraining_epochs=1,
    background_share=1.0,
    pretraining=SCHEDULE,
    continued=SCHEDULE,
)
