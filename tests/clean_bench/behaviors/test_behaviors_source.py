"""What is read of scores: whole rows, the checkpoint's own text, seeds, and settings that differ."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clean_bench.artifacts import verify
from clean_bench.behaviors.checks import verify_behaviors
from clean_bench.behaviors.features import TABLE
from clean_bench.behaviors.run import behave
from clean_bench.errors import UserError

Write = Callable[..., Path]
Row = dict[str, Any]

VERIFIERS = {"behaviors": verify_behaviors, "scores": lambda artifact: []}


def row(problem: int, response: str, correct: bool, **other: Any) -> Row:
    verdict = "equal" if correct else "different"
    return {"problem_id": str(problem), "response": response, "verdict": verdict, **other}


BEFORE = [row(0, r"In Python: \boxed{1}", True), row(1, "it is 2", False), row(2, "so 3", False)]
AFTER = [row(0, r"In words \boxed{1}", True), row(1, "with python", True), row(2, "it is", False)]


def test_a_forced_beginning_is_not_the_checkpoints_own(write_scores: Write, tmp_path: Path) -> None:
    start = "Let's use Python: \\boxed{"
    rows = [row(0, start + "1}", True), row(1, start + "1} или python", True)]
    before = write_scores("before", rows, force_start=start)
    first, second = behave(before, tmp_path / "out").rows(TABLE)
    assert (first["code"], second["code"]) == (False, True)
    assert first["boxed"] and second["boxed"]
    assert (first["characters"], first["letters"]) == (2, 0)
    assert second["other_letters"] == 3


def test_scores_that_are_not_whole_are_refused(write_scores: Write, tmp_path: Path) -> None:
    def refused(words: str, rows: list[Row], **other: Any) -> None:
        name = f"broken{len(list(tmp_path.iterdir()))}"
        with pytest.raises(UserError, match=words):
            behave(write_scores(name, rows, **other), tmp_path / "out")
        assert not (tmp_path / "out").exists()

    for column in ("response", "logprobs", "verdict"):
        refused(f"no column '{column}'", BEFORE, without=[column])
        refused(f"column '{column}' has a row without", [{**BEFORE[0], column: None}])
    refused(
        "'right' is no verdict; there are equal, different", [{**BEFORE[0], "verdict": "right"}]
    )
    for logprobs in ([-0.5], [-0.5, float("nan")], [-0.5, -np.inf], [-0.5, 0.4]):
        bad = {**BEFORE[2], "logprobs": logprobs}
        refused("row 0 has not one finite log-probability, at most 0", [bad])
    nearly = {**BEFORE[2], "logprobs": [-0.5, 1e-6]}
    [found] = behave(write_scores("certain", [nearly]), tmp_path / "certain-out").rows(TABLE)
    assert found["probability"] == pytest.approx((np.exp(-0.5) + 1) / 2)


def test_shares_have_a_width_where_nothing_is_seen(write_scores: Write, tmp_path: Path) -> None:
    """No repetition and no Chinese in six texts does not say that there is none."""
    rows = [row(i, f"some word {i}", True) for i in range(6)]
    artifact = behave(write_scores("before", rows), tmp_path / "out")
    greedy = artifact.metadata["sets"]["s"]["raw"]["before"]["greedy"]
    for name in ("repeated_4grams", "cjk", "other_scripts"):
        assert greedy[name]["value"] == greedy[name]["low"] == 0
        assert 0.3 < greedy[name]["high"] < 0.5
    # All are of two tokens: of the spread of lengths nothing is known.
    assert (greedy["tokens"]["value"], greedy["tokens"]["low"]) == (2, None)


def test_settings_that_differ_are_named(write_scores: Write, tmp_path: Path) -> None:
    engine = {"engine": "transformers", "dtype": "float32"}
    before = write_scores("before", BEFORE, max_tokens=512, engine=engine, seed=0)
    other = {**engine, "dtype": "bfloat16"}
    after = write_scores("after", AFTER, max_tokens=64, engine=other, seed=1)
    artifact = behave(before, tmp_path / "out", after=after)
    assert artifact.metadata["differs"] == {
        "max_tokens": [512, 64],
        "engine.dtype": ["float32", "bfloat16"],
    }
    assert behave(before, tmp_path / "same", after=before).metadata["differs"] == {}


def test_another_problem_under_the_same_id(write_scores: Write, tmp_path: Path) -> None:
    def both(template: str, prompt: str) -> tuple[Path, Path]:
        rows = [{**one, "template": template} for one in BEFORE]
        other = [{**one, "prompt": prompt} for one in rows]
        name = f"{template}{len(prompt)}"
        return write_scores(name, rows), write_scores(name + "-after", other)

    before, after = both("raw", "why?")
    with pytest.raises(UserError, match=r"problem 0 of s reads 'why\?'..., and 'what\?'... before"):
        behave(before, tmp_path / "out", after=after)
    # White space parts the prompt from a forced beginning; chat templates are the checkpoint's own.
    for number, (template, prompt) in enumerate((("raw", "what?\n"), ("chat", "<user>what?"))):
        before, after = both(template, prompt)
        behave(before, tmp_path / f"out{number}", after=after)


def test_samples_before_and_after_with_seeds(write_scores: Write, tmp_path: Path) -> None:
    """The same scores twice: training changed nothing, and the numbers say so."""
    rows = [
        row(
            i,
            f"word{i} {'abcd'[j]} {'efgh'[(i + j) % 4]}",
            i > j,
            mode="sample",
            sample=j,
            seed=9 * i + j,
        )
        for i in range(6)
        for j in range(4)
    ]
    before = write_scores("before", rows)
    one = behave(before, tmp_path / "out", after=before).metadata["sets"]["s"]["raw"]
    assert one["likeness"]["sample"]["excess"]["value"] == pytest.approx(0)
    assert one["likeness"]["sample"]["same"]["value"] == 0
    assert one["transitions"]["sample"]["same_seed"] == 24
    fewer = write_scores("fewer", [{**one, "seed": one["seed"] + 100} for one in rows[:-5]])
    table = behave(before, tmp_path / "few", after=fewer).metadata["sets"]["s"]["raw"][
        "transitions"
    ]
    # Problem 5 is left out as a whole, of problem 4 the last sample has no partner.
    assert (table["sample"]["same_seed"], table["sample"]["unpaired"]) == (0, 1)
    assert table["sample"]["all"]["n"] == 19


def test_the_scores_inside_take_no_space_and_outlive_the_others(
    write_scores: Write, tmp_path: Path
) -> None:
    before = write_scores("before", BEFORE)
    behave(before, tmp_path / "out")
    name = "completions/00000.parquet"
    assert (before / name).samefile(tmp_path / "out" / "before" / name)
    shutil.rmtree(before)
    assert verify(tmp_path / "out", VERIFIERS) == []


def test_scores_on_another_file_system_are_copied(
    write_scores: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def elsewhere(source: str, target: str) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr("os.link", elsewhere)
    behave(write_scores("before", BEFORE), tmp_path / "out")
    assert verify(tmp_path / "out", VERIFIERS) == []
