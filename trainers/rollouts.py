"""One rollout batch: which prompts, what was written, what it was worth.

Prompts go round the training set in an order that depends on the seed alone, so that two arms with
the same seed see the same prompts at the same steps.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from clean_bench import prompts
from clean_bench.engines.base import Completion, Engine, Request
from clean_bench.grading.grade import Grade, grade
from clean_bench.problems import Problem
from clean_bench.seeds import seed_of
from trainers.advantages import group_advantages
from trainers.config import TrainConfig
from trainers.rewards import Context, reward


@dataclass(frozen=True)
class Rollouts:
    """The rollouts of one step, group after group.

    `rewards` and `advantages`: (prompts, rollouts), a reward of NaN where it could not be scored.
    """

    problems: Sequence[Problem]
    completions: Sequence[Completion]
    verdicts: Sequence[Grade]
    rewards: torch.Tensor
    advantages: torch.Tensor

    def rows(self, step: int) -> list[dict[str, object]]:
        """One row a rollout, with the reward and the advantage that trained."""
        size = self.rewards.shape[1]
        rewards, advantages = self.rewards.flatten().tolist(), self.advantages.flatten().tolist()
        return [
            {
                "step": step,
                "problem_id": self.problems[index // size].id,
                "sample": index % size,
                "answer": self.problems[index // size].answer,
                "response": completion.text,
                "finish": completion.finish,
                "tokens": len(completion.token_ids),
                "logprob": sum(completion.logprobs),
                "verdict": self.verdicts[index].kind,
                "reward": None if rewards[index] != rewards[index] else rewards[index],
                "advantage": advantages[index],
            }
            for index, completion in enumerate(self.completions)
        ]


def pick(problems: Sequence[Problem], config: TrainConfig, step: int) -> list[Problem]:
    """The prompts of a step: the set in a new order each time round."""
    chosen, orders = [], {}
    for position in range(step * config.prompts, (step + 1) * config.prompts):
        lap, place = divmod(position, len(problems))
        if lap not in orders:
            orders[lap] = list(range(len(problems)))
            random.Random(seed_of("prompt order", config.seed, lap)).shuffle(orders[lap])
        chosen.append(problems[orders[lap][place]])
    return chosen


def sample(
    engine: Engine,
    problems: Sequence[Problem],
    config: TrainConfig,
    template: str,
    tokenizer: object,
    step: int,
) -> list[Completion]:
    """`config.rollouts` completions of each problem, group after group."""
    requests = []
    for place, problem in enumerate(problems):
        prompt = prompts.render(problem.problem, template, tokenizer)
        requests += [
            Request(
                key=f"{step}/{place}/{index}",
                prompt=prompt.text,
                seed=seed_of("rollout", config.seed, step, place, problem.id, index),
                max_tokens=config.max_tokens,
                temperature=config.temperature,
                special_tokens=prompt.special_tokens,
                stop=prompt.stop,
            )
            for index in range(config.rollouts)
        ]
    return list(engine.generate(requests))


def judge(
    problems: Sequence[Problem], completions: Sequence[Completion], config: TrainConfig, step: int
) -> Rollouts:
    """Verdicts, rewards and advantages of the rollouts of one step."""
    size = config.rollouts
    verdicts = grade(
        [
            (problems[index // size].answer or "", completion.text)
            for index, completion in enumerate(completions)
        ]
    )
    function = reward(config.reward).function
    rewards = []
    for group, problem in enumerate(problems):
        part = slice(group * size, (group + 1) * size)
        context = Context(config.seed, step, verdicts[part])
        given = function(problem, [c.text for c in completions[part]], context)
        rewards.append([float("nan") if value is None else value for value in given])
    table = torch.tensor(rewards, dtype=torch.float64)
    advantages = group_advantages(table, scale=config.scale_advantages).float()
    return Rollouts(problems, completions, verdicts, table, advantages)
