"""Labels of a random checkpoint: counted by hand, resumed, verified, and trained on."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from clean_bench.artifacts import Artifact, verify
from clean_bench.checkpoints import Checkpoint, resolve_checkpoint
from clean_bench.engines.base import Engine
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.errors import UserError
from clean_bench.experiments.verify import checks
from clean_bench.grading import grade
from clean_bench.problems import Problem, ProblemSet
from clean_bench.results import Results
from clean_bench.seeds import seed_of
from trainers.labels import Labels, load_labels, stored_labels
from trainers.labels.config import LabelConfig
from trainers.labels.run import label_problems
from trainers.rewards import parse_reward
from trainers.train import train

PROBLEMS = ProblemSet("sums", [Problem(str(i), f"{i} plus {i}?", str(2 * i)) for i in range(6)])
CONFIG = LabelConfig(samples=3, max_tokens=6, template="raw", seed=4)


@pytest.fixture(scope="module")
def base(tiny_checkpoint: Path) -> Checkpoint:
    return resolve_checkpoint(str(tiny_checkpoint))


@pytest.fixture(scope="module")
def engine(base: Checkpoint) -> TransformersEngine:
    return TransformersEngine.load(base.folder)


@pytest.fixture(scope="module")
def labelled(
    base: Checkpoint, engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Artifact:
    out = tmp_path_factory.mktemp("labels") / "labels"
    return label_problems(engine, PROBLEMS, out, CONFIG, checkpoint=base)


def test_every_sample_has_the_seed_of_its_place(labelled: Artifact) -> None:
    rows = labelled.rows("samples")
    assert len(rows) == 18
    for number, row in enumerate(rows):
        problem, index = divmod(number, 3)
        assert (row["problem_id"], row["index"]) == (str(problem), index)
        assert row["seed"] == seed_of("label", 4, "sums", str(problem), index)
        assert row["grade"] == grade([(row["gold"], row["response"])])[0].strict.kind


def test_labels_are_the_counted_answers_of_the_samples(labelled: Artifact) -> None:
    labels = stored_labels(labelled)
    assert labels is not None and len(labels) == 6
    rows = labelled.rows("samples")
    for label in labels:
        answers = [row["extracted"] for row in rows if row["problem_id"] == label.problem_id]
        given = [answer for answer in answers if answer is not None]
        assert (label.samples, label.empty) == (3, 3 - len(given))
        if not given:
            assert (label.answer, label.votes, label.right) == (None, 0, None)
        else:
            # Random answers of this checkpoint are equal only as texts.
            assert label.votes == max(Counter(given).values())
            assert label.answer in given
            assert label.right is False
    assert labelled.metadata["counts"] == labels.counts()
    results = Results.read(labelled)
    empty = results.where(measure="no_answer").one()
    assert empty.value == pytest.approx(sum(label.empty or 0 for label in labels) / 18)


def test_a_label_run_verifies(labelled: Artifact) -> None:
    assert verify(labelled.folder, checks()) == []


class Failing:
    """An engine that fails at its second call, as a killed run does."""

    def __init__(self, engine: TransformersEngine) -> None:
        self._engine, self._calls = engine, 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._engine, name)

    def generate(self, requests: object) -> Iterator[object]:
        self._calls += 1
        if self._calls == 2:
            raise KeyboardInterrupt
        return iter(self._engine.generate(requests))  # type: ignore[arg-type]


def test_a_resumed_run_gives_the_same_labels(
    base: Checkpoint, engine: TransformersEngine, labelled: Artifact, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("trainers.labels.run.SHARD", 5)
    monkeypatch.setattr("trainers.labels.run.SHARDS", {})
    out = tmp_path / "labels"
    with pytest.raises(KeyboardInterrupt):
        label_problems(Failing(engine), PROBLEMS, out, CONFIG, checkpoint=base)  # type: ignore[arg-type]
    begun = [path.name for path in (out / "samples").iterdir()]
    assert begun == ["00000.parquet"]
    seen: list[int] = []

    def progress(count: int, **_: object) -> None:
        seen.append(count)

    resumed = label_problems(
        engine,
        PROBLEMS,
        out,
        CONFIG,
        checkpoint=base,
        progress=progress,  # type: ignore[arg-type]
    )
    assert seen[0] == 5 and sum(seen) == 18
    labels, whole = stored_labels(resumed), stored_labels(labelled)
    assert labels is not None and whole is not None and labels.sha256 == whole.sha256


def edited(artifact: Artifact, tmp_path: Path, table: pa.Table, name: str) -> str:
    """The failures of a copy in which one table is another one."""
    copy = tmp_path / "copy"
    shutil.copytree(artifact.folder, copy)
    changed = Artifact.load(copy)

    class Edited(Artifact):
        def tables(self, table_name: str, *args: object, **options: object) -> Iterator[pa.Table]:
            if table_name != name:
                yield from super().tables(table_name, *args, **options)  # type: ignore[arg-type]
            else:
                columns = args[0] if args else options.get("columns")
                yield table.select(columns) if columns else table

    from trainers.labels.checks import check_labels

    return "\n".join(str(f) for f in check_labels(Edited(copy, changed.manifest)))


def test_edited_labels_and_samples_are_found(labelled: Artifact, tmp_path: Path) -> None:
    labels = stored_labels(labelled)
    assert labels is not None
    rows = labels.table().to_pylist()
    rows[2] |= {"answer": "4", "votes": 3}
    table = pa.Table.from_pylist(rows, labels.table().schema)
    assert "labels 2" in edited(labelled, tmp_path / "a", table, "labels")
    samples = pa.concat_tables(labelled.tables("samples"))
    for column, value in (("seed", 1), ("response", r"\boxed{2}"), ("gold", "3"), ("index", 2)):
        rows = samples.to_pylist()
        rows[1][column] = value
        table = pa.Table.from_pylist(rows, samples.schema)
        assert "samples row 1" in edited(labelled, tmp_path / column, table, "samples")
    fewer = samples.slice(0, 17)
    assert "has 17 rows, expected 18" in edited(labelled, tmp_path / "fewer", fewer, "samples")


def test_a_folder_of_another_set_is_refused(labelled: Artifact) -> None:
    again = load_labels(str(labelled.folder), PROBLEMS.problems)
    stored = stored_labels(labelled)
    assert stored is not None and again.sha256 == stored.sha256
    with pytest.raises(UserError, match="problem 0 has another text than in the training set"):
        load_labels(str(labelled.folder), [Problem("0", "another?", "0")])
    with pytest.raises(UserError, match="expected labels of the training set, got none of its 1"):
        load_labels(str(labelled.folder), [Problem("x", "another?", "0")])


def test_training_on_labels_is_stored_and_verified(base: Checkpoint, tmp_path: Path) -> None:
    """Wrong labels that the checkpoint cannot give: every reward is 0, and 1 for the label's text."""
    from trainers.config import make_config

    rows = "".join(f'{{"id": "{i}", "label": "{2 * i if i < 2 else 77}"}}\n' for i in range(6))
    path = tmp_path / "labels.jsonl"
    path.write_text(rows, "utf-8")
    labels = load_labels(str(path), PROBLEMS.problems)
    assert (labels.right, labels.wrong) == (2, 4)
    config = make_config(
        {
            "reward": "incorrect & !python", "steps": 2, "prompts_per_step": 2, "group_size": 2,
            "minibatches": 1, "max_tokens": 4, "template": "raw",
            "log_rewards": "truth; majority; noisy:fp=0.2,fn=0.1",
        }
    )  # fmt: skip
    artifact = train(base, PROBLEMS, config, tmp_path / "arm", labels=labels)
    assert verify(artifact.folder, checks()) == []
    assert artifact.config["labels_sha256"] == labels.sha256
    assert artifact.metadata["labels"]["label right"] == 2
    assert artifact.metadata["labels"]["share_right"] == pytest.approx(1 / 3)
    rollouts = artifact.rows("rollouts")
    assert {row["problem_id"] for row in rollouts} <= {"2", "3", "4", "5"}
    name = parse_reward(config.reward).name
    columns = {f"reward/{n}" for n in ("truth", "majority", "noisy:fp=0.2,fn=0.1", name)}
    assert columns <= set(rollouts[0])
    assert all(row[f"reward/{name}"] == 0 for row in rollouts)

    from trainers.checks import check_training

    class Relabelled(Artifact):
        def tables(self, table: str, *args: object, **options: object) -> Iterator[pa.Table]:
            if table == "labels":
                changed = list(labels)
                yield Labels([changed[1], *changed[1:]]).table()
            else:
                yield from super().tables(table, *args, **options)  # type: ignore[arg-type]

    found = "\n".join(map(str, check_training(Relabelled(artifact.folder, artifact.manifest))))
    assert "are not the labels that the configuration names" in found
