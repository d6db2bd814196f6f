"""Draw the rows of a set.

Row i is a function of (master seed, family, family version, tier, split, i, redraw) through SHAKE-256.
The redraw counter starts at 0. It rises while a draw is invalid, belongs to the other split, repeats the
canonical form of an earlier row (duplicate), or is found in a decontamination file (rejected). The
counter is stored, so any row can be drawn again without its predecessors (`Sampler.item`).

Drawing has two phases. The first valid draw of a row depends on no other row: blocks of rows are drawn
anywhere, in any order (`Sampler.draw_block`). Then one process takes the blocks in order and draws
duplicates again (`redraw_duplicates`). So several processes give the rows of one process.
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

from clean_bench.child_process import end_with_parent
from clean_bench.errors import UserError
from clean_bench.seeds import stream
from clean_bench.sibling_packages import initializer
from clean_bench.text.hash_index import Hashes, HashSet, hash64
from generators.family import Item
from generators.set_plan import SetPlan, plan_from_config

BLOCK_ROWS = 1_000
_PARALLEL_ROWS = 50_000
_MIN_DRAW_LIMIT = 20_000
_MAX_DRAW_LIMIT = 300_000
_DRAWS_PER_FORM = 50


class Hit(NamedTuple):
    """A match of a draw in a file: its canonical form (`kind` "canonical") or one of its n-grams
    ("ngram"). `what` is the form or the n-gram, `file` the index of the file."""

    row: int
    redraw: int
    kind: str
    what: str
    file: int


class Corpus(Protocol):
    """Decontamination files. With `drops`, an item with a hit is drawn again."""

    drops: bool

    def hits(self, row: int, redraw: int, problem: str, canonical: str) -> list[Hit]:
        """The matches of an item in the files."""
        ...


@dataclass(slots=True)
class DrawnRow:
    """One row as drawn; `duplicates` and `rejected` count its redraws by reason."""

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
    """Consecutive rows, hashes of their canonical forms, and the hits of their draws, rejected draws
    included."""

    rows: list[DrawnRow]
    hashes: Hashes
    hits: list[Hit]


class Sampler:
    """Draws the items of a plan."""

    def __init__(self, plan: SetPlan, corpus: Corpus | None = None) -> None:
        self.plan = plan
        self.corpus = corpus
        family = plan.family
        self._streams = {
            tier: stream("item", plan.master, family.name, family.version, tier, plan.split)
            for tier in range(plan.low, plan.high + 1)
        }

    def item(self, index: int, redraw: int) -> Item | None:
        """Draw one item; None if the draw is invalid or belongs to the other split."""
        plan, tier = self.plan, self.plan.tier_of(index)
        entropy = self._streams[tier](index, redraw, length=plan.family.random_bytes)
        return plan.family.make(entropy, tier, plan.split, plan.notation)

    def draw_row(self, index: int, redraw: int, hits: list[Hit]) -> DrawnRow:
        """The first valid draw for a row from a redraw counter on; appends to `hits`.

        Raises:
            UserError: if `draw_limit` draws give none: the tier is exhausted.
        """
        plan, rejected, number = self.plan, 0, redraw - 1
        while True:
            number += 1
            # Counting the forms of a tier can take a second, so it is left out for the first draws.
            if number >= _MIN_DRAW_LIMIT and number >= self.draw_limit(plan.tier_of(index)):
                raise self.exhausted_error(index)
            item = self.item(index, number)
            if item is None:
                continue
            canonical, solution, part_bits = plan.family.details(item.form)
            if self.corpus is not None:
                item_hits = self.corpus.hits(index, number, item.problem, canonical)
                hits += item_hits
                if item_hits and self.corpus.drops:
                    rejected += 1
                    continue
            split_bits = 0.0 if plan.split == "all" else plan.family.split_bits(item.form)
            return DrawnRow(
                index,
                number,
                item.problem,
                item.answer,
                solution,
                canonical,
                round_down(item.bits - split_bits),
                round_down(part_bits),
                rejected=rejected,
            )

    def draw_block(self, start: int, stop: int) -> Block:
        """The first valid draws of rows start..stop-1."""
        hits: list[Hit] = []
        rows = [self.draw_row(index, 0, hits) for index in range(start, stop)]
        hashes = np.fromiter((hash64(row.canonical) for row in rows), np.uint64, len(rows))
        return Block(rows, hashes, hits)

    def draw_limit(self, tier: int) -> int:
        """The number of failed draws for one row after which a tier counts as exhausted."""
        draws = _DRAWS_PER_FORM * self.plan.family.most(tier)
        return min(max(_MIN_DRAW_LIMIT, draws), _MAX_DRAW_LIMIT)

    def exhausted_error(self, index: int) -> UserError:
        """The error for a row that finds no new problem."""
        plan, tier = self.plan, self.plan.tier_of(index)
        drawn = len(range(tier - plan.low, index, plan.high - plan.low + 1))
        split = "" if plan.split == "all" else f" in the {plan.split} split"
        outside = " outside the files" if self.corpus and self.corpus.drops else ""
        return UserError(
            f"--count {plan.count}: {drawn:,} different problems of {tier} steps{split}{outside} were "
            f"drawn, and {self.draw_limit(tier):,} further draws gave no new one: lower --count or "
            "raise --steps"
        )


def redraw_duplicates(sampler: Sampler, blocks: Iterable[Block], known: HashSet) -> Iterator[Block]:
    """Draw every row again whose canonical form an earlier row has; yields the changed blocks.

    Args:
        sampler: the sampler that drew the blocks.
        blocks: consecutive blocks.
        known: hashes of the forms of all earlier rows; the forms of the blocks are added.
    """
    for block in blocks:
        in_known = known.contains(block.hashes)
        in_block: set[int] = set()
        for position, row in enumerate(block.rows):
            value = int(block.hashes[position])
            duplicates = 0
            is_duplicate = bool(in_known[position]) or value in in_block
            while is_duplicate:
                duplicates += 1
                before = row
                row = sampler.draw_row(before.index, before.redraw + 1, block.hits)
                row.rejected += before.rejected
                value = hash64(row.canonical)
                is_duplicate = value in in_block or value in known
            if duplicates:
                row.duplicates = duplicates
                block.rows[position] = row
                block.hashes[position] = value
            in_block.add(value)
        known.add(block.hashes)
        if sampler.corpus is not None and not sampler.corpus.drops and block.hits:
            kept = {(row.index, row.redraw) for row in block.rows}
            block.hits = [hit for hit in block.hits if (hit.row, hit.redraw) in kept]
        yield block


def default_workers(count: int) -> int:
    """The default number of processes: one, or one for each core from `_PARALLEL_ROWS` rows on."""
    return 1 if count < _PARALLEL_ROWS else os.cpu_count() or 1


def draw_blocks(
    plan: SetPlan, start: int = 0, corpus: Corpus | None = None, workers: int = 1
) -> Iterator[Block]:
    """Blocks of first valid draws, in order.

    Args:
        plan: the plan of the set.
        start: the first row, a multiple of `BLOCK_ROWS`.
        corpus: the decontamination files.
        workers: the number of processes; with one, this process draws.
    """
    ranges = (
        (low, min(low + BLOCK_ROWS, plan.count)) for low in range(start, plan.count, BLOCK_ROWS)
    )
    if workers == 1:
        sampler = Sampler(plan, corpus)
        yield from (sampler.draw_block(*rows) for rows in ranges)
        return
    start_worker, arguments = initializer(_start_worker, plan.config(), corpus)
    with ProcessPoolExecutor(
        workers, get_context("spawn"), initializer=start_worker, initargs=arguments
    ) as pool:
        pending: deque[Future[Block]] = deque()
        try:
            for rows in ranges:
                pending.append(pool.submit(_draw_block, *rows))
                if len(pending) > 4 * workers:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()


_worker_sampler: Sampler


def _start_worker(config: dict[str, Any], corpus: Corpus | None) -> None:
    global _worker_sampler
    end_with_parent()
    _worker_sampler = Sampler(plan_from_config(config), corpus)


def _draw_block(start: int, stop: int) -> Block:
    return _worker_sampler.draw_block(start, stop)


def round_down(bits: float) -> float:
    """Round down to 1e-6: the last digits of a logarithm differ between machines."""
    return math.floor(bits * 1e6) / 1e6
