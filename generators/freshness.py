"""How fresh a set is, computed from its rows and from how its master seed came to be.

Per tier: bits of the items, a bound on the min-entropy, duplicates, how guessable the answers are,
and how probable it is that a corpus holds any item. The union bound: an item is a draw from the
tier, so a corpus that was written without knowledge of the draw and that holds M computations holds
the item with probability at most M 2^-Hmin, and any of n items with at most n M 2^-Hmin. M is taken
as large as the number of tokens: no more than one computation begins at each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log2
from statistics import fmean
from typing import Any

FRESH_BITS = 60.0
"""A given item is among 10^12 computations with probability below 1e-6 from this many bits on."""

CORPUS_TOKENS = {"1e12": 10**12, "1e13": 10**13, "1e14": 10**14}
ASSUMPTION = (
    "the corpus was written without knowledge of the master seed and of the set, and holds at most "
    "one computation for each of its tokens"
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a row says about freshness; `bits` and `part_bits` as in `generators.family.Item`."""

    tier: int
    bits: float
    part_bits: float
    answer: str
    redraws: int
    duplicates: int


def freshness(
    rows: Iterable[Drawn], floors: Mapping[int, float], origin: Mapping[str, Any]
) -> dict[str, Any]:
    """The manifest's account of freshness.

    Args:
        rows: every row of the set.
        floors: a lower bound on the min-entropy of each tier, in bits, the split's bit taken off.
        origin: where the master seed comes from; `bind` (weights hashes) and `round`, or `seed`.
    """
    by_tier: dict[int, list[Drawn]] = {}
    for row in rows:
        by_tier.setdefault(row.tier, []).append(row)
    tiers = {str(tier): tier_account(by_tier[tier], floors[tier]) for tier in sorted(by_tier)}
    bound = bool(origin.get("bind"))
    account = {
        "tiers": tiers,
        "fresh_bits": FRESH_BITS,
        "bound": bound,
        "bound_to": sorted(set(origin.get("bind", []))),
        "redrawing_ruled_out": bound and "round" in origin,
        "assumption": ASSUMPTION,
        "any_item_in_corpus": {
            size: min(1.0, sum(tier["any_item_in_corpus"][size] for tier in tiers.values()))
            for size in CORPUS_TOKENS
        },
    }
    return {**account, "claim": claim(account)}


def tier_account(rows: Sequence[Drawn], floor: float) -> dict[str, Any]:
    """The account of one tier.

    `duplicates.observed` counts the draws that met an earlier item and were redrawn. `expected` is
    its expectation given the items: where the earlier rows hold the share S of all probability, a
    row meets S / (1 - S) of them on average (an upper bound where `bits` are lower bounds).
    `answers.entropy` is that of the answers in the set, in bits, so at most log2 n.
    """
    n = len(rows)
    answers = Counter(row.answer for row in rows)
    answer, most = answers.most_common(1)[0]
    return {
        "n": n,
        "label": "fresh" if floor >= FRESH_BITS else "skill",
        "bits": {"min": min(r.bits for r in rows), "mean": _rounded(fmean(r.bits for r in rows))},
        "min_entropy": _rounded(floor),
        "part_bits": {"max": max(row.part_bits for row in rows)},
        "redraws": sum(row.redraws for row in rows),
        "duplicates": {
            "expected": _rounded(expected_duplicates([row.bits for row in rows])),
            "observed": sum(row.duplicates for row in rows),
        },
        "answers": {
            "distinct": len(answers),
            "entropy": _rounded(-sum(c / n * log2(c / n) for c in answers.values()) + 0.0),
            "most_common": answer,
            "most_common_accuracy": _rounded(most / n),
        },
        "any_item_in_corpus": {
            size: min(1.0, _rounded(n * tokens * 2**-floor))
            for size, tokens in CORPUS_TOKENS.items()
        },
    }


def expected_duplicates(bits: Sequence[float]) -> float:
    """How many draws meet an earlier item while items of these bits are drawn one by one."""
    expected = share = 0.0
    for item in bits:
        expected += share / max(1 - share, 1e-9)
        share += 2**-item
    return expected


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
            else "Redrawing is not ruled out: without public randomness mixed in, slightly changed "
            "weights could have been tried until the set was kind."
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
            f"2^-{bits:.1f}, and a corpus of 10^12 tokens holds any of "
            f"{_count(sum(tiers[tier]['n'] for tier in fresh), 'item')} with a probability of at "
            f"most {min(1.0, any_item):.1g}, if {ASSUMPTION}."
        )
    if skill:
        said.append(
            f"{_tiers(skill)} labelled skill, not fresh: so few computations are possible there "
            "that a corpus may hold them."
        )
    said.append(
        "What this shows is that items are new; the family is public, and a model may have been "
        "trained on others of its kind."
    )
    return " ".join(said)


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n:,} {noun}s"


def _tiers(tiers: Sequence[str]) -> str:
    if len(tiers) == 1:
        return f"Tier {tiers[0]} is"
    return f"Tiers {', '.join(tiers[:-1])} and {tiers[-1]} are"


def _rounded(value: float) -> float:
    """To nine significant digits: the last places of logarithms differ between machines."""
    return float(f"{value:.9g}")
