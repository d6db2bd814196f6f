"""The seed of a training decides its rollouts, on each engine, through the trainer's own requests.

In other trainers the seed does not reach the sampler, and two seeds begin alike (trl#7040).
"""

from __future__ import annotations

import pytest

from clean_bench.engines.base import Engine
from clean_bench.organisms.shipped import organism_folder
from clean_bench.problems import Problem, load_folder
from clean_bench.prompts import resolve_template
from clean_bench.samples import generate_completions
from trainers.config import TrainConfig
from trainers.rollouts import request_rollouts

SIZE = 4


@pytest.fixture(scope="module")
def drawn() -> list[Problem]:
    """Prompts of a step; the first is drawn twice."""
    first, second, *_ = load_folder(organism_folder("reciter") / "twin").problems
    return [first, second, first]


def settings(seed: int) -> TrainConfig:
    return TrainConfig(
        reward="truth",
        steps=2,
        seed=seed,
        prompts_per_step=3,
        group_size=SIZE,
        minibatches=1,
        max_tokens=24,
        temperature=1.5,
    )


def rollouts(
    engine: Engine, drawn: list[Problem], *, seed: int, step: int = 0
) -> list[list[list[int]]]:
    """Token ids, group by group."""
    config = settings(seed)
    template = resolve_template(config.template, engine.tokenizer)
    requests = request_rollouts("twin", drawn, config, template, engine.tokenizer, step)
    ids = [completion.token_ids for completion in generate_completions(engine, requests)]
    return [ids[begin : begin + SIZE] for begin in range(0, len(ids), SIZE)]


def test_two_seeds_differ_in_the_first_rollouts_and_one_repeats_them(
    engine: Engine, drawn: list[Problem]
) -> None:
    first = rollouts(engine, drawn, seed=1)
    assert len(first) == 3
    assert all(len(group) == SIZE for group in first)
    other = rollouts(engine, drawn, seed=2)
    same = sum(a == b for x, y in zip(first, other, strict=True) for a, b in zip(x, y, strict=True))
    assert same < SIZE
    assert all(group != other_group for group, other_group in zip(first, other, strict=True))
    assert rollouts(engine, drawn, seed=1) == first
    assert rollouts(engine, drawn, seed=1, step=1) != first


def test_the_rollouts_of_a_prompt_have_a_seed_each_also_where_it_is_drawn_twice(
    engine: Engine, drawn: list[Problem]
) -> None:
    first, _, again = rollouts(engine, drawn, seed=3)
    assert first != again
    assert len({tuple(ids) for ids in [*first, *again]}) > SIZE
    config = settings(3)
    template = resolve_template(config.template, engine.tokenizer)
    requests = request_rollouts("twin", drawn, config, template, engine.tokenizer, 0)
    assert len({request.request.seed for request in requests}) == 3 * SIZE


def test_other_prompts_of_a_step_do_not_change_the_rollouts_of_one(
    engine: Engine, drawn: list[Problem]
) -> None:
    whole = rollouts(engine, drawn, seed=5)
    assert rollouts(engine, drawn[:1], seed=5) == whole[:1]
    assert rollouts(engine, drawn[:2], seed=5) == whole[:2]
