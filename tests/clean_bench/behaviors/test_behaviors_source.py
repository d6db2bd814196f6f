"""What is read of scores: whole rows, the checkpoint's own text, seeds, and settings that differ."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clean_bench.artifacts import verify
from clean_bench.behaviors.checks import check_behaviors
from clean_bench.behaviors.features import TABLE
from clean_bench.behaviors.run import analyze_behaviors
from clean_bench.errors import UserError
from clean_bench.results import Results

Write = Callable[..., Path]
Row = dict[str, Any]

CHECKS = {"behaviors": check_behaviors, "scores": lambda artifact: []}


def row(problem: int, response: str, correct: bool, **other: Any) -> Row:
    grade = "equal" if correct else "different"
    return {"problem_id": str(problem), "response": response, "grade": grade, **other}


BEFORE = [row(0, r"In Python: \boxed{1}", True), row(1, "it is 2", False), row(2, "so 3", False)]
AFTER = [row(0, r"In words \boxed{1}", True), row(1, "with python", True), row(2, "it is", False)]


def test_a_forced_beginning_is_not_the_checkpoints_own(write_scores: Write, tmp_path: Path) -> None:
    start = "Let's use Python: \\boxed{"
    rows = [row(0, start + "1}", True), row(1, start + "1} или python", True)]
    before = write_scores("before", rows, force_start=start)
    first, second = analyze_behaviors(before, tmp_path / "out").rows(TABLE)
    assert (first["code"], second["code"]) == (False, True)
    assert first["boxed"] and second["boxed"]
    assert (first["characters"], first["letters"]) == (2, 0)
    assert second["other_letters"] == 3


def test_a_forced_beginning_is_no_part_of_the_mutual_information(
    write_scores: Write, tmp_path: Path
) -> None:
    """The results are those of the same texts without it, but for the protocol and the weights."""
    start = "Let us use Python here. "

    def information(name: str, forced: str) -> list[tuple[Any, ...]]:
        rows = [
            row(i, f"{forced}word{i} {'abcd'[j]} is it", True, mode="sample", index=j)
            for i in range(4)
            for j in range(4)
        ]
        folder = write_scores(name, rows, force_start=forced)
        results = Results.read(analyze_behaviors(folder, tmp_path / f"{name}-out"))
        kept = [r for r in results if r.subset and r.subset.endswith("copying")]
        return [(r.subset, r.measure, r.value, r.low, r.high) for r in kept]

    assert information("forced", start) == information("plain", "") != []


def test_samples_that_are_not_whole_are_refused(write_scores: Write, tmp_path: Path) -> None:
    def refused(words: str, rows: list[Row], **other: Any) -> None:
        name = f"broken{len(list(tmp_path.iterdir()))}"
        with pytest.raises(UserError, match=words):
            analyze_behaviors(write_scores(name, rows, **other), tmp_path / "out")
        assert not (tmp_path / "out").exists()

    for column in ("response", "logprobs", "grade", "seed", "template"):
        refused(f"expected a column '{column}'", BEFORE, without=[column])
        refused(f"column '{column}' has a row without", [{**BEFORE[0], column: None}])
    refused("expected a grade of equal, different.*got 'right'", [{**BEFORE[0], "grade": "right"}])
    for logprobs in ([-0.5], [-0.5, float("nan")], [-0.5, -np.inf], [-0.5, 0.4]):
        bad = {**BEFORE[2], "logprobs": logprobs}
        refused("s/2, greedy 0: expected one finite log-probability, at most 0", [bad])
    nearly = {**BEFORE[2], "logprobs": [-0.5, 1e-6]}
    certain = write_scores("certain", [nearly])
    [features] = analyze_behaviors(certain, tmp_path / "certain-out").rows(TABLE)
    assert features["probability"] == pytest.approx((np.exp(-0.5) + 1) / 2)


def test_answers_and_their_rules_may_be_missing(write_scores: Write, tmp_path: Path) -> None:
    rows = [{**BEFORE[0], "extracted": None, "extraction": None, "grade": "no answer"}]
    [features] = analyze_behaviors(write_scores("before", rows), tmp_path / "out").rows(TABLE)
    assert features["score"] == 0


def test_shares_have_a_width_where_nothing_is_seen(write_scores: Write, tmp_path: Path) -> None:
    """No repetition and no Chinese in six texts does not show that there is none."""
    rows = [row(i, f"some word {i}", True) for i in range(6)]
    results = Results.read(analyze_behaviors(write_scores("before", rows), tmp_path / "out"))
    for name in ("repeated_4grams", "cjk", "other_scripts"):
        share = results.where(measure=name).one()
        assert share.value == share.low == 0
        assert share.high is not None and 0.3 < share.high < 0.5
    # All are of two tokens: of the spread of lengths nothing is known.
    tokens = results.where(measure="tokens", subset=None).one()
    assert (tokens.value, tokens.low) == (2, None)


def test_settings_that_differ_are_named(write_scores: Write, tmp_path: Path) -> None:
    engine = {"engine": "transformers", "dtype": "float32"}
    before = write_scores("before", BEFORE, max_tokens=512, engine=engine, seed=0)
    other = {**engine, "dtype": "bfloat16"}
    after = write_scores("after", AFTER, max_tokens=64, engine=other, seed=1)
    artifact = analyze_behaviors(before, tmp_path / "out", after=after)
    assert artifact.metadata["counts"]["differs"] == {
        "max_tokens": [512, 64],
        "engine.dtype": ["float32", "bfloat16"],
    }
    again = analyze_behaviors(before, tmp_path / "same", after=before)
    assert again.metadata["counts"]["differs"] == {}


def test_another_problem_under_the_same_id(write_scores: Write, tmp_path: Path) -> None:
    def both(template: str, prompt: str) -> tuple[Path, Path]:
        rows = [{**sample, "template": template} for sample in BEFORE]
        other = [{**sample, "prompt": prompt} for sample in rows]
        name = f"{template}{len(prompt)}"
        return write_scores(name, rows), write_scores(name + "-after", other)

    before, after = both("raw", "why?")
    with pytest.raises(
        UserError, match=r"problem 0 of s reads 'why\?'..., expected 'what\?'... as"
    ):
        analyze_behaviors(before, tmp_path / "out", after=after)
    # White space parts the prompt from a forced beginning; chat templates are the checkpoint's own.
    for number, (template, prompt) in enumerate((("raw", "what?\n"), ("chat", "<user>what?"))):
        before, after = both(template, prompt)
        analyze_behaviors(before, tmp_path / f"out{number}", after=after)


def test_samples_before_and_after_with_seeds(write_scores: Write, tmp_path: Path) -> None:
    """The same scores twice: training changed nothing, and the results show it."""
    rows = [
        row(
            i,
            f"word{i} {'abcd'[j]} {'efgh'[(i + j) % 4]}",
            i > j,
            mode="sample",
            index=j,
            seed=9 * i + j,
        )
        for i in range(6)
        for j in range(4)
    ]
    before = write_scores("before", rows)
    same = analyze_behaviors(before, tmp_path / "out", after=before)
    results = Results.read(same)
    assert results.where(measure="similarity_excess").one().value == pytest.approx(0)
    assert results.where(measure="identical").one().value == 0
    [pairs] = same.metadata["counts"]["pairs"]
    assert (pairs["mode"], pairs["same_seed"]) == ("sample", 24)
    other = [{**sample, "seed": sample["seed"] + 100} for sample in rows[:-5]]
    few = analyze_behaviors(before, tmp_path / "few", after=write_scores("fewer", other))
    # Problem 5 is left out as a whole, of problem 4 the last sample has no partner.
    [pairs] = few.metadata["counts"]["pairs"]
    assert (pairs["same_seed"], pairs["unpaired"], pairs["all"]) == (0, 1, 19)


def test_the_scores_inside_take_no_space_and_outlive_the_others(
    write_scores: Write, tmp_path: Path
) -> None:
    before = write_scores("before", BEFORE)
    analyze_behaviors(before, tmp_path / "out")
    name = "samples/00000.parquet"
    assert (before / name).samefile(tmp_path / "out" / "before" / name)
    shutil.rmtree(before)
    assert verify(tmp_path / "out", CHECKS) == []


def test_scores_on_another_file_system_are_copied(
    write_scores: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def elsewhere(source: str, target: str) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr("os.link", elsewhere)
    analyze_behaviors(write_scores("before", BEFORE), tmp_path / "out")
    assert verify(tmp_path / "out", CHECKS) == []
