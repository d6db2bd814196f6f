"""`score` and `probe` on a server: artifacts that verify, resuming, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from stub_server import Stub, encode, serving, status, token

from clean_bench.artifacts import Artifact, verify
from clean_bench.cli.main import cli
from clean_bench.errors import UserError
from clean_bench.experiments.recipe import parse_recipe
from clean_bench.experiments.run import check_recipe
from clean_bench.experiments.verify import checks
from clean_bench.results import Results
from clean_bench.scoring import requests as scoring_requests

pytest.importorskip("openai")
NAMES = ["Anna", "Ben", "Cleo", "Dora"]


@pytest.fixture(scope="module")
def sums(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Problems whose last word comes first in the stub's answer, as the plain answer."""
    file = tmp_path_factory.mktemp("sets") / "sums.jsonl"
    rows = [
        {
            "problem": f"{name} has two apples and buys {i} more so they are \\boxed{{{i}}}",
            "answer": i,
        }
        for i, name in enumerate(NAMES)
    ]
    file.write_text(
        "".join(json.dumps({**row, "answer": str(row["answer"])}) + "\n" for row in rows)
    )
    return file


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving(Stub()) as running:
        yield running


def call(name: str, stub: Stub, sums: Path, out: Path, *more: object) -> Any:
    line = [
        name,
        "served/model",
        "--on",
        sums,
        "--out",
        out,
        "--engine",
        "openai",
        "--base-url",
        stub.url,
    ]
    return CliRunner().invoke(cli, [str(part) for part in (*line, *more)])


def failures(out: Path) -> list[str]:
    return [str(failure) for failure in verify(out, checks())]


def generations(stub: Stub) -> list[dict[str, Any]]:
    """Requests for completions without the tests at opening."""
    tests = (json.dumps("1 + 1 ="), json.dumps(encode("one two three four")))
    return [
        body
        for path, body in stub.bodies
        if path.endswith("completions") and not any(test in json.dumps(body) for test in tests)
    ]


def test_a_score_with_tokens_verifies(stub: Stub, sums: Path, tmp_path: Path) -> None:
    out = tmp_path / "s"
    result = call("score", stub, sums, out, "--template", "chat,raw", "--samples", 2, "--json")
    assert result.exit_code == 0, result.output
    assert "engine: openai (http://127.0.0.1:" in result.stderr
    assert failures(out) == []
    artifact = Artifact.load(out)
    assert artifact.config["weights_sha256"] == ""
    assert artifact.config["engine"]["model"] == "served/model"
    rows = artifact.rows("samples")
    assert len(rows) == 4 * 2 * 3
    assert all(row["grade"] == "equal" for row in rows)
    for row in rows:
        assert row["token_ids"] == encode(row["response"])
    spoken = next(row for row in rows if row["template"] == "chat")
    problem = json.loads(sums.read_text().splitlines()[0])["problem"]
    assert json.loads(spoken["prompt"]) == [{"role": "user", "content": problem}]
    accuracy = Results.read(artifact).first(measure="avg@2", template="raw")
    assert accuracy is not None and accuracy.value == 1.0
    seeds = {body["seed"] for body in generations(stub) if body["temperature"] > 0}
    assert seeds == {row["seed"] for row in rows if row["mode"] == "sample"} and len(seeds) == 8
    stub.bodies.clear()
    assert call("score", stub, sums, out, "--template", "chat,raw", "--samples", 2).exit_code == 0
    assert generations(stub) == []


def test_own_prompts_reach_the_server_as_messages(stub: Stub, sums: Path, tmp_path: Path) -> None:
    out = tmp_path / "s"
    options = ("--template", "chat", "--system-prompt", "Be brief.", "--stop", "Problem:")
    result = call("score", stub, sums, out, *options)
    assert result.exit_code == 0, result.output
    assert failures(out) == []
    for row in Artifact.load(out).rows("samples"):
        assert json.loads(row["prompt"])[0] == {"role": "system", "content": "Be brief."}
    assert all(body["messages"][0]["content"] == "Be brief." for body in generations(stub))


def test_a_chat_template_of_a_file_is_refused_before_anything_is_generated(
    stub: Stub, sums: Path, tmp_path: Path
) -> None:
    template = tmp_path / "mine.jinja"
    template.write_text("{% for m in messages %}{{ m.content }}{% endfor %}")
    result = call("score", stub, sums, tmp_path / "s", "--template", template)
    assert isinstance(result.exception, UserError)
    assert "the server renders messages itself" in str(result.exception)
    assert generations(stub) == []


def test_a_score_without_tokens_verifies(sums: Path, tmp_path: Path) -> None:
    out = tmp_path / "s"
    with serving(Stub(vllm=False, raw=False, context=24)) as stub:
        result = call("score", stub, sums, out, "--max-tokens", 8)
        assert result.exit_code == 0, result.output
    assert failures(out) == []
    artifact = Artifact.load(out)
    rows = artifact.rows("samples")
    assert {(row["template"], len(row["token_ids"]), row["finish"]) for row in rows} == {
        ("chat", 0, "length")
    }
    assert artifact.config["engine"]["tokens"] is False


def test_a_server_that_breaks_off_loses_no_finished_shard(
    stub: Stub, sums: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from openai import _base_client

    monkeypatch.setattr(_base_client, "INITIAL_RETRY_DELAY", 0.001)
    monkeypatch.setattr(_base_client, "MAX_RETRY_DELAY", 0.001)
    monkeypatch.setitem(scoring_requests.SHARDS, "openai", 3)
    out, whole = tmp_path / "s", tmp_path / "whole"
    options = ["--template", "raw", "--samples", 1]
    answer, broken = stub.answer, False

    def flaky(path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if broken and len(generations(stub)) > 5:
            return 503, {"error": {"message": "gone"}}
        return answer(path, body)

    monkeypatch.setattr(stub, "answer", flaky)
    assert call("score", stub, sums, whole, *options).exit_code == 0
    stub.bodies.clear()
    broken = True
    error = call("score", stub, sums, out, *options, "--concurrency", 1).exception
    assert isinstance(error, UserError)
    assert "status 503: gone" in str(error) and "to resume" in str(error)
    assert len(list((out / "samples").glob("*.parquet"))) == 1
    broken = False
    stub.bodies.clear()
    assert call("score", stub, sums, out, *options).exit_code == 0
    assert len(generations(stub)) == 8 - 3
    first, second = (Artifact.load(folder).rows("samples") for folder in (out, whole))
    assert first == second
    assert failures(out) == []


def statistic(out: Path, name: str) -> dict[str, float]:
    """The values of a statistic of a probe, by problem."""
    rows = Artifact.load(out).rows("statistics")
    return {row["problem_id"]: row["value"] for row in rows if row["statistic"] == name}


def test_a_probe_with_tokens_and_logprobs(stub: Stub, sums: Path, tmp_path: Path) -> None:
    out = tmp_path / "p"
    result = call("probe", stub, sums, out, "--prefix", "0.6", "--no-positive-control")
    assert result.exit_code == 0, result.output
    assert failures(out) == []
    rows = Artifact.load(out).rows("probes")
    texts = [json.loads(line)["problem"] for line in sums.read_text().splitlines()]
    logprobs = statistic(out, "logprob")
    for row in rows:
        suffix = texts[row["index"]][row["offset"] :].split()
        assert row["suffix_tokens"] == len(suffix) and row["aligned"]
        assert logprobs[row["problem_id"]] == pytest.approx(-sum(map(token, suffix)) / 100)
    results = Results.load(out)
    assert results.first(measure="logprob_per_token@0.6") is not None
    assert all(body["temperature"] in (0, 1) for body in generations(stub))


def test_a_probe_without_tokens_compares_texts_only(sums: Path, tmp_path: Path) -> None:
    out = tmp_path / "p"
    with serving(Stub(vllm=False, tokenize=False)) as stub:
        result = call("probe", stub, sums, out, "--prefix", "0.6", "--no-positive-control")
        assert result.exit_code == 0, result.output
        limits = {body["max_tokens"] for body in generations(stub)}
    assert failures(out) == []
    rows = Artifact.load(out).rows("probes")
    texts = [json.loads(line)["problem"] for line in sums.read_text().splitlines()]
    assert limits == {len(texts[row["index"]][row["offset"] :]) + 8 for row in rows}
    for row in rows:
        assert (row["aligned"], row["suffix_tokens"]) == (None, None)
    assert statistic(out, "logprob") == {}
    assert set(statistic(out, "exact_match").values()) == {0.0}
    results = Results.load(out)
    assert results.first(measure="exact_match@0.6").n == 4  # type: ignore[union-attr]
    assert results.first(measure="logprob_per_token@0.6") is None
    assert results.first(measure="aligned@0.6") is None


def test_a_probe_finds_a_text_that_is_too_long(sums: Path, tmp_path: Path) -> None:
    """Prefixes have more words than the context; the first two answers are those at opening."""
    out = tmp_path / "p"
    with serving(Stub(vllm=False, tokenize=False, context=8)) as stub:
        stub.faults = [
            status(404),
            status(200, {"choices": [{"text": "x", "finish_reason": "stop"}]}),
        ]
        result = call("probe", stub, sums, out, "--prefix", "0.8", "--no-positive-control")
    assert result.exit_code == 0, result.output
    assert failures(out) == []
    rows = Artifact.load(out).rows("probes")
    assert {row["reason"] for row in rows} == {"longer than the model's context"}


@pytest.mark.parametrize(
    ("name", "options", "server", "message"),
    [
        ("probe", [], {"raw": False}, r"does not offer /completions, which raw prompts"),
        ("score", ["--template", "raw"], {"raw": False}, r"does not offer /completions"),
        ("score", ["--template", "chat"], {"chat": False}, r"no chat template"),
        (
            "score",
            ["--force-start", "Let"],
            {"vllm": False},
            r"--force-start: .* cannot continue a started response",
        ),
        ("score", ["--revision", "main"], {}, r"--revision main: the server of --engine openai"),
        ("score", ["--dtype", "bfloat16"], {}, r"--dtype bfloat16: the server of --engine openai"),
        ("score", ["--device", "cpu"], {}, r"--device cpu: the server"),
        ("score", ["--tensor-parallel", "2"], {}, r"--tensor-parallel 2: the server"),
        ("score", ["--data-parallel", "2"], {}, r"--data-parallel 2: the server"),
        ("score", ["--trust-remote-code"], {}, r"--trust-remote-code True: the server"),
        ("probe", ["--engine", "transformers"], {}, r"--base-url http.*: expected --engine openai"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_writes_nothing(
    name: str, options: list[str], server: dict[str, Any], message: str, sums: Path, tmp_path: Path
) -> None:
    with serving(Stub(**server)) as stub:
        error = call(name, stub, sums, tmp_path / "out", *options).exception
        assert isinstance(error, UserError), error
        with pytest.raises(UserError, match=message):
            raise error
        assert "\n" not in str(error)
        assert not (tmp_path / "out").exists()
        assert generations(stub) == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            ["score", "m", "--on", "{sums}"],
            r"--engine openai: expected --base-url URL, such as http",
        ),
        *(
            (
                [
                    "score",
                    "m",
                    "--on",
                    "{sums}",
                    "--base-url",
                    "http://h/v1",
                    "--request-timeout",
                    t,
                ],
                rf"--request-timeout {t}: expected a finite number of seconds above 0",
            )
            for t in ("nan", "inf", "0", "-1")
        ),
        (
            ["score", "m", "--on", "{sums}", "--base-url", "localhost:8000"],
            r"--base-url localhost:8000: expected an address",
        ),
        (
            ["train", "m", "--data", "{sums}", "--reward", "random", "--steps", "1"],
            r"--engine openai: train needs the weights",
        ),
        (
            ["behaviors", "{scores}", "--with", "m"],
            r"--engine openai: behaviors --with needs the we",
        ),
    ],
)
def test_commands_without_a_server(
    line: list[str], message: str, sums: Path, stub: Stub, tmp_path: Path
) -> None:
    if line[0] == "behaviors":
        assert call("score", stub, sums, tmp_path / "scores").exit_code == 0
    parts = [part.format(sums=sums, scores=tmp_path / "scores") for part in line]
    result = CliRunner().invoke(cli, [*parts, "--out", str(tmp_path / "o"), "--engine", "openai"])
    assert isinstance(result.exception, UserError)
    with pytest.raises(UserError, match=message):
        raise result.exception
    assert not (tmp_path / "o").exists()


RECIPE = """
title = "served"
models = ["served/model"]
sets = [{sets}]
[engine]
engine = "openai"
base_url = "{url}"
[score]
samples = 1
[[arms]]
name = "trained"
{arm}
"""


def test_recipes_of_served_models(stub: Stub, sums: Path) -> None:
    public = f'{{ source = "{sums}", role = "public" }}'
    fresh = '{ family = "fractions", steps = "3", count = 5, role = "fresh" }'
    text = RECIPE.replace("{url}", stub.url)
    trained = 'checkpoint = "served/model"'
    recipe = parse_recipe(text.replace("{sets}", public).replace("{arm}", trained), "r")
    checked = check_recipe(recipe)
    assert {c.weights_sha256 for c in checked.checkpoints.values()} == {""}
    assert {c.model for c in checked.checkpoints.values()} == {"served/model"}  # type: ignore[attr-defined]
    with pytest.raises(
        UserError, match=r"the generated set fresh, which is bound to every checkpoint"
    ):
        check_recipe(
            parse_recipe(
                text.replace("{sets}", f"{public}, {fresh}").replace("{arm}", trained), "r"
            )
        )
    assert stub.bodies == []
