"""The information of a suffix: how many bits a reference model needs for it, and which are too few.

A suffix that a model without memory gives a large probability ("Express your answer as a common
fraction.") is no evidence when it is reproduced. Its bits are those of a reference model that has not
been trained on the problem; of several references, the fewest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log

from clean_bench.probing.rows import SHORT

LEAST_BITS = 20.0
"""A suffix of fewer bits can be guessed: with 20 bits, once in a million problems."""
_ROUNDING = 1e-3
"""Nats by which rounding can raise the sum of log-probabilities above zero."""


def bits_of(logprob: float) -> float:
    """The bits of a text from the natural logarithm of its probability; infinite for probability zero.

    Raises:
        ValueError: if the log-probability is nan or positive.
    """
    if not logprob <= _ROUNDING:
        raise ValueError(f"expected a log-probability of at most 0, got {logprob}")
    return max(0.0, -logprob / log(2))


def fewest_bits(logprobs: Sequence[float]) -> float | None:
    """The bits of a suffix under the reference model that gives it the largest probability.

    Args:
        logprobs: natural log-probability of the suffix after its prefix, under each reference.

    Returns:
        None without a reference.

    Raises:
        ValueError: if a log-probability is nan or positive.
    """
    return min(map(bits_of, logprobs), default=None)


def is_short(suffix: str, bits: float | None = None) -> bool:
    """Whether a suffix is weak evidence: fewer than 8 words, or fewer than 20 bits under a reference.

    Args:
        bits: None where there is no reference; then the words alone count.
    """
    return len(suffix.split()) < SHORT or (bits is not None and bits < LEAST_BITS)


@dataclass(frozen=True, slots=True)
class Quartiles:
    """The quartile 1..4 of each item, and the largest value of the first three quartiles."""

    of_items: tuple[int, ...]
    limits: tuple[float, float, float]


def bits_quartiles(bits: Sequence[float]) -> Quartiles:
    """The quartile of each suffix by its bits; equal bits are in one quartile.

    A limit is the smallest value that at least a quarter (a half, three quarters) of the items do not
    exceed (Hyndman and Fan 1996, "Sample quantiles in statistical packages", definition 1).

    Raises:
        ValueError: without an item, or if a value is nan.
    """
    if not bits or any(value != value for value in bits):
        raise ValueError("expected the bits of at least one suffix, none of them nan")
    ordered = sorted(bits)
    first, second, third = (ordered[ceil(len(bits) * part / 4) - 1] for part in (1, 2, 3))
    quartiles = [1 + (value > first) + (value > second) + (value > third) for value in bits]
    return Quartiles(tuple(quartiles), (first, second, third))
