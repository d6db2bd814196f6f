"""Evaluate a policy on problem sets during training, without training on them.

    evaluation = Evaluation(artifact, sets, config, template)
    evaluation.store_sets()                          # once, where a training begins
    if evaluation.due(step):                         # step: number of completed steps
        accuracy = evaluation.run(engine, tokenizer, step)

Every problem is answered once, greedily, with the template and the token limit of training. The table
`evaluations` holds one shard per evaluation: the samples, with the step. `evaluation_problems` holds the
sets. A run that is resumed before an evaluation repeats it: the rows of one step are written as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isnan
from typing import Any

import pyarrow as pa

from clean_bench import samples as records
from clean_bench.artifacts import Artifact, Failure
from clean_bench.engines.base import Engine
from clean_bench.errors import UserError
from clean_bench.grading import UNDECIDED
from clean_bench.problems import SCHEMA as PROBLEMS_SCHEMA
from clean_bench.problems import Problem, ProblemSet, check_sets, from_rows, problems_table
from clean_bench.regrading import Regrading
from clean_bench.results import Result
from clean_bench.samples import (
    GREEDY,
    Decoding,
    Sample,
    Sampling,
    generate_completions,
    grade_completions,
    read_samples,
    request_samples,
    samples_table,
)
from clean_bench.statistics.wilson import wilson
from trainers.config import TrainConfig

TABLE, PROBLEMS = "evaluations", "evaluation_problems"
SCHEMA = pa.schema([("step", pa.int32()), *records.SCHEMA])
"""A graded sample per row, with the number of completed steps."""
SETS_SCHEMA = pa.schema([("set", pa.string()), *PROBLEMS_SCHEMA])
CONFIG_KEY = "evaluate"
"""Key of the artifact's configuration: the hash of each set by its name, in order."""


class Evaluation:
    """The evaluations of one training.

    Args:
        artifact: receives the rows.
        sets: the problems; without any nothing is due.
        template: name of the prompt template, not `auto`.

    Raises:
        UserError: for a set without answers, an empty set or two of one name.
    """

    def __init__(
        self, artifact: Artifact, sets: Sequence[ProblemSet], config: TrainConfig, template: str
    ) -> None:
        if sets:
            check_sets(sets)
        for problems in sets:
            problems.require_answers()
        self._artifact, self._sets, self._config = artifact, sets, config
        self._template = template

    def due(self, step: int) -> bool:
        """Whether the policy is evaluated after a number of steps; 0 is the base checkpoint."""
        return bool(self._sets) and step in evaluated_steps(self._config)

    def done(self, step: int) -> bool:
        """Whether the rows of an evaluation are stored."""
        return self._artifact.done(f"{TABLE}/{step:05d}")

    def store_sets(self) -> None:
        """Store the problems beside the training set."""
        for number, problems in enumerate(self._sets):
            table = problems_table(problems.problems)
            named = table.add_column(0, "set", pa.array([problems.name] * len(table), pa.string()))
            self._artifact.write(f"{PROBLEMS}/{number:05d}", named)

    def run(self, engine: Engine, tokenizer: Any, step: int) -> float | None:
        """Evaluate and store the rows; returns the accuracy as `accuracy_of` defines it."""
        table = evaluate_step(
            engine, tokenizer, self._sets, self._template, self._config, step=step
        )
        self._artifact.write(f"{TABLE}/{step:05d}", table)
        return accuracy_of(table)


def check_evaluate(config: TrainConfig, sets: Sequence[ProblemSet]) -> None:
    """Raise `UserError` for sets without `evaluate_every`, or settings of evaluation without sets."""
    if sets and not config.evaluate_every:
        raise UserError("--evaluate: expected --set evaluate_every=N beside it, got none")
    if config.evaluate_every and not sets:
        raise UserError(
            f"evaluate_every = {config.evaluate_every}: expected sets to evaluate on, got none; give "
            "--evaluate NAME_OR_PATH"
        )
    if config.keep_best and not sets:
        raise UserError("keep_best = true: expected sets to evaluate on, got none; give --evaluate")


def evaluated_steps(config: TrainConfig) -> range | list[int]:
    """The numbers of completed steps after which the policy is evaluated: 0, every N, and the last."""
    if not config.evaluate_every:
        return []
    regular = range(0, config.steps + 1, config.evaluate_every)
    return regular if config.steps in regular else [*regular, config.steps]


def evaluate_step(
    engine: Engine,
    tokenizer: Any,
    sets: Sequence[ProblemSet],
    template: str,
    config: TrainConfig,
    *,
    step: int,
) -> pa.Table:
    """The rows of one evaluation (`SCHEMA`): set after set, in the order of their problems."""
    sampling = Sampling(config.max_tokens)
    requests = [
        request
        for problems in sets
        for problem in problems
        for request in request_samples(
            problems.name, problem, template, tokenizer, [Decoding(GREEDY)], sampling
        )
    ]
    samples = grade_completions(requests, generate_completions(engine, requests))
    return samples_table(samples).add_column(0, "step", pa.array([step] * len(samples), pa.int32()))


def accuracy_of(table: pa.Table) -> float | None:
    """The mean over sets of the share of right answers among decided ones; None without any."""
    shares = [
        estimate.value
        for name in dict.fromkeys(table["set"].to_pylist())
        if not isnan((estimate := _estimate(_of_set(table, name))).value)
    ]
    return sum(shares) / len(shares) if shares else None


def stored_accuracies(artifact: Artifact) -> dict[int, float]:
    """The accuracy of every evaluation so far, by the number of completed steps."""
    found = {}
    for table in artifact.tables(TABLE):
        accuracy = accuracy_of(table)
        if accuracy is not None:
            found[int(table["step"][0].as_py())] = accuracy
    return dict(sorted(found.items()))


def evaluation_results(artifact: Artifact, head: Result) -> Iterator[Result]:
    """The accuracy on each set after each evaluation, with Wilson's interval over problems.

    Args:
        head: the row of a training result: checkpoint, arm, seed and template.
    """
    limit, hashes = artifact.config["max_tokens"], artifact.config.get(CONFIG_KEY, {})
    for table in artifact.tables(TABLE):
        step = int(table["step"][0].as_py())
        for name in dict.fromkeys(table["set"].to_pylist()):
            row = head._replace(
                step=step,
                set=name,
                set_sha256=hashes[name],
                role=None,
                protocol=Sampling(limit).protocol(GREEDY),
            )
            yield row.of("accuracy", _estimate(_of_set(table, name)))


def check_evaluations(
    artifact: Artifact, config: TrainConfig, regrading: Regrading
) -> Iterator[Failure]:
    """Every evaluation that is due is there, of every problem, and graded as its text is."""
    names: Mapping[str, str] = artifact.config.get(CONFIG_KEY, {})
    tables = {int(path.stem): table for path, table in _shards(artifact)}
    expected = [*evaluated_steps(config)] if names else []
    if sorted(tables) != sorted(expected):
        yield Failure(TABLE, f"are of the steps {sorted(tables)}, expected {sorted(expected)}")
        return
    problems = _stored_problems(artifact)
    if list(dict.fromkeys(name for name, _ in problems)) != list(names):
        yield Failure(PROBLEMS, f"are not those of the sets {', '.join(names)}")
        return
    for step, table in sorted(tables.items()):
        yield from _check_rows(f"{TABLE} step {step}", table, step, artifact, problems, regrading)


def _check_rows(
    where: str,
    table: pa.Table,
    step: int,
    artifact: Artifact,
    problems: Sequence[tuple[str, Problem]],
    regrading: Regrading,
) -> Iterator[Failure]:
    """The keys and the grades of one evaluation."""
    template = artifact.metadata["template"]
    samples = list(read_samples(table))
    keys = [(s.set, s.problem_id, s.gold, s.template, s.mode, s.index) for s in samples]
    wanted = [(name, p.id, p.answer, template, GREEDY, 0) for name, p in problems]
    if keys != wanted or set(table["step"].to_pylist()) != {step}:
        yield Failure(where, "are not one greedy sample of each problem")
        return
    pairs = [(sample.gold, sample.response) for sample in samples]
    regraded = regrading.grades(pairs, [sample.grade for sample in samples])
    for number, (sample, (flexible, complaint)) in enumerate(zip(samples, regraded, strict=True)):
        graded = flexible.strict
        same = sample.grade == graded.kind or {sample.grade, graded.kind} & UNDECIDED
        if complaint:
            yield Failure(f"{where} row {number}", complaint)
        elif not same or sample.extracted != graded.extracted:
            yield Failure(
                f"{where} row {number}",
                f"is graded {(sample.grade, sample.extracted)}, the text gives "
                f"{(graded.kind, graded.extracted)}",
            )


def _shards(artifact: Artifact) -> Iterator[tuple[Any, pa.Table]]:
    return zip(artifact.shards(TABLE), artifact.tables(TABLE), strict=True)


def _stored_problems(artifact: Artifact) -> list[tuple[str, Problem]]:
    rows = artifact.rows(PROBLEMS)
    names = [row["set"] for row in rows]
    return list(zip(names, from_rows(rows), strict=True))


def _of_set(table: pa.Table, name: str) -> list[Sample]:
    inside = [other == name for other in table["set"].to_pylist()]
    return list(read_samples(table.filter(pa.array(inside))))


def _estimate(samples: Sequence[Sample]) -> Any:
    scores = [score for sample in samples if (score := sample.score()) is not None]
    return wilson(round(sum(scores)), len(scores))
