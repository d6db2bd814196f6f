"""From the rows of a probe to its results: pure functions of what is stored.

Per set and prefix (`@0.6` is the headline):

    exact_match@F           share of problems whose suffix is reproduced (text level)
    exact_raw@F             the same, character by character
    exact_latex@F           the same, token by token of LaTeX
    lookup_match@F          the baseline: the same for a look-up without a model
    stops@F                 exact match, and the model ended there
    rouge_l@F, edit_similarity@F
    common_prefix_tokens@F  tokens of the suffix that the completion begins with
    logprob_per_token@F     teacher-forced log-probability of the suffix, per token
    aligned@F               the tokens of the prefix begin those of the problem

Exact match and baseline are also given for the subset `long suffix` (8 words or more), and with ROUGE-L
at the headline prefix for each planted dose (`dose=16`). Problems are the units. Problems that could not
be scored are in the counts. A server may give no tokens or no log-probabilities: `aligned@F` or
`logprob_per_token@F` is then left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import inf
from typing import Any

from clean_bench.artifacts import Artifact
from clean_bench.probing.cut import NO_BOUNDARY
from clean_bench.probing.rows import TABLE, TOO_LONG
from clean_bench.problems import stored_sets
from clean_bench.results import Result, Results
from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.intervals import mean_interval, wilson

Row = Mapping[str, Any]
HEADLINE = 0.6
_RATES = ("exact_match", "exact_raw", "exact_latex", "lookup_match", "stops")
_MEANS = ("rouge_l", "edit_similarity")


def summarize(artifact: Artifact) -> tuple[Results, list[dict[str, Any]]]:
    """The results of the stored rows, and counts per set and prefix.

    Without a prefix of 60% the headline is the nearest one. A measure without any scored problem has no
    row.
    """
    config = artifact.config
    doses = {
        (name, problem.id): problem.metadata.get("dose")
        for name, of_set in stored_sets(artifact).items()
        for problem in of_set
    }
    rows = artifact.rows(TABLE)
    headline = min(config["fractions"], key=lambda fraction: abs(fraction - HEADLINE))
    results: list[Result] = []
    counts: list[dict[str, Any]] = []
    for entry in config["sets"]:
        head = Result(
            checkpoint=artifact.manifest["provenance"]["checkpoint"],
            weights_sha256=config["weights_sha256"],
            set=entry["name"],
            set_sha256=entry["sha256"],
            role=entry["role"],
            protocol=f"prefix cut at {config['protocol']}, greedy",
        )
        for fraction in config["fractions"]:
            part = [r for r in rows if (r["set"], r["fraction"]) == (entry["name"], fraction)]
            scored = [row for row in part if row["reason"] is None]
            of_prefix = list(_of_prefix(scored, head))
            if fraction == headline:
                of_prefix += _by_dose(scored, head, doses)
            results += [r._replace(measure=f"{r.measure}@{fraction:g}") for r in of_prefix]
            counts.append(_counts(entry["name"], fraction, part))
    return Results(results), counts


def _of_prefix(scored: Sequence[Row], head: Result) -> Iterator[Result]:
    if not scored:
        return
    for name in _RATES:
        yield _rate(scored, name, head)
    for name in _MEANS:
        yield head.of(name, mean_interval([row[name] for row in scored]))
    yield _average("common_prefix_tokens", [row["common_prefix"] for row in scored], head)
    if scored[0]["suffix_logprob"] is not None:
        per_token = [row["suffix_logprob"] / row["suffix_tokens"] for row in scored]
        yield _average("logprob_per_token", per_token, head)
    if scored[0]["aligned"] is not None:
        yield _rate(scored, "aligned", head)
    long = [row for row in scored if not row["short_suffix"]]
    if long:
        for name in ("exact_match", "lookup_match"):
            yield _rate(long, name, head._replace(subset="long suffix"))


def _by_dose(
    scored: Sequence[Row], head: Result, doses: Mapping[tuple[str, str], str | None]
) -> Iterator[Result]:
    """Exact match, its baseline and ROUGE-L of the problems of each dose, smallest first."""
    by_dose: dict[int, list[Row]] = {}
    for row in scored:
        dose = doses[row["set"], row["problem_id"]]
        if dose is not None:
            by_dose.setdefault(int(dose), []).append(row)
    for copies in sorted(by_dose):
        part, of_dose = by_dose[copies], head._replace(subset=f"dose={copies}")
        yield _rate(part, "exact_match", of_dose)
        yield _rate(part, "lookup_match", of_dose)
        yield of_dose.of("rouge_l", mean_interval([row["rouge_l"] for row in part]))


def _counts(name: str, fraction: float, rows: Sequence[Row]) -> dict[str, Any]:
    scored = [row for row in rows if row["reason"] is None]
    return {
        "set": name,
        "prefix": fraction,
        "problems": len(rows),
        "scored": len(scored),
        "uncut": sum(row["reason"] == NO_BOUNDARY for row in rows),
        "too_long": sum(row["reason"] == TOO_LONG for row in rows),
        "short_suffixes": sum(row["short_suffix"] for row in scored),
    }


def _rate(rows: Sequence[Row], column: str, head: Result) -> Result:
    return head.of(column, wilson(sum(row[column] for row in rows), len(rows)))


def _average(name: str, values: Sequence[float], head: Result) -> Result:
    """A mean of numbers without bounds; it has no interval."""
    return head.of(name, Estimate(sum(values) / len(values), -inf, inf, len(values)))
