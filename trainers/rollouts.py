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
from trainers.advantages import rollout_advantages
from trainers.config import TrainConfig
from trainers.labels.label import Labels
from trainers.objectives import Objective
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
    """A sample per row, with the training step, the place of its prompt in the step, its rewards (null
    where it could not be scored) and its advantage."""
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
    """The rollouts of one step, group after group, (groups, group_size).

    `places` are those of the groups' prompts among all prompts that were sampled in the step: not
    consecutive where dynamic sampling left groups out. `rewards` holds the recorded rewards by name;
    `advantages` are those of the reward that trains. Rewards are NaN where a rollout could not be
    scored.
    """

    samples: Sequence[Sample]
    places: Sequence[int]
    rewards: Mapping[str, torch.Tensor]
    advantages: torch.Tensor

    @classmethod
    def from_table(cls, table: pa.Table, config: TrainConfig) -> Rollouts:
        """The rollouts of the rows of one step."""
        return cls(
            list(records.read_samples(table)),
            table["group"].to_pylist()[:: config.group_size],
            stored_rewards(table, config),
            _floats(table["advantage"]).float().reshape(-1, config.group_size),
        )

    def table(self, step: int) -> pa.Table:
        """The rows of `rollouts_schema`."""
        schema = rollouts_schema(tuple(self.rewards))
        size = self.advantages.shape[1]
        table = records.samples_table(self.samples)
        columns: dict[str, Any] = {
            "step": [step] * len(self.samples),
            "group": [place for place in self.places for _ in range(size)],
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
    first: int = 0,
) -> list[SampleRequest]:
    """`config.group_size` requests per problem, group after group.

    Args:
        first: the place of the first problem in the step.
    """
    sampling = Sampling(config.max_tokens, config.temperature)
    requests = []
    for place, problem in enumerate(problems, first):
        decodings = [
            Decoding(SAMPLE, index, seed_of("rollout", config.seed, step, place, problem.id, index))
            for index in range(config.group_size)
        ]
        requests += records.request_samples(
            set_name, problem, template, tokenizer, decodings, sampling
        )
    return requests


def make_groups(
    problems: Sequence[Problem],
    samples: Sequence[Sample],
    config: TrainConfig,
    step: int,
    *,
    first: int = 0,
    labels: Labels | None = None,
) -> list[Group]:
    """The groups of a rollout batch, whose first prompt has the place `first` in its step."""
    groups = batched_groups(samples, config.group_size)
    return [
        Group(problem, group, config.seed, step, place, labels)
        for place, (problem, group) in enumerate(zip(problems, groups, strict=True), first)
    ]


def reward_rollouts(groups: Sequence[Group], config: TrainConfig) -> Rollouts:
    """The rollouts of groups with all recorded rewards and the advantages."""
    rewards = {name: reward_tensor(name, groups) for name in logged_rewards(config)}
    samples = [sample for group in groups for sample in group.samples]
    places = [group.place for group in groups]
    return Rollouts(samples, places, rewards, advantages_of(rewards, groups, config))


def advantages_of(
    rewards: Mapping[str, torch.Tensor], groups: Sequence[Group], config: TrainConfig
) -> torch.Tensor:
    """The advantages of the reward that trains, (groups, group_size), in float32."""
    lengths = [[len(sample.token_ids) for sample in group.samples] for group in groups]
    trained = rewards[parse_reward(config.reward).name]
    return rollout_advantages(trained, torch.tensor(lengths), Objective.of(config)).float()


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


def stored_rewards(table: pa.Table, config: TrainConfig) -> dict[str, torch.Tensor]:
    """The recorded rewards of the rows of one step by name, (groups, group_size), NaN for null."""
    return {
        name: _floats(table[f"reward/{name}"]).reshape(-1, config.group_size)
        for name in logged_rewards(config)
    }


def _floats(column: pa.ChunkedArray) -> torch.Tensor:
    return torch.tensor(
        [nan if value is None else value for value in column.to_pylist()], dtype=torch.float64
    )
