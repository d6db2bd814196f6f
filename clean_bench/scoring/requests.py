"""What is asked of an engine, in order, and cut into shards.

A shard is one call of the engine. Its requests are decided before anything runs, so a resumed score
decodes the batches of an uninterrupted one. Each sampled request has its own seed, made from (run
seed, set, problem, sample) and not from the template: under two templates a problem's samples draw
the same uniform numbers, and what differs between them is due to the templates.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from clean_bench import prompts
from clean_bench.engines.base import Request
from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet
from clean_bench.scoring.config import ScoreConfig
from clean_bench.seeds import seed_of

SHARD = 256
"""Requests a shard, which is what a kill can cost: as many as `transformers` decodes together by
default, so smaller shards would slow it and larger ones would only lose more."""
SHARDS = {"vllm": 1024}
"""The same by engine. vLLM puts a waiting request into each place that becomes free, and runs empty
at the end of every shard."""
REPEATED = 97
"""Most repeats a shard. No divisor of a shard, and drawn in random order: their neighbours are others
than the first time, and so are the sizes of the batches."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ask:
    """One request and what it is for. `prompt` is the request's without the forced beginning."""

    problems: str
    problem: Problem
    template: str
    mode: str
    sample: int
    prompt: str
    request: Request


def shards_of(
    sets: Sequence[ProblemSet],
    config: ScoreConfig,
    templates: Sequence[str],
    tokenizer: Any,
    engine: str,
) -> list[list[Ask]]:
    """Every request: set by set, template by template, problem by problem, then the repeats.

    Args:
        templates: as `ScoreConfig.resolved` names them.
        engine: the engine's name.

    Raises:
        UserError: as `prompts.render`, and if more repeats are wanted than there are problems.
    """
    asks = list(_asks(sets, config, templates, tokenizer))
    greedy = [ask for ask in asks if ask.mode == "greedy"]
    again = [
        Ask(ask.problems, ask.problem, ask.template, "repeat", 0, ask.prompt, ask.request)
        for ask in repeated(greedy, config.repeat, config.seed)
    ]
    return _cut(asks, SHARDS.get(engine, SHARD)) + _cut(again, repeat_shard(len(again)))


def check_sets(sets: Sequence[ProblemSet]) -> None:
    """Raise `UserError` for no set, two of one name, and a problem without an answer."""
    names = [problems.name for problems in sets]
    twice = [name for name in names if names.count(name) > 1]
    if not sets or twice:
        what = f"{twice[0]} is named twice" if twice else "no problem set is named"
        raise UserError(f"--on: {what}; name at least one, and each only once")
    for problems in sets:
        problems.require_answers()


def requests_of(sets: Sequence[ProblemSet], config: ScoreConfig) -> int:
    """How many completions a score takes.

    Raises:
        UserError: if more repeats are wanted than there are greedy completions.
    """
    greedy = sum(map(len, sets)) * len(config.templates)
    _check_repeats(config.repeat, greedy)
    return greedy * (1 + config.samples) + config.repeat


def repeated(greedy: Sequence[T], count: int, seed: int) -> list[T]:
    """Which greedy completions are repeated, in the order in which they are.

    Raises:
        UserError: if there are not so many.
    """
    _check_repeats(count, len(greedy))
    return random.Random(seed_of("score repeat", seed)).sample(greedy, count)


def repeat_shard(count: int) -> int:
    """Repeats a shard: `REPEATED`, and fewer where all of them would make one batch again."""
    return max(1, min(REPEATED, (count + 1) // 2))


def sample_seed(seed: int, problems: str, problem: str, sample: int) -> int:
    """The seed of a sampled completion."""
    return seed_of("score", seed, problems, problem, sample)


def _check_repeats(count: int, there: int) -> None:
    if count > there:
        raise UserError(f"--repeat {count}: there are only {there} greedy completions to repeat")


def _cut(asks: list[Ask], size: int) -> list[list[Ask]]:
    return [asks[start : start + size] for start in range(0, len(asks), size)]


def _asks(
    sets: Sequence[ProblemSet], config: ScoreConfig, templates: Sequence[str], tokenizer: Any
) -> Iterator[Ask]:
    for problems in sets:
        name = problems.name
        seeds = [
            [sample_seed(config.seed, name, problem.id, j) for j in range(config.samples)]
            for problem in problems
        ]
        for template in templates:
            for problem, own in zip(problems, seeds, strict=True):
                prompt = prompts.render(problem.problem, template, tokenizer)
                text = prompt.text + prompt.gap if config.force_start else prompt.text
                for sample in range(-1, config.samples):
                    greedy = sample < 0
                    request = Request(
                        key=f"{name}/{template}/{problem.id}/{sample}",
                        prompt=text + config.force_start,
                        seed=0 if greedy else own[sample],
                        max_tokens=config.max_tokens,
                        temperature=0.0 if greedy else config.temperature,
                        special_tokens=prompt.special_tokens,
                        stop=prompt.stop,
                    )
                    mode = "greedy" if greedy else "sample"
                    yield Ask(name, problem, template, mode, max(sample, 0), text, request)
