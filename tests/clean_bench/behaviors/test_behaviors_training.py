"""The rollouts of training runs, by step."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from clean_bench.artifacts import Artifact, verify
from clean_bench.behaviors.analysis import analyze
from clean_bench.behaviors.features import TABLE
from clean_bench.behaviors.run import analyze_behaviors
from clean_bench.behaviors.source import Part, StoredSamples
from clean_bench.checkpoints import resolve_checkpoint
from clean_bench.errors import UserError
from clean_bench.experiments.verify import checks
from clean_bench.problems import Problem, ProblemSet
from clean_bench.results import Result, Results
from clean_bench.samples import Sample
from trainers.config import make_config
from trainers.rollouts import rollouts_schema
from trainers.train import train

SCHEMA = rollouts_schema(("truth", "random", "format", "python"))
Row = dict[str, Any]

FIVE = ProblemSet("sums", [Problem(str(i), f"{i} + 1 = ?", str(i + 1)) for i in range(5)])


def trained(folder: Path, checkpoint: Path, problems: ProblemSet = FIVE, **settings: Any) -> Path:
    """Three steps of four prompts with four rollouts each."""
    values = {
        "reward": "random",
        "steps": 3,
        "prompts_per_step": 4,
        "group_size": 4,
        "minibatches": 1,
        "max_tokens": 12,
        **settings,
    }
    train(resolve_checkpoint(str(checkpoint)), problems, make_config(values), folder)
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, tiny_checkpoint: Path) -> Path:
    return trained(tmp_path_factory.mktemp("training") / "run", tiny_checkpoint)


def test_numbers_by_hand_from_the_rollouts(run: Path, tmp_path: Path) -> None:
    artifact = analyze_behaviors(run, tmp_path / "out")
    training, results = Artifact.load(run), Results.read(artifact)
    assert results.values_of("step") == [0, 1, 2]
    rollouts = training.rows("rollouts")
    for step in (0, 1, 2):
        rows = [row for row in rollouts if row["step"] == step]
        tokens = [len(row["token_ids"]) for row in rows]
        chances = np.exp(np.concatenate([row["logprobs"] for row in rows]).astype(np.float64))
        expected = {
            "accuracy": np.mean([row["grade"] == "equal" for row in rows]),
            "code": np.mean(["python" in row["response"].lower() for row in rows]),
            "boxed": np.mean([row["extraction"] == "box" for row in rows]),
            "truncated": np.mean([row["finish"] == "length" for row in rows]),
            "tokens": np.mean(tokens),
            "characters": np.mean([len(row["response"]) for row in rows]),
            "probability": np.minimum(chances, 1).mean(),
        }
        for measure, value in expected.items():
            result = results.where(step=step, measure=measure, subset=None).one()
            assert result.value == pytest.approx(value), (step, measure)
            assert result.n == len({row["problem_id"] for row in rows})
    # Four prompts of five: steps 1 and 2 end one pass and begin the next.
    identity = {
        "checkpoint": training.manifest["provenance"]["base"],
        "weights_sha256": training.config["base_weights_sha256"],
        "arm": "random",
        "seed": 0,
        "set": "sums",
        "set_sha256": FIVE.content_sha256,
        "role": "train",
        "template": "raw",
        "protocol": "temperature 1, 12 tokens, grader clean-bench",
    }
    assert len(results.where(**identity)) == len(results)
    tables = Results.read(training)
    for measure, name in (("accuracy", "reward/truth"), ("tokens", "tokens")):
        for step in (0, 1, 2):
            trainer = tables.first(step=step, measure=name)
            if trainer is not None:
                ours = results.where(step=step, measure=measure, subset=None).one()
                assert trainer.value == pytest.approx(ours.value)


def test_the_folder_verifies_and_outlives_the_training(run: Path, tmp_path: Path) -> None:
    analyze_behaviors(run, tmp_path / "out")
    assert (run / "rollouts/00000.parquet").samefile(
        tmp_path / "out" / "before" / "rollouts/00000.parquet"
    )
    assert verify(tmp_path / "out", checks()) == []


def test_an_edited_rollout_is_found(run: Path, tmp_path: Path) -> None:
    artifact = analyze_behaviors(run, tmp_path / "out")
    inner = Artifact.load(tmp_path / "out" / "before")
    rows = inner.rows("rollouts")
    rows[0]["response"] = "python"
    inner.write("rollouts/00000", pa.Table.from_pylist(rows, SCHEMA))
    inner.finish(inner.metadata, volatile=["seconds", "results"])
    artifact.finish(artifact.metadata, volatile=["results"])
    failures = [str(failure) for failure in verify(tmp_path / "out", checks())]
    assert "before: is not the input that the configuration names" in failures
    assert any(
        failure.startswith("features row 0: code is stored as False") for failure in failures
    )


def test_a_problem_drawn_twice_in_one_step(tmp_path: Path, tiny_checkpoint: Path) -> None:
    """Of three problems, each step of four prompts draws one twice: it has eight samples."""
    three = ProblemSet("three", FIVE.problems[:3])
    run = trained(tmp_path / "run", tiny_checkpoint, three)
    artifact = analyze_behaviors(run, tmp_path / "out")
    rollouts, features = Artifact.load(run).rows("rollouts"), artifact.rows(TABLE)
    for step in range(3):
        drawn = [row["problem_id"] for row in rollouts if row["step"] == step][::4]
        [twice] = {problem for problem in drawn if drawn.count(problem) == 2}
        of_step = [row for row in features if row["step"] == step]
        assert len(of_step) == 16
        indices = [row["index"] for row in of_step if row["problem_id"] == twice]
        assert indices == list(range(8))
        seeds = [row["seed"] for row in of_step if row["problem_id"] == twice]
        assert seeds == [
            row["seed"] for row in rollouts if (row["step"], row["problem_id"]) == (step, twice)
        ]
        tokens = Results.read(artifact).where(step=step, measure="tokens", subset=None).one()
        assert tokens.n == 3
        assert tokens.value == pytest.approx(np.mean([row["tokens"] for row in of_step]))
    assert [entry["completions"] for entry in artifact.metadata["counts"]["completions"]] == [
        16
    ] * 3
    assert verify(tmp_path / "out", checks()) == []


def test_two_runs_of_the_same_data_and_seed(
    run: Path, tmp_path: Path, tiny_checkpoint: Path
) -> None:
    other = trained(tmp_path / "other", tiny_checkpoint, reward="truth", learning_rate=0.01)
    artifact = analyze_behaviors(run, tmp_path / "out", after=other)
    results, counts = Results.read(artifact), artifact.metadata["counts"]
    assert counts["left_out"] == []
    assert [(entry["step"], entry["all"], entry["same_seed"]) for entry in counts["pairs"]] == [
        (0, 16, 16),
        (1, 16, 16),
        (2, 16, 16),
    ]
    assert results.values_of("checkpoint") == ["before", "after"]
    arms = {row.checkpoint: (row.arm, row.seed) for row in results}
    assert arms == {"before": ("random", 0), "after": ("truth", 0)}
    # Step 0 is sampled from the same base with the same seeds, before any update.
    for result in results.where(step=0, checkpoint="before", versus=None):
        again = results.first(
            step=0, checkpoint="after", measure=result.measure, subset=result.subset, versus=None
        )
        assert again is not None and again.value == result.value
    excess = results.where(step=0, measure="similarity_excess").one()
    assert excess.value == pytest.approx(0, abs=0.2)
    assert verify(tmp_path / "out", checks()) == []


def test_runs_without_a_shared_prompt_are_refused(
    run: Path, tmp_path: Path, tiny_checkpoint: Path
) -> None:
    elsewhere = ProblemSet("other", FIVE.problems)
    other = trained(tmp_path / "other", tiny_checkpoint, elsewhere, steps=1)
    message = r"before sums under raw, steps 0 to 2; after other under raw, steps 0 to 0; expected"
    with pytest.raises(UserError, match=message):
        analyze_behaviors(run, tmp_path / "out", after=other)
    assert not (tmp_path / "out").exists()


def rollout_folder(
    folder: Path, grades: Sequence[Sequence[str]], problem_ids: Sequence[str]
) -> Path:
    """Rollouts written by hand: per step one group of two samples for each problem."""
    rows = []
    for step, of_step in enumerate(grades):
        for place, grade in enumerate(of_step):
            group, index = divmod(place, 2)
            rows.append(
                {
                    "step": step, "group": group, "set": "s", "problem_id": problem_ids[group],
                    "template": "raw", "mode": "sample", "index": index, "seed": len(rows),
                    "gold": "1", "prompt": "p", "response": f"answer {place}", "finish": "stop",
                    "prompt_ids": [1], "token_ids": [2], "logprobs": [-0.5], "grade": grade,
                }
            )  # fmt: skip
    config = {
        "reward": "truth", "seed": 3, "data": "s", "data_sha256": "d", "temperature": 1.0,
        "max_tokens": 8, "base_weights_sha256": "b",
    }  # fmt: skip
    with Artifact.open(folder, "training", config, provenance={"base": "base"}) as artifact:
        artifact.write("rollouts/00000", pa.Table.from_pylist(rows, SCHEMA))
        artifact.finish({})
    return folder


def test_accuracy_by_step_by_hand(tmp_path: Path) -> None:
    yes, no, late = "equal", "different", "timeout"
    grades = [[yes, no, yes, yes, no, no], [late, no, yes, yes, yes, yes]]
    folder = rollout_folder(tmp_path / "run", grades, ["a", "b", "a"])
    artifact = analyze_behaviors(folder, tmp_path / "out")
    results = Results.read(artifact).where(measure="accuracy", subset=None)
    assert [(row.step, row.value, row.n) for row in results] == [(0, 3 / 6, 2), (1, 4 / 5, 2)]
    undecided = [entry["undecided"] for entry in artifact.metadata["counts"]["completions"]]
    assert undecided == [0, 1]
    other = rollout_folder(tmp_path / "other", grades[::-1], ["a", "c", "a"])
    compared = analyze_behaviors(folder, tmp_path / "compared", after=other)
    # Only problem a is shared; of its four pairs the one with a timeout is left out.
    gains = Results.read(compared).where(measure="gain:accuracy")
    assert [(row.step, row.value) for row in gains] == [(0, 2 / 3 - 0), (1, 0 - 2 / 3)]
    assert compared.metadata["counts"]["left_out"] == [
        {"set": "s", "template": "raw", "step": step, "before": 1, "after": 1} for step in (0, 1)
    ]


def test_the_command_by_step(
    run: Path, tmp_path: Path, tiny_checkpoint: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from clean_bench.cli.main import main

    def call(*arguments: str | Path) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["clean-bench", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), capsys.readouterr().out

    status, out = call("behaviors", run, "--out", tmp_path / "plain")
    assert status == 0
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[0] == "sums (raw), rollouts by training step"
    assert lines[1].startswith("step code accuracy boxed truncated tokens distinct 2-grams prob")
    assert [line.split()[0] for line in lines[3:]] == ["0", "1", "2"]
    assert max(map(len, out.splitlines())) <= 120
    # The reference is the base, which wrote the rollouts of step 0 and of no other step.
    line = ("behaviors", run, "--with", tiny_checkpoint, "--out", tmp_path / "out")
    status, out = call(*line, "--json")
    assert status == 0
    results = Results(Result(**row) for row in json.loads(out)["results"])
    divergence = results.where(measure="kl_k3", versus="checkpoint=with")
    assert divergence.values_of("step") == [0, 1, 2]
    first, *later = (row.value or 0 for row in divergence)
    assert first < 1e-6 and all(value > first for value in later)
    assert call("verify", tmp_path / "out")[0] == 0
    other = trained(tmp_path / "other", tiny_checkpoint, reward="truth")
    status, out = call("behaviors", run, "--after", other, "--out", tmp_path / "two")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert [line.split()[:2] for line in lines[3:9]] == [
        [str(step), side] for step in range(3) for side in ("before", "after")
    ]


def stored_rollouts(steps: int, prompts: int, group: int, words: int) -> StoredSamples:
    """Half of the completions of a problem in words of its own, half in those of a template."""
    rng = np.random.default_rng(0)
    vocabulary = ["".join(rng.choice(list("abcdefghijklmnopqrst"), 6)) for _ in range(2000)]
    numbers = count()
    parts: dict[Part, dict[str, list[Sample]]] = {}
    for step in range(steps):
        for place in range(prompts):
            problem, own = str(next(numbers)), vocabulary[40 * place : 40 * place + 80]
            texts = [
                " ".join(rng.choice(own if rng.random() < 0.5 else vocabulary[:300], words))
                for _ in range(group)
            ]
            parts.setdefault(Part("s", "raw", step), {})[problem] = [
                Sample("s", problem, "raw", "sample", i, i, "1", " ".join(own[:20]), text, "stop",
                       [1], list(range(words)), [-0.5] * words, "equal", None, None)
                for i, text in enumerate(texts)
            ]  # fmt: skip
    return StoredSamples(
        "w", parts, {"s": Result(set="s")}, {"temperature": 1.0, "max_tokens": 512}
    )


def test_the_mutual_information_of_each_step_is_resolved_by_999_permutations() -> None:
    stored = stored_rollouts(steps=5, prompts=32, group=8, words=100)
    results = analyze(stored).results
    information = results.where(measure="mutual_information_p", subset="beyond copying")
    assert information.values_of("step") == list(range(5))
    # 999 permutations resolve a p-value of 0.001.
    assert {(row.value, row.method) for row in information} == {(0.001, "999 permutations")}
