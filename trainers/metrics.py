"""Metrics of a rollout batch, from its stored rows and before any update.

Names follow TRL where it has one. `verify` recomputes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clean_bench.grading import score_of
from clean_bench.results import Result
from clean_bench.statistics.ratio import mean, rate
from trainers.rewards import parse_reward

COLUMN = "reward/"
"""Before the name of a reward in the columns of rollouts and in metrics."""
Values = npt.NDArray[np.float64]


def batch_values(rollouts: pa.Table, reward: str) -> dict[str, Values]:
    """One number per rollout for every metric; NaN where it does not count.

    `reward` is the reward that trains; `accuracy` is over the rollouts that the grader decided;
    `length` is in tokens.
    """
    scores = [score_of(grade) for grade in rollouts["grade"].to_pylist()]
    rewards = {
        name.removeprefix(COLUMN): _floats(rollouts[name].to_pylist())
        for name in rollouts.column_names
        if name.startswith(COLUMN)
    }
    trained = rewards[parse_reward(reward).name]
    finish, grades = rollouts["finish"].to_pylist(), rollouts["grade"].to_pylist()
    return {
        "reward": trained,
        "accuracy": _floats(scores),
        "unscored": np.isnan(trained).astype(np.float64),
        "length": np.array(pc.list_value_length(rollouts["token_ids"]).to_pylist(), np.float64),
        "truncated": np.array([end == "length" for end in finish], np.float64),
        "no_answer": np.array([grade == "no answer" for grade in grades], np.float64),
        **{f"reward/{name}": values for name, values in rewards.items()},
    }


def batch_metrics(rollouts: pa.Table, reward: str) -> dict[str, float]:
    """Means over the rollouts of one step, 0 where none counts.

    `frac_zero_std_groups` is the fraction of groups with zero reward variance: they give no gradient.
    """
    values = batch_values(rollouts, reward)
    groups = rollouts["group"].to_numpy()
    metrics = {
        name: float(np.nanmean(array)) if not np.isnan(array).all() else 0.0
        for name, array in values.items()
    }
    rewards = [values["reward"][groups == group] for group in np.unique(groups)]
    constant = [len(np.unique(array[~np.isnan(array)])) < 2 for array in rewards]
    return metrics | {"frac_zero_std_groups": sum(constant) / len(constant)}


def step_results(rollouts: pa.Table, reward: str, head: Result) -> Iterator[Result]:
    """The metrics of one step with 95% intervals; prompts are the units."""
    groups = rollouts["group"].to_numpy()
    for name, array in batch_values(rollouts, reward).items():
        known = ~np.isnan(array)
        sums = [float(array[known & (groups == group)].sum()) for group in np.unique(groups)]
        counts = [int((known & (groups == group)).sum()) for group in np.unique(groups)]
        values = array[known]
        if ((values >= 0) & (values <= 1)).all():
            binary = bool(np.isin(values, (0, 1)).all())
            yield head.of(name, rate(sums, counts, continuous=not binary))
        else:
            yield head.of(name, mean(sums, counts))


def _floats(values: Sequence[float | None]) -> Values:
    return np.array([np.nan if value is None else value for value in values], np.float64)
