"""Sample and reward the rollouts of a step; with dynamic sampling in several batches.

Dynamic sampling (DAPO, 2503.14476, section 3.2) leaves out groups whose rewards are all equal, which
give no gradient, and samples further batches in their place. Unlike DAPO it stops after
`dynamic_sampling` batches; the step is then filled with groups of equal rewards, so that every step has
the same number of groups and of mini-batches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from clean_bench.engines.base import Completion, Engine
from clean_bench.problems import Problem, ProblemSet
from clean_bench.samples import generate_completions, grade_completions
from trainers.clock import Clock
from trainers.config import TrainConfig
from trainers.labels.label import Labels
from trainers.prompt_order import pick
from trainers.rewards import Group, parse_reward
from trainers.rollouts import Rollouts, make_groups, request_rollouts, reward_rollouts


@dataclass(frozen=True, slots=True)
class Sampled:
    """The rollouts of a step, and what sampling them took: batches and tokens, discarded ones too."""

    rollouts: Rollouts
    batches: int
    tokens: int


class StepSampler:
    """Samples the steps of a training.

    Args:
        detail: called as rollouts end, with a text and the number of tokens of the completion.
    """

    def __init__(
        self,
        engine: Engine,
        tokenizer: Any,
        problems: ProblemSet,
        config: TrainConfig,
        template: str,
        labels: Labels | None,
        detail: Callable[..., None],
    ) -> None:
        self._engine, self._tokenizer = engine, tokenizer
        self._problems, self._config, self._template = problems, config, template
        self._labels, self._detail = labels, detail

    def sample(self, step: int, clock: Clock) -> Sampled:
        """The rollouts of a step with their rewards and advantages."""
        groups: list[Group] = []
        varied: set[int] = set()
        for batch in range(max(self._config.dynamic_sampling, 1)):
            chosen = pick(self._problems.problems, self._config, step, batch)
            sampled = self._sample_batch(step, batch, chosen, clock)
            groups += sampled
            if not self._config.dynamic_sampling:
                break
            varied |= {group.place for group in sampled if self._varies(group)}
            if len(varied) >= self._config.prompts_per_step:
                break
        tokens = sum(len(sample.token_ids) for group in groups for sample in group.samples)
        rollouts = reward_rollouts(self._kept(groups, varied), self._config)
        clock.lap("reward")
        return Sampled(rollouts, batch + 1, tokens)

    def _sample_batch(
        self, step: int, batch: int, problems: Sequence[Problem], clock: Clock
    ) -> list[Group]:
        config = self._config
        first = batch * config.prompts_per_step
        requests = request_rollouts(
            self._problems.name, problems, config, self._template, self._tokenizer, step, first
        )
        counter = _Counter(len(requests), self._detail)
        completions = generate_completions(self._engine, requests, counter.ended)
        clock.lap("generate")
        self._detail(f"grading {len(completions)} rollouts")
        samples = grade_completions(requests, completions)
        clock.lap("reward")
        return make_groups(problems, samples, config, step, first=first, labels=self._labels)

    def _varies(self, group: Group) -> bool:
        """Whether the rewards of a group differ."""
        values = {
            value
            for value in parse_reward(self._config.reward).evaluate(group)
            if value is not None
        }
        return len(values) > 1

    def _kept(self, groups: list[Group], varied: set[int]) -> list[Group]:
        """The groups of the step, in the order of sampling: first those whose rewards differ.

        Args:
            varied: the places of those.
        """
        count = self._config.prompts_per_step
        if len(groups) == count:
            return groups
        ranked = sorted(groups, key=lambda group: (group.place not in varied, group.place))
        return sorted(ranked[:count], key=lambda group: group.place)


class _Counter:
    """Reports the rollouts of a step as they end."""

    def __init__(self, total: int, detail: Callable[..., None]) -> None:
        self._total, self._ended, self._detail = total, 0, detail
        detail(f"rollouts 0/{total}")

    def ended(self, completion: Completion) -> None:
        self._ended += 1
        text = f"rollouts {self._ended}/{self._total}"
        self._detail(text, tokens=len(completion.token_ids))
