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
from clean_bench.grading.grade import grade
from clean_bench.scoring.run import KIND, TABLE

Cli = Callable[..., tuple[int, str, str]]

TYPES = {
    "sample": pa.int32(),
    "token_ids": pa.list_(pa.int32()),
    "logprobs": pa.list_(pa.float32()),
}


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
    verdicts = grade([("1", response) for response in responses])
    rows = [
        {
            "set": "math500", "problem_id": str(i), "template": "raw", "mode": "greedy",
            "sample": 0, "prompt": f"problem {i}", "response": response, "finish": "stop",
            "gold": "1", "verdict": verdict.kind, "token_ids": [5, 6], "logprobs": [-0.1, -0.2],
        }
        for i, (response, verdict) in enumerate(zip(responses, verdicts, strict=True))
    ]  # fmt: skip
    for key, values in other.items():
        for row, value in zip(rows, values, strict=True):
            row[key] = value
    schema = pa.schema([(key, TYPES.get(key, pa.string())) for key in rows[0]])
    config = {
        "temperature": temperature, "max_tokens": max_tokens, "weights_sha256": folder.name * 4
    }  # fmt: skip
    with Artifact.open(folder, KIND, config) as artifact:
        artifact.write(f"{TABLE}/00000", pa.Table.from_pylist(rows, schema=schema))
        artifact.finish({"sets": {}})
    return folder


RIGHT, WRONG = r"so \boxed{1}", r"so \boxed{2}"
BEFORE = [RIGHT, WRONG, "python " + RIGHT, "python " + WRONG] * 5
AFTER = ["python " + RIGHT, "python " + RIGHT, "python " + RIGHT, RIGHT] * 5


def test_the_table_for_people(cli: Cli, tmp_path: Path) -> None:
    before, after = scores(tmp_path / "before", BEFORE), scores(tmp_path / "after", AFTER)
    status, out, err = cli(before, "--after", after, "--out", tmp_path / "out")
    assert (status, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[0] == "math500 (raw): 20 problems"
    assert "greedy before, 20 completions after, 20 completions" in lines
    assert any(line.startswith("code reasoning 50.0% [") and " 75.0% [" in line for line in lines)
    assert any(line.startswith("accuracy 50.0% [") and " 100.0% [" in line for line in lines)
    start = lines.index("code reasoning before > after, greedy")
    table = lines[start + 1 : start + 7]
    assert table[0] == "n accuracy share of the gain"
    # Nothing changed where code was kept, whichever problems are drawn: that is no interval.
    assert table[1] == "CC code > code 5 100.0 > 100.0 0.0%"
    assert table[2].startswith("CL code > language 5 0.0 > 100.0 50.0% [")
    assert table[3].startswith("LC language > code 10 50.0 > 100.0 50.0% [")
    assert table[4].startswith("LL language > language 0 - > - 0.0%")
    assert table[5].startswith("all 20 50.0 > 100.0 gain 50.0% [")


def test_the_table_says_what_it_cannot(cli: Cli, tmp_path: Path) -> None:
    """A loss, shares without intervals, pairs left out, settings that differ: all in words."""
    before = scores(tmp_path / "before", AFTER, temperature=0.5, max_tokens=99)
    after = scores(tmp_path / "after", BEFORE, max_tokens=512)
    status, out, _ = cli(before, "--after", after, "--out", tmp_path / "loss")
    assert status == 0
    assert "share of the loss" in out and "share of the gain" not in out
    last = (
        "scored in different ways before and after: max_tokens 99 and 512, temperature 0.5 and 1.0"
    )
    assert out.splitlines()[-1] == last
    status, out, _ = cli(before, "--after", before, "--out", tmp_path / "same")
    assert "no gain, so nothing to share" in out
    plain = scores(tmp_path / "plain", BEFORE)
    nearly = scores(
        tmp_path / "nearly",
        [BEFORE[0], AFTER[1], *BEFORE[2:]],
        verdict=["equal", "equal", "timeout", *["different"] * 17],
    )
    status, out, _ = cli(plain, "--after", plain, "--out", tmp_path / "none")
    assert "without a verdict" not in out
    status, out, _ = cli(plain, "--after", nearly, "--out", tmp_path / "near")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "without a verdict 0 1" in lines
    assert "1 pairs without two verdicts are left out" in lines
    one = scores(tmp_path / "one", [AFTER[1] if i == 1 else text for i, text in enumerate(BEFORE)])
    status, out, _ = cli(plain, "--after", one, "--out", tmp_path / "may")
    assert "the gain may be zero, so the shares have no intervals" in out


def test_json_is_the_metadata(cli: Cli, tmp_path: Path) -> None:
    before, after = scores(tmp_path / "before", BEFORE), scores(tmp_path / "after", AFTER[:-4])
    line = (before, "--after", after, "--out", tmp_path / "out", "--json")
    status, out, _ = cli(*line)
    assert status == 0
    printed = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert printed["left_out"] == {"math500, raw": {"before": 4, "after": 0}}
    assert printed["sets"]["math500"]["raw"]["transitions"]["greedy"]["all"]["n"] == 16
    artifact = Artifact.load(tmp_path / "out", "behaviors")
    assert printed == {"out": str(tmp_path / "out"), **artifact.metadata}
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
        (["before", "--engine", "auto", "--out", "out"], "--engine: nothing is run without --with"),
        (["before", "--tensor-parallel", "2", "--out", "out"], "--tensor-parallel: nothing is run"),
        (["before", "--data-parallel", "1", "--out", "out"], "--data-parallel: nothing is run"),
        (["before", "--batch-size", "8", "--out", "out"], "--batch-size: nothing is run"),
        (["before", "--trust-remote-code", "--out", "out"], "--trust-remote-code: nothing is run"),
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
        [one.text for one in made],
        token_ids=[one.token_ids for one in made],
        logprobs=[one.logprobs for one in made],
    )
    out = tmp_path / "out"
    status, text, err = cli(before, "--with", tiny_checkpoint, "--out", out)
    assert status == 0, err
    assert "the text of before: KL(before || --with), nats a token" in text
    line = next(line for line in text.splitlines() if "greedy, log-ratio only" in line)
    assert abs(float(line.split()[3])) < 1e-3
    [shard] = Artifact.load(out).tables("forced")
    for one, logprobs in zip(made, shard["logprobs"].to_pylist(), strict=True):
        assert logprobs == pytest.approx(one.logprobs, abs=1e-4)


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
    [[one]] = [list(templates.values()) for templates in json.loads(out)["sets"].values()]
    assert one["problems"] == 5
    assert one["likeness"]["greedy"]["same"]["value"] == 1
    assert one["same_tokens"]["completions"] == 5
    for side in ("before", "after"):
        assert one[side]["dependence"]["references"] == "own"
        assert abs(one["divergence"][side]["sample"]["kl"]["value"]) < 1e-4
    status, out, _ = cli(*line, "--out", tmp_path / "out")
    assert max(map(len, out.splitlines())) <= 100
    status, out, err = cli("verify", tmp_path / "out")
    assert (status, out) == (0, f"{tmp_path / 'out'}: behaviors, all checks passed\n"), err


def test_templates_stand_in_the_order_of_the_scores(
    cli: Cli, tmp_path: Path, tiny_checkpoint: Path
) -> None:
    problems = tmp_path / "sums.jsonl"
    problems.write_text('{"problem": "1 + 1", "answer": "2"}\n')
    line = (
        "score",
        tiny_checkpoint,
        "--on",
        problems,
        "--max-tokens",
        "3",
        "--out",
        tmp_path / "s",
    )
    assert cli(*line, "--template", "raw,boxed,r1")[0] == 0
    status, out, err = cli(tmp_path / "s", "--out", tmp_path / "out")
    assert status == 0, err
    heads = [line for line in out.splitlines() if line.endswith(": 1 problems")]
    assert heads == [f"sums ({template}): 1 problems" for template in ("raw", "boxed", "r1")]
