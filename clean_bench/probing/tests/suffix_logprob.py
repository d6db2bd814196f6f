"""Teacher-forced log-probability of the true suffix after its prefix: one pass, no decoding.

Statistics per problem and prefix, in nats:

    logprob          sum over the tokens of the suffix
    tokens           their number
    lowest           the least likely token's log-probability
    empty_logprob    at the headline prefix: the suffix after an empty prefix, that is after the token
                     that begins every text; absent where the tokenizer adds none

Evidence is `logprob / tokens`. A suffix of probability p is sampled at least once in n tries at
temperature 1 with probability 1 - (1 - p)^n ((n, p)-discoverable extraction, arXiv 2410.19482);
`extraction_probability` computes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, expm1, log1p
from typing import ClassVar

from clean_bench.engines.base import Engine
from clean_bench.errors import UserError
from clean_bench.probing.rows import Value
from clean_bench.probing.tests.base import (
    COUNT,
    LOG_PROBABILITY,
    LOGPROBS,
    Bounds,
    CutShard,
    CutTest,
    Material,
    Measured,
    read_logprobs,
)


class SuffixLogprob(CutTest):
    """See the module."""

    name = "suffix-logprob"
    summary = (
        "teacher-forced log-probability of the true suffix, and (n, p)-extractability (2410.19482)"
    )
    needs = frozenset({LOGPROBS})
    bounds: ClassVar[Mapping[str, Bounds]] = {
        "logprob": LOG_PROBABILITY,
        "tokens": COUNT,
        "lowest": LOG_PROBABILITY,
        "empty_logprob": LOG_PROBABILITY,
    }
    optional = frozenset({"empty_logprob"})

    def measure(self, shard: CutShard, material: Material) -> Measured:
        """See `CutTest.measure`. A server that gives no log-probabilities has no values."""
        if not shard.has_logprobs:
            return Measured()
        values = []
        for item, logprobs in zip(shard.items, shard.suffix_logprobs, strict=True):
            statistics = {
                "logprob": min(sum(logprobs), 0.0),
                "tokens": len(logprobs),
                "lowest": min(*logprobs, 0.0),
            }
            values += [
                Value(item.set, item.problem.id, self.name, item.fraction, name, float(value))
                for name, value in statistics.items()
            ]
        return Measured((), [*values, *self._after_nothing(shard, material)])

    def _after_nothing(self, shard: CutShard, material: Material) -> list[Value]:
        begin = shard.engine.encode("")
        headline = [item for item in shard.items if item.fraction == material.headline]
        if not begin or not headline:
            return []
        rows = read_logprobs(
            shard.engine, [begin] * len(headline), [item.suffix_ids for item in headline]
        )
        return [
            Value(
                item.set,
                item.problem.id,
                self.name,
                item.fraction,
                "empty_logprob",
                min(sum(row), 0.0),
            )
            for item, row in zip(headline, rows, strict=True)
        ]

    def evidence(self, values: Mapping[str, float]) -> float | None:
        """Mean log-probability of a token of the suffix."""
        return values["logprob"] / values["tokens"]


def require_logprobs(engine: Engine, test: str) -> None:
    """Raise `UserError` for a server that does not give the log-probabilities of texts."""
    offered = engine.describe()
    if not (offered.get("tokenize", True) and offered.get("suffix_logprobs", True)):
        raise UserError(
            f"--signals {test}: expected an engine that gives the log-probabilities of texts, got a "
            "server that does not; leave the signal out, or use --engine transformers or vllm"
        )


def extraction_probability(logprob: float, tries: int) -> float:
    """The probability that at least one of `tries` samples at temperature 1 is the suffix.

    1 - (1 - p)^n for p = exp(logprob), without loss of precision for a small p.
    """
    if logprob >= 0:
        return 1.0
    return -expm1(tries * log1p(-exp(logprob)))
