"""Completions that the real TRL logs (make test-interop), with a small random model on the CPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clean_bench.artifacts import verify
from clean_bench.completion_files import read_completions
from clean_bench.errors import UserError
from clean_bench.experiments.verify import checks
from clean_bench.problems import Problem, ProblemSet
from clean_bench.samples import TABLE
from clean_bench.scoring.from_files import score_files

pytestmark = pytest.mark.interop
pytest.importorskip("trl", reason="TRL is not installed: `make test-interop` runs these tests")

from datasets import Dataset  # noqa: E402
from trl import GRPOConfig, GRPOTrainer  # noqa: E402

PROBLEMS = [f"What is {n} plus 1?" for n in range(4)]
GOLDS = [str(n + 1) for n in range(4)]


def silent(completions: list[Any], **columns: Any) -> list[float]:
    """A reward that logs nothing of the training set."""
    return [float(len(str(completion)) % 3) for completion in completions]


def logging(
    completions: list[Any], answer: list[str], log_extra: Any, **columns: Any
) -> list[float]:
    """A reward that logs the gold answers under a name of its own."""
    log_extra("truth", list(answer))
    return silent(completions)


def logged(checkpoint: Path, out: Path, reward: Any, prompts: list[Any]) -> list[Path]:
    """The files that two training steps write."""
    config = GRPOConfig(
        output_dir=str(out),
        use_cpu=True,
        bf16=False,
        report_to="none",
        save_strategy="no",
        disable_tqdm=True,
        per_device_train_batch_size=4,
        num_generations=2,
        max_completion_length=6,
        gradient_checkpointing=False,
        max_steps=2,
        logging_steps=1,
        log_completions=True,
        seed=5,
    )
    rows = Dataset.from_dict({"prompt": prompts, "answer": GOLDS})
    GRPOTrainer(str(checkpoint), reward, config, train_dataset=rows).train()
    return sorted((out / "completions").glob("completions_*.parquet"))


def test_texts_with_a_logged_gold_answer(tiny_checkpoint: Path, tmp_path: Path) -> None:
    files = logged(tiny_checkpoint, tmp_path / "out", logging, PROBLEMS)
    assert len(files) == 2
    for step, path in enumerate(files, start=1):
        file = read_completions(path, {"gold": "truth"})
        rows = list(file.rows)
        assert file.format == "trl" and len(rows) == 4 and {row.step for row in rows} == {step}
        for row in rows:
            assert GOLDS[PROBLEMS.index(row.prompt)] == row.gold
            assert isinstance(row.responses[0].text, str)
    artifact = score_files(files, tmp_path / "S", name="m", columns={"gold": "truth"})
    assert [entry["name"] for entry in artifact.config["sets"]] == [
        "completions-step1",
        "completions-step2",
    ]
    assert len(artifact.rows(TABLE)) == 8 and verify(tmp_path / "S", checks()) == []


def test_files_without_gold_answers_are_joined(tiny_checkpoint: Path, tmp_path: Path) -> None:
    files = logged(tiny_checkpoint, tmp_path / "out", silent, PROBLEMS)
    with pytest.raises(
        UserError, match=r"completions_00001.parquet:1: expected a text or a number"
    ):
        score_files(files, tmp_path / "S", name="m")
    problems = [
        Problem(f"p{n}", p, g) for n, (p, g) in enumerate(zip(PROBLEMS, GOLDS, strict=True))
    ]
    artifact = score_files(files, tmp_path / "S", name="m", problems=ProblemSet("sums", problems))
    for row in artifact.rows(TABLE):
        number = PROBLEMS.index(row["prompt"])
        assert (row["problem_id"], row["gold"]) == (f"p{number}", GOLDS[number])
