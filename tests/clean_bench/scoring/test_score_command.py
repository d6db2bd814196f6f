"""`clean-bench score`: what is typed reaches the rows, and standard output holds one thing only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from clean_bench.cli.score_table import score_table
from click.testing import CliRunner, Result

from clean_bench.artifacts import Artifact, verify
from clean_bench.cli.score import command
from clean_bench.engines import open
from clean_bench.errors import UserError
from clean_bench.scoring.checks import verify_scores


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sets") / "sums.jsonl"
    rows = [{"problem": f"{i} plus {i}?", "answer": str(2 * i)} for i in range(6)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, list(map(str, arguments)), catch_exceptions=False)


def test_the_options_reach_the_rows(tiny_checkpoint: Path, file: Path, tmp_path: Path) -> None:
    result = call(
        tiny_checkpoint, "--on", file, "--template", "raw,boxed", "--template", "r1", "--samples", "2",
        "--max-tokens", "4", "--repeat", "5", "--force-start", "Well, ", "--grader",
        "spurious-rewards", "--engine", "transformers", "--batch-size", "7", "--out", tmp_path / "o",
        "--json",
    )  # fmt: skip
    printed = json.loads(result.stdout)
    assert "engine: transformers (as asked)" in result.stderr
    artifact = Artifact.load(tmp_path / "o", "scores")
    assert printed["sets"] == artifact.metadata["sets"]
    assert printed["repeat"]["completions"] == 5 and printed["engine"] == "transformers"
    config = artifact.config
    assert config["templates"] == ["raw", "boxed", "r1"]
    assert config["grader"] == "spurious-rewards" and config["engine"]["batch_size"] == 7
    rows = artifact.rows("completions")
    assert len(rows) == 6 * 3 * 3 + 5
    assert all(row["response"].startswith("Well, ") for row in rows)
    assert all(len(row["token_ids"]) <= 4 for row in rows)
    assert verify(tmp_path / "o", {"scores": verify_scores}) == []


def test_people_get_a_table(tiny_checkpoint: Path, file: Path, tmp_path: Path) -> None:
    result = call(
        tiny_checkpoint, "--on", file, "--template", "raw,boxed", "--samples", "2", "--max-tokens",
        "3", "--limit", "4", "--repeat", "2", "--out", tmp_path / "o",
    )  # fmt: skip
    lines = result.stdout.splitlines()
    assert lines[0].split() == [
        "set", "template", "avg@2", "[95%]", "s.e.", "greedy", "best@2", "maj@2", "no", "answer",
        "cut", "off", "undecided",
    ]  # fmt: skip
    assert [line.split()[1] for line in lines[2:4]] == ["raw", "boxed"]
    assert lines[4].startswith("sums: boxed minus raw: ")
    assert lines[5].startswith("2 greedy completions repeated: text differs in ")
    assert result.stdout.rstrip("\n") == score_table(
        Artifact.load(tmp_path / "o", "scores").metadata, 256
    )


@pytest.mark.parametrize("samples", [0, 3])
def test_prompts_that_leave_no_room_are_counted_under_the_table(
    tiny_checkpoint: Path, tmp_path: Path, samples: int
) -> None:
    file = tmp_path / "sums.jsonl"
    problems = ["1 plus 1?", "1 plus 1? " * 300, "2?", "2? " * 600, "3?"]
    rows = [{"problem": problem, "answer": "2"} for problem in problems]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = call(
        tiny_checkpoint, "--on", file, "--template", "raw", "--samples", samples, "--max-tokens", "3",
        "--out", tmp_path / "o",
    )  # fmt: skip
    assert result.stdout.splitlines()[3:] == [
        "sums, raw: 2 of 5 prompts did not fit the context of 256 tokens: no completion"
    ]


def test_undecided_completions_are_named_with_their_bounds() -> None:
    estimate = {"value": 0.5, "low": 0.2, "high": 0.8, "n": 4, "standard_error": None}
    found = {
        "accuracy": estimate, "truncated": estimate, "no_answer": estimate, "overlong": 0,
        "undecided": {"completions": 3, "accuracy_if_wrong": 0.25, "accuracy_if_right": 0.75},
        "verdicts": {"crash": 1, "equal": 2, "timeout": 2},
    }  # fmt: skip
    name = "s[red][/b]:smile:" + "n" * 200
    text = score_table(
        {"sets": {name: {"templates": {"raw": found}, "template": "raw", "differences": []}}}, 256
    )
    assert text.endswith(
        f"{name}, raw: 2 timeout and 1 crash of 5 graded; between 25.0% and 75.0% if all of these "
        "were wrong or right"
    )
    assert text.splitlines()[2].split() == [
        name, "raw", "50.0%", "[20.0,", "80.0]", "-", "50.0%", "50.0%", "3"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "more, message",
    [
        (["--template", "raw,chat"], "template chat: the checkpoint's tokenizer has no chat"),
        (["--template", "rare"], "no template named 'rare'"),
        (["--grader", "me"], "'me'"),
        (["--repeat", "7"], "--repeat 7: there are only 6 greedy completions"),
        (["--temperature", "nan"], "--temperature nan: a finite number"),
    ],
)
def test_mistakes(
    tiny_checkpoint: Path, file: Path, tmp_path: Path, more: list[str], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        call(tiny_checkpoint, "--on", file, "--out", tmp_path / "o", *more)
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    "more, message",
    [
        (["--template", "raw,nosuch"], "no template named 'nosuch'"),
        (["--template", "auto,auto"], "--template: auto is named twice"),
        (["--on", "sums={file}"], "--on: sums is named twice"),
        (["--out", "{other}"], "other holds a numbers artifact, not scores"),
        (["--out", "{file}"], "is a file, and an output folder is wanted"),
    ],
)
def test_what_is_wrong_without_a_model_is_said_before_it_is_loaded(
    tiny_checkpoint: Path,
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    more: list[str],
    message: str,
) -> None:
    monkeypatch.setattr(open, "open_engine", lambda *_, **__: pytest.fail("a model was loaded"))
    Artifact.open(tmp_path / "other", "numbers", {}).close()
    typed = [word.format(file=file, other=tmp_path / "other") for word in more]
    with pytest.raises(UserError, match=message):
        call(tiny_checkpoint, "--on", file, "--out", tmp_path / "o", *typed)
    assert not (tmp_path / "o").exists()


def test_the_help_calls_a_grader_by_name() -> None:
    assert "--grader NAME" in call("--help").output
