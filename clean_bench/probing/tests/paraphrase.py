"""Paraphrases: does the true suffix lose its probability after a reworded prefix?

Verbatim memory drops when the prefix is reworded; familiarity with the kind of text does not. Needs
paraphrases of the problems (`--paraphrases`). Statistics per problem, at the headline prefix, in nats:

    own                log-probability of the true suffix after its own prefix
    after_paraphrase   the same suffix after the paraphrase, cut at the headline prefix
    own_per_token, paraphrase_per_token   the suffix of the problem, and that of the paraphrase after its
                       own prefix, per token

Evidence is `own - after_paraphrase`. Paraphrases that a language model wrote are smoother than the
originals, so a paraphrase can be more likely without any memorization; the null of a set is the same
contrast on unseen problems with paraphrases of the same origin.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from clean_bench.engines.base import Engine
from clean_bench.errors import UserError
from clean_bench.probing.cut import cut
from clean_bench.probing.rows import Value
from clean_bench.probing.tests.after_other_prefixes import read_sums, tokens_after
from clean_bench.probing.tests.base import (
    LOG_PROBABILITY,
    LOGPROBS,
    VARIANTS,
    Bounds,
    CutShard,
    CutTest,
    Material,
    Measured,
)
from clean_bench.probing.tests.suffix_logprob import require_logprobs


class Paraphrase(CutTest):
    """See the module."""

    name = "paraphrase"
    summary = "the true suffix after a reworded prefix (needs --paraphrases)"
    needs = frozenset({LOGPROBS, VARIANTS})
    headline_only = True
    readings = 2
    bounds: ClassVar[Mapping[str, Bounds]] = dict.fromkeys(
        ("own", "after_paraphrase", "own_per_token", "paraphrase_per_token"), LOG_PROBABILITY
    )
    optional = frozenset({"after_paraphrase", "paraphrase_per_token"})

    def check(self, engine: Engine, material: Material) -> None:
        """See `Test.check`."""
        require_logprobs(engine, self.name)
        if not any(material.paraphrases.values()):
            raise UserError(
                f"--signals {self.name}: expected --paraphrases SET, reworded versions of the problems, "
                "got none; name one, or leave the signal out"
            )

    def measure(self, shard: CutShard, material: Material) -> Measured:
        """See `CutTest.measure`."""
        engine = shard.engine
        measured, pairs = [], []
        for item, row in zip(shard.items, shard.suffix_logprobs, strict=True):
            paraphrase = material.paraphrases.get(item.set, {}).get(item.problem.id)
            if paraphrase is None or not self.measures(item.fraction, material):
                continue
            parts = cut(paraphrase.problem, item.fraction, material.protocol)
            prefix = engine.encode(parts.prefix) if parts.reason is None else []
            suffix = tokens_after(engine, parts.prefix, prefix, parts.suffix) if prefix else []
            measured.append((item, row, len(suffix)))
            pairs += [(prefix, item.suffix_ids), (prefix, suffix)]
        sums = read_sums(engine, pairs)
        values = []
        for place, (item, row, tokens) in enumerate(measured):
            after, own_of_paraphrase = sums[2 * place], sums[2 * place + 1]
            own = min(sum(row), 0.0)
            statistics = {"own": own, "own_per_token": own / len(row)}
            if after is not None:
                statistics["after_paraphrase"] = after
            if own_of_paraphrase is not None:
                statistics["paraphrase_per_token"] = own_of_paraphrase / tokens
            values += [
                Value(item.set, item.problem.id, self.name, item.fraction, name, value)
                for name, value in statistics.items()
            ]
        return Measured((), values)

    def evidence(self, values: Mapping[str, float]) -> float | None:
        """What the original prefix adds over the reworded one, in nats."""
        return values["own"] - values["after_paraphrase"] if "after_paraphrase" in values else None
