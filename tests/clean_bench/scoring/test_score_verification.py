"""Every edit of a stored score is detected: samples, problems, results and configuration."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from scripted import Scripted, scored

from clean_bench import regrading
from clean_bench.artifacts import Artifact, verify
from clean_bench.cli.score import view
from clean_bench.engines.base import Completion, Request
from clean_bench.grading import Grade, grade
from clean_bench.results import Results
from clean_bench.samples import SCHEMA, SCORES_SCHEMA, read_samples
from clean_bench.scoring.checks import check_scores
from clean_bench.scoring.summary import COLUMNS, summarize

Rows = list[dict[str, Any]]
START = "Well: "


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    folder = tmp_path_factory.mktemp("scores")
    artifact = scored(
        folder, Scripted(), templates=("raw", "boxed"), samples=2, repeat=5, force_start=START
    )
    assert verify(folder, {"scores": check_scores}) == []
    return artifact


class Edited(Artifact):
    """An artifact with other rows in some of its tables, seven to a shard."""

    def __init__(self, artifact: Artifact, tables: dict[str, pa.Table], **manifest: Any) -> None:
        super().__init__(artifact.folder, {**artifact.manifest, **manifest})
        self._edited = tables

    def tables(
        self, table: str, columns: Sequence[str] | None = None, **options: Any
    ) -> Iterator[pa.Table]:
        if table not in self._edited:
            yield from super().tables(table, columns, **options)
            return
        for start in range(0, len(self._edited[table]), 7):
            yield self._edited[table].slice(start, 7)


def failures(
    artifact: Artifact, edit: Callable[[Rows], object], *, seal: bool = True, **config: Any
) -> list[str]:
    """What verification finds in edited samples; `seal` makes the results follow from them."""
    rows = artifact.rows("samples")
    rows = edit(rows) or rows  # type: ignore[assignment]
    samples = pa.Table.from_pylist(rows, schema=SCORES_SCHEMA)
    manifest = {"config": {**artifact.config, **config}}
    tables = {"samples": samples}
    if seal:
        results, counts = summarize(samples.select(COLUMNS), manifest["config"], "some")
        tables["results"] = results.table
        manifest["metadata"] = {"counts": counts}
    return [str(failure) for failure in check_scores(Edited(artifact, tables, **manifest))]


def place(rows: Rows, mode: str, template: str = "raw") -> dict[str, Any]:
    return next(row for row in rows if (row["mode"], row["template"]) == (mode, template))


def other(grade: str) -> str:
    return "different" if grade == "equal" else "equal"


@pytest.mark.parametrize("mode", ["greedy", "sample", "repeat"])
def test_a_grade(honest: Artifact, mode: str) -> None:
    def edit(rows: Rows) -> None:
        row = next(row for row in rows if row["mode"] == mode)
        row["grade"] = other(row["grade"])

    [failure] = failures(honest, edit)
    assert "is stored as" in failure and "grades as" in failure
    assert any("the samples give" in f for f in failures(honest, edit, seal=False))


def test_a_sealed_folder_with_another_grade(tmp_path: Path) -> None:
    """Through the files themselves: rows rewritten and the manifest sealed anew."""
    artifact = scored(tmp_path, Scripted(), samples=2)
    rows = artifact.rows("samples")
    rows[4]["grade"] = other(rows[4]["grade"])
    artifact.write("samples/00000", pa.Table.from_pylist(rows, schema=SCORES_SCHEMA))
    artifact.finish(artifact.metadata)
    where = {failure.where for failure in verify(tmp_path, {"scores": check_scores})}
    assert {"samples row 4 (a/1)", "results row 1 (a, avg@2)", "manifest.json counts"} <= where


def test_the_flexible_grade_and_the_headline(
    honest: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The two grades of a row are recomputed, and so is which of them is the headline."""

    def flexible(rows: Rows) -> None:
        row = place(rows, "greedy")
        row["grade_flexible"] = other(row["grade_flexible"])

    [failure] = failures(honest, flexible)
    assert "flexible, and grades as" in failure
    unmarked = [Grade("equal", "0", "closing sentence")]

    def regraded(
        pairs: Sequence[tuple[str, str]], limits: object = None, *, grader: str
    ) -> list[Grade]:
        return [
            unmarked[0] if response == START + "the sum gives 0" else graded
            for (_, response), graded in zip(pairs, grade(pairs, grader=grader), strict=True)
        ]

    monkeypatch.setattr(regrading, "grade", regraded)

    def of_template(template: str, headline: str) -> Callable[[Rows], None]:
        def edit(rows: Rows) -> None:
            place(rows, "greedy", template).update(
                response=START + "the sum gives 0", grade=headline, grade_flexible="equal",
                extracted="0", extraction="closing sentence",
            )  # fmt: skip

        return edit

    honest_headlines = {"raw": "equal", "boxed": "no answer"}
    for template, headline in honest_headlines.items():
        assert failures(honest, of_template(template, headline)) == []
        [failure] = failures(
            honest, of_template(template, "equal" if template == "boxed" else "no answer")
        )
        assert f"grades as {headline!r}" in failure


def test_a_folder_of_a_version_with_one_grade(tmp_path: Path) -> None:
    artifact = scored(tmp_path, Scripted(), samples=2)
    del artifact.manifest["config"]["tolerance"]  # a setting that came with the second grade
    table = pa.Table.from_pylist(artifact.rows("samples"), schema=SCHEMA)
    results, counts = summarize(table, artifact.config, "some")
    assert not [row for row in results if ":" in row.measure] and "headline" not in counts[0]
    artifact.write("samples/00000", table)
    results.write(artifact)
    artifact.finish({"counts": counts}, volatile=["results"])
    assert verify(tmp_path, {"scores": check_scores}) == []
    assert "strict" not in view(Results.read(artifact), counts, 0)
    assert next(read_samples(table)).grade_flexible is None


def edits() -> dict[str, tuple[Callable[[Rows], object], str]]:
    def change(mode: str, **values: Any) -> Callable[[Rows], object]:
        return lambda rows: place(rows, mode).update(values)

    def responses(rows: Rows) -> None:
        row = place(rows, "greedy")
        row["response"] = row["response"].removeprefix(START)

    def golds(rows: Rows) -> None:
        for row in rows:
            if (row["set"], row["problem_id"]) == ("a", "1"):
                row.update(gold="99", grade="different")

    def prompts(rows: Rows) -> None:
        for row in rows:
            if row["problem_id"] == "1" and row["template"] == "boxed":
                row["prompt"] = row["prompt"].replace("what is 1", "what is 2")

    def impossible(rows: Rows) -> None:
        for row in rows:
            if row["problem_id"] == "1" and row["template"] == "boxed":
                row["prompt"] = "what is 1"

    def unknown_problem(rows: Rows) -> None:
        for row in rows:
            if row["problem_id"] == "1":
                row["problem_id"] = "one"

    def swapped(rows: Rows) -> Rows:
        last, before = rows[-1], rows[-2]
        return [*rows[:-2], last, before]

    return {
        "an answer": (change("greedy", extracted="12"), "is stored with the answer '12'"),
        "a rule": (change("greedy", extraction="luck"), "is stored with the rule 'luck', not "),
        "a seed": (change("sample", seed=2), "has the seed 2, expected"),
        "a greedy seed": (change("greedy", seed=2), "has the seed 2, expected 0"),
        "a probability": (change("greedy", logprobs=[-0.5]), "one log-probability for each"),
        "a forced beginning": (responses, "does not begin with the forced start"),
        "a gold answer": (golds, "has the gold answer '99', and its problem '1'"),
        "one gold answer": (
            change("sample", gold="99", grade="different"),
            "has the gold answer '99', and its problem '0'",
        ),
        "one prompt": (change("sample", prompt="Well?"), "has another prompt than the problem's"),
        "an end": (change("greedy", finish="done"), "ended by 'done', expected one of stop, "),
        "an end without room": (change("greedy", finish="overlong"), "'overlong' after 2 tokens"),
        "no tokens": (change("greedy", token_ids=[], logprobs=[]), "'stop' after 0 tokens"),
        "a probability above 1": (change("sample", logprobs=[-1.0, 0.5]), "log-probability 0.5"),
        "a length": (
            change("greedy", token_ids=[1] * 513, logprobs=[-1.0] * 513),
            "has 513 tokens, expected at most 512",
        ),
        "a problem's prompts": (prompts, "that the template boxed does not make of its problem"),
        "no template's prompts": (impossible, "that the template boxed does not make"),
        "an unknown problem": (unknown_problem, "is of no stored problem"),
        "a problem": (
            lambda rows: [r for r in rows if r["problem_id"] != "3"],
            "does not have its 7 problems",
        ),
        "a sample": (lambda rows: rows[:1] + rows[2:], "does not have its 3 rows"),
        "a template": (
            lambda rows: [r for r in rows if r["template"] == "raw" or r["mode"] == "repeat"],
            "does not have the templates raw, boxed in this order",
        ),
        "a set": (
            lambda rows: [r for r in rows if r["set"] == "a" or r["mode"] == "repeat"],
            "does not hold the sets of the configuration in their order",
        ),
        "a repeat": (lambda rows: rows[:-1], "are not the 5 that the seed picks"),
        "all repeats": (
            lambda rows: [r for r in rows if r["mode"] != "repeat"],
            "are not the 5 that the seed picks",
        ),
        "the order of repeats": (swapped, "are not the 5 that the seed picks"),
    }


@pytest.mark.parametrize("name", edits())
def test_an_edit_is_detected_though_the_results_fit(honest: Artifact, name: str) -> None:
    edit, what = edits()[name]
    seal = name not in ("a sample", "a template", "a set")
    assert any(what in failure for failure in failures(honest, edit, seal=seal))


@pytest.mark.parametrize("column", ["low", "method", "protocol", "checkpoint", "role", "n"])
def test_an_edited_column_of_the_results(honest: Artifact, column: str) -> None:
    rows = Results.read(honest)
    edits: dict[str, Any] = {"low": 0.123, "n": 99}
    changed = rows[4]._replace(**{column: edits.get(column, "x")})
    edited = [*rows[:4], changed, *rows[5:]]
    [failure] = check_scores(Edited(honest, {"results": Results(edited).table}))
    assert failure.where == f"results row 4 ({changed.set}, {changed.measure})"
    assert failure.what.startswith(f"{column} is stored as {edits.get(column, 'x')!r}")


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"set": "a", "measure": "avg@2", "template": "raw"}, "value"),
        ({"set": "a", "measure": "avg@2", "template": "raw"}, "standard_error"),
        ({"set": "a", "measure": "pass@2", "template": "raw"}, "low"),
        ({"set": "a", "measure": "maj@2", "template": "raw"}, "value"),
        ({"set": "b", "measure": "accuracy", "template": "boxed"}, "high"),
        ({"set": "a", "versus": "template=raw"}, "value"),
        ({"set": "a", "measure": "truncated", "template": "raw"}, "value"),
        ({"set": "a", "measure": "no_answer", "template": "boxed"}, "low"),
        ({"measure": "flipped_text"}, "value"),
        ({"measure": "flipped_grade"}, "n"),
    ],
)
def test_a_claimed_number(honest: Artifact, columns: dict[str, Any], name: str) -> None:
    results = Results.read(honest)
    row = results.where(**{"versus": None, **columns}).one()
    edited = [
        row._replace(**{name: 1 if name == "n" else 0.123}) if r is row else r for r in results
    ]
    found = list(check_scores(Edited(honest, {"results": Results(edited).table})))
    place = list(results).index(row)
    assert [failure.where for failure in found] == [
        f"results row {place} ({row.set}, {row.measure})"
    ]
    assert found[0].what.startswith(f"{name} is stored as ")


@pytest.mark.parametrize("path", [("problems",), ("overlong",), ("template",), ("grades", "equal")])
def test_a_claimed_count(honest: Artifact, path: tuple[str, ...]) -> None:
    metadata = json.loads(json.dumps(honest.metadata))
    inner = metadata["counts"][0]
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = 3
    [failure] = check_scores(Edited(honest, {}, metadata=metadata))
    assert str(failure) == "manifest.json counts: do not follow from the samples"


def test_a_claim_of_repeats_that_were_not_made(tmp_path: Path) -> None:
    artifact = scored(tmp_path, Scripted())
    results = Results.read(artifact)
    claim = results[0]._replace(set="(all sets)", measure="flipped_text", value=0.0)
    Results([*results, claim]).write(artifact)
    artifact.finish(artifact.metadata)
    [failure] = verify(tmp_path, {"scores": check_scores})
    rows = len(results)
    assert str(failure) == f"results: has {rows + 1} rows, and {rows} follow from the samples"


@pytest.mark.parametrize("table", ["samples", "problems", "results"])
def test_a_table_that_was_left_out(tmp_path: Path, table: str) -> None:
    artifact = scored(tmp_path, Scripted())
    for path in artifact.shards(table):
        path.unlink()
    artifact.finish(artifact.metadata)
    assert verify(tmp_path, {"scores": check_scores})


def test_an_edited_problem(honest: Artifact) -> None:
    problems = pa.concat_tables(honest.tables("problems"))
    edited = problems.set_column(0, problems.field(0), pa.array([f"x{i}" for i in range(10)]))
    found = [str(f) for f in check_scores(Edited(honest, {"problems": edited}))]
    assert found[0] == "problems: a is not the set that the configuration names"


@pytest.mark.parametrize(
    "config, what",
    [
        ({"force_start": "No: "}, "does not begin with the forced start"),
        ({"seed": 1}, "expected"),
        ({"samples": 3}, "does not have its 4 rows"),
        ({"templates": ["raw"]}, "does not have the templates raw in this order"),
        ({"templates": ["boxed", "raw"]}, "does not have the templates boxed, raw in this order"),
        ({"max_tokens": 1}, "has 2 tokens, expected at most 1"),
        ({"repeat": 4}, "are not the 4 that the seed picks"),
        ({"repeat": 400}, "are not the 400 that the seed picks"),
        ({"sets": []}, "does not hold the sets of the configuration in their order"),
    ],
)
def test_a_configuration_that_was_another(
    honest: Artifact, config: dict[str, Any], what: str
) -> None:
    assert any(what in failure for failure in failures(honest, lambda rows: None, **config))


def test_the_recorded_grader_grades(tmp_path: Path) -> None:
    artifact = scored(tmp_path, Scripted(), grader="spurious-rewards")
    assert artifact.config["grader"] == "spurious-rewards"
    assert verify(tmp_path, {"scores": check_scores}) == []
    artifact.manifest["config"]["grader"] = "nobody"
    artifact.finish(artifact.metadata)
    [failure] = verify(tmp_path, {"scores": check_scores})
    assert "cannot be recomputed" in failure.what and "'nobody'" in failure.what


def test_graders_differ_and_the_recorded_one_grades(tmp_path: Path) -> None:
    class Numbered(Scripted):
        def text(self, request: Any) -> str:
            return f"so {request.prompt.split()[-1]} it is, out of 100"

    artifact = scored(tmp_path, Numbered(), grader="spurious-rewards")
    assert verify(tmp_path, {"scores": check_scores}) == []
    artifact.manifest["config"]["grader"] = "clean-bench"
    artifact.finish(artifact.metadata)
    assert any("grades as" in str(f) for f in verify(tmp_path, {"scores": check_scores}))


def test_a_configuration_without_a_key_is_a_failure_and_no_traceback(tmp_path: Path) -> None:
    artifact = scored(tmp_path, Scripted())
    del artifact.manifest["config"]["samples"]
    artifact.finish(artifact.metadata)
    [failure] = verify(tmp_path, {"scores": check_scores})
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
    assert list(check_scores(artifact)) == []
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000
