"""Conditions under which a conclusion is withheld, and the training-free setting beside it.

The conditions follow from the results of one arm on the benchmark that its conclusion is about.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clean_bench.results import Result, Results
from clean_bench.statistics.estimate import Estimate
from leaderboards.formatting import percent, points_interval
from leaderboards.report_schema import ArmInfo, ModelInfo, RunReport, SetInfo
from leaderboards.view import BASE, DECIDED

LEAST_PROBLEMS = 30
"""Fewer problems support no conclusion: an interval over so few rests on single problems."""
LEAST_MEMORIZED = 10
"""Fewer memorized problems, or fewer others, support no conclusion about memorization."""
SATURATED = 0.95
"""From this accuracy before training on, too little is left to gain."""
MOST_CUT_OFF = 0.1
"""With a larger share of completions cut off by the token limit, a gain may be one of length."""


@dataclass(frozen=True)
class TrainingFree:
    """The base's best setting without training on the benchmark, and the arm minus it."""

    setting: str
    gain: Estimate
    beyond: Estimate


@dataclass(frozen=True)
class Conditions:
    """Conditions of one arm's conclusion.

    `withheld`: reasons for which nothing is concluded. `memorization`: reasons for which nothing is
    concluded about memorization, with what was measured otherwise still stated.
    """

    withheld: tuple[str, ...] = ()
    memorization: tuple[str, ...] = ()
    training_free: TrainingFree | None = None


def conditions_of(
    report: RunReport, results: Results, model: ModelInfo, arm: ArmInfo, benchmark: SetInfo
) -> Conditions:
    """The conditions of an arm on the benchmark that its conclusion is about."""
    base, label = f"{model.name}/{BASE}", f"{model.name}/{arm.name}"
    rows = results.where(set=benchmark.name, step=None)
    headline = rows.where(measure=report.measure)
    decided = headline.where(subset=DECIDED, versus=None)
    before, after = decided.first(checkpoint=base), decided.first(checkpoint=label)
    withheld = list(_withheld(benchmark, before, after))
    withheld += _cut_off(rows, base, label, arm)
    return Conditions(
        tuple(withheld),
        tuple(_memorization(rows, headline, base, benchmark)),
        _training_free(report, rows, base, label),
    )


def _withheld(benchmark: SetInfo, before: Result | None, after: Result | None) -> Iterator[str]:
    if benchmark.n < LEAST_PROBLEMS:
        yield (
            f"only {benchmark.n} of at least {LEAST_PROBLEMS} expected problems were scored on "
            f"{benchmark.label}"
        )
    if before is None or after is None or before.value is None or after.value is None:
        return
    if before.value == after.value == 0:
        yield f"neither checkpoint solved a problem of {benchmark.label}"
    elif before.value >= SATURATED:
        yield (
            f"{benchmark.label} is saturated: the base solves {percent(before.value)} of it before "
            "training"
        )


def _cut_off(rows: Results, base: str, label: str, arm: ArmInfo) -> Iterator[str]:
    """The larger share of completions that the token limit cut off, of the base or of a seed."""
    shares = [
        (row.value, "the base" if row.checkpoint == base else "the trained checkpoint")
        for row in rows.where(measure="truncated", subset=None, versus=None)
        if row.value is not None
        and (row.checkpoint == base or (row.arm == arm.name and row.checkpoint.startswith(label)))
    ]
    if shares and max(shares)[0] > MOST_CUT_OFF:
        share, whose = max(shares)
        yield (
            f"the token limit cut off {percent(share)} of the completions of {whose} (raise "
            "--max-tokens)"
        )


def _memorization(rows: Results, headline: Results, base: str, benchmark: SetInfo) -> Iterator[str]:
    """Reasons against a conclusion about memorization, on a public benchmark.

    Planted problems are known to be in the training text, so they need no probe. On a public benchmark
    memorized problems that the probe found show that it can see memorization in this checkpoint; where
    it found none, nothing does.
    """
    if benchmark.role != "public":
        return
    probed = any(row.measure.startswith("exact_match@") for row in rows.where(checkpoint=base))
    if not probed:
        yield "no model was probed"
        return
    counts = {
        name: row.n if (row := headline.first(checkpoint=base, subset=name)) else 0
        for name in ("memorized", "not memorized")
    }
    if not counts["memorized"]:
        yield (
            f"the probe found no memorized problem in {benchmark.label}, and no positive control shows "
            "that it could find one in this checkpoint"
        )
    elif min(counts.values()) < LEAST_MEMORIZED:
        yield (
            f"the probe found {counts['memorized']} memorized and {counts['not memorized']} other "
            f"problems in {benchmark.label}, expected at least {LEAST_MEMORIZED} of each"
        )


def _training_free(report: RunReport, rows: Results, base: str, label: str) -> TrainingFree | None:
    gain = rows.first(measure=f"gain:training_free:{report.measure}", checkpoint=base)
    beyond = rows.first(
        measure=f"gain:{report.measure}", checkpoint=label, versus="setting=training_free"
    )
    if gain is None or beyond is None:
        return None
    return TrainingFree(gain.protocol, gain.estimate, beyond.estimate)


def beside_training_free(best: TrainingFree, benchmark: str) -> str:
    """The sentence that compares an arm with the base's best setting without training."""
    reached = (
        f"Without training, the base's best setting ({best.setting}) changes accuracy on {benchmark} by "
        f"{points_interval(best.gain)}"
    )
    minus = f"training minus that is {points_interval(best.beyond)}"
    if best.beyond.above_zero:
        return f"{reached}, less than training: {minus}."
    if best.beyond.below_zero:
        return f"{reached}, more than training under the setting of the comparison: {minus}."
    return f"{reached}; {minus}."
