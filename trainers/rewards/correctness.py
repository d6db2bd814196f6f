"""Rewards that use the gold answer: truth, numeric, inverted, noisy, shuffled."""

from __future__ import annotations

from clean_bench.grading import read_gold, score_of
from clean_bench.grading.numbers import number_of
from clean_bench.problems import Problem
from clean_bench.samples import strict_kind
from trainers.rewards.group import Group, Rewards

_TINY = 1e-6
"""Added to the size of the gold answer, against division by 0 (2507.10532)."""


def truth(group: Group) -> Rewards:
    """1 where the strict grade is equal; None where the grader was undecided.

    An answer that nothing marks (the tier "fallback" of extraction) earns nothing, so that a reward for
    a right answer also asks for an answer.
    """
    return [score_of(strict_kind(sample.grade, sample.extraction)) for sample in group.samples]


def inverted(group: Group) -> Rewards:
    """1 minus `truth`: the reward "inverted" of 2507.10532, not "incorrect" of 2506.10947."""
    return [None if right is None else 1 - right for right in truth(group)]


def numeric(group: Group) -> Rewards:
    """How close the answer is to the gold answer, between 0 and 1.

    1 - min(|a - b|, 1) / 2 - min(|a - b| / (|b| + 1e-6), 1) / 2 for the answer a and the gold answer b
    (RandomCalculation, 2507.10532, section 6.3). An answer that is missing or no number gets 0; the
    paper does not state this case. Of several acceptable gold answers the closest counts. The whole
    group is None where the gold answer is no number.
    """
    golds = _numbers(group.problem)
    if not golds:
        return [None] * len(group.samples)
    values = [None if answer is None else number_of(answer) for answer in group.answers]
    return [
        0.0 if value is None else max(_closeness(value, gold) for gold in golds) for value in values
    ]


def no_number(problem: Problem) -> str | None:
    """Why `numeric` cannot use a problem; None where it can."""
    return None if _numbers(problem) else f"a number, got {(problem.answer or '')[:40]!r}"


def _numbers(problem: Problem) -> list[float]:
    values = [number_of(gold) for gold in read_gold(problem.answer or "")]
    return [value for value in values if value is not None]


def _closeness(value: float, gold: float) -> float:
    difference = abs(value - gold)
    return 1 - min(difference, 1) / 2 - min(difference / (abs(gold) + _TINY), 1) / 2


def noisy(group: Group, fp: float, fn: float) -> Rewards:
    """`truth` with errors: wrong rollouts get 1 with probability fp, right ones 0 with probability fn.

    The errors are independent. TPR - FPR is 1 - fn - fp (RLVeR, 2601.04411).
    """
    given = group.chances("noisy reward, wrong", fp)
    denied = group.chances("noisy reward, right", fn)
    return [
        None if right is None else float(not deny) if right else float(give)
        for right, give, deny in zip(truth(group), given, denied, strict=True)
    ]


def shuffled(group: Group) -> Rewards:
    """The group's `truth` rewards in random order: as many ones, without regard to who was right.

    Rollouts that cannot be scored stay so; the others exchange their rewards.
    """
    rewards = truth(group)
    known = [reward for reward in rewards if reward is not None]
    group.generator("shuffled reward").shuffle(known)
    left = iter(known)
    return [None if reward is None else next(left) for reward in rewards]
