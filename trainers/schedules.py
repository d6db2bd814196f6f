"""The learning rate of each update, as a factor of the peak."""

from __future__ import annotations

from math import cos, isclose, pi
from typing import Literal

from trainers.policy_settings import PolicySettings

Schedule = Literal["constant", "linear", "cosine"]


def learning_rate_factor(
    update: int, updates: int, schedule: Schedule = "constant", warmup: int = 0, floor: float = 0.0
) -> float:
    """What the peak learning rate is multiplied by at an update.

    During the warm-up the factor is update / warmup, so the first update has rate 0, as in the
    schedules of transformers. After it the factor stays at 1 (constant) or falls to `floor` at update
    `updates`, linearly or along half a cosine.

    Args:
        update: number of the optimizer step, from 0.
        updates: optimizer steps of the whole training.
        warmup: optimizer steps of the warm-up.
        floor: factor at the end of a decay.
    """
    if update < warmup:
        return update / warmup
    if schedule == "constant":
        return 1.0
    progress = min((update - warmup) / max(updates - warmup, 1), 1.0)
    decayed = 1.0 - progress if schedule == "linear" else (1.0 + cos(pi * progress)) / 2
    return floor + (1.0 - floor) * decayed


def scheduled_rate(settings: PolicySettings, update: int, updates: int) -> float:
    """The learning rate of an update, from 0, of a training of `updates` optimizer steps."""
    return settings.learning_rate * learning_rate_factor(
        update,
        updates,
        settings.learning_rate_schedule,
        settings.warmup_updates,
        settings.learning_rate_floor,
    )


def wrong_rate(
    settings: PolicySettings, update: int, updates: int, stored: float | None
) -> str | None:
    """The error in a stored learning rate; None if it is the scheduled one up to rounding."""
    rate = scheduled_rate(settings, update, updates)
    if stored is not None and isclose(stored, rate, rel_tol=1e-12):
        return None
    return f"learning_rate is {stored}, the configuration gives {rate:.6g}"
