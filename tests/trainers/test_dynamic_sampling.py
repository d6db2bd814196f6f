"""Dynamic sampling: the groups that a step keeps, their places, resumption and verify."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from clean_bench.artifacts import Artifact, verify
from clean_bench.checkpoints import Checkpoint, resolve_checkpoint
from clean_bench.engines.base import Completion, Request
from clean_bench.problems import Problem, ProblemSet
from clean_bench.seeds import seed_of
from trainers.checks import check_training
from trainers.clock import Clock
from trainers.config import TrainConfig, make_config
from trainers.prompt_order import at_places
from trainers.sampling import Sampled, StepSampler
from trainers.train import train

GROUP, PROMPTS = 2, 2
PROBLEMS = ProblemSet("p", [Problem(str(i), f"Problem {i}: ?", str(i)) for i in range(20)])


class Scripted:
    """An engine whose n-th group has rewards that differ, or two right or two wrong answers.

    Args:
        groups: for each group in the order of sampling "mixed", "right" or "wrong"; then "wrong".
    """

    context_length = 256

    def __init__(self, *groups: str) -> None:
        self.groups, self.requests = groups, list[Request]()

    def generate(self, requests: Sequence[Request]) -> Iterator[Completion]:
        for request in requests:
            group, index = divmod(len(self.requests), GROUP)
            self.requests.append(request)
            kind = self.groups[group] if group < len(self.groups) else "wrong"
            right = kind == "right" or (kind == "mixed" and index == 0)
            answer = request.prompt.split("Problem ")[1].split(":")[0] if right else "-1"
            text = rf"\boxed{{{answer}}}"
            yield Completion(request.key, text, [5, 6, 7], [-0.5] * 3, "stop", [1, 2])


def config_of(**settings: Any) -> TrainConfig:
    values = {
        "reward": "truth", "steps": 4, "seed": 3, "prompts_per_step": PROMPTS, "group_size": GROUP,
        "minibatches": 1, "max_tokens": 8, "template": "raw", **settings,
    }  # fmt: skip
    return make_config(values)


def sample(engine: Scripted, config: TrainConfig, step: int = 1) -> Sampled:
    sampler = StepSampler(engine, None, PROBLEMS, config, "raw", None, lambda text, tokens=0: None)
    return sampler.sample(step, Clock())


@pytest.mark.parametrize(
    ("most", "groups", "places", "batches"),
    [
        (0, ("wrong", "mixed"), [0, 1], 1),
        (3, ("mixed", "mixed"), [0, 1], 1),
        (3, ("right", "mixed", "wrong", "mixed"), [1, 3], 2),
        (3, ("right", "right", "wrong", "wrong", "mixed", "mixed"), [4, 5], 3),
        # A batch gives more than are left: the first in the order of sampling are kept.
        (3, ("mixed", "wrong", "mixed", "mixed"), [0, 2], 2),
        # The limit is reached: filled up with the first groups of equal rewards.
        (3, ("wrong", "right", "wrong", "wrong", "mixed", "wrong"), [0, 4], 3),
        (2, ("wrong", "wrong", "wrong", "wrong"), [0, 1], 2),
        (1, ("wrong", "mixed"), [0, 1], 1),
    ],
)
def test_groups_of_equal_rewards_are_left_out(
    most: int, groups: tuple[str, ...], places: list[int], batches: int
) -> None:
    engine, config = Scripted(*groups), config_of(dynamic_sampling=most)
    sampled = sample(engine, config)
    assert list(sampled.rollouts.places) == places
    assert sampled.batches == batches
    assert len(engine.requests) == batches * PROMPTS * GROUP
    assert sampled.tokens == 3 * len(engine.requests)
    kept = [groups[place] for place in places]
    truth = {"mixed": [1.0, 0.0], "right": [1.0, 1.0], "wrong": [0.0, 0.0]}
    assert sampled.rollouts.rewards["truth"].tolist() == [truth[kind] for kind in kept]
    assert [bool(row.any()) for row in sampled.rollouts.advantages] == [k == "mixed" for k in kept]


def test_prompts_and_seeds_are_those_of_the_places_in_the_whole_step() -> None:
    config = config_of(dynamic_sampling=3)
    sampled = sample(Scripted("right", "mixed", "wrong", "wrong", "mixed"), config, step=2)
    assert list(sampled.rollouts.places) == [1, 4]
    expected = at_places(PROBLEMS.problems, config, 2, [1, 4])
    firsts = sampled.rollouts.samples[::GROUP]
    assert [sample.problem_id for sample in firsts] == [problem.id for problem in expected]
    for number, rollout in enumerate(sampled.rollouts.samples):
        place, index = [1, 4][number // GROUP], number % GROUP
        seed = seed_of("rollout", 3, 2, place, rollout.problem_id, index)
        assert (rollout.seed, rollout.index) == (seed, index)


def test_no_prompt_comes_twice_before_all_came_once() -> None:
    """A step draws from its own share of the order, whatever the earlier ones left out."""
    config = config_of(dynamic_sampling=2, steps=5)
    drawn = [
        problem.id
        for step in range(5)
        for problem in at_places(PROBLEMS.problems, config, step, range(2 * PROMPTS))
    ]
    assert sorted(drawn) == sorted(problem.id for problem in PROBLEMS)


SMALL = {
    "reward": "random", "steps": 3, "prompts_per_step": 3, "group_size": 2, "minibatches": 3,
    "max_tokens": 6, "learning_rate": 1e-2, "checkpoint_every": 2, "dynamic_sampling": 3,
}  # fmt: skip


class Killed(Exception):
    """Stands for a process that ends."""


@pytest.fixture(scope="module")
def base(tiny_checkpoint: Path) -> Checkpoint:
    return resolve_checkpoint(str(tiny_checkpoint))


@pytest.fixture(scope="module")
def whole(base: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    out = tmp_path_factory.mktemp("whole") / "arm"
    return train(base, PROBLEMS, make_config(SMALL), out)


def test_a_training_records_what_it_discarded_and_verifies(whole: Artifact) -> None:
    assert verify(whole.folder, {"training": check_training}) == []
    rollouts = pa.concat_tables(whole.tables("rollouts")).to_pylist()
    assert len(rollouts) == 3 * 3 * 2
    batches = [row["sampled_batches"] for row in whole.rows("metrics")]
    assert max(batches) > 1  # a pair of fair coins is equal half of the time
    for row in whole.rows("metrics"):
        of_step = [r for r in rollouts if r["step"] == row["step"]]
        varied = [
            of_step[first]["reward/random"] != of_step[first + 1]["reward/random"]
            for first in range(0, 6, 2)
        ]
        assert row["frac_zero_std_groups"] == pytest.approx(1 - sum(varied) / 3)
        if row["sampled_batches"] < 3:
            assert all(varied)
        assert row["sampled_tokens"] >= sum(len(r["token_ids"]) for r in of_step)
        assert max(r["group"] for r in of_step) < 3 * row["sampled_batches"]


@pytest.mark.parametrize("last", [1, 2])
def test_a_resumed_training_ends_the_same(
    base: Checkpoint, whole: Artifact, tmp_path: Path, last: int
) -> None:
    def die(step: int, metrics: Mapping[str, float | None]) -> None:
        if step == last:
            raise Killed

    with pytest.raises(Killed):
        train(base, PROBLEMS, make_config(SMALL), tmp_path / "arm", progress=die)
    again = train(base, PROBLEMS, make_config(SMALL), tmp_path / "arm")
    assert again.manifest["identity_sha256"] == whole.manifest["identity_sha256"]
    assert again.metadata["weights_sha256"] == whole.metadata["weights_sha256"]
