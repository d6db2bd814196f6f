"""One rollout batch: its prompts, its samples, their rewards and their advantages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan
from typing import Any

import pyarrow as pa
import torch

from clean_bench import samples as records
from clean_bench.problems import Problem
from clean_bench.samples import SAMPLE, Decoding, Sample, SampleRequest, Sampling
from clean_bench.seeds import seed_of
from trainers.advantages import group_advantages
from trainers.config import TrainConfig
from trainers.labels import Labels
from trainers.rewards import Group, parse_reward

TABLE = "rollouts"


def logged_rewards(config: TrainConfig) -> tuple[str, ...]:
    """The names of the recorded rewards, the one that trains among them.

    Raises:
        UserError: for a text that is no reward expression.
    """
    texts = (*config.log_rewards, config.reward)
    return tuple(dict.fromkeys(parse_reward(text).name for text in texts))


def rollouts_schema(rewards: Sequence[str]) -> pa.Schema:
    """A sample per row, with the training step, the position of its prompt in the batch, its rewards
    (null where it could not be scored) and its advantage."""
    return pa.schema(
        [
            ("step", pa.int32()),
            ("group", pa.int32()),
            *records.SCHEMA,
            *((f"reward/{name}", pa.float64()) for name in rewards),
            ("advantage", pa.float64()),
        ]
    )


@dataclass(frozen=True)
class Rollouts:
    """The rollouts of one step, group after group, (prompts, group_size).

    `rewards` holds the recorded rewards by name; `advantages` are those of the reward that trains.
    Rewards are NaN where a rollout could not be scored.
    """

    samples: Sequence[Sample]
    rewards: Mapping[str, torch.Tensor]
    advantages: torch.Tensor

    def table(self, step: int) -> pa.Table:
        """The rows of `rollouts_schema`."""
        schema = rollouts_schema(tuple(self.rewards))
        size = self.advantages.shape[1]
        count = len(self.samples)
        table = records.samples_table(self.samples)
        columns: dict[str, Any] = {
            "step": [step] * count,
            "group": [place // size for place in range(count)],
            **{name: table[name] for name in table.column_names},
            "advantage": self.advantages.flatten().tolist(),
        }
        for name, values in self.rewards.items():
            columns[f"reward/{name}"] = [
                None if isnan(value) else value for value in values.flatten().tolist()
            ]
        return pa.table({name: columns[name] for name in schema.names}, schema)


def request_rollouts(
    set_name: str,
    problems: Sequence[Problem],
    config: TrainConfig,
    template: str,
    tokenizer: Any,
    step: int,
) -> list[SampleRequest]:
    """`config.group_size` requests per problem, group after group."""
    sampling = Sampling(config.max_tokens, config.temperature)
    requests = []
    for place, problem in enumerate(problems):
        decodings = [
            Decoding(SAMPLE, index, seed_of("rollout", config.seed, step, place, problem.id, index))
            for index in range(config.group_size)
        ]
        requests += records.request_samples(
            set_name, problem, template, tokenizer, decodings, sampling
        )
    return requests


def reward_rollouts(
    problems: Sequence[Problem],
    samples: Sequence[Sample],
    config: TrainConfig,
    step: int,
    labels: Labels | None = None,
) -> Rollouts:
    """Rewards and advantages of the samples of one step."""
    groups = [
        Group(problem, group, config.seed, step, place, labels)
        for place, (problem, group) in enumerate(
            zip(problems, batched_groups(samples, config.group_size), strict=True)
        )
    ]
    rewards = {name: reward_tensor(name, groups) for name in logged_rewards(config)}
    trained = rewards[parse_reward(config.reward).name]
    advantages = group_advantages(trained, scale=config.advantage == "group").float()
    return Rollouts(samples, rewards, advantages)


def reward_tensor(name: str, groups: Sequence[Group]) -> torch.Tensor:
    """One reward of every group, (groups, group_size), NaN where a rollout could not be scored."""
    reward = parse_reward(name)
    rewards = [
        [nan if value is None else value for value in reward.evaluate(group)] for group in groups
    ]
    return torch.tensor(rewards, dtype=torch.float64)


def batched_groups(samples: Sequence[Sample], size: int) -> Iterator[Sequence[Sample]]:
    """Consecutive groups of `size` samples."""
    return (samples[start : start + size] for start in range(0, len(samples), size))
