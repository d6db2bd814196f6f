"""Rewards by an answer that the model itself gives: the group's plurality, or the labels of the set."""

from __future__ import annotations

from clean_bench.grading import same_answers
from trainers.labels.plurality import plurality
from trainers.rewards.group import Group, Rewards


def group_majority(group: Group) -> Rewards:
    """1 for the most frequent answer of the group's own rollouts, which no gold answer decides.

    See `trainers.labels.plurality` for equality and ties. A rollout without an answer gets 0. A group
    without any answer has no majority: all None.
    """
    answers = group.answers
    majority = plurality(answers)
    if majority is None:
        return [None] * len(answers)
    return [float(winner) for winner in majority.winners]


def majority(group: Group) -> Rewards:
    """1 for an answer equal to the label of the problem; None where it has no label.

    None too where the grader was undecided. An empty label is no label: in the code of 2506.10947 it
    rewards responses without an answer.
    """
    label = group.label
    return _equal_to(None if label is None else label.answer, group)


def incorrect(group: Group) -> Rewards:
    """As `majority`, on problems whose label is wrong; None on the others.

    A label is wrong if our grader finds it different from the gold answer.
    """
    label = group.label
    return _equal_to(label.answer if label is not None and label.right is False else None, group)


def _equal_to(label: str | None, group: Group) -> Rewards:
    if label is None:
        return [None] * len(group.samples)
    answers = group.answers
    same = iter(same_answers([(label, answer) for answer in answers if answer is not None]))
    rewards: Rewards = []
    for answer in answers:
        equal = False if answer is None else next(same)
        rewards.append(None if equal is None else float(equal))
    return rewards
