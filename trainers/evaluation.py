"""Evaluations during a training: before the first step, every N steps, and after the last one.

An evaluation is a score (`clean_bench.scoring`) of the weights at hand, by the sampler of the training:
the same requests, seeds, shards and grades as those of `clean-bench score OUT/checkpoint --on SET`. Its
seeds depend on the run's seed alone and not on the step, so two evaluations differ by the weights only,
and none of them changes the training.

The state of the training is saved before each evaluation. A killed run therefore resumes at or after
the last evaluation that was begun, and the stored shards of that one are of the same weights.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from math import isnan
from statistics import fmean
from typing import Any

import pyarrow as pa

from clean_bench.artifacts import Artifact
from clean_bench.engines.base import Completion, Engine
from clean_bench.errors import UserError
from clean_bench.problems import ProblemSet, check_sets, describe_sets, write_sets
from clean_bench.results import Result
from clean_bench.samples import (
    SCORES_SCHEMA,
    SampleRequest,
    generate_completions,
    grade_completions,
    samples_table,
)
from clean_bench.scoring.config import ScoreConfig
from clean_bench.scoring.published import with_published
from clean_bench.scoring.requests import shards_of
from clean_bench.scoring.summary import COLUMNS, needed, summarize
from trainers.config import TrainConfig, stored_config

TABLE, PROBLEMS = "evaluations", "evaluation_problems"
CONFIG_KEY = "evaluation_sets"
"""Entry of the configuration of an artifact that describes the sets; only where there are any."""
SCHEMA = pa.schema([("step", pa.int32()), *SCORES_SCHEMA])
"""The columns of a score's samples, after the number of completed steps."""
EvaluationCallback = Callable[[int, Mapping[str, Result]], None]
"""Gets the number of completed steps, and the greedy accuracy on each set by its name."""

_logger = logging.getLogger(__name__)


def no_evaluation(completed: int, accuracies: Mapping[str, Result]) -> None:
    """An `EvaluationCallback` that ignores what it gets."""


def check_evaluation(config: TrainConfig, sets: Sequence[ProblemSet]) -> None:
    """Raise `UserError` for sets without `evaluate_every` or the reverse, and for unusable sets."""
    if config.evaluate_every and not sets:
        raise UserError(
            f"evaluate_every = {config.evaluate_every}: expected sets to evaluate on, got none; name "
            "them with --evaluate NAME_OR_PATH"
        )
    if not sets:
        return
    if not config.evaluate_every:
        raise UserError(
            f"--evaluate {sets[0].name}: expected evaluate_every of at least 1, got 0; give --set "
            "evaluate_every=N, the steps between two evaluations"
        )
    check_sets(sets, "--evaluate")
    for problems in sets:
        problems.require_answers()


def is_due(config: TrainConfig, completed: int) -> bool:
    """Whether there is an evaluation after a number of completed steps."""
    every = config.evaluate_every
    return bool(every) and (completed % every == 0 or completed == config.steps)


def score_config(config: TrainConfig, template: str) -> ScoreConfig:
    """The settings of an evaluation as those of a score."""
    return ScoreConfig(
        templates=(template,),
        samples=config.evaluate_samples,
        max_tokens=config.max_tokens,
        seed=config.seed,
    ).loaded([])


class Evaluation:
    """The evaluations of a training; see the module's docstring.

    Args:
        template: the name of the training's prompt template.
        detail: called as completions end, with a text and the number of tokens of the completion.
    """

    def __init__(
        self,
        engine: Engine,
        sets: Sequence[ProblemSet],
        config: TrainConfig,
        template: str,
        *,
        detail: Callable[..., None],
    ) -> None:
        check_evaluation(config, sets)
        self._engine, self._sets, self._config = engine, sets, config
        self._score = score_config(config, template)
        self._detail = detail
        self._shards = shards_of(sets, self._score, engine.tokenizer, engine.name)

    def described(self) -> dict[str, Any]:
        """The entry of the artifact's configuration."""
        return {CONFIG_KEY: describe_sets(self._sets)} if self._sets else {}

    def store_sets(self, artifact: Artifact) -> None:
        """Store the problems, so that the completions can be graded again."""
        write_sets(artifact, self._sets, PROBLEMS)

    def run(self, artifact: Artifact, completed: int) -> dict[str, Result]:
        """Evaluate the engine's weights after a number of completed steps; stored shards are kept.

        Returns:
            the greedy accuracy on each set, by its name.
        """
        total = sum(map(len, self._shards))
        ended = 0
        head = f"evaluation after {completed} steps"

        def count(completion: Completion) -> None:
            nonlocal ended
            ended += 1
            self._detail(f"{head}: {ended}/{total}", tokens=len(completion.token_ids))

        for number, requests in enumerate(self._shards):
            shard = f"{TABLE}/{completed:05d}-{number:05d}"
            if artifact.done(shard):
                ended += len(requests)
            else:
                artifact.write(shard, self._table(completed, requests, count))
        accuracies = accuracies_of(evaluation_results(artifact, completed))
        shown = ", ".join(f"{name} {row.value}" for name, row in accuracies.items())
        _logger.info("%s: %s: greedy accuracy %s", artifact.folder, head, shown)
        return accuracies

    def _table(
        self,
        completed: int,
        requests: Sequence[SampleRequest],
        ended: Callable[[Completion], None],
    ) -> pa.Table:
        completions = generate_completions(self._engine, requests, ended)
        self._detail(f"grading {len(completions)} completions")
        score = self._score
        samples = grade_completions(requests, completions, score.rules, score.strict)
        table = samples_table(with_published(samples, score.grader), SCORES_SCHEMA)
        steps = pa.array([completed] * len(table), pa.int32())
        return table.add_column(0, SCHEMA.field("step"), steps)


def stored_evaluations(
    artifact: Artifact, columns: Sequence[str] | None = None
) -> Iterator[tuple[int, Iterator[pa.Table]]]:
    """The shards of each evaluation, by the number of completed steps; read one after the other."""
    wanted = None if columns is None else ["step", *columns]
    tables = (table for table in artifact.tables(TABLE, wanted) if len(table))
    for step, shards in groupby(tables, key=lambda table: int(table["step"][0].as_py())):
        yield step, (shard.drop_columns(["step"]) for shard in shards)


def evaluation_results(artifact: Artifact, completed: int | None = None) -> list[Result]:
    """The results of the stored evaluations, with intervals over problems: those of a score.

    A row's step is the number of completed steps, as that of the rollouts that the same weights sampled.

    Args:
        completed: only the evaluation after this number of steps.
    """
    if CONFIG_KEY not in artifact.config:
        return []
    config = stored_config(artifact)
    rows: list[Result] = []
    for step, shards in stored_evaluations(artifact, COLUMNS):
        if completed is not None and step != completed:
            continue
        kept = pa.concat_tables([needed(shard) for shard in shards])
        rows += step_results(artifact, config, step, kept)
    return rows


def step_results(
    artifact: Artifact, config: TrainConfig, step: int, kept: pa.Table
) -> list[Result]:
    """The results of one evaluation.

    Args:
        kept: its samples, in the columns of `clean_bench.scoring.summary.needed`.
    """
    template = kept["template"][0].as_py()
    scored = as_score(artifact.config, config, template)
    results, _ = summarize(kept, scored, artifact.manifest["provenance"]["base"])
    return list(results.labelled(arm=config.reward, seed=config.seed, step=step))


def as_score(stored: Mapping[str, Any], config: TrainConfig, template: str) -> dict[str, Any]:
    """The configuration that an evaluation would have as an artifact of kind `scores`.

    Args:
        stored: the configuration of the training.
    """
    return {
        **score_config(config, template).model_dump(mode="json"),
        "sets": stored[CONFIG_KEY],
        "weights_sha256": stored["base_weights_sha256"],
        "engine": stored["engine"],
    }


def accuracies_of(results: Sequence[Result]) -> dict[str, Result]:
    """The greedy accuracy of one evaluation on each set, by the set's name."""
    return {row.set: row for row in results if row.measure == "accuracy" and row.subset is None}


def mean_accuracies(results: Sequence[Result]) -> dict[int, float]:
    """The mean over the sets of greedy accuracy, by the number of completed steps.

    A set on which the grader decided no completion takes no part; without any set there is no entry.
    """
    means: dict[int, float] = {}
    for step in dict.fromkeys(row.step for row in results if row.step is not None):
        of_step = accuracies_of([row for row in results if row.step == step])
        values = [row.value for row in of_step.values() if row.value is not None]
        known = [value for value in values if not isnan(value)]
        if known:
            means[step] = fmean(known)
    return means
