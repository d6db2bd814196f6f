"""The Python API: light to import, and the same numbers as the commands."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import clean_bench as cb
from clean_bench.artifacts import Artifact, verify
from clean_bench.engines.open import EngineConfig
from clean_bench.errors import UserError
from clean_bench.experiments.verify import checks
from clean_bench.problems import Problem, ProblemSet

README = Path(__file__).parents[2] / "README.md"
HOSTILE = "<script>alert(1)</script>"
SUMS = ProblemSet("sums", [Problem(str(i), f"What is {i} plus 1?", str(i + 1)) for i in range(4)])


def test_importing_it_is_quick_and_loads_nothing_heavy() -> None:
    code = (
        "import sys, time; begun = time.perf_counter(); import clean_bench as cb\n"
        "seconds = time.perf_counter() - begun; cb.__all__, dir(cb)\n"
        "heavy = {'torch', 'transformers', 'vllm', 'datasets', 'pyarrow'} & set(sys.modules)\n"
        "print(seconds, sorted(heavy))"
    )
    best = 1e9
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        seconds, heavy = done.stdout.split(" ", 1)
        assert heavy.strip() == "[]"
        best = min(best, float(seconds))
    assert best < 0.3


def test_every_name_resolves() -> None:
    for name in cb.__all__:
        assert getattr(cb, name) is not None and name in dir(cb)
    assert set(cb.__all__) == set(cb._EXPORTS)
    with pytest.raises(AttributeError, match="no attribute 'scores'"):
        cb.scores  # noqa: B018


def test_what_the_readme_names_is_what_there_is() -> None:
    text = " ".join(README.read_text().split())
    [names] = re.findall(r"The API is `([^`]+)`", text)
    assert set(names.split(", ")) == set(cb.__all__)


@pytest.mark.readme
def test_the_notebook_of_the_readme_runs(tmp_path: Path) -> None:
    section = README.read_text().partition("## In a notebook")[2].partition("\n## ")[0]
    code = section.partition("```python\n")[2].partition("```")[0]
    for small in (("count=50", "count=4"), ("samples=8", "samples=2"), ("avg@8", "avg@2")):
        assert small[0] in code
        code = code.replace(*small)
    # A few of the planted problems: all of them take most of a minute.
    load = 'cb.load_problems("organism:reciter/planted")'
    assert load in code
    code = code.replace(load, f"{load}.head(8)")
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=300
    )
    assert done.returncode == 0, done.stderr
    number = r" +[01]\.\d+"
    row = rf"\n{{}} +{{}} +{{}}{3 * number} +{{}}\n"
    planted = "organism:reciter/planted"
    for columns in (
        (0, planted, "avg@2", 8),
        (1, "word-problems", "avg@2", 4),
        (0, planted, "exact_match@0.6", 8),
    ):
        assert re.search(row.format(*columns), done.stdout), done.stdout
    assert done.stdout.count(planted) == 2
    assert list(tmp_path.iterdir()) == []


def test_score_and_probe_with_and_without_a_folder(tiny_checkpoint: Path, tmp_path: Path) -> None:
    with cb.open_checkpoint(str(tiny_checkpoint), engine="transformers") as model:
        scores = cb.score(model, SUMS, samples=2, max_tokens=4)
        kept = cb.score(model, [SUMS], samples=2, max_tokens=4, out=tmp_path / "S")
        memorized = cb.probe(model, SUMS, prefixes=[0.6])
        cb.probe(model, SUMS, prefixes=[0.6], out=tmp_path / "P")
    again = cb.score(str(tiny_checkpoint), SUMS, samples=2, max_tokens=4)
    assert scores.table.equals(kept.table) and scores.table.equals(again.table)
    assert scores.where(measure="avg@2", subset=None).one().n == 4
    # The four sums are one template with other numbers: near-duplicates count once.
    assert memorized.where(measure="exact_match@0.6", subset=None).one().n == 1
    assert memorized.table.equals(cb.Results.load(tmp_path / "P").table)
    for folder, kind in (("S", "scores"), ("P", "probe")):
        assert Artifact.load(tmp_path / folder).kind == kind
        assert verify(tmp_path / folder, checks()) == []
    frame = scores.to_pandas()
    assert len(frame) == len(scores) and list(frame["set"].unique()) == ["sums"]


def test_a_probe_against_a_null_set_with_further_signals(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    null = ProblemSet("null", [Problem(str(i), f"Add {i} and {i}, then stop.") for i in range(9)])
    results = cb.probe(
        str(tiny_checkpoint),
        SUMS,
        prefixes=[0.6],
        signals=["default", "altered-suffix"],
        cut="paper",
        null=null,
        positive_control=True,
        out=tmp_path / "P",
    )
    assert results.values_of("set") == ["sums", "null", "famous-passages"]
    assert len(results.where(set="sums", measure="altered-suffix:own@0.6"))
    artifact = Artifact.load(tmp_path / "P")
    assert artifact.config["nulls"] == ["null"] and artifact.config["control"] == "famous-passages"
    assert {row["null"] for row in artifact.rows("flags") if row["set"] == "sums"} == {"null"}
    assert (tmp_path / "P" / "index.html").exists()
    assert verify(tmp_path / "P", checks()) == []


def test_train_keeps_the_checkpoint_that_score_takes(tiny_checkpoint: Path, tmp_path: Path) -> None:
    settings = {"prompts_per_step": 2, "group_size": 2, "minibatches": 1, "max_tokens": 4}
    results = cb.train(
        str(tiny_checkpoint), SUMS, reward="random", steps=1, out=tmp_path / "T", **settings
    )
    assert [row.step for row in results.where(measure="reward")] == [0]
    assert verify(tmp_path / "T", checks()) == []
    scores = cb.score(str(tmp_path / "T" / "checkpoint"), SUMS, max_tokens=4)
    assert scores.where(measure="accuracy", subset=None).one().n == 4
    with pytest.raises(UserError, match="train: unknown key 'learning_rat'"):
        cb.train(str(tiny_checkpoint), SUMS, reward="random", steps=1, out=tmp_path, learning_rat=1)


def test_train_takes_labels_and_the_settings_of_the_engine(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    settings = {"prompts_per_step": 2, "group_size": 2, "minibatches": 1, "max_tokens": 4}
    labels = tmp_path / "labels.jsonl"
    rows = [{"id": problem.id, "label": "-1"} for problem in SUMS]
    labels.write_text("".join(json.dumps(row) + "\n" for row in rows))
    cb.train(
        str(tiny_checkpoint), SUMS, reward="incorrect", steps=1, out=tmp_path / "T",
        labels=str(labels), engine=EngineConfig(dtype="bfloat16", device="cpu"), **settings,
    )  # fmt: skip
    artifact = Artifact.load(tmp_path / "T")
    assert artifact.metadata["labels"]["wrong"] == len(SUMS)
    engine, policy = artifact.config["engine"], artifact.config["policy"]
    assert (engine["dtype"], policy["compute_dtype"]) == ("bfloat16", "bfloat16")
    assert verify(tmp_path / "T", checks()) == []
    with pytest.raises(UserError, match="reward incorrect: expected labels, got none"):
        cb.train(str(tiny_checkpoint), SUMS, reward="incorrect", steps=1, out=tmp_path / "U")


def completions(folder: Path, name: str, right: set[int]) -> str:
    """A file of completions of `SUMS` and twelve more, of which those of `right` are right."""
    rows = [
        {
            "id": str(i),
            "problem": f"What is <b>{i}</b> plus 1?",
            "gold": str(i + 1),
            "response": rf"\boxed{{{i + 1 if i in right else 0}}}",
        }
        for i in range(16)
    ]
    path = folder / name / "sums.jsonl"
    path.parent.mkdir()
    path.write_text("\n".join(map(json.dumps, rows)))
    return f"{name}={path}"


def test_compare_of_completions_returns_the_gain_by_hand(tmp_path: Path) -> None:
    files = [
        completions(tmp_path, "before", {0, 1, 2, 3}),
        completions(tmp_path, "after", {*range(12)}),
    ]
    comparison = cb.compare(completions=files, out=tmp_path / "C")
    [row] = comparison.table.to_dict("records")
    assert (row["trained"], row["n"]) == ("after", 16)
    assert (row["before"], row["after"], row["gain"]) == (4 / 16, 12 / 16, 8 / 16)
    assert row["low"] < 0.5 < row["high"]
    assert list(comparison.conclusions) == ["after"] and comparison.conclusions["after"]
    assert comparison.report == tmp_path / "C" / "index.html" and comparison.report.is_file()
    assert verify(tmp_path / "C", checks()) == []
    html = comparison._repr_html_()
    assert "+50.0" in html and "+50.0" in repr(comparison)
    for part in ("title", "conclusions", "shown"):
        value = {"title": HOSTILE, "conclusions": {HOSTILE: HOSTILE}, "shown": [[HOSTILE] * 6]}[
            part
        ]
        html = replace(comparison, **{part: value})._repr_html_()
        assert "&lt;script&gt;" in html and "<script>" not in html
    without = cb.compare(completions=files)
    assert without.report is None
    assert without.results.table.equals(comparison.results.table)


def test_compare_of_checkpoints_has_the_numbers_of_the_run(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    other = tmp_path / "trained"
    shutil.copytree(tiny_checkpoint, other)
    path = tmp_path / "sums.jsonl"
    path.write_text(
        "\n".join(json.dumps({"problem": p.problem, "answer": p.answer}) for p in SUMS.problems)
    )
    comparison = cb.compare(
        str(tiny_checkpoint),
        str(other),
        on=str(path),
        fresh="word-problems:2:3",
        out=tmp_path / "C",
        samples=2,
        max_tokens=4,
    )
    assert comparison.table["set"].tolist() == ["sums", "word-problems 2"]
    assert comparison.table["gain"].tolist() == [0.0, 0.0]
    assert comparison.table["n"].tolist() == [4, 3]
    assert comparison.results.table.equals(cb.Results.load(tmp_path / "C").table)
    for arguments, message in (
        ((), "expected a base and trained checkpoints, or completions"),
        ((str(tiny_checkpoint),), "TRAINED: expected at least one trained checkpoint"),
    ):
        with pytest.raises(UserError, match=message):
            cb.compare(*arguments, on=str(path))
    with pytest.raises(UserError, match="expected checkpoints or completions, got both"):
        cb.compare(str(tiny_checkpoint), completions=["a", "b"])


def test_generate_with_and_without_a_folder(tmp_path: Path) -> None:
    options = {"steps": "2-3", "count": 6, "seed": "tests"}
    problems = cb.generate("word-problems", **options)
    kept = cb.generate("word-problems", **options, out=tmp_path / "G")
    assert problems.name == "word-problems" and kept.name == "G"
    assert problems.role == kept.role == "fresh"
    assert list(problems) == list(kept) == list(cb.load_problems(str(tmp_path / "G")))
    assert problems.content_sha256 == kept.content_sha256
    assert verify(tmp_path / "G", checks()) == []
    bound = cb.generate("word-problems", steps="2", count=2, bind=["organism:reciter"])
    assert bound.about["manifest"]["freshness"]["bound"]
    for origin in ({}, {"seed": "x", "bind": ["organism:reciter"]}):
        with pytest.raises(UserError, match="expected either seed or bind"):
            cb.generate("word-problems", **origin)  # type: ignore[arg-type]


def test_grade_is_the_grader_of_every_command() -> None:
    grades = cb.grade([("4", r"so it is \boxed{4}"), ("4", "5"), ("4", "")])
    assert [grade.kind for grade in grades] == ["equal", "different", "no answer"]


def test_a_wrong_setting_is_one_line_that_names_it(tiny_checkpoint: Path) -> None:
    with pytest.raises(UserError, match="score: unknown key 'sample'"):
        cb.score(str(tiny_checkpoint), SUMS, sample=2)
    with pytest.raises(UserError, match="open_checkpoint: unknown key 'device_map'"):
        cb.open_checkpoint(str(tiny_checkpoint), device_map="auto")
    with pytest.raises(UserError, match="expected a checkpoint folder, a hub name"):
        cb.score("./none", SUMS)
    with pytest.raises(UserError, match="fractions between 0 and 1"):
        cb.probe(str(tiny_checkpoint), SUMS, prefixes=[2.0])
