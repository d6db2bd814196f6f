"""The second grade of Minerva: both accuracies are stored, printed and recomputed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner

from clean_bench.artifacts import Artifact, verify
from clean_bench.cli.main import cli
from clean_bench.cli.score import command
from clean_bench.grading import grade, read_gold
from clean_bench.problems.catalog import BENCHMARKS
from clean_bench.results import Results
from clean_bench.samples import TABLE
from clean_bench.scoring.checks import check_scores
from clean_bench.scoring.summary import needed, summarize
from tests.forgeries import change_rows, edited, resealed

MINERVA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "minerva_math.jsonl"

ROWS = [
    {"id": "a", "problem": "p1", "gold": "2.45e6", "response": r"\boxed{2.45 \times 10^6}"},
    {"id": "b", "problem": "p2", "gold": "4080", "response": r"\boxed{4080}"},
    {"id": "c", "problem": "p3", "gold": "2.45e6", "response": r"\boxed{2.4501e6}"},
    {"id": "d", "problem": "p4", "gold": "3.5", "response": r"\boxed{4}"},
]
"""Exact: a, b. Within 10^-4: a, b, c. By the published rules: b, c."""


def write(folder: Path) -> Path:
    path = folder / "completions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


@pytest.mark.parametrize(("tolerance", "own"), [((), 0.5), (("--tolerance", "1e-4"), 0.75)])
def test_both_accuracies_of_minerva_are_printed_and_stored(
    tmp_path: Path, tolerance: tuple[str, ...], own: float
) -> None:
    out = tmp_path / "S"
    arguments = ["--from", f"minerva={write(tmp_path)}", "--out", str(out), *tolerance]
    printed = CliRunner().invoke(command, arguments, catch_exceptions=False).stdout
    results = Results.load(out)
    assert results.where(measure="accuracy").one().value == own
    assert results.where(measure="qwen2.5-math-minerva:accuracy").one().value == 0.5
    line = next(line for line in printed.splitlines() if "published rules" in line)
    assert f"accuracy {100 * own:.1f}" in line and "50.0" in line
    assert "58 of the 272 gold answers are in e-notation" in printed
    assert all(f"row {row}:" in printed for row in (12, 155, 162, 165))
    artifact = Artifact.load(out, "scores")
    assert artifact.config["tolerance"] == (float(tolerance[1]) if tolerance else None)
    kinds = [row["grade_published"] for row in artifact.rows("samples")]
    assert kinds == ["different", "equal", "equal", "different"]
    assert verify(out, {"scores": check_scores}) == []


@pytest.mark.parametrize(
    ("stored", "what"),
    [
        (
            "timeout",
            "is stored as 'timeout', decided within 0.5 s as 'different', by the published",
        ),
        ("crash", "is stored as 'crash', decided within 0.5 s as 'different', by the published"),
        ("equal", "is stored as 'equal', by the published rules, and grades as 'different'"),
        (None, "is stored as None, by the published rules, and grades as 'different'"),
    ],
)
def test_a_wrong_answer_cannot_leave_the_published_accuracy(
    tmp_path: Path, stored: str | None, what: str
) -> None:
    """Results and counts follow from the edited grade; the row is found."""
    arguments = ["--from", f"minerva={write(tmp_path)}", "--out", str(tmp_path / "S")]
    CliRunner().invoke(command, arguments, catch_exceptions=False)

    def edit(artifact: Artifact) -> None:
        change_rows(artifact, TABLE, lambda rows: rows[0].update(grade_published=stored))
        kept = pa.concat_tables([needed(table) for table in artifact.tables(TABLE)])
        name = artifact.manifest["provenance"]["checkpoint"]
        results, counts = summarize(kept, artifact.config, name)
        results.write(artifact)
        artifact.manifest["metadata"]["counts"] = counts

    copy = edited(tmp_path / "S", tmp_path / "copy", edit)
    [failure] = verify(copy, {"scores": check_scores})
    assert failure.where == "samples row 0 (minerva/a)" and what in failure.what


def test_another_set_or_grader_has_one_grade(tmp_path: Path) -> None:
    for name, grader in (("other", "clean-bench"), ("minerva", "math-verify")):
        out = tmp_path / name
        arguments = ["--from", f"{name}={write(tmp_path)}", "--out", str(out), "--grader", grader]
        printed = CliRunner().invoke(command, arguments, catch_exceptions=False).stdout
        assert "published rules" not in printed
        rows = Artifact.load(out, "scores").rows("samples")
        assert {row["grade_published"] for row in rows} == {None}


def test_the_list_of_benchmarks_names_the_wrong_gold_answers() -> None:
    printed = CliRunner().invoke(cli, ["list", "benchmarks"], catch_exceptions=False).stdout
    assert "minerva: 58 of the 272 gold answers" in printed
    assert all(f"row {row}:" in printed for row in (12, 155, 162, 165))


@pytest.mark.skipif(not MINERVA.exists(), reason="needs the published file, which is not shipped")
def test_the_facts_of_the_catalog_are_those_of_the_published_file() -> None:
    rows = [json.loads(line) for line in MINERVA.read_text(encoding="utf-8").splitlines()]
    golds = [read_gold(row["solution"])[0] for row in rows]
    pairs = []
    for gold in golds:
        match = re.fullmatch(r"(-?[0-9.]+)[eE](-?[0-9]+)", gold)
        if match:
            pairs.append((gold, rf"\boxed{{{match[1]} \times 10^{{{match[2]}}}}}"))
    kinds = {
        name: {graded.kind for graded in grade(pairs, grader=name)}
        for name in ("clean-bench", "qwen2.5-math-minerva", "math-verify")
    }
    assert len(pairs) == 58
    assert kinds == {
        "clean-bench": {"equal"},
        "qwen2.5-math-minerva": {"different"},
        "math-verify": {"different"},
    }
    wrong = BENCHMARKS["minerva"].wrong_golds
    assert [golds[gold.row] for gold in wrong][1:] == ["4.4677", "1.22", "0.822"]
    assert golds[wrong[0].row].startswith(r"\frac{2 \pi c^{2} R^{2}}")


@pytest.mark.parametrize(
    ("row", "kind", "message"),
    [
        (0, "equal", "stored as 'equal', by the published rules, and grades as 'different'"),
        (1, "timeout", "decided within 0.5 s as 'equal', by the published rules"),
        (2, None, "stored as None, by the published rules"),
    ],
)
def test_a_forged_published_grade_is_refused(
    tmp_path: Path, row: int, kind: str | None, message: str
) -> None:
    out = tmp_path / "S"
    arguments = ["--from", f"minerva={write(tmp_path)}", "--out", str(out)]
    CliRunner().invoke(command, arguments, catch_exceptions=False)
    artifact = Artifact.load(out, "scores")
    change_rows(artifact, "samples", lambda rows: rows[row].update(grade_published=kind))
    resealed(out)
    failures = verify(out, {"scores": check_scores})
    assert any(message in failure.what for failure in failures), failures
