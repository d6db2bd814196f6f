"""Reward for TRL's `GRPOTrainer`: 1 for a completion whose answer is equal to the gold answer, else 0.

    from clean_bench import trl_reward
    GRPOTrainer(reward_funcs=trl_reward, ...)
    GRPOTrainer(reward_funcs=trl_reward.with_settings(gold_column="final", grader="math-verify"), ...)

TRL calls a reward function with keyword lists, one entry per completion: `prompts`, `completions`,
`completion_ids`, and every other column of the dataset. It returns one number per completion; None where
the grader did not decide (a timeout, or an unreadable gold answer), which TRL leaves out of the mean.

Gold answers are read as they are published: GSM8K's `... #### 7`, a worked solution with a box, a list
of acceptable answers. The grader needs no torch, and may be called from threads and worker processes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from clean_bench.errors import UserError
from clean_bench.grading import Limits, grade, score_of
from clean_bench.integrations.gold_columns import golds_of

_OF_TRL = frozenset({"prompts", "completion_ids", "trainer_state", "log_extra", "log_metric"})
"""Keywords of TRL that are no columns of the dataset."""


@dataclass(frozen=True)
class TrlReward:
    """A reward function of TRL. It can be pickled.

    `gold_column` names the column of the gold answers; None takes the first of
    `clean_bench.integrations.gold_columns.GOLD_COLUMNS` that a row has. `grader` and `seconds` (the
    limit of one comparison that takes algebra) are those of `clean_bench.grading.grade`.
    """

    gold_column: str | None = None
    grader: str = "clean-bench"
    seconds: float = 5.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "__name__", "clean_bench")  # TRL logs the reward under this name

    def with_settings(self, **settings: Any) -> TrlReward:
        """The same reward with some of its fields set.

        Raises:
            UserError: for an unknown field or grader, or a limit out of range.
        """
        try:
            reward = replace(self, **settings)
        except TypeError:
            raise UserError(
                f"trl_reward: expected settings of gold_column, grader, seconds, got "
                f"{', '.join(settings)}"
            ) from None
        grade([], Limits(reward.seconds), grader=reward.grader)
        return reward

    def __call__(
        self,
        completions: Sequence[Any],
        *,
        log_metric: Callable[[str, float], None] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        """The reward of each completion, a text or the messages of a chat.

        Raises:
            UserError: if the dataset has no column with gold answers.
        """
        dataset = {name: values for name, values in columns.items() if name not in _OF_TRL}
        golds = golds_of(dataset, len(completions), self.gold_column)
        texts = list(map(response_text, completions))
        graded = [index for index, gold in enumerate(golds) if gold is not None]
        pairs = [(golds[index] or "", texts[index]) for index in graded]
        rewards: list[float | None] = [None] * len(completions)
        for index, result in zip(
            graded, grade(pairs, Limits(self.seconds), grader=self.grader), strict=True
        ):
            rewards[index] = score_of(result.strict.kind)
        if log_metric is not None and completions:
            log_metric("clean_bench/undecided", rewards.count(None) / len(rewards))
        return rewards


def response_text(completion: Any) -> str:
    """The text of a completion; of a chat, the last message of the assistant."""
    if isinstance(completion, str):
        return completion
    messages = [message for message in completion or () if isinstance(message, Mapping)]
    by_assistant = [m for m in messages if m.get("role", "assistant") == "assistant"]
    content = by_assistant[-1].get("content") if by_assistant else None
    if isinstance(content, str):
        return content
    parts = [part.get("text") for part in content or () if isinstance(part, Mapping)]
    return "".join(part for part in parts if isinstance(part, str))


trl_reward = TrlReward()
