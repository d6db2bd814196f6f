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
from clean_bench.samples import arrays
from clean_bench.statistics.ratio import mean, rate
from trainers.realized_rates import realized_rates
from trainers.rewards import parse_reward

COLUMN = "reward/"
"""Before the name of a reward in the columns of rollouts and in metrics."""
Values = npt.NDArray[np.float64]


def batch_values(rollouts: pa.Table, reward: str) -> dict[str, Values]:
    """One number per rollout for every metric; NaN where it does not count.

    `reward` is the reward that trains; `accuracy` is over the rollouts that the grader decided;
    `length` is in tokens. `sampled_probability` is the mean probability of a rollout's tokens under the
    distribution that they were sampled from, `sampled_entropy` the mean of their negative
    log-probabilities, an unbiased estimate of its entropy in nats.
    """
    scores = [score_of(grade) for grade in rollouts["grade"].to_pylist()]
    rewards = {
        name.removeprefix(COLUMN): _floats(rollouts[name].to_pylist())
        for name in rollouts.column_names
        if name.startswith(COLUMN)
    }
    trained = rewards[parse_reward(reward).name]
    finish, grades = rollouts["finish"].to_pylist(), rollouts["grade"].to_pylist()
    logprobs = [np.asarray(row, np.float64) for row in arrays(rollouts["logprobs"])]
    return {
        "reward": trained,
        "accuracy": _floats(scores),
        "unscored": np.isnan(trained).astype(np.float64),
        "length": np.array(pc.list_value_length(rollouts["token_ids"]).to_pylist(), np.float64),
        "truncated": np.array([end == "length" for end in finish], np.float64),
        "sampled_probability": np.array([_average(np.exp(row)) for row in logprobs]),
        "sampled_entropy": np.array([-_average(row) for row in logprobs]),
        "no_answer": np.array([grade == "no answer" for grade in grades], np.float64),
        **{f"reward/{name}": values for name, values in rewards.items()},
    }


def batch_metrics(rollouts: pa.Table, reward: str) -> dict[str, float | None]:
    """Means over the rollouts of one step, 0 where none counts.

    `reward_std` is the mean over groups of the reward's standard deviation (unbiased), as in TRL;
    `frac_zero_std_groups` is the fraction of groups with zero reward variance: they give no gradient;
    `frac_all_right` and `frac_all_wrong` are those whose decided rollouts are all right or all wrong.
    `length_min` and `length_max` are over all rollouts, `length_ended` is the mean of those that ended
    by themselves. `reward_tpr`, `reward_fpr` and `reward_j` are the realized rates of the
    reward that trains (`trainers.realized_rates`); None where no rollout is right, or none is wrong.
    """
    values = batch_values(rollouts, reward)
    groups = rollouts["group"].to_numpy()
    metrics: dict[str, float | None] = {
        name: float(np.nanmean(array)) if not np.isnan(array).all() else 0.0
        for name, array in values.items()
    }
    by_group = [groups == group for group in np.unique(groups)]
    rewards = [values["reward"][inside] for inside in by_group]
    constant = [len(np.unique(array[~np.isnan(array)])) < 2 for array in rewards]
    accuracies = [values["accuracy"][inside] for inside in by_group]
    decided = [array[~np.isnan(array)] for array in accuracies]
    ended = values["length"][values["truncated"] == 0]
    rates = realized_rates(rollouts, COLUMN + parse_reward(reward).name)
    deviations = [
        known.std(ddof=1) for array in rewards if len(known := array[~np.isnan(array)]) > 1
    ]
    return metrics | {
        "reward_std": float(np.mean(deviations)) if deviations else 0.0,
        "frac_zero_std_groups": sum(constant) / len(constant),
        "frac_all_right": sum(bool(len(a)) and bool((a == 1).all()) for a in decided)
        / len(decided),
        "frac_all_wrong": sum(bool(len(a)) and bool((a == 0).all()) for a in decided)
        / len(decided),
        "length_min": float(values["length"].min()),
        "length_max": float(values["length"].max()),
        "length_ended": float(ended.mean()) if len(ended) else None,
        "reward_tpr": rates.tpr,
        "reward_fpr": rates.fpr,
        "reward_j": rates.j,
    }


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


def _average(values: Values) -> float:
    return float(values.mean()) if len(values) else np.nan


def _floats(values: Sequence[float | None]) -> Values:
    return np.array([np.nan if value is None else value for value in values], np.float64)
