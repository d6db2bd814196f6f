"""Scoring: what is stored is what was asked, and the scores follow from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clean_bench.artifacts import Artifact, verify
from clean_bench.engines.base import Completion, Request
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet
from clean_bench.scoring import run
from clean_bench.scoring.run import ScoreConfig, score
from clean_bench.scoring.summary import accuracy_table, summarize
from clean_bench.scoring.verification import verify_scores

CHECKPOINT = {"name": "some", "weights_sha256": "0" * 64}


class Scripted:
    """An engine that answers problem n with n where the request's seed is even, or greedily."""

    name, context_length, tokenizer = "scripted", 100, None

    def __init__(self) -> None:
        self.asked: list[Request] = []

    def generate(self, requests: Sequence[Request]) -> Iterator[Completion]:
        for request in requests:
            self.asked.append(request)
            right = request.seed % 2 == 0
            text = rf"so \boxed{{{request.prompt.split()[-1] if right else 'x'}}}"
            yield Completion(request.key, text, [1, 2], [-0.5, -0.25], "stop", [7])

    def describe(self) -> dict[str, Any]:
        return {"engine": self.name}


def problems(name: str, n: int) -> ProblemSet:
    return ProblemSet(
        name, [Problem(id=str(i), problem=f"what is {i}", answer=str(i)) for i in range(n)]
    )


def scored(out: Path, engine: Any, **config: Any) -> Artifact:
    sets = [problems("a", 7), problems("b", 3)]
    return score(
        engine, None, sets, out, ScoreConfig(template="raw", **config), checkpoint=CHECKPOINT
    )


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
    monkeypatch.setattr(run, "SHARD", 8)
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


def test_a_finished_score_asks_nothing(tmp_path: Path) -> None:
    scored(tmp_path, Scripted())
    idle = Scripted()
    scored(tmp_path, idle)
    assert idle.asked == []


def test_verification_grades_again(tmp_path: Path) -> None:
    artifact = scored(tmp_path, Scripted(), samples=2)
    assert verify(tmp_path, {"scores": verify_scores}) == []
    rows = [dict(row) for row in artifact.rows("completions")]
    rows[4]["verdict"] = "different" if rows[4]["verdict"] == "equal" else "equal"

    class Edited(Artifact):
        def rows(self, table: str) -> list[dict[str, Any]]:
            return rows

    failures = list(verify_scores(Edited(tmp_path, artifact.manifest)))
    assert any(failure.where.startswith("completions row 4 ") for failure in failures)
    assert any("sets/a" in failure.where for failure in failures)


def test_a_dropped_problem_shows_though_the_summary_fits(tmp_path: Path) -> None:
    artifact = scored(tmp_path, Scripted(), samples=2)
    kept = [
        row for row in artifact.rows("completions") if (row["set"], row["problem_id"]) != ("a", "3")
    ]

    class Edited(Artifact):
        def rows(self, table: str) -> list[dict[str, Any]]:
            return kept

    manifest = {**artifact.manifest, "metadata": summarize(kept)}
    [failure] = list(verify_scores(Edited(tmp_path, manifest)))
    assert (failure.where, failure.what) == ("completions a", "does not have its 7 problems")


def test_an_ill_fitting_folder_is_a_failure_and_no_traceback(tmp_path: Path) -> None:
    artifact = scored(tmp_path, Scripted())
    del artifact.manifest["config"]["samples"]
    artifact.finish(artifact.metadata)
    [failure] = verify(tmp_path, {"scores": verify_scores})
    assert "cannot be recomputed (KeyError: 'samples')" in failure.what


@pytest.mark.parametrize("temperature", [float("nan"), float("inf"), 0.0])
def test_temperatures_that_mean_nothing(tmp_path: Path, temperature: float) -> None:
    with pytest.raises(UserError, match="--temperature"):
        scored(tmp_path / "o", Scripted(), samples=1, temperature=temperature)
    assert not (tmp_path / "o").exists()


def test_an_undecided_completion_is_not_wrong() -> None:
    def row(problem: str, sample: int, verdict: str) -> dict[str, Any]:
        return {
            "set": "s", "problem_id": problem, "mode": "sample", "sample": sample,
            "verdict": verdict, "finish": "stop",
        }  # fmt: skip

    rows = [
        row("1", 0, "equal"),
        row("1", 1, "equal"),
        row("2", 0, "equal"),
        row("2", 1, "timeout"),
    ]
    assert np.isnan(accuracy_table(rows)[1, 1])
    greedy = [
        {**row("1", 0, "equal"), "mode": "greedy"},
        {**row("2", 0, "crash"), "mode": "greedy"},
    ]
    summary = summarize(rows + greedy)["sets"]["s"]
    assert summary["accuracy"]["value"] == 1.0
    assert summary["accuracy"]["n"] == 1
    assert summary["greedy"]["n"] == 1
    assert summary["verdicts"] == {"crash": 1, "equal": 4, "timeout": 1}


def test_bad_sets_are_refused(tmp_path: Path) -> None:
    bare = ProblemSet("bare", [Problem(id="1", problem="?", source="x.jsonl:1")])
    config = ScoreConfig(template="raw")
    with pytest.raises(UserError, match=r"x\.jsonl:1: the row has no answer"):
        score(Scripted(), None, [bare], tmp_path, config, checkpoint=CHECKPOINT)  # type: ignore[arg-type]
    twice = [problems("a", 1), problems("a", 2)]
    with pytest.raises(UserError, match="only once"):
        score(Scripted(), None, twice, tmp_path, config, checkpoint=CHECKPOINT)  # type: ignore[arg-type]


def test_a_real_checkpoint_scores_the_same_twice(tiny_checkpoint: Path, tmp_path: Path) -> None:
    engine = TransformersEngine.load(tiny_checkpoint)
    config = ScoreConfig(template="raw", samples=2, max_tokens=6)
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
