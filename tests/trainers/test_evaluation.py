"""Evaluations during a training: they equal a score, resume bitwise, and leave the training alone."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clean_bench.artifacts import Artifact, verify
from clean_bench.checkpoints import Checkpoint, resolve_checkpoint, weights_sha256
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet
from clean_bench.results import Result, Results
from clean_bench.scoring.config import ScoreConfig
from clean_bench.scoring.run import score
from trainers.checks import check_training
from trainers.config import TrainConfig, make_config
from trainers.evaluation import check_evaluation, is_due
from trainers.kept_checkpoints import best_of, kept_steps
from trainers.train import train

SMALL: dict[str, Any] = {
    "reward": "random", "steps": 5, "seed": 1, "prompts_per_step": 2, "group_size": 2,
    "minibatches": 1, "max_tokens": 4, "checkpoint_every": 3, "learning_rate": 1e-2,
}  # fmt: skip
EVALUATED = {
    "evaluate_every": 2, "evaluate_samples": 2, "keep_best": True, "keep_last": 2,
}  # fmt: skip
PROBLEMS = [Problem(str(i), f"{i} plus {i}?", str(2 * i)) for i in range(3)]
TRAINED_ON = ProblemSet("sums", PROBLEMS)
SETS = [ProblemSet("sums", PROBLEMS), ProblemSet("fewer", PROBLEMS[:2])]


@pytest.fixture(scope="module")
def base(tiny_checkpoint: Path) -> Checkpoint:
    return resolve_checkpoint(str(tiny_checkpoint))


@pytest.fixture(scope="module")
def evaluated(base: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    out = tmp_path_factory.mktemp("evaluated") / "arm"
    artifact = train(base, TRAINED_ON, make_config(SMALL | EVALUATED), out, evaluate=SETS)
    assert verify(out, {"training": check_training}) == []
    return artifact


def test_the_steps_and_the_rows(evaluated: Artifact) -> None:
    rows = evaluated.rows("evaluations")
    assert sorted({row["step"] for row in rows}) == [0, 2, 4, 5]
    for step in (0, 2, 4, 5):
        of_step = [row for row in rows if row["step"] == step]
        # Three and two problems, each with one greedy and two sampled completions.
        assert [row["mode"] for row in of_step].count("greedy") == 5
        assert [row["mode"] for row in of_step].count("sample") == 10
    seeds = [[row["seed"] for row in rows if row["step"] == step] for step in (0, 5)]
    assert seeds[0] == seeds[1]


def test_the_first_and_the_last_evaluation_are_scores(
    base: Checkpoint, evaluated: Artifact, tmp_path: Path
) -> None:
    config = ScoreConfig(samples=2, max_tokens=4, seed=1)
    for step, checkpoint in (
        (0, base),
        (5, resolve_checkpoint(str(evaluated.folder / "checkpoint"))),
    ):
        engine = TransformersEngine.load(checkpoint.folder)
        scored = score(engine, SETS, tmp_path / str(step), config, checkpoint=checkpoint)
        rows = [row for row in evaluated.rows("evaluations") if row.pop("step") == step]
        expected = scored.rows("samples")
        assert [row["token_ids"] for row in rows] == [row["token_ids"] for row in expected]
        for row, other in zip(rows, expected, strict=True):
            assert row.pop("logprobs") == pytest.approx(other.pop("logprobs"), abs=1e-4)
            assert row == other
        names = ("set", "measure", "value", "low", "high", "n", "protocol", "standard_error")
        results = [r for r in Results.read(evaluated).where(step=step) if r.role != "train"]
        assert [[getattr(r, name) for name in names] for r in results] == [
            [getattr(r, name) for name in names] for r in Results.read(scored)
        ]


def test_evaluations_do_not_change_the_training(
    base: Checkpoint, evaluated: Artifact, tmp_path: Path
) -> None:
    plain = train(base, TRAINED_ON, make_config(SMALL), tmp_path / "plain")
    assert plain.metadata["weights_sha256"] == evaluated.metadata["weights_sha256"]
    for table in ("rollouts", "metrics", "updates"):
        assert plain.rows(table) == evaluated.rows(table)
    assert "checkpoints" not in plain.metadata and "evaluation_sets" not in plain.config


class Killed(Exception):
    """Stands for a process that ends."""


@pytest.mark.parametrize("moment", ["evaluation 0", "evaluation 4", "step 3", "step 5"])
def test_a_resumed_run_has_the_same_evaluations(
    base: Checkpoint, evaluated: Artifact, tmp_path: Path, moment: str
) -> None:
    """Also where the process ended within an evaluation, after one of its two shards."""
    kind, number = moment.split()

    def progress(step: int, metrics: Mapping[str, float | None]) -> None:
        if kind == "step" and step == int(number):
            raise Killed

    def detail(text: str, *, tokens: int = 0) -> None:
        if kind == "evaluation" and text.startswith(f"evaluation after {number} steps: 9/"):
            raise Killed

    config = make_config(SMALL | EVALUATED)
    with pytest.raises(Killed):
        train(
            base, TRAINED_ON, config, tmp_path / "arm", evaluate=SETS, progress=progress, detail=detail
        )  # fmt: skip
    again = train(base, TRAINED_ON, config, tmp_path / "arm", evaluate=SETS)
    assert again.manifest["identity_sha256"] == evaluated.manifest["identity_sha256"]
    assert again.rows("evaluations") == evaluated.rows("evaluations")
    assert again.metadata["checkpoints"] == evaluated.metadata["checkpoints"]


def test_kept_checkpoints_are_those_of_their_steps(
    base: Checkpoint, evaluated: Artifact, tmp_path: Path
) -> None:
    kept = {entry["step"]: entry for entry in evaluated.metadata["checkpoints"]}
    # All accuracies of this random model are 0: the first checkpoint is the best one.
    assert {step: entry["folder"] for step, entry in kept.items()} == {
        2: "checkpoints/step-2", 4: "checkpoints/step-4", 5: "checkpoint",
    }  # fmt: skip
    assert [step for step, entry in kept.items() if entry["best"]] == [2]
    for step in (2, 4):
        shorter = train(
            base, TRAINED_ON, make_config(SMALL | {"steps": step}), tmp_path / str(step)
        )
        assert (
            weights_sha256(evaluated.folder / f"checkpoints/step-{step}")
            == (shorter.metadata["weights_sha256"])
        )
        assert kept[step]["weights_sha256"] == shorter.metadata["weights_sha256"]


CONFIG = make_config(SMALL | {"steps": 20, "evaluate_every": 4})


@pytest.mark.parametrize(
    ("keep_last", "keep_best", "means", "expected"),
    [
        (1, False, {0: 0.5, 4: 0.1}, []),
        (1, True, {0: 0.5, 4: 0.1}, [4]),
        (1, True, {0: 0.5, 4: 0.1, 8: 0.3, 12: 0.3}, [8]),
        (2, True, {0: 0.5, 4: 0.1, 8: 0.3, 12: 0.3}, [8, 12]),
        (3, False, {0: 0.5, 4: 0.1, 8: 0.3, 12: 0.3}, [8, 12]),
        (3, True, {0: 0.5, 4: 0.9, 8: 0.3, 12: 0.3, 16: 0.3, 20: 0.1}, [4, 12, 16]),
        (1, True, {0: 0.5, 4: 0.9, 8: 0.3, 20: 1.0}, []),
        (9, True, {0: 0.5, 4: 0.9}, [4]),
    ],
)
def test_which_checkpoints_are_kept(
    keep_last: int, keep_best: bool, means: dict[int, float], expected: list[int]
) -> None:
    config = CONFIG.model_copy(update={"keep_last": keep_last, "keep_best": keep_best})
    assert kept_steps(config, list(means), means) == expected


def test_the_best_is_the_first_of_equals_and_never_the_base() -> None:
    assert best_of({0: 1.0, 2: 0.25, 4: 0.5, 6: 0.5}) == 4
    assert best_of({0: 1.0}) is None
    assert best_of({}) is None


def test_when_an_evaluation_is_due() -> None:
    config = make_config(SMALL | {"steps": 7, "evaluate_every": 3})
    assert [step for step in range(8) if is_due(config, step)] == [0, 3, 6, 7]
    never = make_config(SMALL)
    assert not any(is_due(never, step) for step in range(6))


def test_pruning_during_the_run(base: Checkpoint, tmp_path: Path) -> None:
    out = tmp_path / "arm"
    found: dict[int, list[str]] = {}

    def evaluated(completed: int, accuracies: Mapping[str, Result]) -> None:
        found[completed] = sorted(path.name for path in out.glob("checkpoints/*"))

    config = make_config(SMALL | {"evaluate_every": 1, "keep_last": 3})
    train(base, TRAINED_ON, config, out, evaluate=SETS[1:], evaluated=evaluated)
    assert found == {
        0: [], 1: ["step-1"], 2: ["step-1", "step-2"], 3: ["step-2", "step-3"],
        4: ["step-3", "step-4"], 5: ["step-3", "step-4"],
    }  # fmt: skip
    assert verify(out, {"training": check_training}) == []


@pytest.mark.parametrize(
    ("settings", "sets", "message"),
    [
        ({}, SETS, "--evaluate sums: expected evaluate_every of at least 1, got 0"),
        ({"evaluate_every": 2}, [], "evaluate_every = 2: expected sets to evaluate on, got none"),
        ({"evaluate_every": 2}, SETS[:1] * 2, "--evaluate: expected .* got sums twice"),
        ({"evaluate_every": 2}, [ProblemSet("none", [])], "none: expected at least one problem"),
        (
            {"evaluate_every": 2},
            [ProblemSet("bare", [Problem("1", "What?", source="f.jsonl:1")])],
            r"f\.jsonl:1: expected a gold answer, got none",
        ),
    ],
)
def test_bad_settings_are_one_line(
    settings: dict[str, Any], sets: list[ProblemSet], message: str
) -> None:
    with pytest.raises(UserError, match=message) as caught:
        check_evaluation(make_config(SMALL | settings), sets)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "setting", [{"keep_best": True}, {"keep_last": 2}, {"evaluate_samples": 1}]
)
def test_settings_without_evaluations_are_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="have no effect at evaluate_every = 0"):
        make_config(SMALL | setting)


def test_another_set_is_refused_by_key(base: Checkpoint, evaluated: Artifact) -> None:
    with pytest.raises(UserError, match="evaluation_sets"):
        train(
            base, TRAINED_ON, make_config(SMALL | EVALUATED), evaluated.folder, evaluate=SETS[:1]
        )  # fmt: skip


def failures_of(artifact: Artifact) -> str:
    return "\n".join(map(str, check_training(artifact)))


class Edited(Artifact):
    """An artifact whose table of evaluations has other rows."""

    def __init__(self, artifact: Artifact, rows: list[dict[str, Any]]) -> None:
        super().__init__(artifact.folder, artifact.manifest)
        self._rows = rows

    def tables(self, table: str, columns: Any = None, **options: Any) -> Any:
        whole = list(super().tables(table, columns, **options))
        if table != "evaluations":
            return iter(whole)
        full = next(super().tables(table)).schema
        edited_table = pa.Table.from_pylist(self._rows, full)
        steps = edited_table["step"].to_numpy()
        names = columns or full.names
        return iter(
            edited_table.filter(pa.array(steps == step)).select(list(names))
            for step in dict.fromkeys(steps.tolist())
        )


@pytest.mark.parametrize(
    ("row", "values", "message"),
    [
        (0, {"grade": "equal"}, "evaluations step 0, samples row 0 .* is stored as 'equal'"),
        (16, {"seed": 7}, "evaluations step 2, samples row 1 .* has the seed 7"),
        (0, {"gold": "5"}, "evaluations step 0, .* has the gold answer '5'"),
        (0, {"prompt": "x"}, "evaluations step 0, .* prompt"),
        (0, {"response": "The answer is 0."}, "evaluations step 0, samples row 0 .* grades as"),
        (0, {"mode": "sample"}, "evaluations step 0, samples sums/0, .* does not have its 3 rows"),
    ],
)
def test_an_edit_is_found(
    evaluated: Artifact, row: int, values: dict[str, Any], message: str
) -> None:
    rows = evaluated.rows("evaluations")
    rows[row].update(values)
    assert re.search(message, failures_of(Edited(evaluated, rows)))


def test_a_missing_evaluation_is_found(evaluated: Artifact) -> None:
    rows = [row for row in evaluated.rows("evaluations") if row["step"] != 4]
    assert "are after the steps [0, 2, 5], expected [0, 2, 4, 5]" in failures_of(
        Edited(evaluated, rows)
    )


def test_other_weights_in_a_kept_checkpoint_are_found(evaluated: Artifact, tmp_path: Path) -> None:
    folder = tmp_path / "arm"
    shutil.copytree(evaluated.folder, folder)
    first, second = (folder / f"checkpoints/step-{step}" for step in (2, 4))
    shutil.copy(second / "model.safetensors", first / "model.safetensors")
    forged = Artifact(folder, evaluated.manifest)
    assert failures_of(forged) == (
        "checkpoints/step-2: its tensors are not those that the manifest names"
    )
    shutil.rmtree(first)
    assert "checkpoints/step-2: is missing, and the evaluations keep it" in failures_of(forged)
    assert any("step-2" in str(f) for f in verify(folder, {"training": check_training}))


def test_a_kept_checkpoint_loads(evaluated: Artifact) -> None:
    loaded = TransformersEngine.load(evaluated.folder / "checkpoints" / "step-4")
    assert loaded.context_length == 256


def test_the_stored_shards_have_the_columns_of_a_score(evaluated: Artifact) -> None:
    schema = pq.read_schema(evaluated.shards("evaluations")[0])
    assert schema.names[0] == "step" and "grade_flexible" in schema.names
    assert isinstance(TrainConfig.model_fields["evaluate_samples"].description, str)
