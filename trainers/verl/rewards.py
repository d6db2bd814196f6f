"""Which rewards verl's reward function can give.

verl calls it with the text of one response and the row of its prompt, in a thread. It does not get the
other rollouts of the prompt, the number of the rollout, the step, or the tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from trainers.config import TrainConfig
from trainers.rewards import RewardExpression
from trainers.rewards.expressions import All, Named, Node, Not, Sum

_GROUP = "verl's reward function gets one response, not the other rollouts of the prompt"
_CHANCE = (
    "its random numbers follow from seed, step, prompt and rollout, and verl's reward function gets "
    "neither the step nor the number of the rollout"
)
REFUSED: Mapping[str, str] = {
    "group-majority": _GROUP,
    "shuffled": _GROUP,
    "random": _CHANCE,
    "noisy": _CHANCE,
    "length": "verl's reward function gets the text, not the number of its tokens",
}
EXPORTED = (
    *("truth", "inverted", "numeric", "similarity", "majority", "incorrect"),
    *("format", "python", "constant"),
)
"""Rewards of one response, its gold answer, its reference solution or its label."""
FRACTIONAL = ("numeric", "similarity")
"""Exported rewards with other values than 0 and 1."""
_MANTISSA = 2**24
"""Whole numbers up to this are exact in float32."""


def reward_refusals(config: TrainConfig, reward: RewardExpression) -> list[str]:
    """Why verl cannot give a reward, each as "reward = NAME: reason"."""
    found = [
        f"reward = {name}: {REFUSED[name]}" for name in names_of(reward) if name not in EXPORTED
    ]
    low, high = reward.node.bounds()
    if low == high and inexact(config, reward):
        found.append(
            f"reward = {reward}: verl averages {config.group_size} rewards of {low:g} in float32, whose "
            "rounding it divides by 1e-6: advantages are not 0; set a value such as 1 or 0.5"
        )
    return found


def inexact(config: TrainConfig, reward: RewardExpression) -> bool:
    """Whether a group of equal rewards may get advantages that are not 0 in verl, by rounding."""
    if config.advantage != "group":
        return False
    fractional = any(name in FRACTIONAL for name in names_of(reward))
    return fractional or any(
        _odd_part(number) * config.group_size > _MANTISSA for number in _numbers(reward.node)
    )


def exportable(reward: RewardExpression) -> bool:
    """Whether the reward of one response can be computed from what verl passes."""
    return all(name in EXPORTED for name in names_of(reward))


def names_of(reward: RewardExpression) -> Sequence[str]:
    """The registered rewards in an expression, each once."""
    return tuple(dict.fromkeys(part.name for part in reward.node.rewards()))


def _numbers(node: Node) -> Iterator[float]:
    """The weights and the constants of an expression."""
    if isinstance(node, Named):
        if "value" in node.values:
            yield node.values["value"]
    elif isinstance(node, Sum):
        for weight, part in node.parts:
            yield weight
            yield from _numbers(part)
    elif isinstance(node, All):
        for part in node.parts:
            yield from _numbers(part)
    elif isinstance(node, Not):
        yield from _numbers(node.part)


def _odd_part(number: float) -> int:
    """The whole number that is left of a float when its powers of two are taken out."""
    whole = abs(number.as_integer_ratio()[0])
    return whole // (whole & -whole) if whole else 0
