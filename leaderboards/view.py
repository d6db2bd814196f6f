"""A run's results arranged for readers: per model its arms, its scores, its contrasts and its probe.

`views_of` joins the context of a report with the results table. Accuracies, shares and gains are
fractions (0..1, gains -1..1); every interval is 95%. Nothing here computes a number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import nan

import numpy as np

from clean_bench.probing.items import HEADLINE
from clean_bench.results import Result, Results
from clean_bench.statistics.estimate import Estimate
from leaderboards.behaviors_view import Behaviors, behaviors_of
from leaderboards.extractions import Extractions, extractions_of
from leaderboards.report_schema import GREEDY_MEASURE, ArmInfo, ModelInfo, RunReport, SetInfo
from leaderboards.variant_groups import VariantGroups, variant_groups_of

DECIDED = "decided by every checkpoint"
MEMORIZED, NOT_MEMORIZED = "memorized", "not memorized"
SATURATED = 0.95
"""From this pass@k on, k samples do not tell checkpoints apart."""
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
    "frac_zero_std_groups": "Share of groups with equal rewards",
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
class SplitScore:
    """The gain on a part of a set: `part` is "memorized" or "not memorized" (by the base)."""

    set: str
    part: str
    before: Estimate | None
    after: Estimate | None
    gain: Estimate


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
    splits: tuple[SplitScore, ...] = ()
    behaviors: tuple[Behaviors, ...] = ()

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
class PassAtK:
    """Share of a set's problems that a checkpoint solves at least once in `k` samples.

    `checkpoint` is "base" or the name of an arm.
    """

    checkpoint: str
    set: str
    k: int
    estimate: Estimate

    @property
    def saturated(self) -> bool:
        """Whether nearly every problem is solved: there is no room to compare checkpoints."""
        return self.estimate.value >= SATURATED


@dataclass(frozen=True)
class TrainingFree:
    """The base in its best setting without training; `protocol` names the setting.

    `gain` is the difference from the base in the setting of the headline. `beyond` has the accuracy of
    each arm minus `best`.
    """

    set: str
    best: Estimate
    gain: Estimate | None
    protocol: str
    beyond: Mapping[str, Estimate] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelView:
    """One model of a run."""

    info: ModelInfo
    sets: tuple[SetInfo, ...]
    arms: tuple[Arm, ...]
    probe: tuple[ProbeRow, ...] = ()
    doses: tuple[DoseRow, ...] = ()
    pass_at_k: tuple[PassAtK, ...] = ()
    training_free: tuple[TrainingFree, ...] = ()
    extractions: tuple[Extractions, ...] = ()
    variant_groups: tuple[VariantGroups, ...] = ()
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
            pass_at_k=tuple(_pass_at_k(report, model, results)),
            training_free=tuple(_training_free(report, model, results)),
            extractions=tuple(extractions_of(model.name, report.measure, results)),
            variant_groups=tuple(variant_groups_of(model.name, results)),
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
        splits=tuple(_splits(report, model, arm, results)),
        behaviors=tuple(behaviors_of(model.name, arm.name, results)),
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
            gains.first(versus=f"checkpoint={base}", subset=None),
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
    notes = {
        "twin": "",
        "matched": (
            "Of the benchmark, the problems of kinds that the matched set has."
            if other.bits is not None
            else ""
        )
        + ("" if other.calibrated else " Difficulty not calibrated."),
    }
    return Contrast(
        PLANTED_MINUS_TWIN if other.role == "twin" else BENCHMARK_MINUS_FRESH,
        row.set,
        f"gain on {info.label} minus gain on {other.label}",
        row.estimate,
        headline=headline,
        note=notes.get(other.role, "The two sets are not matched problem by problem."),
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


def _pass_at_k(report: RunReport, model: ModelInfo, results: Results) -> Iterator[PassAtK]:
    """Of the base and of every arm, by set, in the order of k."""
    decided = results.where(subset=DECIDED, step=None, versus=None)
    for info in report.sets:
        for label in (BASE, *(arm.name for arm in model.arms)):
            of_label = decided.where(checkpoint=f"{model.name}/{label}", set=info.name)
            ks = {
                int(k): row.estimate
                for row in of_label
                if (k := row.measure.removeprefix("pass@")).isdecimal() and row.value is not None
            }
            yield from (PassAtK(label, info.name, k, ks[k]) for k in sorted(ks))


def _training_free(report: RunReport, model: ModelInfo, results: Results) -> Iterator[TrainingFree]:
    base = f"{model.name}/{BASE}"
    measure = f"training_free:{report.measure}"
    for info in report.sets:
        of_set = results.where(checkpoint=base, set=info.name, step=None)
        best = of_set.first(measure=measure)
        if best is None or best.value is None:
            continue
        gain = of_set.first(measure=f"gain:{measure}")
        known = gain.estimate if gain and gain.value is not None else None
        against = results.where(
            measure=f"gain:{report.measure}", set=info.name, versus="setting=training_free"
        )
        beyond = {
            arm.name: row.estimate
            for arm in model.arms
            if (row := against.first(checkpoint=f"{model.name}/{arm.name}"))
            and row.value is not None
        }
        yield TrainingFree(info.name, best.estimate, known, best.protocol, beyond)


def _splits(
    report: RunReport, model: ModelInfo, arm: ArmInfo, results: Results
) -> Iterator[SplitScore]:
    """The gains on memorized and on not-memorized problems of a set."""
    base, label = f"{model.name}/{BASE}", f"{model.name}/{arm.name}"
    for info in report.sets:
        for part in (MEMORIZED, NOT_MEMORIZED):
            of_part = results.where(set=info.name, subset=part, step=None)
            gain = of_part.first(
                measure=f"gain:{report.measure}", checkpoint=label, versus=f"checkpoint={base}"
            )
            if gain is None or gain.value is None:
                continue
            levels = of_part.where(measure=report.measure, versus=None)
            before, after = (levels.first(checkpoint=name) for name in (base, label))
            yield SplitScore(
                info.name, part, before and before.estimate, after and after.estimate, gain.estimate
            )
