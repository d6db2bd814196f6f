"""The requests of a score, in order, and cut into shards.

A shard is one call of the engine. All requests are decided before anything runs, so a resumed score
decodes the batches of an uninterrupted one. Each sampled request has its own seed, made from (run
seed, set, problem, index) and not from the template: under two templates a problem's samples use
the same uniform random numbers, so their difference is due to the templates. With several run seeds a
problem has the samples of each, seed by seed, numbered on: those of a seed are the samples that a score
with this seed alone makes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from clean_bench.errors import UserError
from clean_bench.problems import ProblemSet
from clean_bench.samples import GREEDY, REPEAT, SAMPLE, Decoding, SampleRequest, request_samples
from clean_bench.scoring.config import ScoreConfig
from clean_bench.seeds import seed_of

SHARD = 256
"""Requests per shard, which is what a kill can cost. `transformers` decodes as many together by
default: smaller shards would slow it, larger ones would only lose more."""
SHARDS = {"vllm": 1024, "openai": 128}
"""The same by engine. vLLM refills each free slot, and its batch shrinks at the end of every shard.
Completions of a server may be paid for: its shards are four times its default concurrency."""
MOST_COMPLETIONS = 10_000_000
"""Completions of a score: its requests are held in memory, about a kilobyte each."""
REPEATED = 97
"""Most repeats per shard. It does not divide SHARD, and the repeats are shuffled: a repeated prompt
is decoded in a batch of another size beside other prompts, which tests batch invariance."""

T = TypeVar("T")


def shards_of(
    sets: Sequence[ProblemSet], config: ScoreConfig, tokenizer: Any, engine: str
) -> list[list[SampleRequest]]:
    """Every request: set by set, template by template, problem by problem, then the repeats.

    Args:
        config: loaded and resolved (`ScoreConfig.loaded`, `ScoreConfig.resolved`).
        engine: the engine's name.

    Raises:
        UserError: as `prompts.render_prompt`, and if there are more repeats than greedy completions.
    """
    count_requests(sets, config)
    requests = list(_requests(sets, config, tokenizer))
    greedy = [request for request in requests if request.decoding.mode == GREEDY]
    repeats = [
        replace(request, decoding=Decoding(REPEAT))
        for request in repeated(greedy, config.repeat, config.seed)
    ]
    size = SHARDS.get(engine, SHARD)
    return _cut(requests, size) + _cut(repeats, repeat_shard(len(repeats)))


def count_requests(sets: Sequence[ProblemSet], config: ScoreConfig) -> int:
    """The number of completions of a score.

    Raises:
        UserError: if there are more repeats than greedy completions, or more than `MOST_COMPLETIONS`.
    """
    greedy = sum(map(len, sets)) * len(config.templates)
    check_count(greedy, config)
    _check_repeats(config.repeat, greedy)
    return greedy * (1 + config.samples_per_problem) + config.repeat


def check_count(greedy: int, config: ScoreConfig) -> None:
    """Raise `UserError` for more than `MOST_COMPLETIONS`, given the number of greedy ones."""
    count = greedy * (1 + config.samples_per_problem)
    if count > MOST_COMPLETIONS:
        raise UserError(
            f"--samples {config.samples}: expected at most {MOST_COMPLETIONS:,} completions in one "
            f"score, got {count:,} ({greedy:,} prompts times {1 + config.samples_per_problem:,}); take "
            "fewer samples, or score parts of the problems"
        )


def repeated(greedy: Sequence[T], count: int, seed: int) -> list[T]:
    """The greedy completions that are repeated, in order.

    Raises:
        UserError: if there are fewer than `count`.
    """
    _check_repeats(count, len(greedy))
    return random.Random(seed_of("score repeat", seed)).sample(greedy, count)


def repeat_shard(count: int) -> int:
    """Repeats per shard: `REPEATED`, and fewer where all of them would make one batch again."""
    return max(1, min(REPEATED, (count + 1) // 2))


def sample_seed(config: ScoreConfig, set_name: str, problem_id: str, index: int) -> int:
    """The seed of a sampled completion."""
    run, index = divmod(index, config.samples)
    return seed_of("score", config.sampling_seeds[run], set_name, problem_id, index)


def _check_repeats(count: int, available: int) -> None:
    if count > available:
        raise UserError(
            f"--repeat {count}: expected at most {available}, the number of greedy completions"
        )


def _cut(requests: list[SampleRequest], size: int) -> list[list[SampleRequest]]:
    return [requests[start : start + size] for start in range(0, len(requests), size)]


def _requests(
    sets: Sequence[ProblemSet], config: ScoreConfig, tokenizer: Any
) -> Iterator[SampleRequest]:
    for problems in sets:
        for template in map(config.template, config.templates):
            for problem in problems:
                seeds = [
                    sample_seed(config, problems.name, problem.id, index)
                    for index in range(config.samples_per_problem)
                ]
                decodings = [
                    Decoding(GREEDY),
                    *(Decoding(SAMPLE, i, s) for i, s in enumerate(seeds)),
                ]
                yield from request_samples(
                    problems.name, problem, template, tokenizer, decodings, config.sampling
                )
