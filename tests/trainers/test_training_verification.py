"""Every edit of a stored training run is detected, also where the metrics fit the edit."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from forgeries import change_rows, edited

from clean_bench.artifacts import Artifact, verify
from clean_bench.checkpoints import resolve_checkpoint
from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet
from clean_bench.results import Results
from trainers.checks import check_training
from trainers.config import make_config, stored_config
from trainers.rollouts import rollouts_schema
from trainers.train import train

SCHEMA = rollouts_schema(("truth", "random", "format", "python"))
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def honest(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    problems = [Problem(str(i), f"{i} plus {i}?", str(2 * i)) for i in range(3)]
    config = make_config(
        {
            "reward": "random", "steps": 3, "seed": 1, "prompts_per_step": 2, "group_size": 2,
            "minibatches": 1, "max_tokens": 4, "checkpoint_every": 2,
        }
    )  # fmt: skip
    out = tmp_path_factory.mktemp("training") / "arm"
    artifact = train(
        resolve_checkpoint(str(tiny_checkpoint)), ProblemSet("sums", problems), config, out
    )
    assert verify(out, {"training": check_training}) == []
    return artifact


class Edited(Artifact):
    """An artifact with other rows in one table."""

    def __init__(self, artifact: Artifact, table: str, rows: Rows) -> None:
        super().__init__(artifact.folder, artifact.manifest)
        schema = SCHEMA if table == "rollouts" else next(artifact.tables(table)).schema
        self._name, self._table = table, pa.Table.from_pylist(rows, schema)

    def tables(
        self, table: str, columns: Sequence[str] | None = None, **options: Any
    ) -> Iterator[pa.Table]:
        if table == self._name:
            yield self._table
        else:
            yield from super().tables(table, columns, **options)


def failures(artifact: Artifact, edit: Callable[[Rows], object], table: str = "rollouts") -> str:
    rows = artifact.rows(table)
    edit(rows)
    return "\n".join(map(str, check_training(Edited(artifact, table, rows))))


def change(row: int, **values: Any) -> Callable[[Rows], object]:
    return lambda rows: rows[row].update(values)


def toggle(row: int, column: str) -> Callable[[Rows], object]:
    def edit(rows: Rows) -> None:
        rows[row][column] = 1.0 - rows[row][column]

    return edit


EDITS: dict[str, tuple[Callable[[Rows], object], str]] = {
    "a grade": (change(5, grade="equal"), "rollouts step 1 row 1: is graded ('equal', "),
    "an answer": (change(5, extracted="6"), "rollouts step 1 row 1: is graded "),
    "the reward that trained": (
        toggle(5, "reward/random"),
        "rollouts step 1 row 1: reward/random is stored as ",
    ),
    "another reward": (
        toggle(5, "reward/python"),
        "rollouts step 1 row 1: reward/python is stored as 1.0, the text gives 0.0",
    ),
    "a reward that is missing": (
        change(5, **{"reward/random": None}),
        "rollouts step 1 row 1: reward/random is stored as None",
    ),
    "an advantage": (change(5, advantage=9.0), "row 1: advantage is stored as 9.0, the text gives"),
    "a seed": (change(5, seed=7), "rollouts step 1, group 0: has a seed that is not the one"),
    "an index": (change(5, index=7), "group 0: is not 2 samples of one problem in order"),
    "a problem": (change(5, problem_id="x"), "group 0: is not 2 samples of one problem in order"),
    "a gold answer": (change(5, gold="x"), "group 0: is not 2 samples of one problem in order"),
    "a prompt": (change(5, prompt="x"), "group 0: is not 2 samples of one problem in order"),
    "a set": (change(5, set="x"), "group 0: is of x, raw, sample, expected sums, raw, sample"),
    "a template": (change(4, template="r1"), "group 0: is of sums, r1, sample, expected sums, raw"),
    "a mode": (change(5, mode="greedy"), "group 0: is of sums, raw, greedy, expected sums, raw"),
    "an end": (change(5, finish="done"), "group 0: ended by 'done', expected one of stop"),
    "a log-probability": (change(5, logprobs=[-1.0]), "has not one log-probability for each"),
    "a group number": (change(5, group=1), "rollouts step 1: have group numbers out of order"),
    "a response": (
        change(5, response=r"python \boxed{77}"),
        "row 1: reward/format is stored as 0.0, the text gives 1.0",
    ),
    "the gold answer of a group": (
        lambda rows: [row.update(gold="5", grade="different") for row in rows[4:6]],
        "rollouts step 1, group 0: has the gold answer '5', and its problem '",
    ),
    "a hint in the prompts of a group": (
        lambda rows: [
            row.update(prompt=f"{row['prompt']}Hint: {row['gold']}") for row in rows[4:6]
        ],
        "group 0: has a prompt that the template raw does not make of its problem",
    ),
    "a timeout": (
        lambda rows: rows[5].update(grade="timeout"),
        "rollouts step 1 row 1: is stored as 'timeout', decided within 0.5 s as '",
    ),
    "an end before the limit": (
        lambda rows: rows[5].update(finish="length", token_ids=[1, 1], logprobs=[-1.0, -1.0]),
        "rollouts step 1 row 1: ended by 'length' after 2 tokens, expected 4",
    ),
    "too many tokens": (
        change(5, token_ids=[1] * 5, logprobs=[-1.0] * 5),
        "rollouts step 1 row 1: has 5 tokens, expected at most 4",
    ),
    "a token id": (
        lambda rows: rows[5].update(token_ids=[-1, 2, 3, 4], logprobs=[-1.0] * 4),
        "rollouts step 1 row 1: has the token id -1",
    ),
    "a rollout": (lambda rows: rows.pop(5), "rollouts step 1: are 3, expected 4"),
    "a further step": (
        lambda rows: rows.extend({**row, "step": 3} for row in rows[-4:]),
        "rollouts step 3: are 4, expected 0",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_rollout_is_detected(honest: Artifact, name: str) -> None:
    edit, what = EDITS[name]
    assert what in failures(honest, edit)


@pytest.mark.parametrize(
    "name", ["reward", "accuracy", "length", "unscored", "frac_zero_std_groups", "reward/python"]
)
def test_an_edited_metric_is_detected(honest: Artifact, name: str) -> None:
    found = failures(honest, change(1, **{name: 0.123}), "metrics")
    assert f"metrics step 1: {name} is not the rollouts' " in found


@pytest.mark.parametrize("name", ["reward", "length", "frac_zero_std_groups"])
def test_a_metric_that_is_no_number_is_detected(honest: Artifact, name: str) -> None:
    found = failures(honest, change(1, **{name: float("nan")}), "metrics")
    assert f"metrics step 1: {name} is not the rollouts' " in found


@pytest.mark.parametrize(
    ("name", "value", "bounds"),
    [
        ("clip_fraction_low", 1.5, "0 to 1"),
        ("dual_fraction", -0.5, "0 to 1"),
        ("entropy", -2.0, "0 to inf"),
        ("grad_norm", -1.0, "0 to inf"),
    ],
)
def test_a_metric_of_the_model_that_cannot_be_is_detected(
    honest: Artifact, name: str, value: float, bounds: str
) -> None:
    found = failures(honest, change(1, **{name: value}), "metrics")
    assert f"metrics step 1: {name} is {value:g}, expected a number from {bounds}" in found


def test_a_step_without_metrics_is_detected(honest: Artifact) -> None:
    assert failures(honest, lambda rows: rows.pop(), "metrics") == (
        "metrics: are not those of 3 steps"
    )


@pytest.mark.parametrize("column", ["value", "low", "arm", "protocol", "step", "measure"])
def test_an_edited_result_is_detected(honest: Artifact, column: str) -> None:
    row = Results.read(honest)[3]
    value = {"value": 0.123, "low": 0.123, "step": 7}.get(column, "x")
    [failure] = failures(honest, change(3, **{column: value}), "results").splitlines()
    assert f"{column} is stored as {value!r}, the samples give {getattr(row, column)!r}" in failure


def other_problems(artifact: Artifact) -> None:
    change_rows(artifact, "problems", lambda rows: rows[0].update(answer="9"))


def other_measure(artifact: Artifact) -> None:
    """A metric of the forger's own, from which results follow as from the others."""
    for shard, table in zip(artifact.shards("metrics"), artifact.tables("metrics"), strict=True):
        ones = pa.array([1.0] * len(table))
        artifact.write(f"metrics/{shard.stem}", table.append_column("accuracy of aime24", ones))


FORGERIES: dict[str, tuple[Callable[[Artifact], object], str]] = {
    "another training set": (
        other_problems,
        "problems: are not the set sums that the configuration names",
    ),
    "another template": (
        lambda a: a.manifest["config"].update(template="boxed"),
        "manifest.json: template is raw, the configuration has boxed",
    ),
    "another engine": (
        lambda a: a.manifest["metadata"]["engine"].update(dtype="bfloat16"),
        "manifest.json: metadata: engine differs from that of the configuration",
    ),
    "code in the checkpoint": (
        lambda a: a.write_file("checkpoint/modeling.py", b"import os"),
        "checkpoint/modeling.py: is not a file of a training artifact",
    ),
    "a remark in the provenance": (
        lambda a: a.manifest["provenance"].update(auditor="X"),
        "manifest.json: provenance: has 'auditor', which a training artifact lacks",
    ),
    "a chat template of raw prompts": (
        lambda a: a.manifest["metadata"].update(chat_template={"text": "", "special_tokens": {}}),
        "manifest.json: metadata: holds a chat template, and no prompt was made with one",
    ),
    "a metric that no training writes": (
        other_measure,
        "metrics step 0: has the metric 'accuracy of aime24', which no training writes",
    ),
    "metrics outside of the identity": (
        lambda a: a.manifest["tables"]["metrics"].update(volatile=True),
        "manifest.json: declares the table 'metrics' as no part of the identity (volatile)",
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_that_is_sealed_anew_is_detected(
    honest: Artifact, tmp_path: Path, name: str
) -> None:
    edit, failure = FORGERIES[name]
    copy = edited(honest.folder, tmp_path / "copy", edit)
    assert failure in map(str, verify(copy, {"training": check_training}))


def test_a_run_of_an_earlier_version_holds_without_its_training_set(
    honest: Artifact, tmp_path: Path
) -> None:
    def old(artifact: Artifact) -> None:
        shutil.rmtree(artifact.folder / "problems")

    def hint(artifact: Artifact) -> None:
        old(artifact)

        def first_group(rows: Rows) -> None:
            for row in rows:
                if row["step"] == 0 and row["group"] == 0:
                    row["prompt"] += "Hint"

        change_rows(artifact, "rollouts", first_group)

    copy = edited(honest.folder, tmp_path / "old", old)
    assert verify(copy, {"training": check_training}) == []
    forged = verify(edited(honest.folder, tmp_path / "hint", hint), {"training": check_training})
    assert any("another gold answer or prompt of problem" in str(failure) for failure in forged)


def test_other_weights_are_detected(honest: Artifact) -> None:
    metadata = {**honest.metadata, "weights_sha256": "0" * 64}
    edited = Artifact(honest.folder, {**honest.manifest, "metadata": metadata})
    [failure] = check_training(edited)
    assert str(failure) == "checkpoint: its tensors are not those that the manifest names"


def test_edits_of_the_files_are_detected_through_verify(honest: Artifact, tmp_path: Path) -> None:
    shutil.copytree(honest.folder, tmp_path / "copy")
    copy = Artifact.load(tmp_path / "copy")
    rows = copy.rows("rollouts")[:8]
    rows[3]["advantage"] += 1
    copy.write("rollouts/00000", pa.Table.from_pylist(rows, SCHEMA))
    copy.finish(copy.metadata, volatile=["seconds", "results"])
    [failure] = verify(tmp_path / "copy", {"training": check_training})
    assert failure.where == "rollouts step 0 row 3" and failure.what.startswith("advantage ")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (
            change(1, learning_rate=2e-4),
            "updates step 1: learning_rate is 0.0002, the configuration",
        ),
        (change(1, grad_norm=3.25), "metrics step 1: grad_norm is "),
        (change(1, minibatch=1), "updates: are not 1 in order for each step"),
        (lambda rows: rows.pop(), "updates: are not 1 in order for each step"),
    ],
    ids=["a learning rate", "a norm", "a place", "a row"],
)
def test_an_edited_update_is_detected(
    honest: Artifact, edit: Callable[[Rows], object], message: str
) -> None:
    assert message in failures(honest, edit, "updates")


def of_version_0_2_0(artifact: Artifact) -> None:
    """Make the folder what the trainer of version 0.2.0 wrote: other settings, no rows of updates."""
    old = (
        "reward", "steps", "seed", "objective", "prompts_per_step", "group_size", "minibatches",
        "learning_rate", "betas", "weight_decay", "max_grad_norm", "temperature", "max_tokens",
        "clip_low", "clip_high", "dual_clip", "aggregate", "template", "checkpoint_every",
    )  # fmt: skip
    others = ("data", "data_sha256", "engine")
    artifact.manifest["config"] = {
        **{key: value for key, value in artifact.config.items() if key in (*old, *others)},
        **{key: value for key, value in artifact.config.items() if key.startswith("base_")},
        "scale_advantages": True,
    }
    artifact.manifest["environment"]["packages"]["clean-bench"] = "0.2.0"
    shutil.rmtree(artifact.folder / "updates")
    shutil.rmtree(artifact.folder / "seconds")


def test_a_folder_of_version_0_2_0_is_one_line_that_names_it(
    honest: Artifact, tmp_path: Path
) -> None:
    old = edited(honest.folder, tmp_path / "old", of_version_0_2_0)
    line = (
        "expected a training of this version of the trainer, got one that clean-bench 0.2.0 wrote, "
        "without the setting "
    )
    [failure] = verify(old, {"training": check_training})
    assert failure.where == "manifest.json" and failure.what.startswith(line)
    with pytest.raises(UserError, match=line) as refused:
        stored_config(Artifact.load(old))
    assert str(refused.value).startswith(f"{old}: ") and "\n" not in str(refused.value)
