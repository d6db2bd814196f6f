"""`--dry-run` of every long command: exact counts, nothing loaded, nothing written, input checked."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from transformers import AutoTokenizer

from clean_bench.artifacts import Artifact
from clean_bench.cli.main import cli
from clean_bench.errors import UserError
from tests.trainers.model_configs import QWEN_7B

Call = Callable[..., Result]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run a command in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "set.jsonl").write_text(
        "".join(
            json.dumps({"problem": f"Ann has {i} red apples and 2 green ones. How many?",
                        "answer": str(i + 2)}) + "\n"
            for i in range(5)
        )
    )  # fmt: skip

    def run(*arguments: str | Path) -> Result:
        return CliRunner().invoke(cli, [*map(str, arguments)])

    return run


@pytest.fixture
def without_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """No model can be loaded."""

    def load(*_: Any, **__: Any) -> None:
        pytest.fail("a model was loaded")

    monkeypatch.setattr("transformers.AutoModelForCausalLM.from_pretrained", load)


def dry(call: Call, *arguments: str | Path) -> dict[str, Any]:
    """The object of a dry run, which must leave every file as it is."""
    before = {path: path.stat().st_mtime_ns for path in Path().rglob("*")}
    result = call(*arguments, "--dry-run", "--json")
    assert result.exit_code == 0, result.exception
    assert {path: path.stat().st_mtime_ns for path in Path().rglob("*")} == before
    text = call(*arguments, "--dry-run").stdout
    assert "Nothing was run or written." in text and "The estimate assumes: " in text
    return dict(json.loads(result.stdout))


def stored(folder: str, table: str = "samples") -> tuple[int, int, int]:
    """Samples, prompt tokens and generated tokens of an artifact."""
    rows = Artifact.load(folder).rows(table)
    tokens = (sum(len(row[name]) for row in rows) for name in ("prompt_ids", "token_ids"))
    return (len(rows), *tokens)  # type: ignore[return-value]


def counts(cost: dict[str, Any]) -> tuple[int, int]:
    return cost["completions"], cost["prompt_tokens"]


def test_score(call: Call, tiny_checkpoint: Path) -> None:
    line = ("score", tiny_checkpoint, "--on", "set.jsonl", "--samples", "2", "--out", "S",
            "--max-tokens", "9", "--repeat", "3", "--template", "raw,boxed")  # fmt: skip
    cost = dry(call, *line)
    assert call(*line).exit_code == 0
    completions, prompt_tokens, generated = stored("S")
    assert counts(cost) == (completions, prompt_tokens) and completions == 5 * 2 * 3 + 3
    assert generated <= cost["generated_tokens"] == 33 * 9
    assert cost["memory_bytes"] > (tiny_checkpoint / "model.safetensors").stat().st_size / 2


def test_probe(call: Call, tiny_checkpoint: Path) -> None:
    line = ("probe", tiny_checkpoint, "--on", "set.jsonl", "--no-positive-control", "--out", "P")
    cost = dry(call, *line)
    assert call(*line).exit_code == 0
    completions, prompt_tokens, generated = stored("P")
    assert counts(cost) == (completions, prompt_tokens) and completions == 15
    rows = Artifact.load("P").rows("probes")
    suffixes = sum(row["suffix_tokens"] for row in rows)
    # At the headline prefix the suffix is read after the beginning token alone, too.
    again = sum(1 + row["suffix_tokens"] for row in rows if row["fraction"] == 0.6)
    assert cost["read_tokens"] == prompt_tokens + suffixes + again
    assert (
        generated
        <= cost["generated_tokens"]
        == suffixes + sum(max(8, row["suffix_tokens"] // 4) for row in rows)
    )


def test_probe_with_further_signals(call: Call, tiny_checkpoint: Path) -> None:
    line = ("probe", tiny_checkpoint, "--on", "set.jsonl", "--no-positive-control", "--out", "P")
    fewer = dry(call, *line)
    signals = "min-knn,partial-answer,altered-suffix,min-k"
    line = (*line, "--signals", f"default,{signals}")
    cost = dry(call, *line)
    assert call(*line).exit_code == 0
    completions, prompt_tokens, generated = stored("P")
    assert counts(cost) == (completions, prompt_tokens)
    assert completions == 5 * (3 + 3 + 16)  # at 3 prefixes twice, and the samples of min-knn
    assert generated <= cost["generated_tokens"]
    # Each problem is read whole once, and 3 times with an altered suffix.
    tokenizer = AutoTokenizer.from_pretrained(tiny_checkpoint)
    texts = [json.loads(row)["problem"] for row in Path("set.jsonl").read_text().splitlines()]
    tokens = sum(len(ids) for ids in tokenizer(texts)["input_ids"])
    assert cost["read_tokens"] - fewer["read_tokens"] == 4 * tokens


def test_train_and_behaviors(call: Call, tiny_checkpoint: Path) -> None:
    line = ("train", tiny_checkpoint, "--data", "set.jsonl", "--reward", "random", "--steps", "2",
            "--out", "T", "--set", "prompts_per_step=3", "--set", "group_size=4",
            "--set", "minibatches=2", "--set", "max_tokens=5")  # fmt: skip
    cost = dry(call, *line)
    assert call(*line).exit_code == 0
    completions, prompt_tokens, generated = stored("T", "rollouts")
    assert counts(cost) == (completions, prompt_tokens) and completions == 24
    assert generated <= cost["generated_tokens"] == 24 * 5
    checkpoint = (Path("T") / "checkpoint" / "model.safetensors").stat().st_size
    assert cost["disk_bytes"] > 3 * checkpoint  # the state holds the weights and two moments
    line = ("behaviors", "T", "--with", tiny_checkpoint, "--out", "B")
    cost = dry(call, *line)
    assert call(*line).exit_code == 0
    assert cost["items"] == len(Artifact.load("B").rows("rescored")) == 24
    assert cost["read_tokens"] == prompt_tokens + generated


def test_run(call: Call, tiny_checkpoint: Path) -> None:
    Path("recipe.toml").write_text(
        f"""
title = "t"
models = [{{name = "tiny", checkpoint = "{tiny_checkpoint}"}}]
seeds = [1]
data = {{source = "set.jsonl"}}
sets = [{{role = "public", source = "set.jsonl"}},
        {{role = "fresh", family = "word-problems", steps = "1-2", count = 100}}]
score = {{samples = 2, max_tokens = 6}}
probe = {{prefixes = [0.6]}}
train = {{steps = 2, prompts_per_step = 2, group_size = 2, minibatches = 1, max_tokens = 4}}
arms = [{{name = "a", reward = "random"}}, {{name = "b", checkpoint = "{tiny_checkpoint}"}}]
"""
    )
    result = call("run", "recipe.toml", "--dry-run", "--json")
    assert result.exit_code == 0, result.exception
    data = json.loads(result.stdout)
    # Three checkpoints on 105 problems: greedy and two samples, one cut; two steps of four rollouts.
    assert data["cost"]["completions"] == 3 * 105 * (3 + 1) + 2 * 4
    scored = 3 * 105 * 3 * 6 + 8 * 4
    assert data["cost"]["generated_tokens"] > scored and data["recipe"]["title"] == "t"
    assert not list(Path().glob("*/manifest.json"))


def test_generate(call: Call) -> None:
    line = ("generate", "word-problems", "--steps", "2-3", "--seed", "x", "--count", "300",
            "--out", "G")  # fmt: skip
    cost = dry(call, *line)
    assert (cost["items"], cost["item"]) == (300, "problems") and cost["seconds"] >= 0
    assert cost["assumes"] == ["rows as fast and as long as the first 64, which were drawn now"]
    bound = dry(call, *line[:4], "--bind", "organism:reciter", *line[6:])
    assert "weights hashed" in bound["assumes"][1]


@pytest.mark.parametrize(
    ("options", "line", "templates"),
    [
        # Geometry of level 1 has no problem without a figure in MATH-500, so no group is of it.
        ((), "258 groups of 168 templates: 1,290 problems", 168),
        (("--groups", "1"), "1 group of 1 template: 5 problems", 1),
        (("--groups", "2", "--template", "quiz-score"), "2 groups of 1 template: 10 problems", 1),
    ],
)
def test_generate_competition(
    call: Call, options: tuple[str, ...], line: str, templates: int
) -> None:
    words = ("generate", "competition", "--seed", "x", *options, "--out", "G")
    cost = dry(call, *words)
    shown = call(*words, "--dry-run").stdout
    assert shown.startswith(line) and "disk" in shown and "time" in shown
    assert call(*words).exit_code == 0
    artifact = Artifact.load("G")
    account = artifact.metadata["matched"]
    assert cost["matched"]["templates"] == account["templates"] == templates
    assert cost["items"] == artifact.manifest["tables"]["problems"]["rows"]
    assert {cell: 5 * n for cell, n in cost["matched"]["cells"].items()} == account["cells"]
    assert cost["disk_bytes"] > 0 and cost["seconds"] >= 0


def test_generate_competition_reads_the_files(call: Call) -> None:
    words = ("generate", "competition", "--groups", "2", "--out", "G", "--decontaminate")
    dry(call, *words, "set.jsonl", "--drop", "--seed", "x")
    error = call(*words, "none.jsonl", "--seed", "x", "--dry-run").exception
    assert isinstance(error, UserError) and "none.jsonl: no such file" in str(error)
    bound = dry(call, *words[:-1], "--bind", "organism:reciter")
    assert "weights hashed" in bound["assumes"][1]


def test_overlap(call: Call) -> None:
    cost = dry(call, "overlap", "set.jsonl", "--on", "set.jsonl", "--out", "O")
    assert (cost["items"], cost["item"]) == (5, "training rows")


def test_organism(call: Call) -> None:
    cost = dry(call, "organism", "build", "reciter", "--out", "R")
    # 74,000 documents, then 16,000 and 27,264 copies, 64 to a step.
    assert cost["items"] == 1157 + 676 and cost["seconds"] == 900


@pytest.mark.usefixtures("without_models")
def test_no_model_is_loaded(call: Call) -> None:
    """With the weights of a file that has a header only, so that they could not be read either."""
    dry(call, "score", "organism:reciter", "--on", "set.jsonl", "--out", "S")
    dry(call, "probe", "organism:reciter", "--on", "set.jsonl", "--out", "P")
    dry(call, "train", "organism:reciter", "--data", "set.jsonl", "--reward", "truth", "--steps",
        "1", "--out", "T")  # fmt: skip


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("score none --on set.jsonl --out o", "expected a checkpoint folder"),
        ("score organism:reciter --on none.jsonl --out o", "no such file"),
        ("score organism:reciter --on set.jsonl --out o --template none", "no template named"),
        ("score organism:reciter --on set.jsonl --out o --tensor-parallel 2", "needs vLLM"),
        ("score organism:reciter --on set.jsonl --out set.jsonl", "expected an output folder"),
        ("probe organism:reciter --on set.jsonl --prefix 2 --out o", "--prefix 2: expected"),
        ("probe --from-predictions set.jsonl --out o", "--dry-run: --from-predictions"),
        ("train organism:reciter --data set.jsonl --reward x --steps 1 --out o", "no reward"),
        ("behaviors none --with organism:reciter --out o", "no clean-bench artifact"),
        ("overlap none.jsonl --on set.jsonl --out o", "no such file"),
        ("generate none --steps 2 --seed x --out o", "there is no family"),
        ("generate stories --steps 2 --bind none --out o", "expected a checkpoint folder"),
        ("run none --out o", "no recipe named"),
    ],
)
def test_bad_input_is_found(call: Call, line: str, message: str) -> None:
    error = call(*line.split(), "--dry-run").exception
    assert isinstance(error, UserError) and message in str(error)
    assert "\n" not in str(error) and not Path("o").exists()


def test_the_plan_of_a_training(
    call: Call, tiny_checkpoint: Path, without_models: None, tmp_path: Path
) -> None:
    """A named GPU, from a configuration without weights: parts of both peaks, settings, host."""
    Path("big").mkdir()
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(tiny_checkpoint / name, "big")
    config = {**QWEN_7B, "architectures": ["Qwen2ForCausalLM"], "max_position_embeddings": 8192}
    (Path("big") / "config.json").write_text(json.dumps(config))
    line = ("train", "big", "--data", "set.jsonl", "--reward", "truth", "--steps", "2", "--out", "T",
            "--set", "max_tokens=3072", "--gpu", "h100-80gb")  # fmt: skip
    plan = dry(call, *line)["plan"]
    assert plan["machine"] == "H100 80 GB (79 GiB usable, host with 158 GiB)"
    assert plan["settings"]["tuning"] == "lora"
    assert plan["settings"]["gradient_checkpointing"] == "on"
    for side in ("update", "generation"):
        assert sum(plan[side]["parts"].values()) == plan[side]["bytes"] < 79 << 30
    assert plan["phases"]["generation"] > 0 and plan["phases"]["update"] > 0
    result = call(*line, "--dry-run", "--set", "tuning=full", "--host-memory", "64")
    assert result.exit_code != 0 and isinstance(result.exception, UserError)
    assert "the host needs 111 GiB and has 64 GiB; these fit: --set tuning=lora" in str(
        result.exception
    )


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (("--gpu", "h1000", "--dry-run"), r"--gpu h1000: expected a GPU of the table"),
        (("--gpu", "h200"), r"--gpu h200: expected --dry-run beside it"),
        (("--dry-run", "--host-memory", "9"), r"--host-memory 9.0: expected --gpu beside it"),
    ],
)
def test_options_of_a_plan_that_do_not_fit_together(
    call: Call, tiny_checkpoint: Path, options: tuple[str, ...], error: str
) -> None:
    result = call("train", tiny_checkpoint, "--data", "set.jsonl", "--reward", "truth", "--steps", "1",
                  "--out", "T", *options)  # fmt: skip
    assert isinstance(result.exception, UserError)
    assert re.match(error, str(result.exception))
