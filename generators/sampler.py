"""Rows of a set: which item stands in which row.

Row i of a set is a function of (master seed, family, generator version, tier, split, i, redraw)
through SHAKE-256. The redraw counter starts at 0 and rises while the words stand for no valid item,
for one of the other half, for a canonical form that an earlier row has, or for an item that is found
in a file which the set is drawn against; it is recorded, so that any row can be made again without its
predecessors (`Source.item`).

Drawing has two parts. The first valid draw of every row needs no other row: blocks of rows can be drawn
anywhere, in any order (`Source.block`). Then the blocks pass one after the other, and a row whose form
an earlier one has is drawn again (`without_duplicates`). So several processes give the rows of one.
"""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, NamedTuple, Protocol

import numpy as np

from clean_bench.errors import UserError
from clean_bench.seeds import stream
from clean_bench.text.hash_index import Hashes, HashSet, hash64
from generators.family import Item
from generators.plan import Plan, plan_of

BLOCK_ROWS = 1_000
_MANY = 50_000
_FEWEST_DRAWS = 20_000
_MOST_DRAWS = 300_000
_DRAWS_PER_FORM = 50


class Hit(NamedTuple):
    """That a draw is found in a file: its canonical form (`kind` "canonical") or one of its n-grams
    ("ngram"); `what` is the form or the words, `file` the number of the file."""

    row: int
    redraw: int
    kind: str
    what: str
    file: int


class Against(Protocol):
    """What a set is decontaminated against. With `drops` an item that is a hit is drawn again."""

    drops: bool

    def hits(self, row: int, redraw: int, problem: str, canonical: str) -> list[Hit]:
        """The hits of an item."""
        ...


@dataclass(slots=True)
class Row:
    """One row as drawn; `duplicates` and `rejected` count redraws by their reason."""

    index: int
    redraw: int
    problem: str
    answer: str
    solution: str
    canonical: str
    bits: float
    part_bits: float
    duplicates: int = 0
    rejected: int = 0


@dataclass(slots=True)
class Block:
    """The first valid draws of consecutive rows, with hashes of their canonical forms, and the hits of
    these draws and of those that were rejected on the way."""

    rows: list[Row]
    hashes: Hashes
    hits: list[Hit]


class Source:
    """Draws the items of a plan."""

    def __init__(self, plan: Plan, against: Against | None = None) -> None:
        self.plan = plan
        self.against = against
        family = plan.family
        self._words = {
            tier: stream("item", plan.master, family.name, family.version, tier, plan.split)
            for tier in range(plan.low, plan.high + 1)
        }

    def item(self, index: int, redraw: int) -> Item | None:
        """What one draw for a row stands for, made without its predecessors.

        None where the draw is invalid or belongs to the other half.
        """
        plan, tier = self.plan, self.plan.tier(index)
        words = self._words[tier](index, redraw, length=plan.family.random_bytes)
        return plan.family.make(words, tier, plan.split, plan.notation)

    def row(self, index: int, redraw: int, hits: list[Hit]) -> Row:
        """The first valid draw for a row from a redraw on; `hits` is added to.

        Raises:
            UserError: if there is none among the first very many: the tier is exhausted.
        """
        plan, rejected, number = self.plan, 0, redraw - 1
        while True:
            number += 1
            # How many forms a tier has can take a second to count, and most rows never ask.
            if number >= _FEWEST_DRAWS and number >= self.most_draws(plan.tier(index)):
                raise self.exhausted(index)
            item = self.item(index, number)
            if item is None:
                continue
            canonical, solution, part_bits = plan.family.details(item.form)
            if self.against is not None:
                found = self.against.hits(index, number, item.problem, canonical)
                hits += found
                if found and self.against.drops:
                    rejected += 1
                    continue
            halved = 0.0 if plan.split == "all" else plan.family.split_bits(item.form)
            return Row(
                index,
                number,
                item.problem,
                item.answer,
                solution,
                canonical,
                rounded_down(item.bits - halved),
                rounded_down(part_bits),
                rejected=rejected,
            )

    def block(self, start: int, stop: int) -> Block:
        """The first valid draws of rows start..stop-1."""
        hits: list[Hit] = []
        rows = [self.row(index, 0, hits) for index in range(start, stop)]
        hashes = np.fromiter((hash64(row.canonical) for row in rows), np.uint64, len(rows))
        return Block(rows, hashes, hits)

    def most_draws(self, tier: int) -> int:
        """After how many draws for one row, all in vain, a tier is taken to be exhausted."""
        return min(max(_FEWEST_DRAWS, _DRAWS_PER_FORM * self.plan.family.most(tier)), _MOST_DRAWS)

    def exhausted(self, index: int) -> UserError:
        """The error that no new problem is found for a row."""
        plan, tier = self.plan, self.plan.tier(index)
        have = len(range(tier - plan.low, index, plan.high - plan.low + 1))
        half = "" if plan.split == "all" else f" in the half {plan.split}"
        rejected = " that the files do not hold" if self.against and self.against.drops else ""
        return UserError(
            f"--count {plan.count}: after {have:,} different problems of {tier} steps{half}{rejected}, "
            f"{self.most_draws(tier):,} draws found no other: ask for fewer, or for more steps"
        )


def without_duplicates(source: Source, blocks: Iterable[Block], seen: HashSet) -> Iterator[Block]:
    """The blocks with every row drawn again whose canonical form an earlier row has.

    Args:
        source: what drew the blocks.
        blocks: consecutive blocks.
        seen: the forms of the rows before the first of them; it is added to.
    """
    for block in blocks:
        known = seen.contains(block.hashes)
        local: set[int] = set()
        for place, row in enumerate(block.rows):
            value = int(block.hashes[place])
            duplicates = 0
            met = bool(known[place]) or value in local
            while met:
                duplicates += 1
                before = row
                row = source.row(before.index, before.redraw + 1, block.hits)
                row.rejected += before.rejected
                value = hash64(row.canonical)
                met = value in local or value in seen
            if duplicates:
                row.duplicates = duplicates
                block.rows[place] = row
                block.hashes[place] = value
            local.add(value)
        seen.add(block.hashes)
        if source.against is not None and not source.against.drops and block.hits:
            kept = {(row.index, row.redraw) for row in block.rows}
            block.hits = [hit for hit in block.hits if (hit.row, hit.redraw) in kept]
        yield block


def workers_for(count: int) -> int:
    """Processes that pay off for so many rows: one, and from `_MANY` rows on one for each core."""
    return 1 if count < _MANY else os.cpu_count() or 1


def draw_blocks(
    plan: Plan, start: int = 0, against: Against | None = None, workers: int = 1
) -> Iterator[Block]:
    """Blocks of first draws from a row on, in order.

    Args:
        plan: what to draw.
        start: the first row, a multiple of `BLOCK_ROWS`.
        against: what to draw against.
        workers: processes; with one, this process draws.
    """
    ends = (
        (low, min(low + BLOCK_ROWS, plan.count)) for low in range(start, plan.count, BLOCK_ROWS)
    )
    if workers == 1:
        source = Source(plan, against)
        yield from (source.block(*end) for end in ends)
        return
    with ProcessPoolExecutor(
        workers, get_context("spawn"), initializer=_begin, initargs=(plan.config(), against)
    ) as pool:
        waiting: deque[Future[Block]] = deque()
        try:
            for end in ends:
                waiting.append(pool.submit(_block, *end))
                if len(waiting) > 4 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


_source: Source


def _begin(config: dict[str, Any], against: Against | None) -> None:
    global _source
    _source = Source(plan_of(config), against)


def _block(start: int, stop: int) -> Block:
    return _source.block(start, stop)


def rounded_down(bits: float) -> float:
    """To 1e-6, so that the last place of a logarithm, which differs by machine, is no identity."""
    return math.floor(bits * 1e6) / 1e6
