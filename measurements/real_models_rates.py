"""Speeds of a checkpoint on this machine, and what a part of `measurements/real_models.py` will take."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from real_models_parts import PREFIX, Part

from clean_bench.engines.base import Engine, Request
from clean_bench.probing.donors import DONORS
from clean_bench.probing.items import Item, planned_items
from clean_bench.probing.rows import most_tokens
from clean_bench.probing.tests import tests_of
from clean_bench.probing.tests.altered_suffix import altered_copies
from clean_bench.problems.famous_passages import famous_passages

BATCH = 128
"""Rows of a shard: a killed run repeats no more."""
_TEXTS, _STEPS = 12, 8
"""Texts that are read, and tokens that each row decodes, to measure the speeds."""
_PROMPT = "It was the best of times, it was the"


@dataclass(frozen=True)
class Rates:
    """Speeds of an engine.

    Attributes:
        read: tokens of given texts per second; 40% of them are scored.
        step: seconds of a step of decoding with one row.
        row: further seconds for each further row.
    """

    read: float
    step: float
    row: float

    @property
    def decoded(self) -> float:
        """Tokens per second that `BATCH` rows decode."""
        return BATCH / (self.step + self.row * (BATCH - 1))


@dataclass(frozen=True)
class Work:
    """What a part asks of the engine.

    Attributes:
        read: tokens of all texts that are read, prefixes before decoding too.
        decoded: most tokens that are decoded.
        steps: most steps of decoding, over all shards.
    """

    read: float
    decoded: int
    steps: int

    def seconds(self, rates: Rates) -> float:
        """What the work takes; a step with fewer rows than the shard has is counted as such."""
        decoding = rates.step * self.steps + rates.row * max(self.decoded - self.steps, 0)
        return self.read / rates.read + decoding


def measure_rates(engine: Engine) -> Rates:
    """Time one reading of some passages, and a few steps of decoding with one and with many rows."""
    # Of similar lengths, as in the batches of a part, where texts are sorted.
    texts = sorted((engine.encode(p.problem) for p in famous_passages()), key=len)
    texts = texts[(len(texts) - _TEXTS) // 2 :][:_TEXTS]
    cuts = [int(PREFIX * len(ids)) for ids in texts]
    prefixes = [ids[:at] for ids, at in zip(texts, cuts, strict=True)]
    suffixes = [ids[at:] for ids, at in zip(texts, cuts, strict=True)]
    times = [timed(lambda: engine.logprobs(prefixes, suffixes)) for _ in range(2)]
    read = times[-1]  # the first call allocates
    decode(engine, 1)
    one, many = decode(engine, 1), decode(engine, BATCH)
    return Rates(sum(map(len, texts)) / read, one, max(many - one, 0.0) / (BATCH - 1))


def decode(engine: Engine, rows: int) -> float:
    """Seconds of a step of decoding; the equal prompts are read once."""
    requests = [Request(str(row), _PROMPT, max_tokens=_STEPS) for row in range(rows)]
    made: list[int] = []
    seconds = timed(lambda: made.extend(len(done.token_ids) for done in engine.generate(requests)))
    return seconds / max(made)


def timed(run: Callable[[], object]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def work_of(engine: Engine, part: Part) -> Work:
    """What a part asks of the engine, from the lengths of its texts."""
    planned = planned_items(engine, part.sets, [PREFIX])
    tests = {test.name for test in tests_of(part.tests)}
    reworded = {version.metadata["variant_of"] for s in part.paraphrases for version in s}
    begins = bool(engine.encode(""))
    read, decoded, steps = 0.0, 0, 0
    for start in range(0, len(planned), BATCH):
        items = [item for item in planned[start : start + BATCH] if item.reason is None]
        limits = [most_tokens(item.cut.suffix, len(item.suffix_ids)) for item in items]
        decoded, steps = decoded + sum(limits), steps + max(limits, default=0)
        for item in items:
            prefix, suffix = len(item.prefix_ids), len(item.suffix_ids)
            after_nothing = suffix if begins and "suffix-logprob" in tests else 0
            passes = passes_over(item, tests, item.problem.id in reworded)
            read += prefix + after_nothing + passes * (prefix + suffix)
    return Work(read, decoded, steps)


def passes_over(item: Item, tests: set[str], reworded: bool) -> int:
    """How many texts of about the length of the item are read."""
    passes = 1
    if "altered-suffix" in tests:
        passes += len(altered_copies(item.cut, item.problem.id))
    if "donor-prefix" in tests:
        passes += DONORS
    if "paraphrase" in tests and reworded:
        passes += 2
    return passes
