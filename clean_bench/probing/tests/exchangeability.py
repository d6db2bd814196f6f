"""Exchangeability of a whole set: is its published order more probable than others? (arXiv 2310.17623)

If the order of a set carries no information, a checkpoint that has not seen the file gives every order
the same probability on average. Training on the file in its order makes that order more probable.

The set is divided into at most `MOST_SHARDS` parts of equal size. The first consecutive problems of a
part form a shard: at most `MOST_PROBLEMS`, joined by blank lines, within the context and `MOST_TOKENS`
tokens. The log-probability of each shard is read in the published order and in `ORDERS` random ones, 25
passes in all. Statistics of a set:

    canonical_minus_shuffled    log-probability of the published order minus the mean of the others, per
                                token, in nats
    p                           permutation test of the sum over the shards, one-sided
    shards                      number of shards
    permutations                random orders of each shard

A set with fewer than two shards of two problems has no values.

Under the hypothesis each of the 25 orders of a shard is as likely to be the published one, independently
of the other shards. So the sum of the published orders is compared with `DRAWS` sums that take one of
the 25 orders of each shard at random: p = (1 + b) / (1 + `DRAWS`), where b sums are at least as large.
This is exact for every checkpoint. (The published code uses a t test over shards, which is
approximate.)

The hypothesis is that the order is exchangeable, and not only that the file is unseen. The test is not
valid for a set that is sorted: by subject, level, length, source, date or number of the problem. A
checkpoint then prefers the published order because similar problems are neighbours. It detects a file
that was seen many times in its order, and no single problems; a set that was shuffled before training
is not detected.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import inf
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from clean_bench.engines.base import Engine, ServedEngine
from clean_bench.probing.answer_permutation import random_orders
from clean_bench.probing.rows import Value
from clean_bench.probing.tests.base import (
    COUNT,
    LOGPROBS,
    SHARE,
    Bounds,
    Material,
    Measured,
    SetTest,
    read_logprobs,
)
from clean_bench.probing.tests.suffix_logprob import require_logprobs
from clean_bench.problems import ProblemSet
from clean_bench.seeds import digest

MOST_SHARDS = 10
MOST_PROBLEMS = 8
MOST_TOKENS = 4096
ORDERS = 24
DRAWS = 9999
BLANK_LINE = "\n\n"
_JOINT = 8
"""Tokens that a blank line may add, with those that another tokenization of its neighbours may."""


class Exchangeability(SetTest):
    """See the module."""

    name = "exchangeability"
    summary = "log-probability of a set in its order against shuffled orders (2310.17623)"
    needs = frozenset({LOGPROBS})
    readings = 1 + ORDERS
    most_read = MOST_SHARDS * MOST_PROBLEMS
    bounds: ClassVar[Mapping[str, Bounds]] = {
        "canonical_minus_shuffled": (-inf, inf),
        "p": SHARE,
        "shards": COUNT,
        "permutations": COUNT,
    }

    def check(self, engine: Engine, material: Material) -> None:
        """Raise `UserError` for a server that gives no log-probabilities."""
        require_logprobs(engine, self.name)

    def measure(self, engine: Engine, problems: ProblemSet, material: Material) -> Measured:
        """See `SetTest.measure`."""
        texts = [problem.problem for problem in problems]
        shards = [[texts[place] for place in shard] for shard in shards_of(engine, texts)]
        if len(shards) < 2:
            return Measured()
        begin = engine.encode("")
        # Where nothing begins a text, it is read after a blank line: all its tokens are then measured.
        before = begin or engine.encode(BLANK_LINE, special_tokens=False)
        orders = [
            BLANK_LINE.join(shard[place] for place in order)
            for number, shard in enumerate(shards)
            for order in orders_of(len(shard), problems.name, number)
        ]
        if isinstance(engine, ServedEngine):
            engine.encode_ahead(orders)
        suffixes = [engine.encode(text)[len(begin) :] for text in orders]
        read = read_logprobs(engine, [before] * len(suffixes), suffixes)
        sums = np.array([sum(row) for row in read]).reshape(len(shards), 1 + ORDERS)
        tokens = sum(len(row) for row in read) / (1 + ORDERS)
        difference = float((sums[:, 0] - sums[:, 1:].mean(axis=1)).sum()) / tokens
        statistics = {
            "canonical_minus_shuffled": difference,
            "p": order_p_value(sums, problems.name),
            "shards": float(len(shards)),
            "permutations": float(ORDERS),
        }
        return Measured(
            (),
            [
                Value(problems.name, "", self.name, None, name, value)
                for name, value in statistics.items()
            ],
        )


def shards_of(engine: Engine, texts: Sequence[str]) -> Iterator[list[int]]:
    """The places of the problems of each shard, at least two; see the module."""
    parts = min(MOST_SHARDS, max(len(texts) // MOST_PROBLEMS, 2))
    if isinstance(engine, ServedEngine):
        engine.encode_ahead(texts)
    room = min(MOST_TOKENS, engine.context_length)
    bounds = [len(texts) * part // parts for part in range(parts + 1)]
    for start, end in pairwise(bounds):
        shard: list[int] = []
        used = _JOINT
        for place in range(start, end):
            tokens = len(engine.encode(texts[place])) + _JOINT
            if used + tokens > room:
                if len(shard) > 1:
                    break
                shard, used = [], _JOINT  # consecutive problems, so the next one begins anew
                if used + tokens > room:
                    continue
            shard.append(place)
            used += tokens
            if len(shard) == MOST_PROBLEMS:
                break
        if len(shard) > 1:
            yield shard


def orders_of(count: int, set_name: str, shard: int) -> Iterator[list[int]]:
    """The published order of a shard, and `ORDERS` uniform random ones (which may be equal)."""
    yield list(range(count))
    entropy = digest("orders of a shard", set_name, shard, length=8 * ORDERS * count)
    yield from random_orders(entropy, count).tolist()


def order_p_value(sums: npt.NDArray[np.float64], seed: str) -> float:
    """The p-value that the published orders are more probable than the others.

    Args:
        sums: log-probabilities, shards x orders; the first order is the published one.
        seed: label of the random draws.
    """
    shards, orders = sums.shape
    # The remainder of 32 uniform bits by 25 deviates from uniform by less than one in 10^8.
    entropy = digest("orders of shards", seed, length=4 * DRAWS * shards)
    chosen = np.frombuffer(entropy, dtype="<u4").reshape(DRAWS, shards) % orders
    drawn = sums[np.arange(shards), chosen].sum(axis=1)
    observed = float(sums[:, 0].sum())
    # Equal orders give equal sums up to rounding; these count as equal.
    tolerance = 1e-9 * float(np.abs(sums).sum())
    return float(1 + (drawn >= observed - tolerance).sum()) / (1 + DRAWS)
