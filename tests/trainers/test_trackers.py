"""Trackers: names of metrics, no step twice, failures that end nothing. TensorBoard writes event files;
wandb and trackio are fakes that record how they are called."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from clean_bench.artifacts import Artifact, verify
from clean_bench.checkpoints import Checkpoint, resolve_checkpoint
from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet
from trainers import trackers
from trainers.checks import check_training
from trainers.config import make_config
from trainers.trackers import LAST, Trackers, check_places, parse_trackers, tracked_name
from trainers.train import train

CONFIG = make_config(
    {
        "reward": "random", "steps": 4, "seed": 1, "prompts_per_step": 2, "group_size": 2,
        "minibatches": 1, "max_tokens": 4, "checkpoint_every": 3, "evaluate_every": 4,
    }
)  # fmt: skip
PROBLEMS = ProblemSet("sums", [Problem(str(i), f"{i} plus {i}?", str(2 * i)) for i in range(3)])
Calls = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def base(tiny_checkpoint: Path) -> Checkpoint:
    return resolve_checkpoint(str(tiny_checkpoint))


class Killed(Exception):
    """Stands for a process that ends."""


def run(base: Checkpoint, out: Path, track: list[str], *, until: int = 4) -> Artifact:
    """Train; with `until` below 4 the process ends as it reports the step after that one."""

    def progress(step: int, metrics: Mapping[str, float | None]) -> None:
        if step > until:
            raise Killed

    return train(
        base, PROBLEMS, CONFIG, out, evaluate=[PROBLEMS], track=track, progress=progress
    )  # fmt: skip


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """The events of all files of a run, by name, as they were written."""
    events: dict[str, list[tuple[int, float]]] = {}
    for file in sorted(folder.glob("events.*")):
        accumulator = EventAccumulator(str(file), purge_orphaned_data=False)
        accumulator.Reload()
        for name in accumulator.Tags()["scalars"]:
            events.setdefault(name, []).extend((e.step, e.value) for e in accumulator.Scalars(name))
    return events


@pytest.fixture(scope="module", params=[1, 2])
def resumed(
    base: Checkpoint, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> tuple[Artifact, Path]:
    """A run that ended before its state was saved, so that two steps are made twice, or just after."""
    folder = tmp_path_factory.mktemp("tracked")
    track = [f"tensorboard:{folder / 'events'}"]
    with pytest.raises(Killed):
        run(base, folder / "arm", track, until=request.param)
    assert (folder / "arm" / LAST).is_file()
    return run(base, folder / "arm", track), folder / "events"


def test_a_resumed_run_logs_no_step_twice(resumed: tuple[Artifact, Path]) -> None:
    artifact, events = resumed
    [folder] = events.iterdir()
    assert folder.name.startswith("arm-")
    logged = scalars(folder)
    assert [step for step, _ in logged["reward"]] == [1, 2, 3, 4]
    assert [step for step, _ in logged["eval/sums/accuracy"]] == [0, 4]
    metrics = artifact.rows("metrics")
    for name, column in (
        ("reward", "reward"),
        ("reward_std", "reward_std"),
        ("frac_reward_zero_std", "frac_zero_std_groups"),
        ("completions/mean_length", "length"),
        ("completions/clipped_ratio", "truncated"),
        ("entropy", "entropy"),
        ("grad_norm", "grad_norm"),
        ("learning_rate", "learning_rate"),
        ("sampling/sampling_logp_difference/mean", "sampling_abs_mean"),
        ("rewards/format/mean", "reward/format"),
    ):
        values = [row[column] for row in metrics]
        stated = [(step, value) for step, value in enumerate(values, 1) if value is not None]
        assert [step for step, _ in logged.get(name, [])] == [step for step, _ in stated], name
        assert [v for _, v in logged.get(name, [])] == pytest.approx([v for _, v in stated])
    tokens = [row["sampled_tokens"] for row in metrics]
    assert [value for _, value in logged["num_tokens"]] == [sum(tokens[: n + 1]) for n in range(4)]
    assert all(value > 0 for _, value in logged["step_time"])


def test_a_tracked_run_is_whole(resumed: tuple[Artifact, Path]) -> None:
    artifact, _ = resumed
    assert not (artifact.folder / LAST).exists()
    assert verify(artifact.folder, {"training": check_training}) == []


def test_trl_names() -> None:
    assert tracked_name("clip_fraction_low") == "clip_ratio/low_mean"
    assert tracked_name("clip_fraction_high") == "clip_ratio/high_mean"
    # TRL's kl is that to the reference model.
    assert (tracked_name("kl_reference"), tracked_name("kl")) == ("kl", "kl_old")
    assert tracked_name("sampling_k3") == "sampling/k3"
    assert tracked_name("reward/format+0.5*python") == "rewards/format+0.5*python/mean"
    assert tracked_name("reward_tpr") == "reward_tpr"
    names = [tracked_name(name) for name in (*trackers.ALIASES, "sampling_mean", "reward")]
    assert len(set(names)) == len(names)


class FakeRun:
    """A run of wandb."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def log(self, values: dict[str, float], step: int) -> None:
        self._calls.append(("log", step, values))

    def finish(self) -> None:
        self._calls.append(("finish",))


def fake_wandb(calls: Calls) -> ModuleType:
    module = ModuleType("wandb")

    def init(*, project: str, name: str, id: str, resume: str, config: dict[str, Any]) -> FakeRun:
        calls.append(("init", project, name, id, resume, config))
        return FakeRun(calls)

    module.__dict__["init"] = init
    return module


def fake_trackio(calls: Calls) -> ModuleType:
    module = ModuleType("trackio")

    def init(*, project: str, name: str, resume: str, config: dict[str, Any]) -> None:
        calls.append(("init", project, name, name, resume, config))

    module.__dict__.update(init=init, log=FakeRun(calls).log, finish=FakeRun(calls).finish)
    return module


@pytest.mark.parametrize(("name", "fake"), [("wandb", fake_wandb), ("trackio", fake_trackio)])
def test_calls_of_a_resumed_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, fake: Any
) -> None:
    calls: Calls = []
    monkeypatch.setitem(sys.modules, name, fake(calls))
    config = {"reward": "random", "seed": 1}
    for steps in ([1, 2], [2, 3]):
        with Artifact.open(tmp_path / "arms" / "seed-7", "training", config) as artifact:
            tracked = Trackers({name: "mine"}, artifact)
            tracked.log_evaluation(0, {})
            for step in steps:
                tracked.log_step(step, {"reward": 0.5, "kl": None}, tokens=9.0, seconds=2.0)
            tracked.close()
    inits = [call for call in calls if call[0] == "init"]
    assert len(inits) == 2 and inits[0] == inits[1]
    assert inits[0][1] == "mine" and inits[0][2].startswith("arms-seed-7")
    assert inits[0][4:] == ("allow", config)
    logs = [call for call in calls if call[0] == "log"]
    row = {"reward": 0.5, "num_tokens": 9.0, "step_time": 2.0}
    assert logs == [("log", 0, {}), *(("log", step, row) for step in (1, 2, 3))]
    assert [call[0] for call in calls].count("finish") == 2


def test_two_trainings_in_one_folder_are_two_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls: Calls = []
    monkeypatch.setitem(sys.modules, "wandb", fake_wandb(calls))
    for seed in (1, 2):
        with Artifact.open(tmp_path / "arm", "training", {"seed": seed}) as artifact:
            Trackers({"wandb": ""}, artifact).close()
    inits = [call for call in calls if call[0] == "init"]
    assert inits[0][3] != inits[1][3] and inits[0][1] == "clean-bench"


def test_a_tracker_that_fails_is_left_out_and_training_goes_on(
    base: Checkpoint,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    calls: Calls = []
    module = fake_wandb(calls)
    monkeypatch.setitem(sys.modules, "wandb", module)
    monkeypatch.setattr(trackers, "require", lambda *packages, needed_by: None)

    def log(self: FakeRun, values: dict[str, float], step: int) -> None:
        calls.append(("log", step, values))
        if step == 2:
            raise ConnectionError("no\nnetwork")

    monkeypatch.setattr(FakeRun, "log", log)
    with caplog.at_level(logging.WARNING):
        artifact = run(base, tmp_path / "arm", ["wandb", f"tensorboard:{tmp_path / 'events'}"])
    assert artifact.finished
    assert [call[1] for call in calls if call[0] == "log"] == [0, 1, 2]
    [record] = [r for r in caplog.records if r.name == "trainers.trackers"]
    assert record.getMessage() == (
        "--track wandb failed after 2 steps and gets no further ones; training goes on (no network)"
    )
    [folder] = (tmp_path / "events").iterdir()
    assert [step for step, _ in scalars(folder)["reward"]] == [1, 2, 3, 4]


def test_a_tracker_that_cannot_be_opened_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    module = ModuleType("wandb")

    def init(**_: Any) -> None:
        raise RuntimeError("api_key not configured")

    module.__dict__["init"] = init
    monkeypatch.setitem(sys.modules, "wandb", module)
    with (
        Artifact.open(tmp_path / "arm", "training", {}) as artifact,
        pytest.raises(
            UserError, match=r"--track wandb: cannot be opened \(api_key not configured\)"
        ),
    ):
        Trackers({"wandb": ""}, artifact)


def test_bad_values_are_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for texts, message in (
        (
            ["mlflow"],
            "--track mlflow: expected tensorboard, trackio, wandb or NAME:PLACE, got 'mlflow'",
        ),
        (["tensorboard", "tensorboard:x"], "got tensorboard twice"),
    ):
        with pytest.raises(UserError, match=message):
            parse_trackers(texts)
    assert parse_trackers(["tensorboard:C:/runs"]) == {"tensorboard": "C:/runs"}
    with pytest.raises(UserError, match="expected a folder outside of"):
        check_places({"tensorboard": str(tmp_path / "arm" / "events")}, tmp_path / "arm")
    monkeypatch.setattr("clean_bench.extras.find_spec", lambda name: None)
    for name in trackers.TRACKERS:
        with pytest.raises(UserError, match=rf"--track {name}: .* pip install '\.\[{name}\]'"):
            parse_trackers([name])
