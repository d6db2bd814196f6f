"""Donor prefixes: is a suffix likely after its own prefix only, or after any prefix of its kind?

Most sequences that a model completes are common text (prior-aware memorization, arXiv 2602.18733). The
true suffix is read after its own prefix and after the prefixes of 8 other problems of the same subject
and of nearly the same length (`clean_bench.probing.donors`). Statistics per problem, at the headline
prefix, in nats:

    own           log-probability of the suffix after its own prefix
    donors        logarithm of the mean probability after the donors' prefixes
    best_donor    the largest log-probability after a donor's prefix
    donor_count   number of donors

Evidence is `own - donors`: how much the problem's own prefix adds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from clean_bench.engines.base import Engine
from clean_bench.probing.clusters import cluster_ids
from clean_bench.probing.cut import cut
from clean_bench.probing.donors import DONORS, choose_donors
from clean_bench.probing.rows import Value
from clean_bench.probing.tests.after_other_prefixes import log_mean_exp, read_sums
from clean_bench.probing.tests.base import (
    COUNT,
    LOG_PROBABILITY,
    LOGPROBS,
    Bounds,
    CutShard,
    CutTest,
    Material,
    Measured,
)
from clean_bench.probing.tests.suffix_logprob import require_logprobs


@dataclass(frozen=True, slots=True)
class _Cut:
    """A problem of a set, cut at the headline prefix."""

    problem_id: str
    subject: str | None
    prefix: str
    suffix: str
    cluster: int


class DonorPrefix(CutTest):
    """See the module."""

    name = "donor-prefix"
    summary = "the true suffix after the prefixes of other problems (prior-aware, 2602.18733)"
    needs = frozenset({LOGPROBS})
    headline_only = True
    readings = DONORS
    bounds: ClassVar[Mapping[str, Bounds]] = {
        "own": LOG_PROBABILITY,
        "donors": LOG_PROBABILITY,
        "best_donor": LOG_PROBABILITY,
        "donor_count": COUNT,
    }
    optional = frozenset({"donors", "best_donor"})

    def check(self, engine: Engine, material: Material) -> None:
        """See `Test.check`."""
        require_logprobs(engine, self.name)

    def measure(self, shard: CutShard, material: Material) -> Measured:
        """See `CutTest.measure`."""
        items = [item for item in shard.items if self.measures(item.fraction, material)]
        own = {id(item): row for item, row in zip(shard.items, shard.suffix_logprobs, strict=True)}
        pairs, places = [], []
        for item in items:
            for prefix in _donor_prefixes(material, item.set).get(item.problem.id, ()):
                pairs.append((shard.engine.encode(prefix), item.suffix_ids))
                places.append(id(item))
        sums: dict[int, list[float]] = {}
        for place, value in zip(places, read_sums(shard.engine, pairs), strict=True):
            if value is not None:
                sums.setdefault(place, []).append(value)
        values = []
        for item in items:
            donors = sums.get(id(item), [])
            statistics = {"own": min(sum(own[id(item)]), 0.0), "donor_count": float(len(donors))}
            if donors:
                statistics |= {"donors": log_mean_exp(donors), "best_donor": max(donors)}
            values += [
                Value(item.set, item.problem.id, self.name, item.fraction, name, value)
                for name, value in statistics.items()
            ]
        return Measured((), values)

    def evidence(self, values: Mapping[str, float]) -> float | None:
        """What the problem's own prefix adds, in nats; None without a donor."""
        return values["own"] - values["donors"] if "donors" in values else None


def _donor_prefixes(material: Material, name: str) -> Mapping[str, Sequence[str]]:
    """The donors' prefixes of every problem of a set, by its id."""
    problems = material.sets[name].problems
    key = tuple((problem.id, problem.subject, problem.problem) for problem in problems)
    return _chosen(key, material.headline, material.protocol)


@lru_cache(maxsize=8)
def _chosen(
    problems: tuple[tuple[str, str | None, str], ...], headline: float, protocol: str
) -> Mapping[str, Sequence[str]]:
    clusters = cluster_ids([text for _, _, text in problems])
    parts = [cut(text, headline, protocol) for _, _, text in problems]
    cuts = [
        _Cut(problem_id, subject, part.prefix, part.suffix, cluster)
        for (problem_id, subject, _), part, cluster in zip(problems, parts, clusters, strict=True)
        if part.reason is None
    ]
    if not cuts:
        return {}
    donors = choose_donors(cuts)
    return {
        item.problem_id: [cuts[index].prefix for index in of_item.indices]
        for item, of_item in zip(cuts, donors, strict=True)
    }
