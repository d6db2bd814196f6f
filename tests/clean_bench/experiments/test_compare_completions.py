"""`compare --from`: completions of one's own, base and trained, on the problems that both cover."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from clean_bench.artifacts import Artifact, verify
from clean_bench.cli.compare import command
from clean_bench.errors import UserError
from clean_bench.experiments.compare import compare_completions, completions_recipe
from clean_bench.experiments.verify import checks
from clean_bench.progress import Bar
from clean_bench.results import Results
from leaderboards.report_schema import RunReport
from leaderboards.view import DECIDED

pytestmark = pytest.mark.processes

Write = Callable[..., Path]
COUNT = 40


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes completions of sums: `right` maps a problem to how many of its samples are right."""

    def write(
        name: str,
        right: Mapping[int, int],
        samples: int = 4,
        gold: Callable[[int], int] = lambda i: 2 * i,
    ) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [
            {
                "problem": f"What is {i}+{i}?",
                "answer": str(gold(i)),
                "response": f"It is \\boxed{{{gold(i) + (0 if k < count else k + 1)}}}.",
            }
            for i, count in right.items()
            for k in range(samples)
        ]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path

    return write


def compared(folder: Path, bar: Bar, *files: str | Path, **settings: str) -> Artifact:
    return compare_completions([str(file) for file in files], out=folder, bar=bar, **settings)


def test_numbers_by_hand_on_the_problems_that_both_cover(
    write: Write, tmp_path: Path, bar: Bar
) -> None:
    """Other orders, and five problems more before than after."""
    before = {i: i % 3 for i in range(COUNT)}
    after = {i: 1 + i % 3 for i in reversed(range(5, COUNT))}
    base, trained = write("a/base.jsonl", before), write("b/trained.jsonl", after)
    artifact = compared(tmp_path / "C", bar, base, trained)
    assert verify(artifact.folder, checks()) == []
    results = Results.read(artifact)
    report = RunReport.from_json((artifact.folder / "report.json").read_bytes())
    [info] = report.sets
    assert (info.name, info.n) == ("problems", COUNT - 5)
    assert "5 that not every checkpoint has completions of are left out" in info.description
    rows = results.where(set="problems", subset=DECIDED)
    value = np.mean([before[i] / 4 for i in after])
    assert rows.where(measure="avg@4", checkpoint="base/base").one().value == pytest.approx(value)
    gain = results.where(measure="gain:avg@4", versus="checkpoint=base/base").one()
    assert gain.value == pytest.approx(0.25) and gain.n == COUNT - 5
    # Before training at least one of two samples is right: 1 - C(4 - c, 2) / C(4, 2).
    by_count = {0: 0.0, 1: 1 / 2, 2: 5 / 6, 3: 1.0}
    for checkpoint, counts in (("base/base", before), ("base/trained", after)):
        expected = np.mean([by_count[counts[i]] for i in after])
        row = rows.where(measure="pass@2", checkpoint=checkpoint).one()
        assert row.value == pytest.approx(expected)
    assert not [row for row in results if row.measure.startswith("exact_match")]
    assert results.where(arm="trained", measure="boxed", checkpoint="base/trained")
    [arm] = report.models[0].arms
    assert arm.name == "trained" and "Nothing is concluded about memorization" in arm.conclusion


def test_as_many_samples_count_as_every_file_has(write: Write, tmp_path: Path, bar: Bar) -> None:
    base = write("base.jsonl", dict.fromkeys(range(COUNT), 2), samples=2)
    trained = write("trained.jsonl", dict.fromkeys(range(COUNT), 2), samples=8)
    artifact = compared(tmp_path / "C", bar, base, trained)
    row = (
        Results.read(artifact)
        .where(measure="avg@2", subset=DECIDED, checkpoint="base/trained")
        .one()
    )
    assert row.value == 1.0  # its first two samples are right
    assert verify(artifact.folder, checks()) == []


def test_one_completion_per_problem_is_greedy(write: Write, tmp_path: Path, bar: Bar) -> None:
    base = write("base.jsonl", {i: i % 2 for i in range(COUNT)}, samples=1)
    trained = write("trained.jsonl", dict.fromkeys(range(COUNT), 1), samples=1)
    artifact = compared(tmp_path / "C", bar, f"before={base}", f"after={trained}")
    report = RunReport.from_json((artifact.folder / "report.json").read_bytes())
    assert report.measure == "accuracy"
    gain = Results.read(artifact).where(
        measure="gain:accuracy", versus="checkpoint=before/base", subset=None
    ).one()  # fmt: skip
    assert gain.value == 0.5 and gain.checkpoint == "before/after"


def test_folders_of_score_are_files_too(write: Write, tmp_path: Path, bar: Bar) -> None:
    files = [
        write("base.jsonl", {i: i % 3 for i in range(COUNT)}),
        write("t.jsonl", dict.fromkeys(range(COUNT), 2)),
    ]
    first = compared(tmp_path / "first", bar, *files)
    folders = [first.folder / "base/scores/base", first.folder / "base/scores/t"]
    again = compared(tmp_path / "again", bar, f"base={folders[0]}", f"t={folders[1]}")
    assert verify(again.folder, checks()) == []
    assert Results.read(again).as_json() == Results.read(first).as_json()


def test_the_accuracy_of_completions_is_flexible(write: Write, tmp_path: Path, bar: Bar) -> None:
    files = [write(name, dict.fromkeys(range(COUNT), 2)) for name in ("base.jsonl", "t.jsonl")]
    first = compared(tmp_path / "first", bar, *files)
    limits = " ".join(json.loads((first.folder / "report.json").read_text())["limits"])
    assert "so accuracy is flexible" in limits and "The strict accuracy stands beside it." in limits


def test_completions_that_were_exchanged_show(write: Write, tmp_path: Path, bar: Bar) -> None:
    files = [
        write("base.jsonl", {i: i % 3 for i in range(COUNT)}),
        write("t.jsonl", dict.fromkeys(range(COUNT), 2)),
    ]
    artifact = compared(tmp_path / "C", bar, *files)
    for old, new in (("base", "kept"), ("t", "base"), ("kept", "t")):
        (artifact.folder / "base/scores" / old).rename(artifact.folder / "base/scores" / new)
    artifact.finish(artifact.metadata, volatile=["results"])
    failures = verify(artifact.folder, checks())
    assert {failure.where for failure in failures} >= {"base/scores/base", "base/scores/t"}


def test_a_changed_file_does_not_resume(write: Write, tmp_path: Path, bar: Bar) -> None:
    right = {i: i % 3 for i in range(COUNT)}
    files = [write("base.jsonl", right), write("t.jsonl", right)]
    compared(tmp_path / "C", bar, *files)
    write("t.jsonl", dict.fromkeys(range(COUNT), 4))
    with pytest.raises(UserError, match="was begun with completions"):
        compared(tmp_path / "C", bar, *files)


def test_nothing_in_common_and_other_gold_answers(write: Write, tmp_path: Path, bar: Bar) -> None:
    base = write("base.jsonl", dict.fromkeys(range(5), 1))
    other = write("other.jsonl", dict.fromkeys(range(10, 15), 1))
    with pytest.raises(UserError, match=r"no problem in common .*base/base: 5 of problems"):
        compared(tmp_path / "C", bar, base, other)
    wrong = write("wrong.jsonl", dict.fromkeys(range(5), 1), gold=lambda i: 2 * i + 7)
    with pytest.raises(UserError, match=r"has the gold answer '7' in .*, and '0' in"):
        compared(tmp_path / "D", bar, base, wrong)


def test_names_of_checkpoints_and_files(write: Write) -> None:
    one, two = (write(f"{run}/samples.jsonl", {1: 1}) for run in ("small", "large"))
    recipe = completions_recipe([str(one), f"{two},{one}"])
    assert recipe.models[0].completions == (str(one),)
    assert recipe.arms[0].completions == (str(two), str(one))
    recipe = completions_recipe([f"mine={one}", f"theirs={two}"])
    assert (recipe.models[0].name, recipe.arms[0].name) == ("mine", "theirs")
    recipe = completions_recipe([str(one), str(two)])
    assert (recipe.models[0].name, recipe.arms[0].name) == ("small-samples", "large-samples")


def test_the_command_maps_columns(tmp_path: Path) -> None:
    for name, shift in (("base", 1), ("trained", 0)):
        rows = [
            {"target": str(i), "resps": f"\\boxed{{{i + shift * (i % 2)}}}", "problem": f"n{i}"}
            for i in range(4)
        ]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / f"{name}.jsonl").write_text(text)
    words = ["--from", str(tmp_path / "base.jsonl"), "--from", str(tmp_path / "trained.jsonl"),
             "--map", "gold=target,response=resps", "--out", str(tmp_path / "C"), "--json"]  # fmt: skip
    result = CliRunner().invoke(command, words, catch_exceptions=False)
    [gain] = [
        row
        for row in json.loads(result.stdout)["results"]
        if row["measure"] == "gain:accuracy" and row["subset"] is None
    ]
    assert gain["value"] == 0.5
