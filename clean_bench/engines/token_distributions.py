"""Statistics of a model's next-token distributions, and the engines that compute them.

The mean and the standard deviation of log p need the probability of every token of the vocabulary.
Servers and vLLM return only the most likely ones, so their engines are refused by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from clean_bench.engines.base import Engine
from clean_bench.errors import UserError


@dataclass(frozen=True, slots=True)
class TokenStatistics:
    """A token, and the distribution at temperature 1 that the model has at its place; in nats.

    `logprob` is the log-probability of the token. `mean` and `deviation` are the expectation and the
    standard deviation of log p(z) for z drawn from that distribution: mu and sigma of Min-K%++ (Zhang
    et al. 2024, arXiv 2404.02936), which scores a token by (logprob - mean) / deviation. `deviation` is
    0 where one token has all the probability, and where all tokens are equally likely.
    """

    logprob: float
    mean: float
    deviation: float

    @property
    def entropy(self) -> float:
        """Shannon entropy of the distribution in nats."""
        return -self.mean


@runtime_checkable
class DistributionEngine(Engine, Protocol):
    """An engine that reads whole next-token distributions."""

    def token_statistics(
        self, prefix_ids: Sequence[Sequence[int]], suffix_ids: Sequence[Sequence[int]]
    ) -> list[list[TokenStatistics]]:
        """The statistics of each suffix token given the tokens before it.

        Arguments, truncation and errors as `Engine.logprobs`, whose values the `logprob` are.
        """
        ...


def require_distributions(engine: Engine, what: str) -> DistributionEngine:
    """The engine, if it reads whole next-token distributions.

    Args:
        what: that which needs them, as the user spells it, such as a signal.

    Raises:
        UserError: if the engine does not.
    """
    if isinstance(engine, DistributionEngine):
        return engine
    raise no_distributions(engine.name, what)


def no_distributions(name: str, what: str) -> UserError:
    """The error for an engine, by its name, that does not read whole next-token distributions."""
    return UserError(
        f"{what}: expected an engine with the whole next-token distribution (--engine transformers), "
        f"got {name}; leave out {what}"
    )
