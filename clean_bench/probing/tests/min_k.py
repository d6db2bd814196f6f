"""Min-K%++, Min-K% and perplexity of the whole problem (arXiv 2404.02936, 2310.16789).

One teacher-forced pass over the text. Each token but the first has its log-probability, and Min-K%++
subtracts the mean of log p under the model's own distribution at that place and divides by its standard
deviation. Statistics per problem:

    min_k_plus   mean of the lowest 20% of the standardized log-probabilities (Min-K%++)
    min_k        mean of the lowest 20% of the log-probabilities (Min-K%)
    nll          mean negative log-probability, in nats; its exponential is the perplexity
    tokens       number of tokens

A token whose distribution has no spread is certain, and has the standardized value 0. Evidence is
`min_k_plus`. Membership scores separate sets that differ in date or style without any memorization
(arXiv 2406.16201): only a matched null set makes them evidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, inf
from typing import ClassVar

from clean_bench.engines.base import Engine
from clean_bench.engines.token_distributions import TokenStatistics, require_distributions
from clean_bench.probing.rows import Value
from clean_bench.probing.tests.base import (
    COUNT,
    DISTRIBUTIONS,
    LOG_PROBABILITY,
    Bounds,
    Material,
    Measured,
    ProblemTest,
)
from clean_bench.problems import Problem
from clean_bench.progress import bar

SHARE_OF_TOKENS = 0.2
_LEAST_DEVIATION = 1e-6


class MinK(ProblemTest):
    """See the module."""

    name = "min-k"
    summary = "Min-K%++, Min-K% and perplexity of the whole problem (2404.02936)"
    needs = frozenset({DISTRIBUTIONS})
    readings = 1
    bounds: ClassVar[Mapping[str, Bounds]] = {
        "min_k_plus": (-inf, inf),
        "min_k": LOG_PROBABILITY,
        "nll": (-0.001, inf),
        "tokens": COUNT,
    }

    def check(self, engine: Engine, material: Material) -> None:
        """See `Test.check`."""
        require_distributions(engine, f"--signals {self.name}")

    def measure(
        self, engine: Engine, problems: Sequence[tuple[str, Problem]], material: Material
    ) -> Measured:
        """See `ProblemTest.measure`. A text of fewer than two tokens has no values."""
        reader = require_distributions(engine, f"--signals {self.name}")
        encoded = [
            (name, problem, ids)
            for name, problem in problems
            for ids in [engine.encode(problem.problem)[: engine.context_length]]
            if len(ids) > 1
        ]
        with bar("reading problems", len(encoded)) as reading:
            rows = reader.token_statistics(
                [ids[:1] for _, _, ids in encoded], [ids[1:] for _, _, ids in encoded]
            )
            reading.advance(len(encoded))
        return Measured(
            (),
            [
                Value(name, problem.id, self.name, None, statistic, value)
                for (name, problem, _), row in zip(encoded, rows, strict=True)
                for statistic, value in scores_of(row).items()
            ],
        )

    def evidence(self, values: Mapping[str, float]) -> float | None:
        """Min-K%++."""
        return values["min_k_plus"]


def scores_of(tokens: Sequence[TokenStatistics]) -> dict[str, float]:
    """The statistics of a text from those of its tokens; at least one."""
    standardized = [
        (token.logprob - token.mean) / token.deviation
        if token.deviation > _LEAST_DEVIATION
        else 0.0
        for token in tokens
    ]
    logprobs = [token.logprob for token in tokens]
    return {
        "min_k_plus": _lowest(standardized),
        "min_k": min(_lowest(logprobs), 0.0),
        "nll": -sum(logprobs) / len(logprobs),
        "tokens": float(len(tokens)),
    }


def _lowest(values: Sequence[float]) -> float:
    """The mean of the lowest 20% of values, of at least one."""
    count = ceil(SHARE_OF_TOKENS * len(values))
    return sum(sorted(values)[:count]) / count
