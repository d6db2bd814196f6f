"""From features, likenesses and log-ratios to numbers with intervals: pure functions of rows.

    {"sets": {SET: {TEMPLATE: {"problems": n, "before": {...}, "after": {...}, ...}}}}

Intervals are clustered by problem (see `clustered`). `before` is the only side where there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isnan
from operator import itemgetter
from typing import Any

from clean_bench.behaviors.transitions import CompletionPair, transitions
from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.intervals import mean_interval
from clean_bench.statistics.ratio import finite_json, mean, rate

Row = Mapping[str, Any]

MIXED = 0.05
"""A response with a greater share of its letters in other scripts than the main one is mixed."""


def behavior(rows: Sequence[Row]) -> dict[str, Any]:
    """One checkpoint's completions of one mode, from rows of `features.SCHEMA`.

    Shares of completions: `code`, `boxed`, `truncated`, `repeats`, `mixed` (more than 5% of the
    letters in another script), and over those that the grader decided `accuracy`, also of the ones
    `with_code` and `without_code`. Means over completions: `tokens`, `characters` (both also
    `_correct` and `_incorrect`), `repeated_4grams`, `distinct_2grams`. Shares of all letters: `cjk` and
    `other_scripts` (neither Latin nor CJK).
    Mean over tokens: `probability`, under the distribution that was sampled from (greedy: at
    temperature 1). `undecided` counts completions without a verdict.
    """
    decided = [row for row in rows if row["correct"] is not None]
    right = [row for row in decided if row["correct"]]
    wrong = [row for row in decided if not row["correct"]]
    coded = [row for row in decided if row["code"]]
    spoken = [row for row in decided if not row["code"]]
    written = [row for row in rows if row["tokens"]]
    found = {
        "code": _rate(rows, lambda row: row["code"]),
        "accuracy": _rate(decided, lambda row: row["correct"]),
        "accuracy_with_code": _rate(coded, lambda row: row["correct"]),
        "accuracy_without_code": _rate(spoken, lambda row: row["correct"]),
        "boxed": _rate(rows, lambda row: row["boxed"]),
        "truncated": _rate(rows, lambda row: row["truncated"]),
        "repeats": _rate(rows, lambda row: row["repeats"]),
        "repeated_4grams": _rate(rows, itemgetter("repeated_4grams"), continuous=True),
        "distinct_2grams": _rate(rows, itemgetter("distinct_2grams"), continuous=True),
        "cjk": _rate(rows, itemgetter("cjk_letters"), itemgetter("letters")),
        "other_scripts": _rate(rows, itemgetter("other_letters"), itemgetter("letters")),
        "mixed": _rate(rows, lambda row: row["second_script"] > MIXED),
        "probability": _rate(
            written,
            lambda row: row["probability"] * row["tokens"],
            itemgetter("tokens"),
            continuous=True,
        ),
    }
    for name in ("tokens", "characters"):
        for suffix, part in (("", rows), ("_correct", right), ("_incorrect", wrong)):
            found[name + suffix] = _mean(part, itemgetter(name))
    return {
        "completions": len(rows),
        "undecided": len(rows) - len(decided),
        **{name: finite_json(estimate) for name, estimate in found.items()},
    }


def transition(before: Sequence[Row], after: Sequence[Row]) -> dict[str, Any]:
    """The table of `transitions`, the completion after paired with the one before of its sample.

    Left out are `undecided` pairs, without two verdicts, and `unpaired` completions, of a sample that
    the other side does not have. `same_seed` counts the sampled pairs that share their random
    numbers, as scores of one run seed do: what they differ in is due to the checkpoints, and of the
    others also to chance, which fills the cells CL and LC.
    """
    old = {(row["problem_id"], row["sample"]): row for row in before}
    both = [(old[key], row) for row in after if (key := (row["problem_id"], row["sample"])) in old]
    pairs = [
        CompletionPair(a["problem_id"], a["code"], b["code"], a["correct"], b["correct"])
        for a, b in both
        if a["correct"] is not None and b["correct"] is not None
    ]
    return {
        **transitions(pairs),
        "undecided": len(both) - len(pairs),
        "unpaired": len(before) + len(after) - 2 * len(both),
        "same_seed": sum(
            b["mode"] == "sample" and b["seed"] is not None and a["seed"] == b["seed"]
            for a, b in both
        ),
    }


def likenesses(rows: Sequence[Row]) -> dict[str, Any]:
    """Means over problems of `completion_similarity` of each problem.

    `excess` is `across` minus the mean of the two `within`: below 0 where training changed the
    completions more than two samples of one checkpoint differ.
    """
    found: dict[str, Any] = {"problems": len(rows)}
    for name in ("across", "same", "within_before", "within_after"):
        known = [row[name] for row in rows if row[name] is not None and not isnan(row[name])]
        found[name] = finite_json(mean_interval(known))
    pairs = [
        row["across"] - (row["within_before"] + row["within_after"]) / 2
        for row in rows
        if row["within_before"] is not None and row["within_after"] is not None
    ]
    found["excess"] = finite_json(mean(pairs, [1] * len(pairs)))
    return found


def divergence(rows: Sequence[Row], *, greedy: bool) -> dict[str, Any]:
    """Per token, from rows with `problem_id`, `compared` (tokens), `k1` and `k3` (sums).

    `kl` (k1) and `kl_k3` where the text was sampled at temperature 1, `mean_log_ratio` (k1 again,
    under the only name it deserves) where it is greedy; see `divergence`. All are of the checkpoint
    that wrote the text from the other one: positive where the writer finds it more probable.
    """
    tokens = sum(row["compared"] for row in rows)
    first = finite_json(_mean(rows, lambda row: row["k1"], lambda row: row["compared"]))
    if greedy:
        return {"tokens": tokens, "mean_log_ratio": first}
    third = finite_json(_mean(rows, lambda row: row["k3"], lambda row: row["compared"]))
    return {"tokens": tokens, "kl": first, "kl_k3": third}


def _by_problem(rows: Sequence[Row], value: Callable[[Row], float]) -> list[float]:
    sums: dict[str, float] = {}
    for row in rows:
        sums[row["problem_id"]] = sums.get(row["problem_id"], 0.0) + value(row)
    return list(sums.values())


def _one(row: Row) -> float:
    return 1


def _rate(
    rows: Sequence[Row],
    value: Callable[[Row], float],
    weight: Callable[[Row], float] = _one,
    *,
    continuous: bool = False,
) -> Estimate:
    """Of what lies between 0 and the weight."""
    return rate(_by_problem(rows, value), _by_problem(rows, weight), continuous=continuous)


def _mean(
    rows: Sequence[Row], value: Callable[[Row], float], weight: Callable[[Row], float] = _one
) -> Estimate:
    return mean(_by_problem(rows, value), _by_problem(rows, weight))
