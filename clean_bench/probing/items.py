"""Items of a probe: one problem cut at one fraction, in the engine's tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from clean_bench.engines.base import Engine, ServedEngine
from clean_bench.errors import UserError
from clean_bench.probing.cut import Cut, cut
from clean_bench.probing.rows import TOO_LONG, most_tokens, template_of
from clean_bench.problems import Problem, ProblemSet
from clean_bench.prompts import Prompt
from clean_bench.samples import GREEDY, Decoding, SampleRequest, Sampling, request_sample

HEADLINE = 0.6
"""The fraction of a problem's characters that is shown in the headline."""


class Tokens(Protocol):
    """The part of an engine that cuts texts into tokens."""

    context_length: int

    def encode(self, text: str, *, special_tokens: bool = True) -> list[int]: ...


@dataclass(frozen=True)
class Entry:
    """One problem of a set at one fraction, before it is cut; `index` is its place in the set."""

    set: str
    index: int
    problem: Problem
    fraction: float


@dataclass(frozen=True)
class Item:
    """One problem cut at one fraction, in the engine's tokens.

    The tokens are empty where it cannot be scored (`reason`), or where a server does not encode texts;
    `aligned` is then None.
    """

    set: str
    index: int
    problem: Problem
    fraction: float
    cut: Cut
    reason: str | None
    prefix_ids: list[int]
    suffix_ids: list[int]
    aligned: bool | None


def fractions_of(name: str, fractions: Sequence[float], control: str | None) -> list[float]:
    """The fractions at which a set is cut: all of them, or the headline for the positive control.

    The control answers whether the probe sees memorization at all, which takes one prefix.

    Args:
        name: of the set.
        control: the name of the positive control.
    """
    return [headline_of(fractions)] if name == control else list(fractions)


def planned_entries(
    sets: Sequence[ProblemSet], fractions: Sequence[float], control: str | None = None
) -> list[Entry]:
    """Every problem of every set at each of its fractions, in the order of decoding.

    A shard decodes as long as its longest suffix, so similar lengths go together.

    Args:
        control: the name of the positive control, which is cut at the headline prefix alone.
    """
    plan = [
        Entry(s.name, i, p, f)
        for s in sets
        for f in fractions_of(s.name, fractions, control)
        for i, p in enumerate(s)
    ]
    return sorted(plan, key=lambda entry: len(entry.problem.problem) * (1 - entry.fraction))


def count_rows(
    sets: Sequence[ProblemSet], fractions: Sequence[float], control: str | None = None
) -> int:
    """The number of items of a probe (arguments as `planned_entries`)."""
    return sum(len(s) * len(fractions_of(s.name, fractions, control)) for s in sets)


def headline_of(fractions: Sequence[float]) -> float:
    """The fraction that is nearest to `HEADLINE`."""
    return min(fractions, key=lambda fraction: abs(fraction - HEADLINE))


def checked_fractions(fractions: Sequence[float]) -> list[float]:
    """The different fractions in order.

    Raises:
        UserError: for no fraction, for one outside (0, 1), and for two that are written alike.
    """
    wrong = [f" {fraction:g}" for fraction in fractions if not 0 < fraction < 1]
    if wrong or not fractions:
        raise UserError(
            f"--prefix{''.join(wrong[:1])}: expected fractions between 0 and 1, for example 0.4,0.6,0.8"
        )
    different = sorted(set(fractions))
    for one, other in pairwise(different):
        if template_of(one) == template_of(other):
            raise UserError(
                f"--prefix {one!r},{other!r}: expected fractions that differ in their first six digits; "
                "leave one out"
            )
    return different


def items_of(engine: Engine, entries: Sequence[Entry], protocol: str) -> list[Item]:
    """The items of entries; a server encodes their texts together."""
    if isinstance(engine, ServedEngine):
        cuts = [cut(entry.problem.problem, entry.fraction, protocol) for entry in entries]
        wholes = [entry.problem.problem for entry in entries]
        engine.encode_ahead([*wholes, *(parts.prefix for parts in cuts)])
    return [item_of(engine, entry, protocol) for entry in entries]


def item_of(engine: Tokens, entry: Entry, protocol: str) -> Item:
    """Cut a problem and split its tokens at the cut.

    The suffix's tokens are those of the whole text where the prefix's tokens begin it (`aligned`);
    elsewhere the cut runs through a token, and the suffix is encoded by itself.
    """
    problem, parts = entry.problem, cut(entry.problem.problem, entry.fraction, protocol)
    place = (entry.set, entry.index, problem, entry.fraction, parts)
    if parts.reason is not None:
        return Item(*place, parts.reason, [], [], None)
    if isinstance(engine, ServedEngine) and not engine.describe().get("tokenize", True):
        return Item(*place, None, [], [], None)
    whole, prefix = engine.encode(problem.problem), engine.encode(parts.prefix)
    aligned = whole[: len(prefix)] == prefix and len(whole) > len(prefix)
    suffix = whole[len(prefix) :] if aligned else engine.encode(parts.suffix, special_tokens=False)
    if len(prefix) + len(suffix) > engine.context_length:
        return Item(*place, TOO_LONG, [], [], None)
    return Item(*place, None, prefix, suffix, aligned)


def request_of(item: Item) -> SampleRequest:
    """The greedy completion of the prefix, as raw text."""
    return request_sample(
        item.set,
        item.problem,
        template_of(item.fraction),
        Decoding(GREEDY),
        Prompt(item.cut.prefix, special_tokens=True),
        Sampling(most_tokens(item.cut.suffix, len(item.suffix_ids) or None)),
    )


def planned_items(
    engine: Tokens,
    sets: Sequence[ProblemSet],
    fractions: Sequence[float],
    protocol: str = "clean",
    control: str | None = None,
) -> list[Item]:
    """The items of a probe, in the order of its rows (arguments as `planned_requests`)."""
    entries = planned_entries(sets, checked_fractions(fractions), control)
    return [item_of(engine, entry, protocol) for entry in entries]


def planned_requests(
    engine: Tokens,
    sets: Sequence[ProblemSet],
    fractions: Sequence[float],
    protocol: str = "clean",
    control: str | None = None,
) -> list[tuple[SampleRequest, int]]:
    """The greedy requests of a probe, each with the tokens that are read for its log-probabilities.

    These are prefix and suffix, and at the headline prefix the suffix after an empty prefix too.

    Args:
        engine: an engine, or whatever encodes as it does and has its context length.
        control: the name of the positive control, which is cut at the headline prefix alone.
    """
    items = planned_items(engine, sets, fractions, protocol, control)
    headline, begin = headline_of(fractions), len(engine.encode(""))
    return [
        (
            request_of(item),
            len(item.prefix_ids)
            + len(item.suffix_ids)
            + (begin + len(item.suffix_ids) if begin and item.fraction == headline else 0),
        )
        for item in items
        if item.reason is None
    ]
