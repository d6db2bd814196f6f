"""What is checked about rewards before training."""

from __future__ import annotations

from collections.abc import Sequence

from clean_bench.errors import UserError
from clean_bench.problems import ProblemSet
from trainers.labels.label import Labels
from trainers.rewards.expressions import RewardExpression
from trainers.rewards.parsing import parse_reward


def prepare_problems(
    reward: str, logged: Sequence[str], problems: ProblemSet, labels: Labels | None
) -> ProblemSet:
    """The problems that train under a reward; under `incorrect` only those with a wrong label.

    Args:
        reward: the expression that trains.
        logged: expressions that are recorded beside it.
        labels: of the whole set, None without any.

    Raises:
        UserError: for a text that is no expression, a gold answer that cannot be read, labels that no
            reward uses; and as `RewardExpression.check` and `RewardExpression.participants`.
    """
    problems.require_answers()
    expression = parse_reward(reward)
    expression.check(problems.problems, labels)
    by_label = [name for name in logged if _parse_logged(name).needs_labels]
    if by_label and labels is None:
        raise UserError(
            f"log_rewards: {by_label[0]} needs labels, got none; give --labels DIR_OR_FILE, or leave it "
            "out"
        )
    if labels is not None and not by_label and not expression.needs_labels:
        raise UserError(
            f"--labels: the reward {expression.name} uses no labels; leave them out, or train under "
            "majority or incorrect"
        )
    return expression.participants(problems, labels)


def _parse_logged(text: str) -> RewardExpression:
    try:
        return parse_reward(text)
    except UserError as error:
        raise UserError(f"log_rewards: {error}") from None
