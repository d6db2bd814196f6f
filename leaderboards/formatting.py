"""Format numbers and roles for sentences, tables and charts."""

from __future__ import annotations

from collections.abc import Sequence

from clean_bench.statistics.estimate import Estimate
from leaderboards.report_schema import GREEDY_MEASURE, RunReport, SetInfo

MINUS = "\N{MINUS SIGN}"

ROLES = {
    "planted": "planted benchmark",
    "twin": "never-planted twin",
    "fresh": "newly generated problems",
    "matched": "matched generated problems",
    "public": "public benchmark",
    "train": "training problems",
}
"""Descriptions of the roles of problem sets."""


def display_name(info: SetInfo, sets: Sequence[SetInfo]) -> str:
    """The description of a set's role; its label if it is public or shares the role with another set."""
    unique = sum(other.role == info.role for other in sets) == 1
    return ROLES[info.role] if unique and info.role != "public" else info.label


def accuracy_of(report: RunReport) -> str:
    """A description of the completions that an accuracy averages over."""
    if report.measure == GREEDY_MEASURE:
        return "that of one greedy completion per problem"
    completions = "completion" if report.samples_per_problem == 1 else "completions"
    return f"the mean over {report.samples_per_problem} sampled {completions} per problem"


def percent(value: float) -> str:
    """A fraction as `73.0%`."""
    return f"{100 * value:.1f}%".replace("-", MINUS)


def percent_interval(estimate: Estimate) -> str:
    """A fraction with its interval as `73.0% (68.1 to 77.4)`."""
    low, high = percent(estimate.low), percent(estimate.high)
    return f"{percent(estimate.value)} ({low[:-1]} to {high[:-1]})"


def points(value: float, decimals: int = 1) -> str:
    """A difference of fractions in signed percentage points: `+12.3`."""
    text = f"{100 * value:+.{decimals}f}"
    if float(text) == 0:
        text = text.lstrip("+-")
    return text.replace("-", MINUS)


def points_interval(estimate: Estimate) -> str:
    """A difference with its interval as `+12.3 (+5.1 to +19.0)`.

    Up to four decimals are added until no nonzero bound is rounded to zero, so its sign is visible.
    """
    bounds = (estimate.low, estimate.high)
    decimals = 1
    while decimals < 4 and any(b != 0 and float(f"{100 * b:.{decimals}f}") == 0 for b in bounds):
        decimals += 1
    value, low, high = (points(number, decimals) for number in (estimate.value, *bounds))
    return f"{value} ({low} to {high})"


def joined(parts: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
