"""The rewards by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from clean_bench.problems import Problem
from trainers.rewards import chance, correctness, text, votes
from trainers.rewards.group import RewardFunction

LARGEST = 1e6
"""Largest size of a constant, a weight and a length."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that a reward takes: `low` and `high` are the least and the greatest value."""

    name: str
    default: float
    low: float
    high: float
    meaning: str


@dataclass(frozen=True, slots=True)
class Reward:
    """A reward and what it needs.

    Values are between 0 and 1, except those of `constant`. `spurious`: the reward of a rollout does not
    depend on whether that rollout gives the gold answer. `needs_labels`: it compares with the labels of
    the set; `only_wrong_labels`: it is defined on problems with a wrong label. `unusable(problem)` is
    what it expects and a problem lacks, None where it lacks nothing. `example` is an expression.
    """

    name: str
    function: RewardFunction
    spurious: bool
    summary: str
    example: str
    parameters: tuple[Parameter, ...] = ()
    needs_labels: bool = False
    only_wrong_labels: bool = False
    unusable: Callable[[Problem], str | None] | None = None


_ENTRIES = (
    Reward("truth", correctness.truth, False, "1 where the answer equals the gold answer", "truth"),
    Reward(
        "numeric",
        correctness.numeric,
        False,
        "closeness to a gold number, 0 to 1 (RandomCalculation); 0 without a number",
        "numeric",
        unusable=correctness.no_number,
    ),
    Reward(
        "group-majority",
        votes.group_majority,
        True,
        "1 for the most frequent answer of the prompt's own rollouts",
        "group-majority",
    ),
    Reward(
        "majority",
        votes.majority,
        True,
        "1 where the answer equals the label (train --labels)",
        "majority",
        needs_labels=True,
    ),
    Reward(
        "incorrect",
        votes.incorrect,
        True,
        "as majority, on the problems whose label is wrong only",
        "incorrect & !python",
        needs_labels=True,
        only_wrong_labels=True,
    ),
    Reward(
        "format",
        text.boxed,
        True,
        "1 where the last complete \\boxed{} is not empty, right or wrong",
        "format+0.5*python",
    ),
    Reward("python", text.python, True, "1 where the word python occurs", "format & !python"),
    Reward(
        "random",
        chance.random,
        True,
        "1 with probability p, whatever was written",
        "random:p=0.3",
        (Parameter("p", 0.5, 0, 1, "probability of 1"),),
    ),
    Reward("inverted", correctness.inverted, False, "1 minus truth", "inverted"),
    Reward(
        "noisy",
        correctness.noisy,
        False,
        "truth with errors; TPR - FPR is 1 - fn - fp",
        "noisy:fp=0.2,fn=0.1",
        (
            Parameter("fp", 0.1, 0, 1, "probability that a wrong rollout gets 1"),
            Parameter("fn", 0.1, 0, 1, "probability that a right rollout gets 0"),
        ),
    ),
    Reward(
        "shuffled",
        correctness.shuffled,
        True,
        "the group's truth rewards in random order",
        "shuffled",
    ),
    Reward(
        "constant",
        chance.constant,
        True,
        "the same number for every rollout: no advantage",
        "constant:value=1",
        (Parameter("value", 1, -LARGEST, LARGEST, "the reward"),),
    ),
    Reward(
        "similarity",
        text.similarity,
        False,
        "ROUGE-L with the solution (without one, with the gold answer), 0 to 1",
        "truth+0.1*similarity",
        unusable=text.no_reference,
    ),
    Reward(
        "length",
        text.length,
        True,
        "1 at a number of tokens, linear to 0 at none and at twice as many",
        "length:target=512",
        (Parameter("target", 512, 1, LARGEST, "tokens"),),
    ),
)

REWARDS: Mapping[str, Reward] = {entry.name: entry for entry in _ENTRIES}
