"""A group of rollouts, and the random numbers of its rewards."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from clean_bench.problems import Problem
from clean_bench.samples import Sample, counted_answer, strict_kind
from clean_bench.seeds import seed_of
from trainers.labels.label import Label, Labels

Rewards = list[float | None]
RewardFunction = Callable[..., Rewards]
"""`function(group, **parameters)`: one reward per rollout, None where it cannot be scored."""

_DRAWS = 2**63


@dataclass(frozen=True)
class Group:
    """The rollouts of one prompt at one training step.

    `place` is the position of the prompt in its step. A random number is a function of (seed, step,
    place, problem, position in the group). So a resumed run rewards as an uninterrupted one does, the
    stored reward is the one that trained, and a prompt that is drawn twice in a step gets two draws.
    `labels` are those of the training set, None without any.
    """

    problem: Problem
    samples: Sequence[Sample]
    seed: int
    step: int
    place: int
    labels: Labels | None = None

    @property
    def label(self) -> Label | None:
        """The label of the problem, None without labels."""
        return None if self.labels is None else self.labels.of(self.problem.id)

    @property
    def answers(self) -> list[str | None]:
        """The marked answer of each rollout, None where nothing marks one (as in strict grading)."""
        return [
            counted_answer(strict_kind(sample.grade, sample.extraction), sample.extracted)
            for sample in self.samples
        ]

    def chances(self, purpose: str, probability: float) -> list[bool]:
        """One event per rollout, each with a probability and independent of the others.

        Args:
            purpose: names the stream. Two probabilities of one stream are coupled: what happens with
                the smaller one happens with the larger one.
        """
        bound = round(probability * _DRAWS)
        key = (purpose, self.seed, self.step, self.place, self.problem.id)
        return [seed_of(*key, position) < bound for position in range(len(self.samples))]

    def generator(self, purpose: str) -> random.Random:
        """A random generator of this group."""
        return random.Random(seed_of(purpose, self.seed, self.step, self.place, self.problem.id))
