"""Tokens per CPU second of the transformers engine, with its KV cache and with one that grows.

    python measurements/decoding.py [CHECKPOINT...]

The cache that grows is that of `transformers`, which copies all keys and values at every step; the rest
is the same code. Both decode the same requests in turn, in one process on one thread, and every row runs
to its limit. Without CHECKPOINT: the control model `learner`. `shared` is a module with float32 weights
that decodes under bfloat16 autocast, as a learner's does.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch

from clean_bench.engines import decoding
from clean_bench.engines.base import Completion, Request
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.organisms.shipped import organism_folder

PROMPT = "Tom has {} apples and buys 12 more at the market. How many apples does he have now? "


def make_requests(rows: int, tokens: int) -> list[Request]:
    return [
        Request(str(i), PROMPT.format(i) * (1 + i % 3), seed=i, max_tokens=tokens, temperature=1.0)
        for i in range(rows)
    ]


@contextmanager
def growing_cache() -> Iterator[None]:
    def unchanged(cache: Any, *_: Any) -> Any:
        return cache

    with patch.object(decoding, "reserve", unchanged):
        yield


def time_generation(
    engine: TransformersEngine, requests: list[Request]
) -> tuple[float, list[Completion]]:
    """Generated tokens per CPU second, and the completions."""
    begun = time.process_time()
    completions = list(engine.generate(requests))
    seconds = time.process_time() - begun
    return sum(len(c.token_ids) for c in completions) / seconds, completions


def open_engine(folder: Path, arithmetic: str) -> TransformersEngine:
    if arithmetic == "shared":
        loaded = TransformersEngine.load(folder, dtype="float32")
        engine = TransformersEngine(loaded.model, loaded.tokenizer, compute_dtype=torch.bfloat16)
    else:
        engine = TransformersEngine.load(folder, dtype=arithmetic)
    engine.ends = frozenset()
    return engine


def measure(folder: Path, arithmetic: str, rows: int, tokens: int, rounds: int) -> str:
    """A row of the table."""
    engine = open_engine(folder, arithmetic)
    requests = make_requests(rows, tokens)
    list(engine.generate(make_requests(2, 4)))  # warm-up
    grown: list[float] = []
    reserved: list[float] = []
    for _ in range(rounds):
        with growing_cache():
            rate, before = time_generation(engine, requests)
        grown.append(rate)
        rate, after = time_generation(engine, requests)
        reserved.append(rate)
    total = sum(len(c.token_ids) for c in after)
    same = sum(
        x == y
        for a, b in zip(before, after, strict=True)
        for x, y in zip(a.token_ids, b.token_ids, strict=True)
    )
    slow, fast = statistics.median(grown), statistics.median(reserved)
    name = folder.parent.name if folder.name == "checkpoint" else str(folder)
    return (
        f"| {name} | {arithmetic} | {rows} x {tokens} | {slow:,.0f} | {fast:,.0f} "
        f"| {fast / slow:.2f} | {same / total:.2%} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("checkpoints", nargs="*", type=Path, metavar="CHECKPOINT")
    parser.add_argument("--rows", type=int, default=32)
    parser.add_argument("--tokens", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--arithmetic", nargs="+", default=["float32", "bfloat16", "shared"], metavar="NAME"
    )
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print("| checkpoint | arithmetic | rows x tokens | growing, tokens/s | ours | ratio | equal |")
    print("|---|---|---|---|---|---|---|")
    for folder in arguments.checkpoints or [organism_folder("learner") / "checkpoint"]:
        for arithmetic in arguments.arithmetic:
            row = measure(folder, arithmetic, arguments.rows, arguments.tokens, arguments.rounds)
            print(row, flush=True)


if __name__ == "__main__":
    main()
