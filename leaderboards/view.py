"""A run's results arranged for readers: per model its arms, its scores, its contrasts and its probe.

`views_of` joins the context of a report with the results table. Accuracies, shares and gains are
fractions (0..1, gains -1..1); every interval is 95%. Nothing here computes a number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import nan

import numpy as np

from clean_bench.probing.summary import HEADLINE
from clean_bench.results import Result, Results
from clean_bench.statistics.estimate import Estimate
from leaderboards.report_schema import GREEDY_MEASURE, ArmInfo, ModelInfo, RunReport, SetInfo

DECIDED = "decided by every checkpoint"
BASE = "base"
CURVES = {
    "reward": "Reward that trains",
    "accuracy": "Accuracy of the sampled answers",
    "entropy": "Entropy (nats per token)",
    "clip_fraction_high": "Share of tokens clipped from above",
    "clip_fraction_low": "Share of tokens clipped from below",
    "grad_norm": "Gradient norm",
    "length": "Length of completions (tokens)",
    "reward/python": "Share of completions with the word python",
}
"""Metrics of training that a report shows, with the titles of their panels, in order."""

PLANTED_MINUS_TWIN = "planted-minus-twin"
MEMORIZED_MINUS_OTHERS = "memorized-minus-others"
TRUTH_MINUS_ARM = "truth-minus-arm"
BENCHMARK_MINUS_FRESH = "benchmark-minus-fresh"


@dataclass(frozen=True)
class ArmScore:
    """One set before and after training; the gain is paired by problem.

    `before`, `after` and `gain` are of the headline measure; the greedy ones are of a single completion
    at temperature 0, None where the headline is greedy.
    """

    set: str
    before: Estimate
    after: Estimate
    gain: Estimate
    greedy_before: Estimate | None = None
    greedy_after: Estimate | None = None
    greedy_gain: Estimate | None = None


@dataclass(frozen=True)
class Contrast:
    """A difference between two gains; `kind` is one of the constants of this module.

    `set` is the set of the first gain. A contrast that is no headline is descriptive; see its `note`.
    """

    kind: str
    set: str
    label: str
    estimate: Estimate
    headline: bool = True
    note: str = ""


@dataclass(frozen=True)
class Arm:
    """An arm with its numbers.

    `curves` maps the name of a metric to one value per step: the mean over seeds, None for a step
    without a value.
    """

    info: ArmInfo
    scores: tuple[ArmScore, ...]
    contrasts: tuple[Contrast, ...]
    curves: dict[str, tuple[float | None, ...]]

    @property
    def name(self) -> str:
        return self.info.name

    def score(self, name: str) -> ArmScore | None:
        """The score on the set of this name, if the arm has one."""
        return next((score for score in self.scores if score.set == name), None)

    def contrast(self, kind: str, set_name: str) -> Contrast | None:
        """The first contrast of this kind on a set, if the arm has one."""
        key = (kind, set_name)
        return next((c for c in self.contrasts if (c.kind, c.set) == key), None)


@dataclass(frozen=True)
class ProbeRow:
    """How much of one set a checkpoint completes from a prefix.

    `checkpoint` is "base" or the name of an arm, `prefix` the fraction of a problem's text that was
    shown, `lookup` the baseline of a look-up without a model on the same cuts.
    """

    checkpoint: str
    set: str
    prefix: float
    exact_match: Estimate
    rouge_l: Estimate
    lookup: Estimate


@dataclass(frozen=True)
class DoseRow:
    """Exact match of the base at the headline prefix on problems planted `dose` times."""

    dose: int
    prefix: float
    exact_match: Estimate


@dataclass(frozen=True)
class Ceiling:
    """Share of a set's problems that the base solves at least once in `k` samples."""

    set: str
    pass_at_k: Estimate
    k: int


@dataclass(frozen=True)
class ModelView:
    """One model of a run."""

    info: ModelInfo
    sets: tuple[SetInfo, ...]
    arms: tuple[Arm, ...]
    probe: tuple[ProbeRow, ...] = ()
    doses: tuple[DoseRow, ...] = ()
    ceiling: tuple[Ceiling, ...] = ()
    prefix: str = field(default="", compare=False)
    """Begins the element ids of its charts, where a page holds several models."""


def views_of(report: RunReport, results: Results) -> list[ModelView]:
    """The models of a report with their numbers."""
    return [
        ModelView(
            info=model,
            sets=report.sets,
            arms=tuple(_arm(report, model, arm, results) for arm in model.arms),
            probe=tuple(_probe_rows(report, model, results)),
            doses=tuple(_dose_rows(model, results)),
            ceiling=tuple(_ceiling(report, model, results)),
            prefix=f"{model.name}-" if len(report.models) > 1 else "",
        )
        for model in report.models
    ]


def _arm(report: RunReport, model: ModelInfo, arm: ArmInfo, results: Results) -> Arm:
    scores = (_score(report, model, arm, info, results) for info in report.sets)
    return Arm(
        info=arm,
        scores=tuple(score for score in scores if score is not None),
        contrasts=tuple(_contrasts(report, model, arm, results)),
        curves=_curves(model, arm, results),
    )


def _score(
    report: RunReport, model: ModelInfo, arm: ArmInfo, info: SetInfo, results: Results
) -> ArmScore | None:
    base, label = f"{model.name}/{BASE}", f"{model.name}/{arm.name}"
    of_set = results.where(set=info.name, step=None)

    def three(measure: str) -> list[Result | None]:
        decided = of_set.where(measure=measure, subset=DECIDED, versus=None)
        gains = of_set.where(measure=f"gain:{measure}", checkpoint=label, subset=None)
        return [
            decided.first(checkpoint=base),
            decided.first(checkpoint=label),
            gains.first(versus=f"checkpoint={base}"),
        ]

    sampled = [row.estimate for row in three(report.measure) if row is not None]
    if len(sampled) < 3:
        return None
    greedy: list[Estimate | None] = [None, None, None]
    if report.measure != GREEDY_MEASURE:
        greedy = [row and row.estimate for row in three(GREEDY_MEASURE)]
    return ArmScore(info.name, *sampled, *greedy)


def _contrasts(
    report: RunReport, model: ModelInfo, arm: ArmInfo, results: Results
) -> Iterator[Contrast]:
    measure, label = f"gain:{report.measure}", f"{model.name}/{arm.name}"
    infos = {info.name: info for info in report.sets}
    rows = results.where(measure=measure, checkpoint=label)
    twins = {f"set={info.name}" for info in report.sets if info.role == "twin"}
    twinned = {row.set for row in rows if row.versus in twins}
    for row in rows:
        column, _, other = (row.versus or "").partition("=")
        if column == "set":
            yield _set_contrast(row, infos[row.set], infos[other])
        elif column == "subset":
            share = results.first(measure="matched_share", checkpoint=label, set=row.set)
            kept = share.value if share and share.value is not None else nan
            yield _memorized_contrast(row, infos[row.set], kept, twinned=row.set in twinned)
    for row in results.where(measure=measure, versus=f"arm={arm.name}"):
        if row.checkpoint.startswith(f"{model.name}/") and row.arm:
            yield Contrast(
                TRUTH_MINUS_ARM,
                row.set,
                f"gain under {row.arm} minus gain under this reward, on {infos[row.set].label}",
                row.estimate,
            )


def _set_contrast(row: Result, info: SetInfo, other: SetInfo) -> Contrast:
    """The gain on one set minus the gain on another; descriptive unless the two are comparable."""
    headline = other.role in ("twin", "matched")
    return Contrast(
        PLANTED_MINUS_TWIN if other.role == "twin" else BENCHMARK_MINUS_FRESH,
        row.set,
        f"gain on {info.label} minus gain on {other.label}",
        row.estimate,
        headline=headline,
        note="" if headline else "The two sets are not matched problem by problem.",
    )


def _memorized_contrast(row: Result, info: SetInfo, kept: float, *, twinned: bool) -> Contrast:
    """The gain on memorized problems minus the gain on the others; descriptive where a twin exists."""
    return Contrast(
        MEMORIZED_MINUS_OTHERS,
        row.set,
        f"gain on memorized problems of {info.label} minus gain on the others",
        row.estimate,
        headline=not twinned,
        note=(
            f"Memorized: the base completes the problem word for word from {HEADLINE:.0%} of its text. "
            "Matched on level, length and base accuracy (from separate samples); "
            f"{kept:.0%} of the memorized problems have a match."
            + (" Problems of the twin take part." if twinned else "")
        ),
    )


def _curves(
    model: ModelInfo, arm: ArmInfo, results: Results
) -> dict[str, tuple[float | None, ...]]:
    """The metrics of training by step, means over the seeds."""
    if arm.reward is None:
        return {}
    values: dict[str, dict[int, list[float]]] = {}
    base = f"{model.name}/{BASE}"
    for row in results.where(arm=arm.name, checkpoint=base, role="train"):
        if row.step is not None and row.measure in CURVES and row.value is not None:
            values.setdefault(row.measure, {}).setdefault(row.step, []).append(row.value)
    return {
        name: tuple(
            float(np.mean(values[name][step])) if step in values[name] else None
            for step in range(arm.steps)
        )
        for name in CURVES
        if name in values
    }


def _probe_rows(report: RunReport, model: ModelInfo, results: Results) -> Iterator[ProbeRow]:
    """The base, and every arm under its first seed."""
    for label in (BASE, *(arm.name for arm in model.arms)):
        own = _of_label(results, model, label)
        for info in report.sets:
            rows = own.where(set=info.name, subset=None)
            for row in rows:
                measure, _, prefix = row.measure.partition("@")
                if measure != "exact_match" or row.value is None:
                    continue
                rouge_l, lookup = (
                    rows.where(measure=f"{name}@{prefix}").one().estimate
                    for name in ("rouge_l", "lookup_match")
                )
                yield ProbeRow(label, info.name, float(prefix), row.estimate, rouge_l, lookup)


def _of_label(results: Results, model: ModelInfo, label: str) -> Results:
    """The rows of the base, or of the first checkpoint of an arm."""
    if label == BASE:
        return results.where(checkpoint=f"{model.name}/{BASE}", arm=None)
    probed = ("exact_match@", "rouge_l@", "lookup_match@")
    of_arm = Results(
        row
        for row in results.where(arm=label)
        if row.checkpoint.startswith(f"{model.name}/") and row.measure.startswith(probed)
    )
    first = of_arm.values_of("checkpoint")[:1]
    return of_arm.where(checkpoint=first[0]) if first else of_arm


def _dose_rows(model: ModelInfo, results: Results) -> list[DoseRow]:
    rows = {}
    for row in _of_label(results, model, BASE):
        measure, _, prefix = row.measure.partition("@")
        kind, _, dose = (row.subset or "").partition("=")
        if measure == "exact_match" and kind == "dose" and row.value is not None:
            rows[int(dose)] = DoseRow(int(dose), float(prefix), row.estimate)
    return [rows[dose] for dose in sorted(rows)]


def _ceiling(report: RunReport, model: ModelInfo, results: Results) -> Iterator[Ceiling]:
    base = results.where(checkpoint=f"{model.name}/{BASE}", subset=DECIDED)
    k = report.samples_per_problem
    for info in report.sets:
        row = base.first(set=info.name, measure=f"pass@{k}")
        if row is not None:
            yield Ceiling(info.name, row.estimate, k)
