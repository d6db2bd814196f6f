"""Scoring: what is stored is what was asked, and the scores follow from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from scripted import CHECKPOINT, Scripted, problems, scored

from clean_bench.engines.base import Completion, Request
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet
from clean_bench.scoring import requests
from clean_bench.scoring.run import ScoreConfig, requests_of, score


def test_scores_by_hand(tmp_path: Path) -> None:
    engine = Scripted()
    artifact = scored(tmp_path, engine, samples=4)
    rows = artifact.rows("completions")
    assert len(rows) == len(engine.asked) == 10 * 5
    summary = artifact.metadata["sets"]
    for name, n in (("a", 7), ("b", 3)):
        own = [row for row in rows if row["set"] == name]
        even = [row["seed"] % 2 == 0 for row in own if row["mode"] == "sample"]
        assert summary[name]["accuracy"]["value"] == pytest.approx(np.mean(even))
        assert summary[name]["accuracy"]["n"] == n
        assert summary[name]["greedy"]["value"] == 1.0
        assert summary[name]["greedy"]["low"] < 1.0
        assert summary[name]["verdicts"] == {
            "different": 4 * n - sum(even), "equal": n + sum(even)
        }  # fmt: skip
        solved = np.array(even).reshape(n, 4).any(axis=1).mean()
        assert summary[name]["best@4"]["value"] == pytest.approx(solved)


def test_greedy_alone(tmp_path: Path) -> None:
    summary = scored(tmp_path, Scripted()).metadata["sets"]["a"]
    assert summary["accuracy"] == summary["greedy"]
    assert not any("@" in key for key in summary)


def test_seeds_belong_to_set_problem_and_sample(tmp_path: Path) -> None:
    first, second = Scripted(), Scripted()
    scored(tmp_path / "1", first, samples=3)
    scored(tmp_path / "2", second, samples=3, seed=1)
    seeds = {r.key: r.seed for r in first.asked if r.temperature > 0}
    assert len(set(seeds.values())) == len(seeds) == 30
    assert all(seeds[r.key] != r.seed for r in second.asked if r.temperature > 0)


def test_a_killed_score_continues_and_ends_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "SHARD", 8)
    whole = scored(tmp_path / "whole", Scripted(), samples=3)

    class Dying(Scripted):
        def generate(self, requests: Sequence[Request]) -> Iterator[Completion]:
            if len(self.asked) >= 24:
                raise KeyboardInterrupt
            yield from super().generate(requests)

    with pytest.raises(KeyboardInterrupt):
        scored(tmp_path / "cut", Dying(), samples=3)
    rest = Scripted()
    again = scored(tmp_path / "cut", rest, samples=3)
    assert len(rest.asked) == 40 - 24
    assert again.manifest["identity_sha256"] == whole.manifest["identity_sha256"]


def test_shards_do_not_change_what_comes_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    identities = set()
    for size in (3, 8, 256):
        monkeypatch.setattr(requests, "SHARD", size)
        artifact = scored(tmp_path / str(size), Scripted(), samples=3, repeat=4)
        identities.add(artifact.manifest["identity_sha256"])
    assert len(identities) == 1


def test_the_progress_adds_up_to_what_was_announced(tmp_path: Path) -> None:
    told: list[int] = []
    config = ScoreConfig(("raw", "boxed"), samples=2, repeat=5)
    sets = [problems("a", 4)]
    score(Scripted(), None, sets, tmp_path, config, checkpoint=CHECKPOINT, progress=told.append)
    assert sum(told) == requests_of(sets, config) == 4 * 2 * 3 + 5


def test_a_finished_score_asks_nothing(tmp_path: Path) -> None:
    scored(tmp_path, Scripted())
    idle = Scripted()
    scored(tmp_path, idle)
    assert idle.asked == []


@pytest.mark.parametrize("temperature", [float("nan"), float("inf"), 0.0])
def test_temperatures_that_mean_nothing(tmp_path: Path, temperature: float) -> None:
    with pytest.raises(UserError, match="--temperature"):
        scored(tmp_path / "o", Scripted(), samples=1, temperature=temperature)
    assert not (tmp_path / "o").exists()


def test_bad_sets_are_refused(tmp_path: Path) -> None:
    bare = ProblemSet("bare", [Problem(id="1", problem="?", source="x.jsonl:1")])
    config = ScoreConfig(("raw",))
    with pytest.raises(UserError, match=r"x\.jsonl:1: the row has no answer"):
        score(Scripted(), None, [bare], tmp_path, config, checkpoint=CHECKPOINT)  # type: ignore[arg-type]
    blank = ProblemSet("blank", [Problem(id="7", problem="?", answer=" ")])
    with pytest.raises(UserError, match="blank, 7: empty gold"):
        score(Scripted(), None, [blank], tmp_path, config, checkpoint=CHECKPOINT)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
    twice = [problems("a", 1), problems("a", 2)]
    with pytest.raises(UserError, match="only once"):
        score(Scripted(), None, twice, tmp_path, config, checkpoint=CHECKPOINT)  # type: ignore[arg-type]


def test_a_real_checkpoint_scores_the_same_twice(tiny_checkpoint: Path, tmp_path: Path) -> None:
    engine = TransformersEngine.load(tiny_checkpoint)
    config = ScoreConfig(("raw",), samples=2, max_tokens=6, repeat=2)
    identities = {
        score(
            engine,
            engine.tokenizer,
            [problems("a", 3)],
            tmp_path / str(k),
            config,
            checkpoint=CHECKPOINT,
        ).manifest["identity_sha256"]
        for k in range(2)
    }
    assert len(identities) == 1
