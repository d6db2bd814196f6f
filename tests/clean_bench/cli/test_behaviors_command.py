"""The command as a user meets it, on folders of scores."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from clean_bench.artifacts import Artifact
from clean_bench.cli.main import main
from clean_bench.engines.base import Request
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.grading import grade
from clean_bench.results import Result, Results
from clean_bench.samples import SCHEMA, TABLE
from clean_bench.scoring.run import KIND

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run the command in this process: status, standard output, standard error."""

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        named = arguments[0] in ("score", "verify")
        line = [*([] if named else ["behaviors"]), *map(str, arguments)]
        monkeypatch.setattr(sys, "argv", ["clean-bench", *line])
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, output.out, output.err

    return call


def scores(
    folder: Path,
    responses: Sequence[str],
    *,
    temperature: float = 1.0,
    max_tokens: int = 512,
    **other: Any,
) -> Path:
    """Greedy scores of problems 0, 1, ...; the answer to each is 1."""
    grades = grade([("1", response) for response in responses])
    rows = [
        {
            "set": "math500", "problem_id": str(i), "template": "raw", "mode": "greedy", "index": 0,
            "seed": 0, "gold": "1", "prompt": f"problem {i}", "response": response,
            "finish": "stop", "prompt_ids": [1], "token_ids": [5, 6], "logprobs": [-0.1, -0.2],
            "grade": graded.kind, "extracted": graded.extracted, "extraction": graded.extraction,
        }
        for i, (response, graded) in enumerate(zip(responses, grades, strict=True))
    ]  # fmt: skip
    for key, values in other.items():
        for row, value in zip(rows, values, strict=True):
            row[key] = value
    sets = [{"name": name, "sha256": "0", "role": None} for name in {row["set"] for row in rows}]
    config = {
        "temperature": temperature, "max_tokens": max_tokens, "weights_sha256": folder.name * 4,
        "sets": sets,
    }  # fmt: skip
    with Artifact.open(folder, KIND, config, provenance={"checkpoint": folder.name}) as artifact:
        artifact.write(f"{TABLE}/00000", pa.Table.from_pylist(rows, schema=SCHEMA))
        artifact.finish({"counts": []})
    return folder


RIGHT, WRONG = r"so \boxed{1}", r"so \boxed{2}"
BEFORE = [RIGHT, WRONG, "python " + RIGHT, "python " + WRONG] * 5
AFTER = ["python " + RIGHT, "python " + RIGHT, "python " + RIGHT, RIGHT] * 5


def test_the_tables(cli: Cli, tmp_path: Path) -> None:
    before, after = scores(tmp_path / "before", BEFORE), scores(tmp_path / "after", AFTER)
    status, out, err = cli(before, "--after", after, "--out", tmp_path / "out")
    assert (status, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[0] == "math500 (raw)"
    assert lines[1] == "greedy, 512 tokens, grader clean-bench before after"
    assert lines[3] == "completions 20 20"
    assert any(line.startswith("code reasoning 50.0% [") and " 75.0% [" in line for line in lines)
    assert any(line.startswith("accuracy 50.0% [") and " 100.0% [" in line for line in lines)
    start = lines.index("transitions pairs accuracy before accuracy after share of the gain")
    cells = lines[start + 2 : start + 7]
    # Nothing changed where code was kept, whichever problems are drawn: that is no interval.
    assert cells[0] == "CC code > code 5 100.0% [56.6, 100.0] 100.0% [56.6, 100.0] 0.0%"
    assert cells[1].startswith("CL code > language 5 0.0% [")
    assert " 100.0% [56.6, 100.0] 50.0% [" in cells[1]
    assert cells[2].startswith("LC language > code 10 50.0% [")
    assert " 100.0% [72.2, 100.0] 50.0% [" in cells[2]
    assert cells[3] == "LL language > language 0 - - 0.0%"
    assert (
        cells[4].startswith("all (the gain) 20 50.0% [")
        and " 50.0% [" in cells[4].partition("100.0%")[2]
    )
    assert any(line.startswith("identical text 25.0% [") for line in lines)


def test_notes_below_the_tables(cli: Cli, tmp_path: Path) -> None:
    """A loss, shares without intervals, pairs that are left out, settings that differ."""
    before = scores(tmp_path / "before", AFTER, temperature=0.5, max_tokens=99)
    after = scores(tmp_path / "after", BEFORE, max_tokens=512)
    status, out, _ = cli(before, "--after", after, "--out", tmp_path / "loss")
    assert status == 0
    assert out.count("share of the loss") == 1 and "share of the gain" not in out
    last = "settings that differ before and after: max_tokens 99 and 512, temperature 0.5 and 1.0"
    assert out.splitlines()[-1] == last
    status, out, _ = cli(before, "--after", before, "--out", tmp_path / "same")
    assert "the gain is zero: shares are undefined" in out
    plain = scores(tmp_path / "plain", BEFORE)
    nearly = scores(
        tmp_path / "nearly",
        [BEFORE[0], AFTER[1], *BEFORE[2:]],
        grade=["equal", "equal", "timeout", *["different"] * 17],
    )
    status, out, _ = cli(plain, "--after", plain, "--out", tmp_path / "none")
    assert "undecided" not in out
    status, out, _ = cli(plain, "--after", nearly, "--out", tmp_path / "near")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "undecided 0 1" in lines
    assert "1 pairs without two decided grades are left out" in lines
    first = [AFTER[1] if i == 1 else text for i, text in enumerate(BEFORE)]
    status, out, _ = cli(
        plain, "--after", scores(tmp_path / "one", first), "--out", tmp_path / "may"
    )
    assert "the gain may be zero: shares have no intervals" in out
    assert "mutual information of after: judged by the completions before" in out


def test_json_has_counts_and_results(cli: Cli, tmp_path: Path) -> None:
    before, after = scores(tmp_path / "before", BEFORE), scores(tmp_path / "after", AFTER[:-4])
    line = (before, "--after", after, "--out", tmp_path / "out", "--json")
    status, out, _ = cli(*line)
    assert status == 0
    printed = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert printed["counts"]["left_out"] == [
        {"set": "math500", "template": "raw", "step": None, "before": 4, "after": 0}
    ]
    [pairs] = printed["counts"]["pairs"]
    assert pairs["all"] == 16
    artifact = Artifact.load(tmp_path / "out", "behaviors")
    assert printed == {
        "out": str(tmp_path / "out"),
        "counts": artifact.metadata["counts"],
        "results": Results.read(artifact).as_json(),
    }
    assert cli(*line)[1] == out


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["nothing", "--out", "out"], "nothing holds no clean-bench artifact"),
        (["before"], "Missing option '--out'"),
        (["before", "--after", "nothing", "--out", "out"], "nothing holds no clean-bench artifact"),
        (["before", "--after", "other", "--out", "out"], "no problem in common"),
        (["before", "--out", "before/inner"], "choose another folder"),
        (["before", "--with", "no-such", "--out", "out"], "no-such"),
        (["before", "--engine", "auto", "--out", "out"], "--engine: no model is run"),
        (
            ["before", "--tensor-parallel", "2", "--out", "out"],
            "--tensor-parallel: no model is run",
        ),
        (["before", "--data-parallel", "1", "--out", "out"], "--data-parallel: no model is run"),
        (["before", "--batch-size", "8", "--out", "out"], "--batch-size: no model is run"),
        (["before", "--trust-remote-code", "--out", "out"], "--trust-remote-code: no model is run"),
    ],
)
def test_mistakes_are_one_line(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    scores(tmp_path / "before", BEFORE)
    scores(tmp_path / "other", BEFORE, set=["aime24"] * 20)
    status, out, err = cli(*arguments)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert words in err
    assert not (tmp_path / "out").exists()


def test_a_checkpoint_reads_the_text(cli: Cli, tmp_path: Path, tiny_checkpoint: Path) -> None:
    engine = TransformersEngine.load(tiny_checkpoint)
    requests = [Request(str(i), f"problem {i}", max_tokens=8) for i in range(6)]
    made = list(engine.generate(requests))
    before = scores(
        tmp_path / "before",
        [completion.text for completion in made],
        prompt_ids=[completion.prompt_ids for completion in made],
        token_ids=[completion.token_ids for completion in made],
        logprobs=[completion.logprobs for completion in made],
    )
    out = tmp_path / "out"
    status, text, err = cli(before, "--with", tiny_checkpoint, "--out", out)
    assert status == 0, err
    line = next(line for line in text.splitlines() if "log-ratio to --with" in line)
    assert abs(float(line.split()[3])) < 1e-3
    [shard] = Artifact.load(out).tables("rescored")
    for completion, logprobs in zip(made, shard["logprobs"].to_pylist(), strict=True):
        assert logprobs == pytest.approx(completion.logprobs, abs=1e-4)


def test_from_score_to_verify(cli: Cli, tmp_path: Path, tiny_checkpoint: Path) -> None:
    problems = tmp_path / "sums.jsonl"
    problems.write_text(
        "".join(json.dumps({"problem": f"{i} + 1", "answer": str(i + 1)}) + "\n" for i in range(5))
    )
    score = ("score", tiny_checkpoint, "--on", problems, "--max-tokens", "6", "--samples", "3")
    assert cli(*score, "--out", tmp_path / "before")[0] == 0
    assert cli(*score, "--seed", "1", "--out", tmp_path / "after")[0] == 0
    line = (tmp_path / "before", "--after", tmp_path / "after", "--with", tiny_checkpoint)
    status, out, err = cli(*line, "--out", tmp_path / "out", "--json")
    assert status == 0, err
    results = Results(Result(**row) for row in json.loads(out)["results"])
    assert results.values_of("set") == ["sums"]
    assert results.where(measure="identical")[0].value == 1
    same = results.where(subset="same tokens").one()
    assert (same.value, same.n) == (0, 5)
    assert results.where(measure="mutual_information").values_of("versus") == [None]
    divergences = results.where(measure="kl", versus="checkpoint=with")
    assert divergences.values_of("checkpoint") == ["before", "after"]
    assert all(abs(row.value or 0) < 1e-4 for row in divergences)
    status, out, _ = cli(*line, "--out", tmp_path / "out")
    assert max(map(len, out.splitlines())) <= 100
    status, out, err = cli("verify", tmp_path / "out")
    assert status == 0, err
    assert out.startswith(f"{tmp_path / 'out'}: behaviors, all checks passed\n")


def test_sets_and_templates_are_in_the_order_of_the_scores(
    cli: Cli, tmp_path: Path, tiny_checkpoint: Path
) -> None:
    for name in ("sums", "products"):
        (tmp_path / f"{name}.jsonl").write_text('{"problem": "1 + 1", "answer": "2"}\n')
    sets = f"{tmp_path / 'sums.jsonl'},{tmp_path / 'products.jsonl'}"
    line = ("score", tiny_checkpoint, "--on", sets, "--max-tokens", "3", "--out", tmp_path / "s")
    assert cli(*line, "--template", "raw,boxed,r1")[0] == 0
    status, out, err = cli(tmp_path / "s", "--out", tmp_path / "out")
    assert status == 0, err
    names = [line for line in out.splitlines() if line.endswith(")")]
    assert names == [
        f"{name} ({template})"
        for name in ("sums", "products")
        for template in ("raw", "boxed", "r1")
    ]
