"""Rewards by name: true ones, and spurious ones that look at anything but the answer.

A reward sees one problem, the completions of its group and a context, and gives one number a
completion, or None where a completion cannot be scored (a grader's timeout): None is no zero, it
takes no part in the group. To add one, write a function and enter it in `REWARDS` (CONTRIBUTING.md).

The spurious rewards are those of *Spurious Rewards* (2506.10947, section 2); `format` gives 1 only
for a complete, non-empty last box, where the paper's code also takes the bare word and an unclosed
box.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from clean_bench.errors import UserError
from clean_bench.grading.extract import last_box
from clean_bench.grading.grade import UNDECIDED, Grade
from clean_bench.problems import Problem
from clean_bench.seeds import seed_of


@dataclass(frozen=True)
class Context:
    """What a reward may use beside the text.

    `verdicts` are the grader's words on the completions against the gold answer. `seed` and `step`
    name the random stream: a random reward is a function of (seed, step, problem, index), so a
    resumed run rewards as an uninterrupted one does, and the stored reward is the one that trained.
    """

    seed: int
    step: int
    verdicts: Sequence[Grade]


Reward = Callable[[Problem, Sequence[str], Context], list[float | None]]


def truth(problem: Problem, completions: Sequence[str], context: Context) -> list[float | None]:
    """1 where the grader finds the answer equal to the gold one; None where it ran out of time."""
    return [
        None if verdict.kind in UNDECIDED else float(verdict.correct)
        for verdict in context.verdicts
    ]


def random(problem: Problem, completions: Sequence[str], context: Context) -> list[float | None]:
    """1 with probability 1/2, independent of the text."""
    return [
        float(seed_of("random reward", context.seed, context.step, problem.id, index) & 1)
        for index in range(len(completions))
    ]


def boxed(problem: Problem, completions: Sequence[str], context: Context) -> list[float | None]:
    """1 where the completion ends with a complete, non-empty box, right or wrong."""
    return [float(bool(last_box(text))) for text in completions]


def python(problem: Problem, completions: Sequence[str], context: Context) -> list[float | None]:
    """1 where the word python occurs, in any case."""
    return [float("python" in text.lower()) for text in completions]


@dataclass(frozen=True)
class NamedReward:
    """A reward, whether it looks at the answer, and one line about it."""

    name: str
    function: Reward
    spurious: bool
    summary: str


REWARDS: Mapping[str, NamedReward] = {
    entry.name: entry
    for entry in (
        NamedReward("truth", truth, False, "1 where the answer equals the gold answer"),
        NamedReward("random", random, True, "1 with probability 1/2, whatever was written"),
        NamedReward("format", boxed, True, "1 for a complete, non-empty \\boxed{}, right or wrong"),
        NamedReward("python", python, True, "1 where the word python occurs"),
    )
}


def reward(name: str) -> NamedReward:
    """The reward of a name.

    Raises:
        UserError: for an unknown name; the known ones are listed.
    """
    if name not in REWARDS:
        raise UserError(f"no reward named {name!r}: choose one of {', '.join(REWARDS)}")
    return REWARDS[name]
