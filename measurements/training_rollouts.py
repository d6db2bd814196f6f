"""The rollouts that `measurements/training.py` replays: drawn once, stored, and read by both sides.

Lengths are drawn, since those of a real model depend on the model: `long-tailed` ones from a log-normal
distribution, cut at a largest length, and `short` ones evenly. Tokens are drawn evenly from the
vocabulary; the time of an update does not depend on them. Every group has rewards of both kinds, so
that no side can leave a group out, unless `equal_groups` says otherwise.
"""

from __future__ import annotations

import json
import random
from dataclasses import asdict, dataclass
from pathlib import Path

WARM_UP_TOKENS = 8
"""Completions are cut to these for the update before the first timed one."""


@dataclass(frozen=True)
class Lengths:
    """Distribution of the lengths of completions, in tokens: of prompts it is 0.5 to 1 times `prompt`.

    `spread` is the standard deviation of the logarithm; None draws evenly between `median` / 2 and
    `longest`.
    """

    prompt: int
    median: int
    longest: int
    spread: float | None = None

    def draw(self, source: random.Random) -> int:
        if self.spread is None:
            return source.randint(max(1, self.median // 2), self.longest)
        length = self.median * source.lognormvariate(0.0, self.spread)
        return min(self.longest, max(4, round(length)))


@dataclass(frozen=True)
class Rollouts:
    """Rollouts of `group` per prompt, group after group, with a reward of 0 or 1 each."""

    prompts: list[list[int]]
    completions: list[list[int]]
    rewards: list[float]
    group: int

    @property
    def tokens(self) -> int:
        """Tokens of prompts and completions, without padding."""
        return sum(map(len, self.prompts)) + sum(map(len, self.completions))

    @property
    def padded(self) -> int:
        """Tokens if every prompt and every completion is padded to the longest."""
        longest = max(map(len, self.prompts)) + max(map(len, self.completions))
        return longest * len(self.prompts)

    def cut(self, most: int) -> Rollouts:
        """The same rollouts with completions of at most `most` tokens, for a warm-up."""
        short = [completion[:most] for completion in self.completions]
        return Rollouts(self.prompts, short, self.rewards, self.group)

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> Rollouts:
        return cls(**json.loads(path.read_text()))


def draw_rollouts(
    lengths: Lengths,
    *,
    groups: int,
    group: int,
    vocabulary: int,
    seed: int = 0,
    equal_groups: int = 0,
) -> Rollouts:
    """Rollouts of `groups` prompts; the rewards of the first `equal_groups` groups are all 0."""
    # Lengths and rewards do not depend on the vocabulary.
    source, tokens = random.Random(seed), random.Random(seed + 1)

    def ids(count: int) -> list[int]:
        return [tokens.randrange(4, vocabulary) for _ in range(count)]

    prompts: list[list[int]] = []
    completions: list[list[int]] = []
    rewards: list[float] = []
    for number in range(groups):
        prompt = ids(source.randint(max(1, lengths.prompt // 2), lengths.prompt))
        prompts += [prompt] * group
        completions += [ids(lengths.draw(source)) for _ in range(group)]
        right = 0 if number < equal_groups else source.randint(1, group - 1)
        values = [1.0] * right + [0.0] * (group - right)
        source.shuffle(values)
        rewards += values
    return Rollouts(prompts, completions, rewards, group)
