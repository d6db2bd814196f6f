"""`clean-bench score`: the options reach the samples, and standard output holds one thing only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from clean_bench.artifacts import Artifact, verify
from clean_bench.cli.score import command, view
from clean_bench.engines import open
from clean_bench.errors import UserError
from clean_bench.results import Result as Row
from clean_bench.results import Results
from clean_bench.scoring.checks import check_scores
from clean_bench.statistics.estimate import Estimate


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
    assert "engine: transformers (as requested)" in result.stderr
    artifact = Artifact.load(tmp_path / "o", "scores")
    assert printed["counts"] == artifact.metadata["counts"]
    assert printed["results"] == artifact.rows("results") == Results.read(artifact).as_json()
    assert [row["n"] for row in printed["results"] if row["measure"] == "flipped_text"] == [5]
    assert printed["engine"] == "transformers"
    config = artifact.config
    assert config["templates"] == ["raw", "boxed", "r1"]
    assert config["grader"] == "spurious-rewards" and config["engine"]["batch_size"] == 7
    rows = artifact.rows("samples")
    assert len(rows) == 6 * 3 * 3 + 5
    assert all(row["response"].startswith("Well, ") for row in rows)
    assert all(len(row["token_ids"]) <= 4 for row in rows)
    assert verify(tmp_path / "o", {"scores": check_scores}) == []


def test_sampling_and_prompts_reach_the_rows_and_a_cut_off_is_a_warning(
    tiny_checkpoint: Path, file: Path, tmp_path: Path
) -> None:
    (tmp_path / "my,own.txt").write_text("Sum: {problem}\n=")
    result = call(
        tiny_checkpoint, "--on", file, "--template", tmp_path / "my,own.txt", "--template", "raw",
        "--samples", "2", "--seeds", "4, 9", "--temperature", "0.6", "--top-p", "0.95", "--top-k", "20",
        "--stop", "a", "--stop", "b,c", "--max-tokens", "3", "--engine", "transformers", "--out",
        tmp_path / "o",
    )  # fmt: skip
    config = Artifact.load(tmp_path / "o", "scores").config
    assert config["templates"] == ["my,own", "raw"]
    assert (config["top_p"], config["top_k"], config["seeds"]) == (0.95, 20, [4, 9])
    assert config["stop"] == ["a", "b,c"]
    results = Results.load(tmp_path / "o")
    [sampled] = {row.protocol for row in results if row.measure.startswith("avg@")}
    assert sampled.startswith(
        "temperature 0.6, top-p 0.95, top-k 20, 3 tokens, stop 'a' 'b,c', temp"
    )
    for template in ("my,own", "raw"):
        share = results.where(measure="truncated", template=template).one().value
        assert share is not None and share > 0.05
        assert (
            f"warning: sums, template {template}: {share:.0%} of the completions" in result.stderr
        )
    assert "avg@2 seed 4 0.0%, seed 9 0.0%; standard deviation over seeds 0.0%\n" in result.stdout
    assert verify(tmp_path / "o", {"scores": check_scores}) == []


def test_a_system_prompt_from_a_file(tiny_checkpoint: Path, file: Path, tmp_path: Path) -> None:
    template, system = tmp_path / "mine.jinja", tmp_path / "system.txt"
    template.write_text("{% for m in messages %}{{ m.role }}={{ m.content }};{% endfor %}")
    system.write_text("Be brief.\n")
    words = [
        tiny_checkpoint, "--on", file, "--template", template, "--max-tokens", "2", "--engine",
        "transformers", "--out", tmp_path / "o",
    ]  # fmt: skip
    call(*words, "--system-prompt", f"@{system}")
    rows = Artifact.load(tmp_path / "o", "scores").rows("samples")
    assert rows[1]["prompt"] == "system=Be brief.;user=1 plus 1?;"
    with pytest.raises(UserError, match=r"--system-prompt @.*none: expected a file of UTF-8 text"):
        call(*words, "--system-prompt", f"@{tmp_path / 'none'}")


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--top-p", "0", "0.0 is not in the range 0<x<=1"),
        ("--top-p", "1.01", "1.01 is not in the range"),
        ("--top-k", "-1", "-1 is not in the range 0<="),
        ("--seeds", "1,", "expected numbers separated by commas"),
        ("--seeds", "1;2", "expected numbers separated by commas"),
        ("--num-fewshot", "-1", "-1 is not in the range"),
    ],
)
def test_options_out_of_range(
    file: Path, tmp_path: Path, option: str, value: str, message: str
) -> None:
    result = call("none", "--on", file, option, value, "--out", tmp_path / "o")
    assert result.exit_code == 2 and message in result.stderr


def test_without_json_a_table_is_printed(tiny_checkpoint: Path, file: Path, tmp_path: Path) -> None:
    result = call(
        tiny_checkpoint, "--on", file, "--template", "raw,boxed", "--samples", "2", "--max-tokens",
        "3", "--limit", "4", "--repeat", "2", "--out", tmp_path / "o",
    )  # fmt: skip
    lines = result.stdout.splitlines()
    assert lines[0].split() == [
        "set", "template", "avg@2", "[95%]", "s.e.", "strict", "flexible", "greedy", "pass@2", "maj@2",
        "no", "answer", "cut", "off", "undecided",
    ]  # fmt: skip
    rows = [line.split("  ")[:2] for line in lines[2:4]]
    assert [[cell.strip() for cell in row] for row in rows] == [
        ["sums (4 of 6 rows)", "raw"],
        ["sums (4 of 6 rows)", "boxed"],
    ]
    assert lines[4].startswith("headline: strict for boxed; flexible for raw. Strict: an answer in")
    assert lines[5].startswith("sums (4 of 6 rows): boxed minus raw: ")
    assert lines[6].startswith("2 greedy completions repeated: the text differs in ")
    artifact = Artifact.load(tmp_path / "o", "scores")
    text = view(Results.read(artifact), artifact.metadata["counts"], 256)
    assert result.stdout.rstrip("\n") == text


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
    assert result.stdout.splitlines()[4:] == [
        "sums, raw: 2 of 5 prompts did not fit the context of 256 tokens: no completion"
    ]


def test_undecided_completions_are_named_with_their_bounds() -> None:
    name = "s[red][/b]:smile:" + "n" * 200
    head = Row(set=name, template="raw").of("accuracy", Estimate(0.5, 0.2, 0.8, 4), float("nan"))
    results = Results(
        [
            head,
            head._replace(subset="undecided as wrong", value=0.25),
            head._replace(subset="undecided as right", value=0.75),
            head._replace(measure="truncated"),
            head._replace(measure="no_answer"),
        ]
    )
    grades = {"crash": 1, "equal": 2, "timeout": 2}
    counts = {"set": name, "template": "raw", "problems": 4, "grades": grades, "overlong": 0}
    text = view(results, [counts], 256)
    assert text.endswith(
        f"{name}, raw: 2 timeout and 1 crash of 5 graded; accuracy between 25.0% and 75.0% if all of "
        "these were wrong or right"
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
        (["--repeat", "7"], "--repeat 7: expected at most 6, the number of greedy"),
        (["--temperature", "nan"], "--temperature nan: expected a finite number"),
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
        (
            ["--on", "sums={file}"],
            "--on: expected at least one set, each only once, got sums twice",
        ),
        (["--out", "{other}"], "other holds a numbers artifact, not scores"),
        (["--out", "{file}"], "expected an output folder, got a file"),
    ],
)
def test_mistakes_that_need_no_model_are_refused_before_it_is_loaded(
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


def test_the_help_names_the_grader_option() -> None:
    assert "--grader NAME" in call("--help").output
