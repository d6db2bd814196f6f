"""A set that the grader could not decide on gives a report without its estimates, not an error."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from clean_bench.experiments.compare import completions_recipe
from clean_bench.experiments.run import run
from clean_bench.grading import Grade, grade
from clean_bench.progress import Bar
from clean_bench.scoring import from_files


def write(path: Path, right: int, samples: int) -> str:
    """Completions of two sets of 8 problems: the first `right` of each are correct."""
    rows = [
        {"id": str(n), "problem": f"{n} + {n}?", "gold": str(2 * n), "response": response}
        for n in range(8)
        for response in [rf"\boxed{{{2 * n if n < right else 99}}}"] * samples
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


@pytest.mark.parametrize("samples", [1, 4])
@pytest.mark.parametrize("undecided", ["one set", "all sets", "one set of the base", "all but one"])
def test_a_report_is_written(
    undecided: str, samples: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, bar: Bar
) -> None:
    calls = iter(range(1_000_000))

    def limited(pairs: Sequence[tuple[str, str]], **options: Any) -> list[Grade]:
        call, grades = next(calls), grade(pairs, **options)
        cut = {
            "one set": call % 2 == 0,
            "all sets": True,
            "one set of the base": call == 0,
            "all but one": True,
        }[undecided]
        kept = 1 * samples if undecided == "all but one" else 0
        return [
            Grade("timeout", graded.extracted, graded.extraction) if cut and n >= kept else graded
            for n, graded in enumerate(grades)
        ]

    monkeypatch.setattr(from_files, "grade", limited)
    files = [
        ",".join(
            f"{name}={write(tmp_path / f'{model}-{name}.jsonl', right, samples)}"
            for name in ("first", "second")
        )
        for model, right in (("base", 3), ("tuned", 6))
    ]
    recipe = completions_recipe(files)
    artifact = run(recipe, tmp_path / "C", bar)
    assert artifact.finished
    page = (tmp_path / "C/index.html").read_text("utf-8")
    assert "undecided" in page and ">nan" not in page
    json.loads((tmp_path / "C/report.json").read_bytes(), parse_constant=pytest.fail)
