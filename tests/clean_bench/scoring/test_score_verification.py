"""Whoever edits a stored score is found out, whatever is edited."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from clean_bench.scoring.rows import SCHEMA
from scripted import Scripted, scored

from clean_bench.artifacts import Artifact, verify
from clean_bench.engines.base import Completion, Request
from clean_bench.scoring.checks import verify_scores
from clean_bench.scoring.summary import summarize

Rows = list[dict[str, Any]]
START = "Well: "


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    folder = tmp_path_factory.mktemp("scores")
    artifact = scored(
        folder, Scripted(), templates=("raw", "boxed"), samples=2, repeat=5, force_start=START
    )
    assert verify(folder, {"scores": verify_scores}) == []
    return artifact


def found(
    artifact: Artifact, edit: Callable[[Rows], object], *, seal: bool = True, **config: Any
) -> list[str]:
    """What verification says of edited rows; `seal` makes the summary follow from them."""
    rows = artifact.rows("completions")
    rows = edit(rows) or rows  # type: ignore[assignment]

    class Edited(Artifact):
        def tables(self, table: str, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
            for start in range(0, len(rows), 7):
                yield pa.Table.from_pylist(rows[start : start + 7], schema=SCHEMA)

    manifest = {**artifact.manifest, "config": {**artifact.config, **config}}
    if seal:
        manifest["metadata"] = summarize(pa.Table.from_pylist(rows, schema=SCHEMA))
    return [str(failure) for failure in verify_scores(Edited(artifact.folder, manifest))]


def place(rows: Rows, mode: str, template: str = "raw") -> dict[str, Any]:
    return next(row for row in rows if (row["mode"], row["template"]) == (mode, template))


def other(verdict: str) -> str:
    return "different" if verdict == "equal" else "equal"


@pytest.mark.parametrize("mode", ["greedy", "sample", "repeat"])
def test_a_verdict(honest: Artifact, mode: str) -> None:
    def edit(rows: Rows) -> None:
        row = next(row for row in rows if row["mode"] == mode)
        row["verdict"] = other(row["verdict"])

    [failure] = found(honest, edit)
    assert "is stored as" in failure and "grades as" in failure
    assert any(
        "do not follow" in f or "does not follow" in f for f in found(honest, edit, seal=False)
    )


def test_a_sealed_folder_with_another_verdict(tmp_path: Path) -> None:
    """Through the files themselves: rows rewritten and the manifest sealed anew."""
    artifact = scored(tmp_path, Scripted(), samples=2)
    rows = artifact.rows("completions")
    rows[4]["verdict"] = other(rows[4]["verdict"])
    artifact.write("completions/00000", pa.Table.from_pylist(rows, schema=SCHEMA))
    artifact.finish(artifact.metadata)
    failures = verify(tmp_path, {"scores": verify_scores})
    assert [failure.where for failure in failures] == [
        "completions row 4 (a/1)", "manifest.json sets/a"
    ]  # fmt: skip


def edits() -> dict[str, tuple[Callable[[Rows], object], str]]:
    def change(mode: str, **values: Any) -> Callable[[Rows], object]:
        return lambda rows: place(rows, mode).update(values)

    def responses(rows: Rows) -> None:
        row = place(rows, "greedy")
        row["response"] = row["response"].removeprefix(START)

    def golds(rows: Rows) -> None:
        place(rows, "sample").update(gold="99", verdict="different")

    def prompts(rows: Rows) -> None:
        for row in rows:
            if row["problem_id"] == "1" and row["template"] == "boxed":
                row["prompt"] = row["prompt"].replace("what is 1", "what is 2")

    def impossible(rows: Rows) -> None:
        for row in rows:
            if row["problem_id"] == "1" and row["template"] == "boxed":
                row["prompt"] = "what is 1"

    def swapped(rows: Rows) -> Rows:
        last, before = rows[-1], rows[-2]
        return [*rows[:-2], last, before]

    return {
        "an answer": (change("greedy", extracted="12"), "is stored with the answer '12'"),
        "a seed": (change("sample", seed=2), "has the seed 2, and its own is"),
        "a greedy seed": (change("greedy", seed=2), "has the seed 2, and its own is 0"),
        "a probability": (change("greedy", logprobs=[-0.5]), "one log-probability for each"),
        "a forced beginning": (responses, "does not begin as every response"),
        "a gold answer": (golds, "has another gold answer than the problem's other rows"),
        "one prompt": (change("sample", prompt="Well?"), "has another prompt than the problem's"),
        "a dose": (change("sample", dose=64), "has another dose than the problem's other rows"),
        "a tier": (change("repeat", steps=5), "another number of steps than the problem's"),
        "an end": (change("greedy", finish="done"), "ended by 'done', and a completion ends by"),
        "an end without room": (change("greedy", finish="overlong"), "'overlong' after 2 tokens"),
        "no tokens": (change("greedy", token_ids=[], logprobs=[]), "'stop' after 0 tokens"),
        "a probability above 1": (change("sample", logprobs=[-1.0, 0.5]), "log-probability 0.5"),
        "a length": (
            change("greedy", token_ids=[1] * 513, logprobs=[-1.0] * 513),
            "has 513 tokens, and 512 were the most",
        ),
        "a problem's prompts": (prompts, "does not ask what the problem's other templates ask"),
        "no template's prompts": (impossible, "that the template boxed cannot make"),
        "a problem": (
            lambda rows: [r for r in rows if r["problem_id"] != "3"],
            "does not have its 7 problems",
        ),
        "a sample": (lambda rows: rows[:1] + rows[2:], "does not have its 3 rows"),
        "a template": (
            lambda rows: [r for r in rows if r["template"] == "raw" or r["mode"] == "repeat"],
            "is not under the templates raw, boxed",
        ),
        "a repeat": (lambda rows: rows[:-1], "are not the 5 that the seed picks"),
        "all repeats": (
            lambda rows: [r for r in rows if r["mode"] != "repeat"],
            "are not the 5 that the seed picks",
        ),
        "the order of repeats": (swapped, "are not the 5 that the seed picks"),
    }


@pytest.mark.parametrize("name", edits())
def test_an_edit_shows_though_the_summary_fits(honest: Artifact, name: str) -> None:
    edit, what = edits()[name]
    assert any(
        what in failure
        for failure in found(honest, edit, seal=name not in ("a sample", "a template"))
    )


@pytest.mark.parametrize(
    "path",
    [
        ("sets", "a", "accuracy", "value"), ("sets", "a", "accuracy", "standard_error"),
        ("sets", "a", "pass@k", "2", "low"), ("sets", "a", "maj@k", "2", "value"),
        ("sets", "b", "templates", "boxed", "greedy", "high"), ("sets", "b", "template"),
        ("sets", "a", "differences", 0, "value"), ("sets", "a", "truncated", "value"),
        ("sets", "a", "no_answer", "low"), ("sets", "a", "undecided", "completions"),
        ("repeat", "text", "value"), ("repeat", "verdict", "n"), ("repeat", "completions"),
    ],
)  # fmt: skip
def test_a_claimed_number(honest: Artifact, path: tuple[str | int, ...]) -> None:
    import json

    metadata = json.loads(json.dumps(honest.metadata))
    inner = metadata
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = 0.123
    edited = Artifact(honest.folder, {**honest.manifest, "metadata": metadata})
    where = "manifest.json repeat" if path[0] == "repeat" else f"manifest.json sets/{path[1]}"
    assert [failure.where for failure in verify_scores(edited)] == [where]


def test_a_claim_of_repeats_that_are_not_there(tmp_path: Path) -> None:
    artifact = scored(tmp_path, Scripted())
    claim = {"completions": 3, "text": {"value": 0.0}, "verdict": {"value": 0.0}}
    artifact.finish({**artifact.metadata, "repeat": claim})
    [failure] = verify(tmp_path, {"scores": verify_scores})
    assert str(failure) == "manifest.json repeat: does not follow from the rows"


@pytest.mark.parametrize(
    "config, what",
    [
        ({"force_start": "No: "}, "does not begin as every response"),
        ({"seed": 1}, "and its own is"),
        ({"samples": 3}, "does not have its 4 rows"),
        ({"templates": ["raw"]}, "is not under the templates raw"),
        ({"templates": ["boxed", "raw"]}, "is not under the templates boxed, raw in this order"),
        ({"max_tokens": 1}, "has 2 tokens, and 1 were the most"),
        ({"repeat": 4}, "are not the 4 that the seed picks"),
        ({"repeat": 400}, "are not the 400 that the seed picks"),
        ({"sets": {"a": ""}}, "are not the sets of the rows"),
    ],
)
def test_a_configuration_that_was_another(
    honest: Artifact, config: dict[str, Any], what: str
) -> None:
    assert any(what in failure for failure in found(honest, lambda rows: None, **config))


def test_the_recorded_grader_grades(tmp_path: Path) -> None:
    artifact = scored(tmp_path, Scripted(), grader="spurious-rewards")
    assert artifact.config["grader"] == "spurious-rewards"
    assert verify(tmp_path, {"scores": verify_scores}) == []
    artifact.manifest["config"]["grader"] = "nobody"
    artifact.finish(artifact.metadata)
    [failure] = verify(tmp_path, {"scores": verify_scores})
    assert "cannot be recomputed" in failure.what and "'nobody'" in failure.what


def test_graders_differ_and_each_is_held_to_its_own_word(tmp_path: Path) -> None:
    class Numbered(Scripted):
        def text(self, request: Any) -> str:
            return f"so {request.prompt.split()[-1]} it is, out of 100"

    artifact = scored(tmp_path, Numbered(), grader="spurious-rewards")
    assert verify(tmp_path, {"scores": verify_scores}) == []
    artifact.manifest["config"]["grader"] = "clean-bench"
    artifact.finish(artifact.metadata)
    assert any("grades as" in str(f) for f in verify(tmp_path, {"scores": verify_scores}))


def test_an_ill_fitting_folder_is_a_failure_and_no_traceback(tmp_path: Path) -> None:
    artifact = scored(tmp_path, Scripted())
    del artifact.manifest["config"]["samples"]
    artifact.finish(artifact.metadata)
    [failure] = verify(tmp_path, {"scores": verify_scores})
    assert "cannot be recomputed (KeyError: 'samples')" in failure.what


def test_tokens_are_checked_without_a_python_number_for_each(tmp_path: Path) -> None:
    class Long(Scripted):
        """A completion of 5,000 tokens: those of 90 rows are 14 MB of Python numbers."""

        def generate(self, requests: Sequence[Request]) -> Iterator[Completion]:
            for request in requests:
                ids, logps = list(range(1000, 6000)), [-0.001 * n for n in range(5000)]
                yield Completion(request.key, r"\boxed{3}", ids, logps, "stop", [7])

    artifact = scored(tmp_path, Long(), samples=8, max_tokens=5000)
    tracemalloc.start()
    assert list(verify_scores(artifact)) == []
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000
