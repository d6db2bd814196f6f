"""The freshness account of a set, computed from its rows and from the origin of its master seed.

Per tier: bits of the items, a lower bound on the min-entropy, duplicates, the accuracy of the most
common answer, and the probability that a corpus contains any item. That probability is a union bound.
An item is a draw from the tier. A corpus that was written without knowledge of the draw and contains M
computations therefore contains the item with probability at most M 2^-Hmin, and any of n items with at
most n M 2^-Hmin. M is the number of tokens: at most one computation begins at each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum, inf, log2
from typing import Any

import numpy as np
import numpy.typing as npt

from clean_bench.text.hash_index import hash64
from generators.claim import ASSUMPTION, claim

FRESH_BITS = 60.0
"""From this min-entropy on, 10^12 computations contain a given item with probability below 1e-6."""

CORPUS_TOKENS = {"1e12": 10**12, "1e13": 10**13, "1e14": 10**14}
_NUMERAL = re.compile(r"[0-9]+(?:[.,][0-9]+)*")

Shards = Callable[[], Iterable[tuple[Any, Any]]]
"""Returns the tables `problems` and `draws` of a set, shard by shard, at every call."""


def freshness_account(
    shards: Shards,
    counts: Mapping[int, int],
    min_entropy: Mapping[int, float],
    origin: Mapping[str, Any],
    corpus: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The freshness account that the manifest stores.

    Args:
        shards: the rows of the set.
        counts: the number of rows of each tier.
        min_entropy: a lower bound on the min-entropy of each tier (of its split) in bits.
        origin: the origin of the master seed: `bind` (weights hashes) and `round`, or `seed`.
        corpus: the manifest's description of the decontamination files, with `hits`, the matches,
            and `parts`, the counts of shared sub-expressions.
    """
    tier_counts = {tier: TierCount(n) for tier, n in counts.items() if n}
    for problems, draws in shards():
        steps = problems["steps"].to_numpy()
        for tier in np.unique(steps).tolist():
            rows = np.flatnonzero(steps == tier)
            tier_counts[tier].add(problems.take(rows), draws.take(rows))
    most_common = {tier: count.most_common() for tier, count in tier_counts.items()}
    _find_texts(shards, most_common)
    tiers = {
        str(tier): count.account(min_entropy[tier], most_common[tier])
        for tier, count in sorted(tier_counts.items())
    }
    bound = bool(origin.get("bind"))
    account = {
        "tiers": tiers,
        "fresh_bits": FRESH_BITS,
        "bound": bound,
        "bound_to": sorted(set(origin.get("bind", []))),
        "seed_grinding_ruled_out": bound
        and "round" in origin
        and not (corpus is not None and corpus["drop"]),
        "assumption": ASSUMPTION,
        "any_item_in_corpus": {
            size: min(1.0, sum(tier["any_item_in_corpus"][size] for tier in tiers.values()))
            for size in CORPUS_TOKENS
        },
    }
    if corpus is not None:
        account["decontamination"] = decontamination_account(corpus)
    return {**account, "claim": claim(account)}


@dataclass
class MostCommon:
    """The most common answer of a tier: the hashes of all answers with that count (None if every answer
    is different), the count, and the text of the first of them."""

    hashes: set[int] | None
    count: int
    text: str | None = None


class TierCount:
    """Counts over the rows of a tier, in sixteen bytes a row.

    `duplicates.observed` counts draws that repeated an earlier item and were drawn again. `expected` is
    its expectation given the items: where the earlier rows hold the share S of the probability, a row
    has S / (1 - S) duplicates on average (an upper bound where `bits` are lower bounds).
    `masked_duplicates` counts problems whose text equals an earlier one after every numeral is replaced
    by the same character. `answers.entropy` is the entropy of the answers in the set, in bits; it is at
    most log2 n.
    """

    def __init__(self, n: int) -> None:
        self.n = n
        self.filled = 0
        self.answers = np.empty(n, dtype=np.uint64)
        self.masked = np.empty(n, dtype=np.uint64)
        self.masked_duplicates = 0
        self.least_bits = inf
        self.bits = 0.0
        self.part_bits = 0.0
        self.redraws = self.duplicates = self.rejected = 0
        self.expected = self.share = 0.0

    def add(self, problems: Any, draws: Any) -> None:
        """Add rows of the two tables."""
        bits = problems["bits"].to_numpy()
        rows = slice(self.filled, self.filled + len(bits))
        self.filled = rows.stop
        self.answers[rows] = [hash64(text) for text in problems["answer"].to_pylist()]
        texts = problems["problem"].to_pylist()
        self.masked[rows] = [hash64(_NUMERAL.sub("#", text)) for text in texts]
        self.least_bits = min(self.least_bits, bits.min().item())
        self.bits += fsum(bits)
        self.part_bits = max(self.part_bits, draws["part_bits"].to_numpy().max().item())
        self.redraws += int(draws["redraws"].to_numpy().sum())
        self.duplicates += int(draws["duplicates"].to_numpy().sum())
        self.rejected += int(draws["rejected"].to_numpy().sum())
        expected, self.share = expected_duplicates(bits, self.share)
        self.expected += expected

    def most_common(self) -> MostCommon:
        """The answers that occur most often. Call it once, after all rows were added.

        Hashes are sorted in place, and those of masked texts are freed when they are counted: with ten
        million rows each further copy counts against the memory limit.
        """
        self.masked.sort()
        self.masked_duplicates = int(np.count_nonzero(self.masked[1:] == self.masked[:-1]))
        self.masked = np.empty(0, dtype=np.uint64)
        self.answers.sort()
        counts, starts = _runs(self.answers)
        most = int(counts.max())
        hashes = set(self.answers[starts[counts == most]].tolist()) if most > 1 else None
        return MostCommon(hashes, most)

    def account(self, min_entropy: float, most_common: MostCommon) -> dict[str, Any]:
        """The account of the tier. Call it after `most_common`, with the text filled in."""
        counts, _ = _runs(self.answers)
        sizes, times = np.unique(counts, return_counts=True)
        shares = [(c / self.n, m) for c, m in zip(sizes.tolist(), times.tolist(), strict=True)]
        return {
            "n": self.n,
            "label": "fresh" if min_entropy >= FRESH_BITS else "skill",
            "bits": {"min": self.least_bits, "mean": _rounded(self.bits / self.n)},
            "min_entropy": _rounded(min_entropy),
            "part_bits": {"max": self.part_bits},
            "redraws": self.redraws,
            "rejected": self.rejected,
            "duplicates": {"expected": _rounded(self.expected), "observed": self.duplicates},
            "masked_duplicates": self.masked_duplicates,
            "answers": {
                "distinct": len(counts),
                "entropy": _rounded(-fsum(m * p * log2(p) for p, m in shares) + 0.0),
                "most_common": most_common.text,
                "most_common_accuracy": _rounded(most_common.count / self.n),
            },
            "any_item_in_corpus": {
                size: min(1.0, _rounded(self.n * tokens * 2**-min_entropy))
                for size, tokens in CORPUS_TOKENS.items()
            },
        }


def _runs(ordered: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Lengths and start indices of the runs of equal values in a sorted array."""
    changes = np.empty(len(ordered), dtype=bool)
    changes[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=changes[1:])
    starts = np.flatnonzero(changes).astype(np.uint32)
    return np.diff(starts, append=np.uint32(len(ordered))), starts


def _find_texts(shards: Shards, most_common: Mapping[int, MostCommon]) -> None:
    """Fill in the text of each tier's most common answer; of several the first in the set."""
    missing = set(most_common)
    for problems, _ in shards():
        rows = zip(problems["steps"].to_pylist(), problems["answer"].to_pylist(), strict=True)
        for tier, answer in rows:
            if tier in missing:
                hashes = most_common[tier].hashes
                if hashes is None or hash64(answer) in hashes:
                    most_common[tier].text = answer
                    missing.discard(tier)
        if not missing:
            return


def expected_duplicates(
    bits: Sequence[float] | npt.NDArray[np.float64], share: float = 0.0
) -> tuple[float, float]:
    """The expected number of duplicates while items of these bits are drawn one by one.

    Args:
        bits: of the items in the order of drawing.
        share: the total probability of the items before them.

    Returns:
        The expectation, and the total probability with these items.
    """
    shares = np.cumsum(np.concatenate([[share], np.exp2(-np.asarray(bits, dtype=float))]))
    before = shares[:-1]
    return fsum(before / np.maximum(1 - before, 1e-9)), float(shares[-1])


def decontamination_account(corpus: Mapping[str, Any]) -> dict[str, Any]:
    """The account of decontamination against local files.

    `items` counts draws with a hit, each once. With `rejected` these draws are not in the set; without,
    they are. `parts` counts the sub-expressions of the items by steps, and those in the files.
    """
    by_kind: dict[str, set[tuple[int, int]]] = {"canonical": set(), "ngram": set()}
    for hit in corpus["hits"]:
        by_kind[hit.kind].add((hit.row, hit.redraw))
    return {
        "files": corpus["files"],
        "rejected": corpus["drop"],
        "items": len(by_kind["canonical"] | by_kind["ngram"]),
        **{kind: len(draws) for kind, draws in by_kind.items()},
        "parts": corpus["parts"],
    }


def _rounded(value: float) -> float:
    """Round to nine significant digits: the last digits of logarithms differ between machines."""
    return float(f"{value:.9g}")
