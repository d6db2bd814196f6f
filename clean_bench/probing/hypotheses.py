"""Tests of whole sets: one p-value per set and question, adjusted over all of them (Holm).

    exact match above look-up     exact McNemar test, one-sided: problems that only the checkpoint
                                  reconstructs against problems that only the look-up reconstructs
    evidence above null           Mann-Whitney test, one-sided, for each test that can flag: a problem of
                                  the set against one of the null sets
    true suffix above renumbered one
                                  sign-flip test of log-probabilities, one-sided, paired by problem: the
                                  true suffix against that of the problem with other numbers, each after
                                  its own prefix. A model that only computes may prefer the true numbers
    own prefix above paraphrase
                                  the same of the true suffix after its own prefix and after a reworded
                                  one
    accuracy without reasoning above variants
                                  exact McNemar test, one-sided: problems with only the original's forced
                                  answer right against those with only the variant's
    answers of prefixes above chance
                                  permutation test, one-sided: right answers against random orders of
                                  the answers within a subject
    published order above shuffled orders
                                  permutation test, one-sided, of log-probabilities; valid only for a
                                  set whose order carries no information
    famous passages above rare ones of their kind
                                  of the positive control (`within_kinds`), which has no null set

One problem of each cluster of near-duplicates takes part: the first one that was measured. Of the null
sets, each cluster gives its largest evidence (`null_sets`). The tests of the order and of the positive
control take all problems.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from clean_bench.probing.flags import Flag
from clean_bench.probing.null_sets import Statistics
from clean_bench.probing.within_kinds import RARE, TEST, Comparison
from clean_bench.results import schema_of
from clean_bench.statistics.binomial_tests import (
    bayes_factor_bound,
    mcnemar_p_value,
    sign_flip_p_value,
)
from clean_bench.statistics.multiple_testing import holm

HYPOTHESES = "hypotheses"
HYPOTHESES_SCHEMA = schema_of(
    "set string, test string, question string, null string, clusters int32, effect double,"
    "p double, p_holm double, bayes_factor double"
)
"""One row per set and question.

`clusters`: the units of the test; shards of the set for its order, famous passages for the control.
`effect`: a difference of shares for exact match and accuracies; for evidence, and for famous passages,
the probability that a problem has more of it than one of the null (1/2: none); for paired
log-probabilities their mean difference, and for the order that per token, in nats.
`bayes_factor`: the largest Bayes factor against the null that `p`, not adjusted, supports
(`bayes_factor_bound`).
"""
ABOVE_LOOKUP = "exact match above look-up"
ABOVE_NULL = "evidence above null"
ABOVE_RENUMBERED = "true suffix above renumbered one"
ABOVE_PARAPHRASE = "own prefix above paraphrase"
ABOVE_VARIANTS = "accuracy without reasoning above variants"
ABOVE_CHANCE = "answers of prefixes above chance"
ABOVE_SHUFFLED = "published order above shuffled orders"
ABOVE_RARE = "famous passages above rare ones of their kind"
_LARGEST = 1e300
"""A larger Bayes factor is stored as this one, a finite number."""


class Hypothesis(NamedTuple):
    """A row of the table; its columns are those of `HYPOTHESES_SCHEMA`."""

    set: str
    test: str
    question: str
    null: str
    clusters: int
    effect: float
    p: float
    p_holm: float = 1.0
    bayes_factor: float = 1.0


def compute_hypotheses(
    statistics: Mapping[str, Statistics],
    flags: Sequence[Flag],
    nulls: Mapping[tuple[str, str], Sequence[float]],
    clusters: Mapping[str, Mapping[str, int]],
    of_sets: Mapping[tuple[str, str], Mapping[str, float]],
    control: tuple[str, Comparison] | None = None,
) -> list[Hypothesis]:
    """All tests of whole sets, with p-values adjusted over all of them.

    Args:
        statistics: of each set at the headline prefix.
        nulls: evidence of the null sets, by set and test, where null sets are the null.
        clusters: cluster of each problem, by the name of the set.
        of_sets: statistics of whole sets, by set and test.
        control: name of the positive control, and its famous passages against rare ones.
    """
    rows = [
        *_above_lookup(statistics, clusters),
        *_above_null(flags, nulls),
        *_paired_logprobs(statistics, clusters),
        *_above_variants(statistics, clusters),
        *_of_sets(statistics, of_sets),
        *_of_control(control),
    ]
    adjusted = holm([row.p for row in rows])
    return [
        row._replace(
            p_holm=float(p), bayes_factor=min(bayes_factor_bound(min(row.p, 1.0)), _LARGEST)
        )
        for row, p in zip(rows, adjusted, strict=True)
    ]


def _above_lookup(
    statistics: Mapping[str, Statistics], clusters: Mapping[str, Mapping[str, int]]
) -> Iterator[Hypothesis]:
    for name, of_set in statistics.items():
        pairs = _pairs(of_set, clusters[name], "reconstruction", "exact_match", "lookup_match")
        if pairs:
            null = "look-up without a model"
            yield _mcnemar(name, "reconstruction", ABOVE_LOOKUP, null, pairs)


def _above_null(
    flags: Sequence[Flag], nulls: Mapping[tuple[str, str], Sequence[float]]
) -> Iterator[Hypothesis]:
    from scipy import stats

    groups: dict[tuple[str, str], dict[int, Flag]] = {}
    for flag in flags:
        if (flag.set, flag.test) in nulls:
            groups.setdefault((flag.set, flag.test), {}).setdefault(flag.cluster, flag)
    for key, of_group in groups.items():
        scores, null = [flag.evidence for flag in of_group.values()], nulls[key]
        result = stats.mannwhitneyu(scores, null, alternative="greater")
        effect = float(result.statistic) / (len(scores) * len(null))
        name = next(iter(of_group.values())).null
        yield Hypothesis(*key, ABOVE_NULL, name, len(scores), effect, float(result.pvalue))


def _above_variants(
    statistics: Mapping[str, Statistics], clusters: Mapping[str, Mapping[str, int]]
) -> Iterator[Hypothesis]:
    for name, of_set in statistics.items():
        pairs = _pairs(of_set, clusters[name], "zero-cot", "original", "variant")
        if pairs:
            yield _mcnemar(name, "zero-cot", ABOVE_VARIANTS, "renumbered variants", pairs)


def _paired_logprobs(
    statistics: Mapping[str, Statistics], clusters: Mapping[str, Mapping[str, int]]
) -> Iterator[Hypothesis]:
    """Log-probabilities of the true suffix against those of an altered problem or prefix."""
    for name, of_set in statistics.items():
        for test, other, question, null in (
            ("altered-suffix", "renumbered", ABOVE_RENUMBERED, "renumbered problems"),
            ("paraphrase", "after_paraphrase", ABOVE_PARAPHRASE, "reworded prefixes"),
        ):
            pairs = _pairs(of_set, clusters[name], test, "own", other)
            if len(pairs) > 1:
                gaps = [own - altered for own, altered in pairs]
                p = sign_flip_p_value(gaps)
                effect = sum(gaps) / len(gaps)
                yield Hypothesis(name, test, question, null, len(gaps), effect, p)


def _pairs(
    of_set: Statistics, clusters: Mapping[str, int], test: str, first: str, second: str
) -> list[tuple[float, float]]:
    """Two statistics of a test, of one problem of each cluster that has both."""
    firsts: dict[int, tuple[float, float]] = {}
    for (name, problem_id), known in of_set.items():
        if name == test and first in known and second in known:
            firsts.setdefault(clusters[problem_id], (known[first], known[second]))
    return list(firsts.values())


def _mcnemar(
    name: str, test: str, question: str, null: str, pairs: Sequence[tuple[float, float]]
) -> Hypothesis:
    gained, lost = (sum(a > b for a, b in pairs), sum(a < b for a, b in pairs))
    effect = (gained - lost) / len(pairs)
    return Hypothesis(name, test, question, null, len(pairs), effect, mcnemar_p_value(gained, lost))


def _of_sets(
    names: Iterable[str], of_sets: Mapping[tuple[str, str], Mapping[str, float]]
) -> Iterator[Hypothesis]:
    """The tests whose p-value is a statistic of the set."""
    for name in names:
        known = of_sets.get((name, "partial-answer"))
        if known is not None:
            yield Hypothesis(
                name,
                "partial-answer",
                ABOVE_CHANCE,
                "answers to other problems of the subject",
                int(known["clusters"]),
                known["excess"],
                known["p"],
            )
        known = of_sets.get((name, "exchangeability"))
        if known is not None:
            yield Hypothesis(
                name,
                "exchangeability",
                ABOVE_SHUFFLED,
                "shuffled orders",
                int(known["shards"]),
                known["canonical_minus_shuffled"],
                known["p"],
            )


def _of_control(control: tuple[str, Comparison] | None) -> Iterator[Hypothesis]:
    """Famous passages against rare ones."""
    if control is not None:
        name, found = control
        null = f"passages of tier {RARE} of the same kind"
        yield Hypothesis(name, TEST, ABOVE_RARE, null, found.first, found.effect, found.p)
