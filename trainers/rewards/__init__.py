"""Rewards by name, and expressions over them.

    reward = parse_reward("format + 0.5*python")
    reward.evaluate(Group(problem, samples, seed=0, step=3, place=5))     # [1.5, 1.0, None, ...]

A reward maps a group (the rollouts of one prompt) to one number per rollout, or None where a rollout
cannot be scored: the grader ran out of time, the problem has no label. None is not 0. It takes no part
in the group's statistics, and an expression with an unscorable part is unscorable.

    group.py         what a reward is computed from, and its random numbers
    registry.py      the rewards by name, with their parameters
    expressions.py   weights, conjunction and negation
    parsing.py       the text of an expression
    prepare.py       what is checked before training
    correctness.py   rewards that use the gold answer
    votes.py         rewards that use the group's own answers, or labels
    text.py          rewards of the text alone: format, python, length, similarity
    chance.py        rewards that no text decides: random, constant

To add one, write a function in the file of its subject and enter it in `registry.py`
(`docs/rewards.md` has the definition of each, and where it differs from published code).
"""

from trainers.rewards.expressions import RewardExpression
from trainers.rewards.group import Group
from trainers.rewards.parsing import parse_reward
from trainers.rewards.prepare import prepare_problems
from trainers.rewards.registry import REWARDS, Parameter, Reward

__all__ = [
    "REWARDS",
    "Group",
    "Parameter",
    "Reward",
    "RewardExpression",
    "parse_reward",
    "prepare_problems",
]
