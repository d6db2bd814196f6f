"""Scores of completions of other tools: numbers by hand, joins, verification and behaviors."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from math import comb
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from clean_bench.artifacts import Artifact, verify
from clean_bench.behaviors.run import analyze_behaviors
from clean_bench.cli.main import cli
from clean_bench.cli.score import command
from clean_bench.errors import UserError
from clean_bench.experiments.verify import checks
from clean_bench.problems import load_problems, stored_sets
from clean_bench.results import Results
from clean_bench.samples import TABLE
from clean_bench.scoring.from_files import model_of, score_files
from tests.clean_bench.completion_files import files_of_tools as tools


def values(artifact: Artifact, **where: Any) -> dict[str, float | None]:
    return {row.measure: row.value for row in Results.read(artifact).where(**where)}


@pytest.mark.parametrize("name", tools.FORMATS)
def test_every_format_gives_the_same_scores(name: str, tmp_path: Path) -> None:
    path = tools.FORMATS[name](tmp_path)
    artifact = score_files([path], tmp_path / "S", name="m")
    found = values(artifact)
    assert found["avg@2"] == tools.ACCURACY
    assert (found["pass@2"], found["maj@2"], found["no_answer"]) == (1.0, 0.75, 0.25)
    (stated,) = artifact.config["files"]
    assert (stated["file"], stated["completions"]) == (path.name, 4)
    grades = [row["grade"] for row in artifact.rows(TABLE)]
    assert sorted(grades) == sorted(grade for of in tools.GRADES for grade in of)
    assert verify(tmp_path / "S", checks()) == []


def test_one_completion_is_greedy_and_a_stated_temperature_makes_it_a_sample(
    tmp_path: Path,
) -> None:
    rows = [{"id": n, "gold": "7", "response": "7" if n < 3 else "8"} for n in range(4)]
    greedy = score_files([tools.write_lines(tmp_path / "a.jsonl", rows)], tmp_path / "A", name="m")
    assert values(greedy)["accuracy"] == 0.75 and greedy.config["samples"] == 0
    warm = [{**row, "temperature": 0.6, "finish_reason": "length"} for row in rows]
    sampled = score_files([tools.write_lines(tmp_path / "b.jsonl", warm)], tmp_path / "B", name="m")
    assert values(sampled)["avg@1"] == 0.75 and "accuracy" not in values(sampled)
    assert values(sampled)["truncated"] == 1.0 and "truncated" not in values(greedy)
    protocol = Results.read(sampled)[0].protocol
    assert protocol == "completions of columns, temperature 0.6, grader clean-bench"
    for folder in "AB":
        assert verify(tmp_path / folder, checks()) == []


def test_unequal_numbers_of_completions(tmp_path: Path) -> None:
    """Problem p has `right[p]` correct ones of `numbers[p]`: pass@2 from all of them, by hand."""
    numbers, right = (2, 3, 5), (1, 1, 3)
    rows = [
        {"problem": f"p{p}", "gold": "1", "response": "1" if i < right[p] else str(i + 10)}
        for p in range(3)
        for i in range(numbers[p])
    ]
    path = tools.write_lines(tmp_path / "a.jsonl", rows)
    artifact = score_files([path], tmp_path / "S", name="m")
    found = values(artifact)
    misses = [comb(n - c, 2) / comb(n, 2) for n, c in zip(numbers, right, strict=True)]
    assert found["avg@2"] == pytest.approx(
        sum(c / n for n, c in zip(numbers, right, strict=True)) / 3
    )
    assert found["pass@2"] == pytest.approx(1 - sum(misses) / 3)
    row = Results.read(artifact).first(measure="avg@2")
    assert row is not None and row.low is not None and row.low < found["avg@2"] and row.n == 3
    assert verify(tmp_path / "S", checks()) == []


def test_steps_are_sets_of_their_own_and_one_step_is_not_named(tmp_path: Path) -> None:
    rows = [
        {"input": f"p{n}", "output": out, "gts": "1", "score": 0.0, "step": step}
        for step, out in ((1, "2"), (9, "1"))
        for n in range(3)
    ]
    both = tools.write_lines(tmp_path / "both.jsonl", rows)
    artifact = score_files([both], tmp_path / "S", name="m")
    assert values(artifact, set="rollouts-step1")["accuracy"] == 0.0
    assert values(artifact, set="rollouts-step9")["accuracy"] == 1.0
    last = tools.write_lines(tmp_path / "9.jsonl", rows[3:])
    assert score_files([last], tmp_path / "T", name="m").config["sets"][0]["name"] == "rollouts"


def test_joined_problems_give_ids_golds_and_role(tmp_path: Path) -> None:
    problems = load_problems(f"mine={tools.problems_of_batch(tmp_path)}")
    for number, path in enumerate((tools.openai_batch(tmp_path), tools.verl(tmp_path))):
        folder = tmp_path / f"S{number}"
        artifact = score_files([path], folder, name="m", problems=problems)
        assert values(artifact)["avg@2"] == tools.ACCURACY
        assert artifact.config["sets"][0]["sha256"] == problems.content_sha256
        assert [p.id for p in stored_sets(artifact)["mine"]] == ["p0", "p1"]
        assert verify(folder, checks()) == []
    with pytest.raises(
        UserError, match=r"batch_output.jsonl:1: expected a text or a number under 'gold'"
    ):
        score_files([tools.openai_batch(tmp_path)], tmp_path / "no", name="m")
    other = tools.write_lines(tmp_path / "b.jsonl", [{"problem": "new", "response": "1"}])
    with pytest.raises(
        UserError, match=r"b.jsonl:1: expected a problem of mine, got the text 'new'"
    ):
        score_files([other], tmp_path / "no", name="m", problems=problems)
    assert not (tmp_path / "no").exists()


def test_ids_of_a_file_are_not_taken_for_those_of_a_set_with_the_texts(tmp_path: Path) -> None:
    """Row numbers of two tools begin at 0 and at 1: the text decides."""
    rows = [{"id": n + 1, "problem": f"p{n}", "answer": n} for n in range(3)]
    problems = load_problems(f"mine={tools.write_lines(tmp_path / 'set.jsonl', rows)}")
    own = [{"id": n, "problem": f"p{n}", "response": str(n)} for n in range(3)]
    path = tools.write_lines(tmp_path / "a.jsonl", own)
    artifact = score_files([path], tmp_path / "S", name="m", problems=problems)
    assert values(artifact)["accuracy"] == 1.0


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [{"id": 1, "gold": "1", "response": ""}, {"id": 1, "gold": "2", "response": ""}],
            "a.jsonl:2: problem '1' of 'a' has the gold answer '2', and '1' in .*a.jsonl:1",
        ),
        (
            [
                {"id": 1, "problem": "a", "gold": "1", "response": ""},
                {"id": 1, "problem": "b", "gold": "1", "response": ""},
            ],
            "a.jsonl:2: problem '1' of 'a' has another text than in .*a.jsonl:1",
        ),
        (
            [{"gold": "1 " + "word " * 40, "response": ""}],
            "a.jsonl:1: .* got a solution of 40 words",
        ),
        ([{"gold": "1", "answer": "1"}], "expected a text under 'response'"),
    ],
)
def test_mistakes_name_the_row(rows: list[Mapping[str, Any]], message: str, tmp_path: Path) -> None:
    path = tools.write_lines(tmp_path / "a.jsonl", rows)
    with pytest.raises(UserError, match=message):
        score_files([path], tmp_path / "S", name="m")
    assert not (tmp_path / "S").exists()


def rewritten(folder: Path, change: Mapping[str, Any]) -> None:
    """Change columns of the first sample, and seal the folder again."""
    (shard,) = (folder / TABLE).glob("*.parquet")
    table = pq.read_table(shard)
    rows = table.to_pylist()
    rows[0] |= change
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), shard)
    artifact = Artifact.load(folder)
    artifact.finish(artifact.metadata, volatile=["results"])


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        ({"grade": "different"}, "is stored as 'different' and grades as 'equal'"),
        ({"response": "so \\boxed{5}"}, "is stored as 'equal' and grades as 'different'"),
        ({"gold": "4"}, "has the gold answer '4', and its problem '3'"),
        ({"finish": "bored"}, "ended by 'bored'"),
        ({"seed": 5}, "has the seed 5, expected 0"),
        ({"index": 7}, "has the index 7, expected 0"),
        ({"mode": "greedy"}, "neither greedy"),
        ({"token_ids": [1]}, "has tokens, expected none"),
        ({"problem_id": "9"}, "is of no stored problem"),
    ],
)
def test_edited_completions_are_detected(
    change: Mapping[str, Any], failure: str, tmp_path: Path
) -> None:
    score_files([tools.trl(tmp_path)], tmp_path / "S", name="m")
    rewritten(tmp_path / "S", change)
    assert any(failure in str(entry) for entry in verify(tmp_path / "S", checks()))


def test_an_interrupted_score_ends_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clean_bench.scoring import from_files

    monkeypatch.setattr(from_files, "_BLOCK_ROWS", 5)
    rows = [{"id": n // 2, "gold": "1", "response": str(n % 3)} for n in range(24)]
    path = tools.write_lines(tmp_path / "a.jsonl", rows)
    whole = score_files([path], tmp_path / "A", name="m")

    class Stop(Exception):
        pass

    def stop(n: int) -> None:
        raise Stop

    with pytest.raises(Stop):
        score_files([path], tmp_path / "B", name="m", progress=stop)
    again = score_files([path], tmp_path / "B", name="m")
    assert again.manifest["identity_sha256"] == whole.manifest["identity_sha256"]
    assert len(again.shards(TABLE)) == 5


def test_behaviors_of_two_files(tmp_path: Path) -> None:
    """The base is right on p0 and p1, the trained model on p1 and p2, and only p2 has code."""
    for name, right in (("base", (0, 1)), ("trained", (1, 2))):
        rows = [
            {
                "question": f"What is {n} + 0?",
                "gold": n,
                "response": ("```python\n```" if n == 2 else "")
                + f"\\boxed{{{n if n in right else -1}}}",
            }
            for n in range(4)
        ]
        path = tools.write_lines(tmp_path / f"{name}.jsonl", rows)
        score_files([f"sums={path}"], tmp_path / name, name=name)
    artifact = analyze_behaviors(tmp_path / "base", tmp_path / "B", after=tmp_path / "trained")
    found = Results.read(artifact)
    gain = found.where(measure="gain:accuracy", subset="all pairs").one()
    assert (gain.value, gain.n) == (0.0, 4)
    assert found.where(measure="code", checkpoint="before").one().value == 0.25
    assert found.first(measure="tokens") is None and found.first(measure="truncated") is None
    assert artifact.rows("features")[0]["tokens"] is None
    assert verify(tmp_path / "B", checks()) == []


def call(*arguments: object) -> Any:
    return CliRunner().invoke(command, list(map(str, arguments)), catch_exceptions=False)


def test_the_command(tmp_path: Path) -> None:
    path = tools.inspect_json(tmp_path)
    data = json.loads(call("--from", path, "--out", tmp_path / "S", "--json").stdout)
    assert data["name"] == "org/model" and data["files"][0]["format"] == "inspect-ai"
    assert data["results"][0]["measure"] == "avg@2" and data["results"][0]["value"] == 0.5
    shutil.copy(path, tmp_path / "other.json")
    text = call("--from", f"{path},{tmp_path / 'other.json'}", "--out", tmp_path / "T").stdout
    assert "avg@4" in text and "50.0%" in text
    mapped = tools.write_lines(tmp_path / "m.jsonl", [{"a": {"b": 1}, "c": ["1", "2"]}])
    arguments = (
        "--from",
        mapped,
        "--map",
        "gold=a.b,response=c",
        "--out",
        tmp_path / "U",
        "--json",
    )
    assert json.loads(call(*arguments).stdout)["results"][0]["value"] == 0.5
    assert model_of(mapped, {"gold": "a.b", "response": "c"}) == "m.jsonl"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["m", "--from", "x", "--out", "o"], "expected neither CHECKPOINT nor --on"),
        (["--from", "x", "--on", "y", "--out", "o"], "expected neither CHECKPOINT nor --on"),
        (
            ["--from", "x", "--samples", "4", "--out", "o"],
            "--samples is of completions that are made",
        ),
        (["--from", "x", "--limit", "4", "--out", "o"], "--limit is of completions that are made"),
        (["--from", "x", "--out", "o"], "x: cannot be read"),
        (["--out", "o"], "CHECKPOINT is missing"),
        (["m", "--out", "o"], "--on NAME_OR_PATH is missing"),
        (["m", "--on", "x", "--map", "gold=a", "--out", "o"], "--map: is of --from FILE"),
    ],
)
def test_options_that_do_not_fit(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=message):
        call(*arguments)


@pytest.mark.parametrize("completions", [1, 3])
def test_behaviors_print_completions_of_files_greedy_or_sampled(
    tmp_path: Path, completions: int
) -> None:
    """The protocol of a file need not state how its completions were decoded."""
    rows = [
        {"id": str(i), "gold": "2", "response": [rf"\boxed{{{2 + (i > 2)}}}"] * completions}
        for i in range(6)
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    score_files([tmp_path / "a.jsonl"], tmp_path / "S", name="a")
    done = CliRunner().invoke(cli, ["behaviors", str(tmp_path / "S"), "--out", str(tmp_path / "B")])
    assert done.exit_code == 0, done.output
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert f"completions {6 * completions}" in lines
    assert any(line.startswith("accuracy 50.0% [") for line in lines)


def test_log_and_quiet_options_stand_beside_from(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"gold": "2", "response": "2"}')
    line = ["score", "--from", tmp_path / "a.jsonl", "--out", tmp_path / "S", "-q"]
    line += ["--log-file", tmp_path / "log"]
    done = CliRunner().invoke(cli, [str(part) for part in line])
    assert done.exit_code == 0, done.output


def test_the_headline_of_files_is_flexible(tmp_path: Path) -> None:
    """Nothing is known of their prompts; the strict accuracy stands beside it."""
    texts = ("\\boxed{7}", "We add both and get 7.", "no idea", "The answer is 8.")
    rows = [{"id": n, "gold": "7", "response": text} for n, text in enumerate(texts)]
    file = tools.write_lines(tmp_path / "a.jsonl", rows)
    result = CliRunner().invoke(
        command, ["--from", str(file), "--out", str(tmp_path / "S")], catch_exceptions=False
    )
    found = values(Artifact.load(tmp_path / "S"))
    assert (found["accuracy"], found["flexible:accuracy"], found["strict:accuracy"]) == (
        0.5,
        0.5,
        0.25,
    )
    assert "headline: flexible for imported. Strict: an answer in a box" in result.stdout
    assert verify(tmp_path / "S", checks()) == []
