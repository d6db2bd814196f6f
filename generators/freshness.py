"""How fresh a set is, computed from its rows and from how its master seed came to be.

Per tier: bits of the items, a bound on the min-entropy, duplicates, how guessable the answers are,
and how probable it is that a corpus holds any item. The union bound: an item is a draw from the
tier, so a corpus that was written without knowledge of the draw and that holds M computations holds
the item with probability at most M 2^-Hmin, and any of n items with at most n M 2^-Hmin. M is taken
as large as the number of tokens: no more than one computation begins at each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Context
from math import floor, fsum, inf, log2
from typing import Any

import numpy as np
import numpy.typing as npt

from clean_bench.text.hash_index import hash64

FRESH_BITS = 60.0
"""A given item is among 10^12 computations with probability below 1e-6 from this many bits on."""

CORPUS_TOKENS = {"1e12": 10**12, "1e13": 10**13, "1e14": 10**14}
ASSUMPTION = (
    "the corpus was written without knowledge of the master seed and of the set, and holds at most "
    "one computation for each of its tokens"
)


_ONE_DIGIT_UP = Context(prec=1, rounding=ROUND_CEILING)
_NUMERAL = re.compile(r"[0-9]+(?:[.,][0-9]+)*")

Shards = Callable[[], Iterable[tuple[Any, Any]]]
"""Gives the tables `problems` and `draws` of a set, shard by shard, each time it is called."""


def freshness(
    shards: Shards,
    sizes: Mapping[int, int],
    floors: Mapping[int, float],
    origin: Mapping[str, Any],
    against: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The manifest's account of freshness.

    Args:
        shards: the rows of the set.
        sizes: how many rows each tier has.
        floors: a lower bound on the min-entropy of each tier, in bits, that of the half if it is one.
        origin: where the master seed comes from; `bind` (weights hashes) and `round`, or `seed`.
        against: the manifest's words for the files that the set was drawn against, with `hits`, what
            was found there, and `parts`, the sub-expressions in them.
    """
    counts = {tier: TierCount(n) for tier, n in sizes.items() if n}
    for problems, draws in shards():
        tiers = problems["steps"].to_numpy()
        for tier in np.unique(tiers).tolist():
            here = np.flatnonzero(tiers == tier)
            counts[tier].add(problems.take(here), draws.take(here))
    commonest = {tier: count.commonest() for tier, count in counts.items()}
    _name_answers(shards, commonest)
    tiers = {
        str(tier): count.account(floors[tier], commonest[tier])
        for tier, count in sorted(counts.items())
    }
    bound = bool(origin.get("bind"))
    account = {
        "tiers": tiers,
        "fresh_bits": FRESH_BITS,
        "bound": bound,
        "bound_to": sorted(set(origin.get("bind", []))),
        "redrawing_ruled_out": bound
        and "round" in origin
        and not (against is not None and against["drop"]),
        "assumption": ASSUMPTION,
        "any_item_in_corpus": {
            size: min(1.0, sum(tier["any_item_in_corpus"][size] for tier in tiers.values()))
            for size in CORPUS_TOKENS
        },
    }
    if against is not None:
        account["decontamination"] = against_account(against)
    return {**account, "claim": claim(account)}


@dataclass
class Commonest:
    """The commonest answer of a tier: the hashes of those that occur so often (None for all), how often
    that is, and its text once it is found."""

    hashes: set[int] | None
    count: int
    text: str | None = None


class TierCount:
    """What is counted of a tier, in sixteen bytes a row.

    `duplicates.observed` counts the draws that met an earlier item and were redrawn. `expected` is
    its expectation given the items: where the earlier rows hold the share S of all probability, a
    row meets S / (1 - S) of them on average (an upper bound where `bits` are lower bounds).
    `masked_duplicates` counts the problems whose text, with every numeral replaced by the same sign,
    is that of an earlier one. `answers.entropy` is that of the answers in the set, in bits, so at most
    log2 n.
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
        """Count rows of the two tables."""
        bits = problems["bits"].to_numpy()
        here = slice(self.filled, self.filled + len(bits))
        self.filled = here.stop
        self.answers[here] = [hash64(text) for text in problems["answer"].to_pylist()]
        texts = problems["problem"].to_pylist()
        self.masked[here] = [hash64(_NUMERAL.sub("#", text)) for text in texts]
        self.least_bits = min(self.least_bits, bits.min().item())
        self.bits += fsum(bits)
        self.part_bits = max(self.part_bits, draws["part_bits"].to_numpy().max().item())
        self.redraws += int(draws["redraws"].to_numpy().sum())
        self.duplicates += int(draws["duplicates"].to_numpy().sum())
        self.rejected += int(draws["rejected"].to_numpy().sum())
        expected, self.share = expected_duplicates(bits, self.share)
        self.expected += expected

    def commonest(self) -> Commonest:
        """The answers that occur most often. Call it once, when every row is counted.

        Hashes are sorted where they lie, and those of masked texts are dropped when they are counted:
        with ten million rows a copy more or less is what the memory's bound hangs on.
        """
        self.masked.sort()
        self.masked_duplicates = int(np.count_nonzero(self.masked[1:] == self.masked[:-1]))
        self.masked = np.empty(0, dtype=np.uint64)
        self.answers.sort()
        counts, starts = _runs(self.answers)
        most = int(counts.max())
        return Commonest(
            set(self.answers[starts[counts == most]].tolist()) if most > 1 else None, most
        )

    def account(self, floor: float, commonest: Commonest) -> dict[str, Any]:
        """The account of the tier, once `commonest` was called and its text is known."""
        counts, _ = _runs(self.answers)
        sizes, often = np.unique(counts, return_counts=True)
        shares = [(c / self.n, m) for c, m in zip(sizes.tolist(), often.tolist(), strict=True)]
        return {
            "n": self.n,
            "label": "fresh" if floor >= FRESH_BITS else "skill",
            "bits": {"min": self.least_bits, "mean": _rounded(self.bits / self.n)},
            "min_entropy": _rounded(floor),
            "part_bits": {"max": self.part_bits},
            "redraws": self.redraws,
            "rejected": self.rejected,
            "duplicates": {"expected": _rounded(self.expected), "observed": self.duplicates},
            "masked_duplicates": self.masked_duplicates,
            "answers": {
                "distinct": len(counts),
                "entropy": _rounded(-fsum(m * p * log2(p) for p, m in shares) + 0.0),
                "most_common": commonest.text,
                "most_common_accuracy": _rounded(commonest.count / self.n),
            },
            "any_item_in_corpus": {
                size: min(1.0, _rounded(self.n * tokens * 2**-floor))
                for size, tokens in CORPUS_TOKENS.items()
            },
        }


def _runs(ordered: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Lengths and beginnings of the runs of equal values in a sorted array."""
    changes = np.empty(len(ordered), dtype=bool)
    changes[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=changes[1:])
    starts = np.flatnonzero(changes).astype(np.uint32)
    return np.diff(starts, append=np.uint32(len(ordered))), starts


def _name_answers(shards: Shards, commonest: Mapping[int, Commonest]) -> None:
    """Find the text of each tier's commonest answer; of several the one that comes first."""
    missing = set(commonest)
    for problems, _ in shards():
        for tier, answer in zip(
            problems["steps"].to_pylist(), problems["answer"].to_pylist(), strict=True
        ):
            if tier in missing:
                hashes = commonest[tier].hashes
                if hashes is None or hash64(answer) in hashes:
                    commonest[tier].text = answer
                    missing.discard(tier)
        if not missing:
            return


def expected_duplicates(
    bits: Sequence[float] | npt.NDArray[np.float64], share: float = 0.0
) -> tuple[float, float]:
    """How many draws meet an earlier item while items of these bits are drawn one by one.

    Args:
        bits: of the items in the order of drawing.
        share: the probability that the items before them hold together.

    Returns:
        The expectation, and the share with these items.
    """
    reached = np.cumsum(np.concatenate([[share], np.exp2(-np.asarray(bits, dtype=float))]))
    before = reached[:-1]
    return fsum(before / np.maximum(1 - before, 1e-9)), float(reached[-1])


def against_account(against: Mapping[str, Any]) -> dict[str, Any]:
    """What was found in the files that the set was drawn against.

    `items` counts draws, each once; with `rejected` they are no longer in the set, and without they
    are. `parts` counts the sub-expressions of the items by their steps, and those in the files.
    """
    by_kind: dict[str, set[tuple[int, int]]] = {"canonical": set(), "ngram": set()}
    for hit in against["hits"]:
        by_kind[hit.kind].add((hit.row, hit.redraw))
    return {
        "files": against["files"],
        "rejected": against["drop"],
        "items": len(by_kind["canonical"] | by_kind["ngram"]),
        **{kind: len(found) for kind, found in by_kind.items()},
        "parts": against["parts"],
    }


def claim(account: Mapping[str, Any]) -> str:
    """What is proven about a set and what is not, in plain words."""
    tiers = account["tiers"]
    fresh = [tier for tier in tiers if tiers[tier]["label"] == "fresh"]
    skill = [tier for tier in tiers if tiers[tier]["label"] == "skill"]
    said = []
    if account["bound"]:
        said.append(
            "The items were derived from a hash of the weights of "
            f"{_count(len(account['bound_to']), 'checkpoint')}, so this set cannot have existed "
            "before those weights, and training on it would change the weights and with them the "
            "set."
        )
        said.append(
            "Drawing again until the set was kind is ruled out, provided that the round's text was "
            "published after the weights were fixed, which is for the reader to check."
            if account["redrawing_ruled_out"]
            else "Redrawing is not ruled out: "
            + (
                "items were drawn again where a file held them, and its maker chose the files."
                if account.get("decontamination", {}).get("rejected")
                else "without public randomness mixed in, slightly changed weights could have been "
                "tried until the set was kind."
            )
        )
    else:
        said.append(
            "The items follow from a seed alone and are bound to no checkpoint: anyone who knows "
            "the seed could have trained on this very set."
        )
    if fresh:
        bits = min(tiers[tier]["min_entropy"] for tier in fresh)
        any_item = sum(tiers[tier]["any_item_in_corpus"]["1e12"] for tier in fresh)
        said.append(
            f"{_tiers(fresh)} fresh: no computation is drawn with a probability above "
            f"2^-{floor(10 * bits) / 10:.1f}, and a corpus of 10^12 tokens holds any of "
            f"{_count(sum(tiers[tier]['n'] for tier in fresh), 'item')} with a probability of at "
            f"most {_raised(min(1.0, any_item))}, if {ASSUMPTION}."
        )
    if skill:
        said.append(
            f"{_tiers(skill)} labelled skill, not fresh: so few computations are possible there "
            "that a corpus may hold them."
        )
    if "decontamination" in account:
        said.append(_said_against(account["decontamination"]))
    said.append(
        "What this shows is that items are new; the family is public, and a model may have been "
        "trained on others of its kind."
    )
    return " ".join(said)


def _said_against(against: Mapping[str, Any]) -> str:
    files = _count(len(against["files"]), "local file")
    if not against["items"]:
        return f"In {files} no computation of it was found, and none of its 8-grams."
    found = _count(against["items"], "item")
    if against["rejected"]:
        return f"Drawn again were {found} of which {files} held the computation or an 8-gram."
    return f"In {files} the computation or an 8-gram of {found} was found."


def _raised(probability: float) -> str:
    """A probability to one digit, rounded up."""
    return f"{float(_ONE_DIGIT_UP.create_decimal_from_float(probability)):.1g}"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n:,} {noun}s"


def _tiers(tiers: Sequence[str]) -> str:
    if len(tiers) == 1:
        return f"Tier {tiers[0]} is"
    return f"Tiers {', '.join(tiers[:-1])} and {tiers[-1]} are"


def _rounded(value: float) -> float:
    """To nine significant digits: the last places of logarithms differ between machines."""
    return float(f"{value:.9g}")
