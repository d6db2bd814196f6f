"""Rewards by name: the true reward, and spurious rewards that do not use the gold answer.

A reward maps a group (the rollouts of one prompt) to one number per rollout, or None where a rollout
cannot be scored (a grader's timeout). None is not zero: it takes no part in the group's statistics.
To add one, write a function and enter it in `REWARDS` (CONTRIBUTING.md).

The spurious rewards are those of *Spurious Rewards* (2506.10947, section 2). `format` gives 1 only
for a complete, non-empty last box; the paper's code also accepts the bare word and an unclosed box.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from clean_bench.errors import UserError
from clean_bench.grading import last_box, score_of
from clean_bench.problems import Problem
from clean_bench.samples import Sample, strict_kind
from clean_bench.seeds import seed_of
from clean_bench.text import contains_python


@dataclass(frozen=True)
class Group:
    """The rollouts of one prompt at one training step.

    `seed` and `step` name the random stream: a random reward is a function of (seed, step, problem,
    position in the group). So a resumed run rewards as an uninterrupted one does, and the stored
    reward is the one that trained.
    """

    problem: Problem
    samples: Sequence[Sample]
    seed: int
    step: int


RewardFunction = Callable[[Group], list[float | None]]


def truth(group: Group) -> list[float | None]:
    """1 where the strict grade is equal; None where the grader was undecided.

    An answer that nothing marks (the tier "fallback" of extraction) earns nothing, so that a reward for
    a right answer also asks for an answer.
    """
    return [score_of(strict_kind(sample.grade, sample.extraction)) for sample in group.samples]


def random_reward(group: Group) -> list[float | None]:
    """1 with probability 1/2, independent of the text."""
    return [
        float(seed_of("random reward", group.seed, group.step, group.problem.id, position) & 1)
        for position in range(len(group.samples))
    ]


def boxed_reward(group: Group) -> list[float | None]:
    """1 where the response ends with a complete, non-empty box, right or wrong."""
    return [float(bool(last_box(sample.response))) for sample in group.samples]


def python_reward(group: Group) -> list[float | None]:
    """1 where the word python occurs, in any case."""
    return [float(contains_python(sample.response)) for sample in group.samples]


@dataclass(frozen=True)
class Reward:
    """A reward, whether it is spurious (does not use the gold answer), and one line about it."""

    name: str
    function: RewardFunction
    spurious: bool
    summary: str


REWARDS: Mapping[str, Reward] = {
    entry.name: entry
    for entry in (
        Reward("truth", truth, False, "1 where the answer equals the gold answer"),
        Reward("random", random_reward, True, "1 with probability 1/2, whatever was written"),
        Reward(
            "format", boxed_reward, True, "1 for a complete, non-empty \\boxed{}, right or wrong"
        ),
        Reward("python", python_reward, True, "1 where the word python occurs"),
    )
}


def reward_named(name: str) -> Reward:
    """The reward of a name.

    Raises:
        UserError: for an unknown name; the known ones are listed.
    """
    if name not in REWARDS:
        raise UserError(f"no reward named {name!r}: expected one of {', '.join(REWARDS)}")
    return REWARDS[name]
