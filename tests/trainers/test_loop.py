"""The training loop: an interrupted run ends bit for bit like an uninterrupted one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from clean_bench.experiments.train import train_arm
from safetensors.torch import load_file

from clean_bench.artifacts import Artifact
from clean_bench.engines.base import Request
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet
from clean_bench.seeds import digest
from generators.families.stories.word_problems import WordProblems
from trainers.checks import verify_training
from trainers.config import TrainConfig, make_config
from trainers.rollouts import pick, sample

SMALL = {
    "steps": 5, "prompts": 4, "rollouts": 4, "updates": 2, "max_tokens": 8,
    "learning_rate": 1e-2, "checkpoint_every": 2, "seed": 3,
}  # fmt: skip


@pytest.fixture(scope="module")
def problems() -> ProblemSet:
    family, found = WordProblems(), []
    for index in range(6):
        item = family.make(digest("loop tests", index), 2)
        assert item is not None
        found.append(Problem(id=str(index), problem=item.problem, answer=item.answer))
    return ProblemSet("some", found)


@pytest.fixture(scope="module")
def whole(
    tiny_checkpoint: Path, problems: ProblemSet, tmp_path_factory: pytest.TempPathFactory
) -> Artifact:
    out = tmp_path_factory.mktemp("whole") / "arm"
    config = make_config({**SMALL, "reward": "random"})
    return train_arm(str(tiny_checkpoint), problems, config, out)


class Killed(Exception):
    """Stands for a process that ends."""


@pytest.mark.parametrize("last", [1, 2, 3, 4])
def test_resumed_after_any_step_is_bitwise_the_same(
    tiny_checkpoint: Path, problems: ProblemSet, whole: Artifact, tmp_path: Path, last: int
) -> None:
    config = make_config({**SMALL, "reward": "random"})

    def die(step: int, metrics: Mapping[str, float]) -> None:
        if step == last:
            raise Killed

    with pytest.raises(Killed):
        train_arm(str(tiny_checkpoint), problems, config, tmp_path / "arm", progress=die)
    steps: list[int] = []
    again = train_arm(
        str(tiny_checkpoint),
        problems,
        config,
        tmp_path / "arm",
        progress=lambda step, _: steps.append(step),
    )
    # The state of an even step is saved after its progress is told: dying there loses it.
    assert steps[0] == (last - 1) // 2 * 2 + 1
    assert again.manifest["identity_sha256"] == whole.manifest["identity_sha256"]
    first = load_file(whole.folder / "checkpoint" / "model.safetensors")
    second = load_file(again.folder / "checkpoint" / "model.safetensors")
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_the_trained_checkpoint_loads_and_differs(tiny_checkpoint: Path, whole: Artifact) -> None:
    trained = TransformersEngine.load(whole.folder / "checkpoint")
    base = TransformersEngine.load(tiny_checkpoint)
    gaps = [
        float((a - b).detach().abs().max())
        for a, b in zip(trained.model.parameters(), base.model.parameters(), strict=True)
    ]
    assert max(gaps) > 1e-3
    assert not (whole.folder / "state.safetensors").exists()


def test_metrics_follow_from_the_rollouts(whole: Artifact) -> None:
    metrics, rollouts = whole.rows("metrics"), whole.rows("rollouts")
    assert [row["step"] for row in metrics] == [0, 1, 2, 3, 4]
    for row in metrics:
        own = [r for r in rollouts if r["step"] == row["step"]]
        assert len(own) == 16
        assert row["reward"] == pytest.approx(sum(r["reward"] for r in own) / 16)
        assert row["length"] == pytest.approx(sum(r["tokens"] for r in own) / 16)
        assert row["sampler_gap"] < 1e-4  # the first update is on the policy that sampled
    assert set(whole.rows("seconds")[0]) == {"step", "generate", "reward", "train", "sync"}


def test_verification_grades_and_rewards_again(whole: Artifact, tmp_path: Path) -> None:
    assert list(verify_training(whole)) == []
    rows = [dict(row) for row in whole.rows("rollouts")]
    rows[5]["reward"] = 1.0 - rows[5]["reward"]

    class Edited(Artifact):
        def rows(self, table: str) -> list[dict[str, object]]:
            return rows if table == "rollouts" else super().rows(table)

    failures = list(verify_training(Edited(whole.folder, whole.manifest)))
    assert failures[0].where.startswith("rollouts row 5 ")


def test_arms_of_one_seed_see_the_same_prompts(problems: ProblemSet) -> None:
    one = TrainConfig(reward="truth", steps=3, seed=1, prompts=4)
    other = TrainConfig(reward="random", steps=3, seed=1, prompts=4)
    orders = [
        [p.id for step in range(3) for p in pick(problems.problems, config, step)]
        for config in (one, other)
    ]
    assert orders[0] == orders[1]
    assert sorted(orders[0][:6]) == sorted(orders[0][6:]) == list("012345")  # two whole rounds
    assert orders[0][:6] != orders[0][6:]
    changed = one.model_copy(update={"seed": 2})
    assert [p.id for p in pick(problems.problems, changed, 0)] != orders[0][:4]


def test_rollouts_stop_where_their_template_says(problems: ProblemSet) -> None:
    class Recording:
        def generate(self, requests: list[Request]) -> list[Request]:
            return requests

    config = make_config({**SMALL, "reward": "random", "rollouts": 2})
    for template, stop in (("r1", ("</answer>",)), ("raw", ())):
        asked = sample(Recording(), problems.problems[:2], config, template, None, 0)  # type: ignore[arg-type]
        assert [request.stop for request in asked] == [stop] * 4  # type: ignore[attr-defined]


def test_another_configuration_is_refused_by_key(
    tiny_checkpoint: Path, problems: ProblemSet, whole: Artifact
) -> None:
    config = make_config({**SMALL, "reward": "truth"})
    with pytest.raises(UserError, match='reward = "random"'):
        train_arm(str(tiny_checkpoint), problems, config, whole.folder)


def test_a_problem_without_answer_is_refused(tiny_checkpoint: Path, tmp_path: Path) -> None:
    bare = ProblemSet("bare", [Problem(id="1", problem="What?", source="file.jsonl:1")])
    config = make_config({**SMALL, "reward": "truth"})
    with pytest.raises(UserError, match=r"file\.jsonl:1: the row has no answer"):
        train_arm(str(tiny_checkpoint), bare, config, tmp_path / "arm")


def test_state_of_two_optimizers_comes_back(tmp_path: Path) -> None:
    from trainers.state import load_state, save_state

    def setup() -> tuple[torch.nn.Module, list[torch.optim.Optimizer]]:
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 2))
        matrices = [p for p in model.parameters() if p.ndim == 2]
        others = [p for p in model.parameters() if p.ndim != 2]
        return model, [torch.optim.Muon(matrices, lr=0.1), torch.optim.AdamW(others, lr=0.1)]

    def step(model: torch.nn.Module, optimizers: list[torch.optim.Optimizer], seed: int) -> None:
        x = torch.randn(5, 3, generator=torch.Generator().manual_seed(seed))
        model(x).square().sum().backward()
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()

    artifact = Artifact.open(tmp_path, "x", {})
    model, optimizers = setup()
    for seed in range(4):
        step(model, optimizers, seed)
        if seed == 1:
            save_state(artifact, 2, model, optimizers)
    other, its = setup()
    assert load_state(artifact, other, its) == 2
    for seed in (2, 3):
        step(other, its, seed)
    for mine, theirs in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_a_run_is_not_continued_with_another_engine(
    tiny_checkpoint: Path, problems: ProblemSet, whole: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = make_config({**SMALL, "reward": "random"})
    monkeypatch.setattr(TransformersEngine, "describe", lambda self: {"engine": "another"})
    with pytest.raises(UserError, match="engine"):
        train_arm(str(tiny_checkpoint), problems, config, whole.folder)
