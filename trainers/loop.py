"""The steps of a training: sample, reward, update, push the weights, record.

A state is saved every `checkpoint_every` steps, and within a step after `checkpoint_seconds`: after
sampling, and between optimizer steps. A run that is resumed there continues with the same rollouts, old
log-probabilities and records, and ends with the same weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa

from clean_bench.artifacts import Artifact
from clean_bench.problems import ProblemSet
from trainers.clock import Clock, peak_memory
from trainers.config import TrainConfig
from trainers.evaluation import is_due
from trainers.failures import explained
from trainers.labels.label import Labels
from trainers.metrics import batch_metrics
from trainers.optimizers import Optimizer
from trainers.policy import Policy
from trainers.policy_settings import BASE_SHA256
from trainers.rollouts import TABLE, Rollouts
from trainers.sampler import Sampler
from trainers.sampling import StepSampler
from trainers.state import SaveTimer, State, load_state, save_state
from trainers.trackers import Trackers
from trainers.update import Record, UpdateBatch, prepare, run_updates, step_statistics

UPDATES, METRICS, SECONDS = "updates", "metrics", "seconds"
StepCallback = Callable[[int, Mapping[str, float | None]], None]


class DetailCallback(Protocol):
    """Gets what happens within a step, and the tokens that were just generated."""

    def __call__(self, text: str, *, tokens: int = 0) -> None: ...


def no_progress(step: int, metrics: Mapping[str, float | None]) -> None:
    """A `StepCallback` that ignores what it gets."""


def no_detail(text: str, *, tokens: int = 0) -> None:
    """A `DetailCallback` that ignores what it gets."""


@dataclass
class Waiting:
    """Rows that are not yet in a shard, by table."""

    rollouts: list[pa.Table] = field(default_factory=list)
    rows: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {METRICS: [], UPDATES: [], SECONDS: []}
    )


@dataclass
class Unfinished:
    """A step whose rollouts are sampled: its number, its rollouts and its updates so far.

    `facts` are metrics of the sampling.
    """

    step: int
    rollouts: Rollouts
    batch: UpdateBatch
    facts: Mapping[str, float]
    records: list[Record] = field(default_factory=list)


class Loop:
    """All steps of a training that are left.

    Args:
        artifact: receives the rows and the state.
        recompute: whether the learner recomputes the old log-probabilities.
        progress: called after each step with the number of completed steps and its metrics.
        detail: called within a step, as rollouts end and updates begin.
        between: called before the first step, between two steps and after the last one, with the number
            of completed steps, when the engine has the weights: for evaluations.
        trackers: get the metrics of each step.
    """

    def __init__(
        self,
        artifact: Artifact,
        sampler: Sampler,
        policy: Policy,
        optimizer: Optimizer,
        problems: ProblemSet,
        config: TrainConfig,
        template: str,
        *,
        recompute: bool,
        labels: Labels | None = None,
        progress: StepCallback = no_progress,
        detail: DetailCallback = no_detail,
        between: Callable[[int], None] = lambda completed: None,
        trackers: Trackers | None = None,
    ) -> None:
        self.artifact, self.config = artifact, config
        self.sampler, self.policy, self.optimizer = sampler, policy, optimizer
        self.recompute = recompute
        self.progress, self.detail = progress, detail
        self._between, self._trackers = between, trackers
        self._steps = StepSampler(
            sampler.engine, policy.tokenizer, problems, config, template, labels, detail
        )
        self._base_sha256: str | None = artifact.config["policy"].get(BASE_SHA256)
        self._waiting = Waiting()
        self._timer = SaveTimer(config.checkpoint_seconds)
        self._tokens = 0.0

    def run(self) -> None:
        """Run the steps that are left.

        Raises:
            UserError: if the training diverges, or memory or disk run out.
        """
        step, unfinished = self._resume()
        self.sampler.follow(self.policy)
        if unfinished is not None:
            self.sampler.rest()
        for number in range(step, self.config.steps):
            if unfinished is None:
                self._evaluate(number)
            clock = Clock()
            if unfinished is None:
                unfinished = self._sample(number, clock)
                self._save_if_due(unfinished)
            self._update(unfinished, clock)
            self.sampler.follow(self.policy)
            clock.lap("sync")
            self._record(unfinished, clock)
            unfinished = None
        self._evaluate(self.config.steps)

    def _evaluate(self, completed: int) -> None:
        """What happens between two steps."""
        with explained("generation", self.artifact, self.config):
            self._between(completed)

    def _sample(self, step: int, clock: Clock) -> Unfinished:
        """Sample and reward the rollouts of a step, and prepare its updates."""
        with explained("generation", self.artifact, self.config):
            sampled = self._steps.sample(step, clock)
            self.sampler.rest()
        with explained("update", self.artifact, self.config):
            batch = prepare(
                self.policy,
                sampled.rollouts,
                self.config,
                recompute=self.recompute,
                begun=self.detail,
            )
        clock.lap("old log-probabilities")
        facts = {"sampled_batches": sampled.batches, "sampled_tokens": sampled.tokens}
        return Unfinished(step, sampled.rollouts, batch, facts)

    def _update(self, unfinished: Unfinished, clock: Clock) -> None:
        """The updates of a step that are left."""
        updates = run_updates(
            self.policy,
            self.optimizer,
            unfinished.batch,
            self.config,
            step=unfinished.step,
            first=len(unfinished.records),
            begun=self.detail,
        )
        with explained("update", self.artifact, self.config):
            for record in updates:
                unfinished.records.append(record)
                if len(unfinished.records) < self.config.updates_per_step:
                    self._save_if_due(unfinished)
        clock.lap("train")

    def _record(self, unfinished: Unfinished, clock: Clock) -> None:
        """Enter the rows of a finished step; write them and the state where a shard is complete."""
        step, config = unfinished.step, self.config
        table = unfinished.rollouts.table(step)
        metrics: dict[str, float | None] = {
            **batch_metrics(table, config.reward),
            **unfinished.facts,
            **step_statistics(unfinished.records),
        }
        waiting = self._waiting
        waiting.rollouts.append(table)
        waiting.rows[METRICS].append({"step": step, **metrics})
        waiting.rows[UPDATES] += [{"step": step, **record} for record in unfinished.records]
        tokens = unfinished.facts["sampled_tokens"]
        trained = sum(record["trained_tokens"] or 0 for record in unfinished.records)
        waiting.rows[SECONDS].append(
            {
                "step": step,
                **clock.seconds,
                "generated_tokens_per_second": _rate(tokens, clock.seconds.get("generate")),
                "trained_tokens_per_second": _rate(trained, clock.seconds.get("train")),
                "peak_memory_bytes": peak_memory(self.policy.device),
            }
        )
        self._tokens += tokens
        if self._trackers is not None:
            # Before the state: a step that a resumed run does not make again is logged.
            self._trackers.log_step(
                step + 1, metrics, tokens=self._tokens, seconds=sum(clock.seconds.values())
            )
        if self._is_saved(step + 1):
            shard = f"{sum(map(self._is_saved, range(1, step + 1))):05d}"
            self.artifact.write(f"{TABLE}/{shard}", pa.concat_tables(waiting.rollouts))
            for name, rows in waiting.rows.items():
                self.artifact.write(f"{name}/{shard}", _table(rows))
            self._waiting = Waiting()
            self._save(State({"step": step + 1}))
        self.progress(step + 1, metrics)

    def _is_saved(self, completed: int) -> bool:
        """Whether the state after a number of steps is saved: also before each evaluation."""
        config = self.config
        return (
            completed % config.checkpoint_every == 0
            or completed == config.steps
            or is_due(config, completed)
        )

    def _save_if_due(self, unfinished: Unfinished) -> None:
        if not self._timer.due():
            return
        tables = {f"{TABLE}/{number}": table for number, table in enumerate(self._waiting.rollouts)}
        rollouts = unfinished.rollouts.table(unfinished.step)
        old = {f"old/{place}": logp for place, logp in unfinished.batch.old.items()}
        record = {
            "step": unfinished.step,
            "update": len(unfinished.records),
            "facts": dict(unfinished.facts),
            "records": unfinished.records,
            "rows": self._waiting.rows,
        }
        self._save(State(record, {**tables, "unfinished": rollouts}, old))

    def _save(self, state: State) -> None:
        with explained("saving", self.artifact, self.config):
            base = self.policy.checked_base(self._base_sha256)
            state = State({**state.record, **base}, state.tables, state.tensors)
            save_state(self.artifact, self.optimizer, state)
        self._timer.saved()

    def _resume(self) -> tuple[int, Unfinished | None]:
        """The first step that is left, and what there is of it."""
        state = load_state(self.artifact, self.optimizer)
        if state is None:
            return 0, None
        self.policy.checked_base(state.record.get(BASE_SHA256))
        step = int(state.record["step"])
        rows = [*self.artifact.rows(METRICS), *state.record.get("rows", {METRICS: []})[METRICS]]
        # A shard may have been written after the state.
        tokens = {row["step"]: row["sampled_tokens"] for row in rows if row["step"] < step}
        self._tokens = sum(tokens.values())
        tables = dict(state.tables)
        table = tables.pop("unfinished", None)
        if table is None:
            return step, None
        self._waiting.rollouts = [tables[f"{TABLE}/{number}"] for number in range(len(tables))]
        self._waiting.rows = state.record["rows"]
        rollouts = Rollouts.from_table(table, self.config)
        old = {int(name.removeprefix("old/")): tensor for name, tensor in state.tensors.items()}
        records = state.record["records"]
        batch = prepare(self.policy, rollouts, self.config, recompute=self.recompute, old=old)
        return step, Unfinished(step, rollouts, batch, state.record["facts"], records)


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    """Rows as a table with the columns of all of them; a column of None alone is one of numbers."""
    names = dict.fromkeys(name for row in rows for name in row)
    table = pa.Table.from_pylist([{name: row.get(name) for name in names} for row in rows])
    for place, column in enumerate(table.schema):
        if pa.types.is_null(column.type):
            values = table[column.name].cast(pa.float64())
            table = table.set_column(place, column.name, values)
    return table


def _rate(count: float, seconds: float | None) -> float | None:
    """A number per second; None for a phase that an earlier process did."""
    return count / seconds if seconds else None
