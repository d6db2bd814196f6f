"""Format numbers and roles for sentences, tables and charts."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, isnan

from clean_bench.statistics.estimate import Estimate
from leaderboards.report_schema import GREEDY_MEASURE, RunReport, SetInfo

MINUS = "\N{MINUS SIGN}"
_UNKNOWN = "unknown"

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
    """A fraction as `73.0%`; `unknown` where there is no problem to average over."""
    if isnan(value):
        return _UNKNOWN
    return f"{100 * value:.1f}%".replace("-", MINUS)


def has_interval(estimate: Estimate) -> bool:
    """Whether an estimate has an interval of some width.

    A bootstrap over units that are all equal ends in an interval of width zero. It shows nothing about
    other units, so it is not printed as certainty.
    """
    bounded = isfinite(estimate.low) and isfinite(estimate.high)
    return bounded and estimate.low < estimate.high


def no_interval(estimate: Estimate) -> str:
    """What stands in place of an interval."""
    return f"(no interval, n = {estimate.n})"


def percent_interval(estimate: Estimate) -> str:
    """A fraction with its interval as `73.0% (68.1 to 77.4)`."""
    if isnan(estimate.value):
        return f"{_UNKNOWN} (n = {estimate.n})"
    if not has_interval(estimate):
        return f"{percent(estimate.value)} {no_interval(estimate)}"
    low, high = percent(estimate.low), percent(estimate.high)
    return f"{percent(estimate.value)} ({low[:-1]} to {high[:-1]})"


def points(value: float, decimals: int = 1) -> str:
    """A difference of fractions in signed percentage points: `+12.3`; `unknown` as in `percent`."""
    if isnan(value):
        return _UNKNOWN
    text = f"{100 * value:+.{decimals}f}"
    if float(text) == 0:
        text = text.lstrip("+-")
    return text.replace("-", MINUS)


def points_interval(estimate: Estimate) -> str:
    """A difference with its interval as `+12.3 (+5.1 to +19.0)`.

    Up to four decimals are added until no nonzero bound is rounded to zero, so its sign is visible.
    """
    if isnan(estimate.value):
        return f"{_UNKNOWN} (n = {estimate.n})"
    if not has_interval(estimate):
        return f"{points(estimate.value)} {no_interval(estimate)}"
    bounds = (estimate.low, estimate.high)
    decimals = 1
    while decimals < 4 and any(b != 0 and float(f"{100 * b:.{decimals}f}") == 0 for b in bounds):
        decimals += 1
    value, low, high = (points(number, decimals) for number in (estimate.value, *bounds))
    return f"{value} ({low} to {high})"


def joined(parts: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 step`, `30 steps`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def duration(seconds: int) -> str:
    """`45 s`, `18 min`, `2 h 5 min`."""
    if seconds < 100:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def size(parameters: int) -> str:
    """A number of parameters: `705 thousand`, `135 million`, `7.62 billion`."""
    for unit, name in ((10**9, "billion"), (10**6, "million"), (10**3, "thousand")):
        if parameters >= 0.9995 * unit:  # 999,900 is rounded to 1 million, not to 1000 thousand
            number = parameters / unit
            return f"{number:,.0f} {name}" if number >= 999.5 else f"{number:.3g} {name}"
    return str(parameters)


FLOATS = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}
"""Types as safetensors names them, and as torch does."""
