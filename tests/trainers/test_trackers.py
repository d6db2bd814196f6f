"""Trackers: their names of metrics, event files of tensorboard, and failures that stop no training."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from clean_bench import extras
from clean_bench.errors import UserError
from trainers import trackers
from trainers.config import make_config
from trainers.metrics import COLUMN
from trainers.trackers import TRACKERS, TRL_NAMES, check_tracker, open_tracker, tracked
from trainers.update import UPDATE_METRICS

CONFIG = make_config({"reward": "truth", "steps": 2})
METRICS: dict[str, float | None] = {
    "reward": 0.5,
    "reward/format": 0.25,
    "reward/format+0.5*python": 0.75,
    "frac_zero_std_groups": 0.125,
    "length": 40.0,
    "kl": 0.01,
    "kl_reference": 0.3,
    "clip_fraction_high": 0.02,
    "token_probability": 0.9,
    "length_ended": None,
    "loss": float("nan"),
}
EXPECTED = {
    "reward": 0.5,
    "rewards/format/mean": 0.25,
    "rewards/format+0.5*python/mean": 0.75,
    "frac_reward_zero_std": 0.125,
    "completions/mean_length": 40.0,
    # TRL's kl is the divergence from the reference model; ours is the one from the old policy.
    "kl": 0.3,
    "clean_bench/kl": 0.01,
    "clip_ratio/high_mean": 0.02,
    "clean_bench/token_probability": 0.9,
}


def test_names_are_those_of_trl() -> None:
    assert tracked(METRICS) == EXPECTED


def test_every_named_metric_is_one_of_training() -> None:
    of_rollouts = {"reward", "frac_zero_std_groups", "truncated", "length"}
    of_rollouts |= {"length_min", "length_max", "length_ended"}
    assert set(TRL_NAMES) <= {*UPDATE_METRICS, *of_rollouts}
    assert COLUMN == "reward/"


def test_event_files_of_tensorboard(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with open_tracker("tensorboard", run="arm-1", config=CONFIG, folder=tmp_path) as tracker:
        tracker.log(1, METRICS)
        tracker.log(2, {"reward": 0.75})
    events = EventAccumulator(str(tmp_path / "arm-1"))
    events.Reload()
    assert sorted(events.Tags()["scalars"]) == sorted(EXPECTED)
    assert [(e.step, e.value) for e in events.Scalars("reward")] == [(1, 0.5), (2, 0.75)]
    assert [e.value for e in events.Scalars("rewards/format/mean")] == [0.25]
    [text] = events.Tensors("config/text_summary")
    assert b"learning_rate" in text.tensor_proto.string_val[0]


class Recorder(ModuleType):
    """A stand-in for trackio and wandb, which are alike."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.calls: list[tuple[Any, ...]] = []

    def init(self, **settings: Any) -> Recorder:
        self.calls.append(("init", settings["project"], settings["name"], settings["config"]))
        return self

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        self.calls.append(("log", step, metrics))

    def finish(self) -> None:
        self.calls.append(("finish",))


@pytest.mark.parametrize("name", ["trackio", "wandb"])
def test_other_trackers_get_the_same(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Recorder(name)
    monkeypatch.setitem(sys.modules, name, library)
    monkeypatch.setattr(extras, "find_spec", lambda package: object())
    with open_tracker(name, run="arm-1", config=CONFIG, folder=tmp_path) as tracker:
        tracker.log(1, METRICS)
    assert library.calls == [
        ("init", "clean-bench", "arm-1", CONFIG.model_dump(mode="json")),
        ("log", 1, EXPECTED),
        ("finish",),
    ]


class Failing:
    """A backend whose server goes away."""

    def __init__(self, *_: object) -> None:
        self.logged = 0

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        self.logged += 1
        if step > 1:
            raise ConnectionError("the server is\ngone")

    def close(self) -> None:
        raise AssertionError("a tracker that failed is not called again")


def test_a_failure_is_one_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    backend = Failing()
    monkeypatch.setattr(trackers, "TRACKERS", {"wandb": lambda *_: backend})
    monkeypatch.setattr(extras, "find_spec", lambda package: object())
    # The command line sets handlers of its own on the packages' loggers.
    monkeypatch.setattr(logging.getLogger("trainers"), "propagate", True)
    with (
        caplog.at_level(logging.WARNING),
        open_tracker("wandb", run="r", config=CONFIG, folder=tmp_path) as tracker,
    ):
        for step in (1, 2, 3):
            tracker.log(step, {"reward": 1.0})
    assert backend.logged == 2
    assert [record.getMessage() for record in caplog.records] == [
        "wandb stopped tracking (ConnectionError: the server is gone); the training goes on and "
        "stores every metric"
    ]


def test_what_cannot_begin_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("no API key\nconfigured")

    monkeypatch.setattr(trackers, "TRACKERS", {"wandb": refuse})
    monkeypatch.setattr(extras, "find_spec", lambda package: object())
    with pytest.raises(
        UserError, match=r"--track wandb: could not begin \(no API key configured\)"
    ):
        open_tracker("wandb", run="r", config=CONFIG, folder=tmp_path)


@pytest.mark.parametrize("name", TRACKERS)
def test_one_that_is_not_installed_names_its_extra(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda package: None)
    with pytest.raises(UserError) as caught:
        check_tracker(name)
    assert str(caught.value) == (
        f"--track {name}: expected the package {name}, which is not installed; in the clone of "
        f"clean-bench run: pip install '.[{name}]'"
    )


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(UserError, match="--track mlflow: expected one of trackio, wandb, tensor"):
        check_tracker("mlflow")
