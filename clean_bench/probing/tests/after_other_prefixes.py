"""Read suffixes after other texts than their own prefix, or other suffixes after a prefix."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log

from clean_bench.engines.base import Engine
from clean_bench.probing.tests.base import read_logprobs


def tokens_after(engine: Engine, prefix: str, prefix_ids: Sequence[int], suffix: str) -> list[int]:
    """The tokens of a suffix after a prefix.

    Those of the whole text where the prefix's tokens begin it, else those of the suffix by itself; as
    for the items of a probe, so that a suffix is cut into tokens alike wherever it is read.
    """
    whole = engine.encode(prefix + suffix)
    if whole[: len(prefix_ids)] == list(prefix_ids) and len(whole) > len(prefix_ids):
        return whole[len(prefix_ids) :]
    return engine.encode(suffix, special_tokens=False)


def read_sums(engine: Engine, pairs: Sequence[tuple[list[int], list[int]]]) -> list[float | None]:
    """The log-probability of each suffix after its prefix, both in tokens.

    None for a pair without tokens on a side, and for one that is longer than the context.
    """
    fitting = [
        place
        for place, (prefix, suffix) in enumerate(pairs)
        if prefix and suffix and len(prefix) + len(suffix) <= engine.context_length
    ]
    rows = read_logprobs(
        engine, [pairs[place][0] for place in fitting], [pairs[place][1] for place in fitting]
    )
    sums: list[float | None] = [None] * len(pairs)
    for place, row in zip(fitting, rows, strict=True):
        sums[place] = min(sum(row), 0.0)
    return sums


def log_mean_exp(logprobs: Sequence[float]) -> float:
    """The logarithm of the mean of probabilities, from their logarithms."""
    largest = max(logprobs)
    return largest + log(sum(exp(value - largest) for value in logprobs) / len(logprobs))
