"""The arms of `measurements/arms.py`: rewards, clips and mini-batches."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MODELS = ("organism:reciter", "organism:learner")
SEEDS = (1, 2, 3, 4, 5)
SAMPLES = 4
"""Samples per problem and trained checkpoint; twice as many of the bases."""
SHARED: Mapping[str, Any] = {
    "steps": 16,
    "prompts_per_step": 8,
    "group_size": 16,
    "minibatches": 8,
    "learning_rate": 1e-4,
    "max_tokens": 40,
    "old_logprobs": "recorded",
    "checkpoint_every": 16,
}
"""Settings of every arm. Each of the 8 mini-batches of a step is disjoint from the others."""
NO_CLIP = "no clip"
CLIPS: Mapping[str, Mapping[str, Any]] = {
    "clip": {"clip_low": 0.2, "clip_high": 0.2},
    "clip-higher": {"clip_low": 0.2, "clip_high": 0.28},
    "clip-lower only": {"clip_low": 0.2, "clip_high": None},
    NO_CLIP: {"clip_low": None, "clip_high": None},
}
RLOO: Mapping[str, Any] = {"objective": "rloo"}
NOISE = ((0.8, 0.8), (0.6, 0.6), (0.5, 0.5), (0.4, 0.4), (0.2, 0.2))
"""Rates of false positives and false negatives: J = 1 - fp - fn is -0.6, -0.2, 0, 0.2 and 0.6."""


@dataclass(frozen=True)
class Arm:
    """One arm of the grid; `labels` tells whether its reward needs labels."""

    name: str
    reward: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    labels: bool = False

    @property
    def slug(self) -> str:
        """The name as a part of a file name."""
        return re.sub(r"[^a-z0-9.+-]+", "-", self.name.lower()).strip("-")


def arm_named(name: str) -> Arm:
    """The arm of a name."""
    return {arm.name: arm for arm in arms()}[name]


def random_arms(minibatches: int) -> dict[str, Arm]:
    """The arms with a random reward at so many mini-batches, by clip; `rloo` is the last."""
    return {name: arm_named(random_name(name, minibatches)) for name in (*CLIPS, "rloo")}


def random_name(clip: str, minibatches: int) -> str:
    """The name of an arm with a random reward."""
    return f"random, {clip}, {minibatches} mini-batch{'es' if minibatches > 1 else ''}"


def arms() -> list[Arm]:
    """All arms, in the order of the table."""
    grid = [Arm("truth, clip", "truth", CLIPS["clip"])]
    grid.append(Arm("truth, clip-higher", "truth", CLIPS["clip-higher"]))
    for minibatches in (8, 1):
        for name, settings in [*CLIPS.items(), ("rloo", RLOO)]:
            label = random_name(name, minibatches)
            grid.append(Arm(label, "random", {**settings, "minibatches": minibatches}))
    for reward in ("group-majority", "format", "python", "inverted", "shuffled", "constant"):
        grid.append(Arm(reward, reward, CLIPS["clip"]))
    grid.append(Arm("incorrect", "incorrect", CLIPS["clip"], labels=True))
    for fp, fn in NOISE:
        name = f"noisy, fp {fp:g}, fn {fn:g} (J {1 - fp - fn:+.1f})"
        grid.append(Arm(name, f"noisy:fp={fp:g},fn={fn:g}", CLIPS["clip"]))
    return grid
