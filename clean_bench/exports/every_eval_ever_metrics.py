"""The metrics of Every Eval Ever (`metric_config`) that the measures of scores become."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clean_bench.exports.stored_scores import split_measure
from clean_bench.results import Result

_FILTERS = {
    "strict": ("strict-match", "only answers in a box or after a marker"),
    "flexible": ("flexible-extract", "also answers that only the closing sentence gives"),
}
"""lm-eval's names of the two extractions, and what they take."""


@dataclass(frozen=True, slots=True)
class _Metric:
    """`metric_id`, `metric_kind`, `evaluation_description` and the range of a measure."""

    identity: str
    kind: str
    description: str
    lower_is_better: bool = False
    least: float = 0.0


_WHOLE_SET = {
    "accuracy": _Metric("accuracy", "accuracy", "share of correct greedy completions"),
    "avg": _Metric("accuracy", "accuracy", "mean over problems of the share of correct samples"),
    "pass": _Metric("pass_at_k", "pass_rate", "at least one of k samples is correct (unbiased)"),
    "maj": _Metric("clean-bench.maj_at_k", "accuracy", "the majority vote of k samples is correct"),
}
"""By the measure without its k."""
_GROUPS = {
    "loose": _Metric(
        "clean-bench.loose",
        "accuracy",
        "share of correct completions on the variants of a matched set",
    ),
    "strict_groups": _Metric(
        "clean-bench.strict_groups",
        "accuracy",
        "share of the groups of variants in which all are correct",
    ),
    "independent_groups": _Metric(
        "clean-bench.independent_groups",
        "accuracy",
        "strict_groups if the success of a variant did not depend on its numbers",
    ),
    "wobble": _Metric(
        "clean-bench.wobble",
        "proportion",
        "share of the groups in which some variants are correct and some wrong",
        lower_is_better=True,
    ),
    "guess": _Metric(
        "clean-bench.guess",
        "proportion",
        "share of problems with the commonest gold answer; no property of the model",
    ),
}
"""Of the groups of a matched set (`clean_bench.scoring.variant_groups`)."""
_CONTRASTS = {
    "public_kin": _Metric(
        "clean-bench.public_kin",
        "accuracy",
        "share of correct completions on the benchmark problems of the same kind",
    ),
    "public_text": _Metric(
        "clean-bench.public_text",
        "accuracy",
        "share of correct completions on the benchmark problems without figures",
    ),
    "public_guess": _Metric(
        "clean-bench.public_guess",
        "proportion",
        "share of the benchmark problems of the same kind with their commonest gold answer; no property "
        "of the model",
    ),
    "public_minus_matched": _Metric(
        "clean-bench.public_minus_matched",
        "difference",
        "public_kin minus loose; descriptive, as equal difficulty of the two is not shown",
        lower_is_better=True,
        least=-1.0,
    ),
    "original_only": _Metric(
        "clean-bench.original_only",
        "proportion",
        "for correct benchmark problems: share of their groups of variants, each left out in turn, with "
        "at most one correct variant",
        lower_is_better=True,
    ),
    "variant_only": _Metric(
        "clean-bench.variant_only",
        "proportion",
        "as original_only, for correct variants and the other variants of their group",
        lower_is_better=True,
    ),
}
"""Of a matched set with a benchmark (`versus`)."""


def is_exported(row: Result) -> bool:
    """Whether a row is a score of the whole set: no subset, no share of truncation.

    Differences are left out, but for the contrasts of a matched set with a benchmark.
    """
    if row.subset is not None or row.value is None:
        return False
    if row.versus is not None:
        return row.measure in _CONTRASTS
    return row.measure in _GROUPS or _kind(row) in _WHOLE_SET


def is_of_variants(row: Result) -> bool:
    """Whether a row is a measure of the groups of variants of a matched set."""
    return row.measure in _GROUPS or row.measure in _CONTRASTS


def metric_config(row: Result) -> dict[str, Any]:
    """The `metric_config` of a row that is exported."""
    metric = {**_GROUPS, **_CONTRASTS}.get(row.measure) or _WHOLE_SET[_kind(row)]
    extraction, measure = split_measure(row.measure)
    k, description = measure.partition("@")[2], metric.description
    parameters: dict[str, Any] = {"k": int(k)} if k else {}
    if extraction is not None:
        parameters["filter"], takes = _FILTERS[extraction]
        description = f"{description}; {takes}"
    if row.versus is not None:
        parameters["versus"] = row.versus.partition("=")[2]
    return {
        "evaluation_description": description,
        "metric_id": metric.identity,
        "metric_name": row.measure,
        "metric_kind": metric.kind,
        "metric_unit": "proportion",
        **({"metric_parameters": parameters} if parameters else {}),
        "lower_is_better": metric.lower_is_better,
        "score_type": "continuous",
        "min_score": metric.least,
        "max_score": 1.0,
    }


def _kind(row: Result) -> str:
    return split_measure(row.measure)[1].partition("@")[0]
