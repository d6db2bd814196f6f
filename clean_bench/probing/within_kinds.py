"""The positive control beyond recitation: famous passages against rare ones of the same kind.

The passages of the positive control have tiers, by how often the web holds them, and kinds (poem,
scripture, ...). The log-probability per token of their rest is compared between the most famous tier and
the rarest one inside each kind: any language model reads poems and licences differently, with memory or
without. Without memorization the tier of a passage makes no difference among texts of one kind. Passages
of the rarest tier are archived too and may be stored as well, which makes the test conservative. Number
sequences are left out: a rule can be continued without memory.

The statistic is van Elteren's (1960): the sum over kinds of the rank sum of the famous passages, divided
by the number of passages of the kind plus one. Its p-value is that of random permutations inside each
kind, one-sided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from clean_bench.probing.null_sets import Statistics
from clean_bench.problems import Problem

TEST = "suffix-logprob"
FAMOUS, RARE = "1", "4"
"""The tiers that are compared."""
SEQUENCE = "sequence"
DRAWS = 9999


class Comparison(NamedTuple):
    """A stratified comparison.

    Attributes:
        first, second: numbers of values.
        effect: mean over strata of P(first > second) + P(equal) / 2, with van Elteren's weights (1/2: no
            difference).
    """

    first: int
    second: int
    effect: float
    p: float


def famous_above_rare(passages: Sequence[Problem], statistics: Statistics) -> Comparison | None:
    """Whether famous passages have larger log-probabilities per token than rare ones of their kind.

    None where no kind has passages of both tiers with log-probabilities.
    """
    groups: dict[str, dict[str, list[float]]] = {FAMOUS: {}, RARE: {}}
    for passage in passages:
        kind, of_tier = passage.metadata.get("kind"), groups.get(passage.metadata.get("tier", ""))
        known = statistics.get((TEST, passage.id))
        if known is not None and of_tier is not None and kind not in (None, SEQUENCE):
            of_tier.setdefault(str(kind), []).append(known["logprob"] / known["tokens"])
    return stratified_test(groups[FAMOUS], groups[RARE])


def stratified_test(
    first: Mapping[str, Sequence[float]], second: Mapping[str, Sequence[float]]
) -> Comparison | None:
    """Whether values of `first` are larger than those of `second` in the same stratum, one-sided.

    The p-value is the share of 9,999 random permutations inside the strata, and of the observed order,
    that reach the statistic.

    Args:
        first, second: values by stratum; strata that only one of them has are left out.

    Returns:
        None without a common stratum.
    """
    from scipy import stats  # loading it takes longer than most commands

    common = [stratum for stratum in first if stratum in second]
    if not common:
        return None
    generator = np.random.Generator(np.random.Philox(0))
    shuffled = np.zeros(DRAWS)
    observed, least, weights, sizes = 0.0, 0.0, 0.0, [0, 0]
    for stratum in common:
        m, n = len(first[stratum]), len(second[stratum])
        ranks = stats.rankdata([*first[stratum], *second[stratum]]) / (m + n + 1)
        observed += float(ranks[:m].sum())
        shuffled += generator.permuted(np.tile(ranks, (DRAWS, 1)), axis=1)[:, :m].sum(axis=1)
        weights += m * n / (m + n + 1)
        sizes = [sizes[0] + m, sizes[1] + n]
        least += m * (m + 1) / 2 / (m + n + 1)  # the rank sum where all of `first` are smaller
    p = (1 + int((shuffled >= observed - 1e-9).sum())) / (1 + DRAWS)
    return Comparison(sizes[0], sizes[1], (observed - least) / weights, p)
