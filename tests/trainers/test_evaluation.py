"""Evaluations during training: when, on what, how they are stored, counted and checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from clean_bench.artifacts import Artifact
from clean_bench.engines.base import Completion, Request
from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet
from clean_bench.regrading import Regrading
from clean_bench.results import Result
from trainers.config import TrainConfig, make_config
from trainers.evaluation import (
    CONFIG_KEY,
    TABLE,
    Evaluation,
    accuracy_of,
    check_evaluations,
    evaluated_steps,
    evaluation_results,
    stored_accuracies,
)

SETS = [
    ProblemSet(name, [Problem(f"{name}{i}", f"what is {i}?", str(i)) for i in range(count)])
    for name, count in (("easy", 8), ("hard", 4))
]


class Learner:
    """Answers the problems below `skill` rightly; greedy requests only."""

    context_length, tokenizer, name = 100, None, "learner"

    def __init__(self) -> None:
        self.skill = 0
        self.asked: list[Request] = []

    def generate(self, requests: Sequence[Request]) -> Iterator[Completion]:
        for request in requests:
            self.asked.append(request)
            number = int(request.prompt.removeprefix("what is ").split("?")[0])
            text = rf"\boxed{{{number if number < self.skill else 77}}}"
            yield Completion(request.key, text, [1, 2], [-0.5, -0.5], "stop", [7])


def config(**values: Any) -> TrainConfig:
    return make_config({"reward": "truth", "steps": 5, "evaluate_every": 2, **values})


@pytest.mark.parametrize(
    ("every", "steps", "expected"),
    [(0, 5, []), (2, 5, [0, 2, 4, 5]), (5, 5, [0, 5]), (9, 5, [0, 5]), (1, 2, [0, 1, 2])],
)
def test_the_base_every_n_steps_and_the_last(every: int, steps: int, expected: list[int]) -> None:
    assert list(evaluated_steps(config(evaluate_every=every, steps=steps))) == expected


def trained(folder: Path, skills: dict[int, int], engine: Learner) -> Artifact:
    """A finished artifact with the evaluations of a learner whose skill depends on the step."""
    settings = {
        **config().model_dump(mode="json"),
        CONFIG_KEY: {problems.name: problems.content_sha256 for problems in SETS},
    }
    artifact = Artifact.open(folder, "training", settings)
    with artifact:
        evaluation = Evaluation(artifact, SETS, config(), "raw")
        evaluation.store_sets()
        for step, skill in skills.items():
            assert evaluation.due(step)
            engine.skill = skill
            evaluation.run(engine, None, step)  # type: ignore[arg-type]
        artifact.finish({"template": "raw"})
    return Artifact.load(folder)


def test_rows_accuracies_and_results(tmp_path: Path) -> None:
    engine = Learner()
    artifact = trained(tmp_path / "a", {0: 1, 2: 3, 4: 8, 5: 2}, engine)
    assert all(r.temperature == 0 and r.max_tokens == config().max_tokens for r in engine.asked)
    rows = artifact.rows(TABLE)
    assert len(rows) == 4 * 12 and rows[0]["set"] == "easy" and rows[11]["problem_id"] == "hard3"
    # Right: of the easy ones `skill` of 8, of the hard ones min(skill, 4) of 4; the sets count alike.
    assert stored_accuracies(artifact) == {
        0: (1 / 8 + 1 / 4) / 2,
        2: (3 / 8 + 3 / 4) / 2,
        4: 1.0,
        5: (2 / 8 + 2 / 4) / 2,
    }
    results = list(evaluation_results(artifact, Result(arm="truth", seed=3, template="raw")))
    assert [(r.step, r.set, r.value, r.n) for r in results[:3]] == [
        (0, "easy", 1 / 8, 8),
        (0, "hard", 1 / 4, 4),
        (2, "easy", 3 / 8, 8),
    ]
    assert (results[0].arm, results[0].measure) == ("truth", "accuracy")
    assert results[0].set_sha256 == SETS[0].content_sha256 and "greedy" in results[0].protocol
    # Wilson's interval of 1 in 8.
    assert results[0].low == pytest.approx(0.02242, abs=1e-4)
    assert results[0].high == pytest.approx(0.47090, abs=1e-4)


def test_undecided_answers_count_neither_way() -> None:
    grades = ["equal", "timeout", "different", "timeout"]
    columns = {name: pa.array([None] * 4, pa.string()) for name in ("prompt", "gold", "extraction")}
    assert accuracy_of(_table(["a", "a", "a", "b"], grades, columns)) == 0.5
    assert accuracy_of(_table(["b"] * 4, ["timeout"] * 4, columns)) is None


def _table(sets: list[str], grades: list[str], columns: dict[str, Any]) -> pa.Table:
    from clean_bench.samples import SCHEMA

    filled = {
        field.name: columns.get(field.name, pa.nulls(len(sets), field.type)) for field in SCHEMA
    }
    filled["set"], filled["grade"] = pa.array(sets), pa.array(grades)
    for name in ("prompt_ids", "token_ids", "logprobs"):
        filled[name] = pa.array([[]] * len(sets), SCHEMA.field(name).type)
    return pa.table(filled, SCHEMA)


def failures(artifact: Artifact) -> list[str]:
    found = check_evaluations(artifact, config(), Regrading("clean-bench"))
    return [f"{failure.where}: {failure.what}" for failure in found]


def test_the_check_accepts_what_was_written(tmp_path: Path) -> None:
    assert failures(trained(tmp_path / "a", {0: 1, 2: 3, 4: 8, 5: 2}, Learner())) == []


def test_the_check_finds_a_missing_evaluation(tmp_path: Path) -> None:
    (line,) = failures(trained(tmp_path / "a", {0: 1, 2: 3, 5: 2}, Learner()))
    assert "are of the steps [0, 2, 5], expected [0, 2, 4, 5]" in line


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("grade", "equal", "row 3: is graded ('equal', '77'), the text gives ('different', '77')"),
        ("problem_id", "easy0", "are not one greedy sample of each problem"),
        ("gold", "77", "are not one greedy sample of each problem"),
        ("step", 1, "are not one greedy sample of each problem"),
    ],
)
def test_the_check_finds_a_changed_row(
    tmp_path: Path, column: str, value: object, message: str
) -> None:
    artifact = trained(tmp_path / "a", {0: 1, 2: 3, 4: 8, 5: 2}, Learner())
    [first, *_] = artifact.tables(TABLE)
    values = first[column].to_pylist()
    values[3] = value
    place = first.column_names.index(column)
    forged = first.set_column(place, column, pa.array(values, first.schema.field(column).type))
    artifact.write(f"{TABLE}/00000", forged)
    (line,) = failures(artifact)
    assert message in line


def test_sets_without_answers_are_refused(tmp_path: Path) -> None:
    artifact = Artifact.open(tmp_path / "a", "training", {})
    with artifact, pytest.raises(UserError, match="expected a gold answer"):
        Evaluation(artifact, [ProblemSet("s", [Problem("a", "?")])], config(), "raw")


def test_without_sets_nothing_is_due(tmp_path: Path) -> None:
    artifact = Artifact.open(tmp_path / "a", "training", {})
    with artifact:
        assert not any(Evaluation(artifact, [], config(), "raw").due(step) for step in range(6))
