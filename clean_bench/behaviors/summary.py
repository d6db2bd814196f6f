"""From features, similarities and log-ratios to results: pure functions of rows.

Intervals are clustered by problem. Each function documents its measures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import inf
from operator import itemgetter
from typing import Any

from clean_bench.behaviors.mutual_information import MutualInformation
from clean_bench.behaviors.transitions import CompletionPair, transitions
from clean_bench.results import Result
from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.intervals import mean_interval
from clean_bench.statistics.ratio import mean, rate

Row = Mapping[str, Any]

MIXED = 0.05
"""A response with a greater share of its letters in scripts other than the main one is mixed."""
ALL_PAIRS = "all pairs"


def behavior_results(rows: Sequence[Row], head: Result) -> Iterator[Result]:
    """The behaviors of one checkpoint's completions of one mode, from rows of `features.SCHEMA`.

    Shares of completions: `code`, `boxed`, `truncated`, `repeats`, `mixed` (more than 5% of the
    letters in another script), and over those that the grader decided `accuracy`, also of the
    subsets `with code` and `without code`. Means over completions: `tokens`, `characters` (also of
    the subsets `correct` and `incorrect`), `repeated_4grams`, `distinct_2grams`. Shares of all
    letters: `cjk` and `other_scripts` (neither Latin nor CJK). Mean over tokens: `probability`,
    under the distribution that was sampled from (greedy: at temperature 1). Completions of other tools
    have no `tokens` and `probability`, and `truncated` only where their end is known.
    """
    decided = [row for row in rows if row["score"] is not None]
    with_code = [row for row in decided if row["code"]]
    without_code = [row for row in decided if not row["code"]]
    written = [row for row in rows if row["tokens"]]
    yield head.of("code", _rate(rows, itemgetter("code")))
    for subset, part in ((None, decided), ("with code", with_code), ("without code", without_code)):
        yield head.of("accuracy", _rate(part, itemgetter("score")), subset=subset)
    for name in ("boxed", "truncated", "repeats"):
        known = [row for row in rows if row[name] is not None]
        if known:
            yield head.of(name, _rate(known, itemgetter(name)))
    for name in ("repeated_4grams", "distinct_2grams"):
        yield head.of(name, _rate(rows, itemgetter(name), continuous=True))
    letters = itemgetter("letters")
    yield head.of("cjk", _rate(rows, itemgetter("cjk_letters"), letters))
    yield head.of("other_scripts", _rate(rows, itemgetter("other_letters"), letters))
    yield head.of("mixed", _rate(rows, lambda row: row["second_script"] > MIXED))
    has_tokens = any(row["tokens"] is not None for row in rows)
    if has_tokens:
        probability = _rate(
            written,
            lambda row: row["probability"] * row["tokens"],
            itemgetter("tokens"),
            continuous=True,
        )
        yield head.of("probability", probability)
    correct = [row for row in decided if row["score"]]
    incorrect = [row for row in decided if not row["score"]]
    for name in ("tokens", "characters") if has_tokens else ("characters",):
        for subset, part in ((None, list(rows)), ("correct", correct), ("incorrect", incorrect)):
            yield head.of(name, _mean(part, itemgetter(name)), subset=subset)


def transition_results(
    before: Sequence[Row], after: Sequence[Row], old: Result, new: Result
) -> tuple[list[Result], dict[str, int]]:
    """The transition table, the completion after paired with the one before of the same index.

    The subsets `CC`, `CL`, `LC` and `LL` are the cells (see `transitions`), and `all pairs` is the whole
    table. Measures: `accuracy` of both checkpoints, `share_of_gain` of a cell, `gain:accuracy` of all.

    Left out are `undecided` pairs, which lack a decided grade, and `unpaired` completions, of an index
    that the other side does not have. `same_seed` counts the sampled pairs that share their random
    numbers, as scores of one run seed do. Such pairs differ only through the checkpoints. Other pairs
    differ by chance too, which fills the cells CL and LC.

    Args:
        old, new: heads of the rows of the two checkpoints.
    """
    by_key = {(row["problem_id"], row["index"]): row for row in before}
    both = [
        (by_key[key], row) for row in after if (key := (row["problem_id"], row["index"])) in by_key
    ]
    pairs = [
        CompletionPair(a["problem_id"], a["code"], b["code"], bool(a["score"]), bool(b["score"]))
        for a, b in both
        if a["score"] is not None and b["score"] is not None
    ]
    versus = f"checkpoint={old.checkpoint}"
    rows: list[Result] = []
    counts: dict[str, int] = {}
    for cell, transition in transitions(pairs).items():
        subset = ALL_PAIRS if cell == "all" else cell
        rows.append(old.of("accuracy", transition.before, subset=subset))
        rows.append(new.of("accuracy", transition.after, subset=subset))
        measure = "gain:accuracy" if cell == "all" else "share_of_gain"
        rows.append(new.of(measure, transition.share, subset=subset, versus=versus))
        counts[cell] = transition.pairs
    counts |= {
        "undecided": len(both) - len(pairs),
        "unpaired": len(before) + len(after) - 2 * len(both),
        "same_seed": sum(
            b["mode"] == "sample" and a["seed"] == b["seed"] is not None for a, b in both
        ),
    }
    return rows, counts


def similarity_results(rows: Sequence[Row], old: Result, new: Result) -> Iterator[Result]:
    """Means over problems of the similarities of `similarity.completion_similarity`.

    `similarity` is of a completion after with one before, `identical` the share of equal texts;
    `similarity_within` is of two completions of one checkpoint, and `similarity_excess` the first minus
    the mean of the latter two: below 0 where training changed the completions more than two samples of
    one checkpoint differ.
    """
    versus = f"checkpoint={old.checkpoint}"
    for measure, name, head in (
        ("similarity", "across", new._replace(versus=versus)),
        ("identical", "same", new._replace(versus=versus)),
        ("similarity_within", "within_before", old),
        ("similarity_within", "within_after", new),
    ):
        known = [row[name] for row in rows if row[name] is not None]
        yield head.of(measure, mean_interval(known))
    excess = [
        row["across"] - (row["within_before"] + row["within_after"]) / 2
        for row in rows
        if row["within_before"] is not None and row["within_after"] is not None
    ]
    yield new.of("similarity_excess", mean(excess, [1] * len(excess)), versus=versus)


def divergence_results(rows: Sequence[Row], head: Result, *, greedy: bool) -> Iterator[Result]:
    """Divergence per token, from rows with `problem_id`, `compared` (tokens), `k1` and `k3` (sums).

    `kl` (k1) and `kl_k3` for text that was sampled at temperature 1 from all tokens, `log_ratio` (k1,
    which is no divergence there) for greedy text; see `divergence`. Positive where the checkpoint that
    wrote the text finds it more probable than the other one does.
    """
    compared = itemgetter("compared")
    first = _mean(rows, itemgetter("k1"), compared)
    if greedy:
        yield head.of("log_ratio", first)
        return
    yield head.of("kl", first)
    yield head.of("kl_k3", _mean(rows, itemgetter("k3"), compared))


def information_results(
    information: Mapping[str, MutualInformation], head: Result
) -> Iterator[Result]:
    """Measures of the mutual information, of the subsets `beyond copying` and `with copying`.

    `mutual_information` is a lower bound in bits, and `mutual_information_max` the largest possible one.
    `mutual_information_null` has the mean over permutations as value, and their 95% quantile as upper
    bound. `mutual_information_p` is the one-sided permutation p-value; it is at least
    1 / (permutations + 1). `retrieved` is the share of completions whose problem is the most similar
    one, and `retrieved_null` that share under permutation.
    """
    for name, bound in information.items():
        row = head._replace(subset=name.replace("_", " "))
        n = bound.problems
        method = f"{bound.permutations} permutations"
        yield row.of("mutual_information", bound.bits)
        yield row.of("mutual_information_max", Estimate(bound.most, -inf, inf, n))
        null = Estimate(bound.null_mean, -inf, bound.null_high, n, method)
        yield row.of("mutual_information_null", null)
        yield row.of("mutual_information_p", Estimate(bound.p, -inf, inf, n, method))
        yield row.of("retrieved", bound.retrieved)
        yield row.of("retrieved_null", Estimate(bound.null_retrieved, -inf, inf, n, method))


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
    """The share of the weight that the values make; each lies between 0 and its weight."""
    return rate(_by_problem(rows, value), _by_problem(rows, weight), continuous=continuous)


def _mean(
    rows: Sequence[Row], value: Callable[[Row], float], weight: Callable[[Row], float] = _one
) -> Estimate:
    return mean(_by_problem(rows, value), _by_problem(rows, weight))
