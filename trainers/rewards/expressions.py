"""Expressions over rewards: weights, conjunction and negation.

An expression is a tree of nodes. Each node gives one number per rollout, or None. None goes up the
tree: a rollout with one part that cannot be scored is unscorable as a whole.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet
from trainers.labels.label import Labels
from trainers.rewards.group import Group, Rewards
from trainers.rewards.registry import Reward


def number_text(value: float) -> str:
    """The shortest text of a number: 512, 0.3, 1e-07."""
    return repr(value).removesuffix(".0")


class Node(ABC):
    """A part of an expression. `str` gives its text, which reads back as the same expression."""

    @abstractmethod
    def evaluate(self, group: Group) -> Rewards:
        """One reward per rollout."""

    @abstractmethod
    def bounds(self) -> tuple[float, float]:
        """The least and the greatest value."""

    @abstractmethod
    def rewards(self) -> Iterator[Reward]:
        """The registered rewards in it."""


@dataclass(frozen=True)
class Named(Node):
    """A registered reward with all its parameters."""

    reward: Reward
    values: Mapping[str, float]

    def evaluate(self, group: Group) -> Rewards:
        return self.reward.function(group, **self.values)

    def bounds(self) -> tuple[float, float]:
        value = self.values.get("value")  # of the reward `constant`
        return (0, 1) if value is None else (value, value)

    def rewards(self) -> Iterator[Reward]:
        yield self.reward

    def __str__(self) -> str:
        parameters = self.reward.parameters
        if all(self.values[parameter.name] == parameter.default for parameter in parameters):
            return self.reward.name
        given = [f"{p.name}={number_text(self.values[p.name])}" for p in parameters]
        return f"{self.reward.name}:{','.join(given)}"


@dataclass(frozen=True)
class Sum(Node):
    """Parts, each times its weight."""

    parts: tuple[tuple[float, Node], ...]

    def evaluate(self, group: Group) -> Rewards:
        weights = [weight for weight, _ in self.parts]
        return [
            None
            if None in values
            else sum(weight * value for weight, value in zip(weights, values, strict=True))
            for values in zip(*(node.evaluate(group) for _, node in self.parts), strict=True)
        ]

    def bounds(self) -> tuple[float, float]:
        ends = [sorted(weight * end for end in node.bounds()) for weight, node in self.parts]
        return sum(low for low, _ in ends), sum(high for _, high in ends)

    def rewards(self) -> Iterator[Reward]:
        for _, node in self.parts:
            yield from node.rewards()

    def __str__(self) -> str:
        text = ""
        for weight, node in self.parts:
            sign = "-" if weight < 0 else "+" if text else ""
            factor = "" if abs(weight) == 1 else f"{number_text(abs(weight))}*"
            inner = f"({node})" if isinstance(node, Sum) else str(node)
            text += sign + factor + inner
        return text


@dataclass(frozen=True)
class All(Node):
    """The product of parts between 0 and 1: 1 where all are 1."""

    parts: tuple[Node, ...]

    def evaluate(self, group: Group) -> Rewards:
        return [
            None if None in values else float(prod(values))
            for values in zip(*(node.evaluate(group) for node in self.parts), strict=True)
        ]

    def bounds(self) -> tuple[float, float]:
        return 0, 1

    def rewards(self) -> Iterator[Reward]:
        for node in self.parts:
            yield from node.rewards()

    def __str__(self) -> str:
        return "&".join(f"({n})" if isinstance(n, Sum | All) else str(n) for n in self.parts)


@dataclass(frozen=True)
class Not(Node):
    """1 minus a part between 0 and 1."""

    part: Node

    def evaluate(self, group: Group) -> Rewards:
        return [None if value is None else 1 - value for value in self.part.evaluate(group)]

    def bounds(self) -> tuple[float, float]:
        return 0, 1

    def rewards(self) -> Iterator[Reward]:
        return self.part.rewards()

    def __str__(self) -> str:
        return f"!({self.part})" if isinstance(self.part, Sum | All) else f"!{self.part}"


@dataclass(frozen=True)
class RewardExpression:
    """A reward that can train or be logged; `parse_reward` makes one.

    `name` is the expression without spaces and without the parameters of a reward that has its defaults:
    `random : p=0.5` is `random`. It names the column `reward/NAME` of the rollouts.
    """

    node: Node

    @property
    def name(self) -> str:
        return str(self.node)

    def __str__(self) -> str:
        return self.name

    @property
    def needs_labels(self) -> bool:
        """Whether a part compares with the labels of the set."""
        return any(reward.needs_labels for reward in self.node.rewards())

    @property
    def only_wrong_labels(self) -> bool:
        """Whether a part is defined on problems with a wrong label only."""
        return any(reward.only_wrong_labels for reward in self.node.rewards())

    @property
    def spurious(self) -> bool:
        """Whether it does not depend on which rollouts give the gold answer."""
        return all(reward.spurious for reward in self.node.rewards())

    def evaluate(self, group: Group) -> Rewards:
        """One number per rollout of a group, None where it cannot be scored."""
        return [None if value is None else float(value) for value in self.node.evaluate(group)]

    def check(self, problems: Sequence[Problem], labels: Labels | None) -> None:
        """Check before training that every problem can be rewarded.

        Raises:
            UserError: without labels for a reward that needs them; for a problem that the labels do not
                have (under `incorrect` such a problem takes no part); for a problem whose gold answer or
                text a reward cannot use. One line with the first such problem and their number.
        """
        if self.needs_labels:
            if labels is None:
                raise UserError(
                    f"reward {self.name}: expected labels, got none; give --labels DIR_OR_FILE "
                    "(clean-bench label CHECKPOINT --data SET --out DIR makes them)"
                )
            unlabelled = [problem for problem in problems if labels.of(problem.id) is None]
            if unlabelled and not self.only_wrong_labels:
                raise UserError(
                    f"reward {self.name}: expected a label of every problem, got none of "
                    f"{_count(unlabelled, len(problems))}; label the same set"
                )
        for reward in dict.fromkeys(self.node.rewards()):
            if reward.unusable is not None:
                unusable = [problem for problem in problems if reward.unusable(problem)]
                if unusable:
                    raise UserError(
                        f"reward {reward.name}: expected {reward.unusable(unusable[0])} in "
                        f"{_count(unusable, len(problems))}; train on other problems or under another "
                        "reward"
                    )

    def participants(self, problems: ProblemSet, labels: Labels | None) -> ProblemSet:
        """The problems that take part in training: under `incorrect`, those with a wrong label.

        The others, whose label is right, undecided or missing, are left out. `about` of the result has
        their numbers under `left_out`.

        Raises:
            UserError: if no problem is left.
        """
        if not self.only_wrong_labels or labels is None:
            return problems
        left_out = {"label right": 0, "label undecided": 0, "no label": 0}
        kept = []
        for problem in problems:
            label = labels.of(problem.id)
            if label is None or label.answer is None:
                left_out["no label"] += 1
            elif label.right is None:
                left_out["label undecided"] += 1
            elif label.right:
                left_out["label right"] += 1
            else:
                kept.append(problem)
        if not kept:
            counts = ", ".join(f"{count} {what}" for what, count in left_out.items() if count)
            raise UserError(
                f"reward {self.name}: expected problems with a wrong label, got none of "
                f"{len(problems)} ({counts}); label with another checkpoint or another set"
            )
        about = {**problems.about, "labels_of": problems.name, "left_out": left_out}
        name = f"wrong-labels-of-{problems.name}"
        return replace(problems, name=name, problems=kept, about=about, role="train")


def _count(problems: Sequence[Problem], total: int) -> str:
    first = problems[0].source or problems[0].id
    return f"{len(problems)} of {total} problems (the first is {first})"
