"""The freshness claim: what is proven about a set and what is not, as an English paragraph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, Context
from math import floor
from typing import Any

ASSUMPTION = (
    "the corpus was written without knowledge of the master seed and of the set, and contains at most "
    "one computation per token"
)
_GRINDING = "Seed grinding (trying weights until a favourable set comes out)"
_ROUND_UP = Context(prec=1, rounding=ROUND_CEILING)


def claim(account: Mapping[str, Any]) -> str:
    """The claim that a freshness account supports (`generators.freshness.freshness_account`)."""
    tiers = account["tiers"]
    fresh = [tier for tier in tiers if tiers[tier]["label"] == "fresh"]
    skill = [tier for tier in tiers if tiers[tier]["label"] == "skill"]
    sentences = [_origin(account)]
    if fresh:
        bits = min(tiers[tier]["min_entropy"] for tier in fresh)
        any_item = sum(tiers[tier]["any_item_in_corpus"]["1e12"] for tier in fresh)
        sentences.append(
            f"{_tiers(fresh)} fresh: no computation is drawn with a probability above "
            f"2^-{floor(10 * bits) / 10:.1f}. A corpus of 10^12 tokens contains any of "
            f"{_count(sum(tiers[tier]['n'] for tier in fresh), 'item')} with a probability of at "
            f"most {_round_up(min(1.0, any_item))}, if {ASSUMPTION}."
        )
    if skill:
        sentences.append(
            f"{_tiers(skill)} labelled skill, not fresh: the number of possible computations is so "
            "small that a corpus may contain them."
        )
    if "decontamination" in account:
        sentences.append(_decontamination(account["decontamination"]))
    sentences.append(
        "This shows that the items are new. The family is public, and a model may have been trained on "
        "other items of it."
    )
    return " ".join(sentences)


def _origin(account: Mapping[str, Any]) -> str:
    if not account["bound"]:
        return (
            "The items follow from a seed alone and are bound to no checkpoint: anyone with the seed "
            "could have trained on this set."
        )
    binding = (
        f"The items are derived from a hash of the weights of "
        f"{_count(len(account['bound_to']), 'checkpoint')}. So this set cannot have existed before "
        "those weights, and training on it would change the weights and with them the set. "
    )
    if account["seed_grinding_ruled_out"]:
        return (
            f"{binding}{_GRINDING} is ruled out if the text of the round was published after the "
            "weights were fixed; check that date."
        )
    reason = (
        "items that the files contain were drawn again, and the maker of the set chose the files."
        if account.get("decontamination", {}).get("rejected")
        else "no public randomness was mixed in, so slightly changed weights could have been tried."
    )
    return f"{binding}{_GRINDING} is not ruled out: {reason}"


def _decontamination(corpus: Mapping[str, Any]) -> str:
    files = _count(len(corpus["files"]), "local file")
    if not corpus["items"]:
        return f"In {files} no computation and no 8-gram of the set was found."
    items = _count(corpus["items"], "item")
    if corpus["rejected"]:
        return f"Drawn again because {files} contained the computation or an 8-gram: {items}."
    return f"In {files} the computation or an 8-gram of {items} was found."


def _round_up(probability: float) -> str:
    """A probability to one digit, rounded up."""
    return f"{float(_ROUND_UP.create_decimal_from_float(probability)):.1g}"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n:,} {noun}s"


def _tiers(tiers: Sequence[str]) -> str:
    if len(tiers) == 1:
        return f"Tier {tiers[0]} is"
    return f"Tiers {', '.join(tiers[:-1])} and {tiers[-1]} are"
