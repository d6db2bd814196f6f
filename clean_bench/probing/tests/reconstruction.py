"""Reconstruction: the greedy completion of a prefix compared with the true suffix (arXiv 2507.10532).

Statistics per problem and prefix; see `clean_bench.probing.suffix_match` for the levels of exact match:

    exact_raw, exact_match, exact_folded, exact_latex   the suffix is reproduced, at four levels
    stops            exact match, and the model ended there
    rouge_l, edit_similarity
    common_prefix    mathematical tokens of the suffix that the completion begins with
    lookup_match, lookup_prefix    exact match and common prefix of the look-up without a model

Evidence is the number of tokens that are reproduced, 0 without an exact match. The null of its own is
the look-up on the same problems.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clean_bench.probing.cut import cut
from clean_bench.probing.rows import Value
from clean_bench.probing.suffix_match import SuffixMatch, compare_suffix
from clean_bench.probing.tests.base import GREEDY, CutShard, CutTest, Material, Measured
from clean_bench.problems import Problem
from clean_bench.samples import Sample

LEVELS = ("exact_raw", "exact_match", "exact_folded", "exact_latex")


class Reconstruction(CutTest):
    """See the module."""

    name = "reconstruction"
    summary = "greedy completion of a prefix against the true suffix (2507.10532)"
    needs = frozenset({GREEDY})
    null_name = "look-up without a model"

    def measure(self, shard: CutShard, material: Material) -> Measured:
        """See `CutTest.measure`."""
        values: list[Value] = []
        for item, sample in zip(shard.items, shard.samples, strict=True):
            values += self.recompute(item.set, item.problem, item.fraction, [sample], material)
        return Measured((), values)

    def recompute(
        self,
        set_name: str,
        problem: Problem,
        prefix: float | None,
        samples: Sequence[Sample],
        material: Material,
    ) -> list[Value]:
        """See `Test.recompute`."""
        assert prefix is not None
        [sample] = samples
        parts = cut(problem.problem, prefix, material.protocol)
        match = compare_suffix(sample.response, parts.suffix, ended=sample.finish == "stop")
        guess = material.lookups[set_name].complete(parts.prefix, problem.problem)
        floor = compare_suffix(guess, parts.suffix, ended=True)
        statistics = {
            **_levels(match),
            "stops": match.stops,
            "rouge_l": match.rouge_l,
            "edit_similarity": match.edit_similarity,
            "common_prefix": match.common_prefix,
            "lookup_match": floor.text,
            "lookup_prefix": floor.common_prefix,
        }
        return [
            Value(set_name, problem.id, self.name, prefix, name, float(value))
            for name, value in statistics.items()
        ]

    def evidence(self, values: Mapping[str, float]) -> float | None:
        """Tokens reproduced; 0 without an exact match."""
        return values["common_prefix"] * values["exact_match"]

    def null_evidence(self, values: Mapping[str, float]) -> float | None:
        """The same of the look-up."""
        return values["lookup_prefix"] * values["lookup_match"]

    def owns(self, template: str) -> bool:
        """The greedy completions of prefixes."""
        return template.startswith("prefix@")


def _levels(match: SuffixMatch) -> dict[str, bool]:
    return dict(zip(LEVELS, (match.raw, match.text, match.folded, match.latex), strict=True))
