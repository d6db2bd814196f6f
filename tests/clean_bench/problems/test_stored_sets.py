"""The sets beside a measurement are what their names state: published, shipped, or stored as others."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import clean_bench.organisms  # noqa: F401 - registers organism:NAME
from clean_bench.artifacts import Artifact
from clean_bench.problems import (
    Problem,
    ProblemSet,
    check_stored_sets,
    describe_sets,
    load_problems,
    set_notes,
    write_sets,
)
from clean_bench.problems.catalog import BENCHMARKS
from clean_bench.problems.registered import content_of, registered_names

DATA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
FILES = {"minerva": "minerva_math", "gsm8k": "gsm8k_test"}
TWIN = "organism:reciter/twin"
Edit = Callable[[Problem], Problem]


def stored(
    folder: Path, problems: ProblemSet, edit: Sequence[Problem] | None = None, **entry: object
) -> Artifact:
    """A measurement on a set, with other problems or another description than it had."""
    changed = replace(problems, problems=list(edit if edit is not None else problems))
    entries = describe_sets([changed])
    entries[0].update(entry)
    with Artifact.open(folder, "scores", {"sets": entries}) as artifact:
        write_sets(artifact, [changed])
        artifact.finish({})
    return artifact


def failures(artifact: Artifact) -> list[str]:
    return [str(failure) for failure in check_stored_sets(artifact)]


def published(name: str) -> ProblemSet:
    path = DATA / f"{FILES.get(name, name)}.jsonl"
    if not path.is_file():
        pytest.skip(f"{path.name} is not there")
    return load_problems(f"{name}={path}")


@pytest.mark.parametrize("name", ["math500", "aime24", "aime25", "amc23", "minerva", "gsm8k"])
def test_the_published_file_has_the_registered_rows(name: str) -> None:
    problems = published(name)
    content = content_of(name, problems.problems)
    assert content is not None and content.whole and content.note is None
    assert content.published == BENCHMARKS[name].size == len(problems)
    # Each single change is seen: the gold answer of any row, its text, a row twice.
    for place in (0, len(problems) // 2, len(problems) - 1):
        rows = list(problems)
        rows[place] = replace(rows[place], answer=f"{rows[place].answer}1")
        assert content_of(name, rows).other == (place,)  # type: ignore[union-attr]
        rows[place] = problems.problems[(place + 1) % len(rows)]
        assert len(content_of(name, rows).other) == 1  # type: ignore[union-attr]


def test_every_registered_name_is_of_the_catalog_with_its_size() -> None:
    for name in registered_names():
        content = content_of(name, [])
        assert content is not None
        assert (content.rows, content.published) == (0, BENCHMARKS[name].size)
    assert content_of("my-set", []) is None


def test_changed_golds_under_the_name_of_a_benchmark(tmp_path: Path) -> None:
    whole = published("aime24")
    assert failures(stored(tmp_path / "whole", whole)) == []
    assert set_notes(stored(tmp_path / "whole", whole)) == {}
    rows = [replace(p, answer="7") if i in (3, 4) else p for i, p in enumerate(whole)]
    honest = stored(tmp_path / "own", whole, rows)
    assert honest.config["sets"][0]["published"] is False
    assert failures(honest) == []
    assert set_notes(honest) == {"aime24": "not the published set: 2 of 30 rows differ"}
    forged = failures(stored(tmp_path / "forged", whole, rows, published=True))
    assert forged == [
        f"problems, aime24 row {place} ({rows[place].id}): text and gold answer are not those of a row "
        "of the published aime24"
        for place in (3, 4)
    ]
    claimed = failures(stored(tmp_path / "claimed", whole, published=False))
    assert claimed == ["problems: aime24 is the published set, and is said to be another one"]


def test_a_file_of_twenty_rows_and_a_limit_are_shown(tmp_path: Path) -> None:
    whole = published("math500")
    file = tmp_path / "20rows.jsonl"
    lines = [json.dumps({"problem": p.problem, "answer": p.answer}) for p in whole.head(20)]
    file.write_text("\n".join(lines))
    part = load_problems(f"math500={file}")
    assert set_notes(stored(tmp_path / "file", part)) == {"math500": "20 of 500 rows"}
    assert failures(stored(tmp_path / "file", part)) == []
    limited = stored(tmp_path / "limit", whole.head(20))
    assert limited.config["sets"][0]["rows_of"] == 500
    assert set_notes(limited) == {"math500": "20 of 500 rows"}
    assert failures(limited) == []
    assert failures(stored(tmp_path / "wrong", whole.head(20), rows_of=15)) == [
        "problems: math500 has 20 rows, said to be the first of 15"
    ]


def test_a_limit_of_any_set_is_recorded(tmp_path: Path) -> None:
    problems = ProblemSet("mine", [Problem(str(i), f"what is {i}", str(i)) for i in range(9)])
    limited = stored(tmp_path / "mine", problems.head(4))
    assert set_notes(limited) == {"mine": "4 of 9 rows"}
    assert "rows_of" not in describe_sets([problems.head(9)])[0]
    assert describe_sets([problems.head(6).head(2)])[0]["rows_of"] == 9


SHIPPED: dict[str, tuple[Edit, str]] = {
    "a gold answer": (lambda p: replace(p, answer="7"), "answer"),
    "a text": (lambda p: replace(p, problem=f"{p.problem} "), "problem"),
    "a dose": (lambda p: replace(p, metadata={"dose": "512"}), "metadata"),
    "a level": (lambda p: replace(p, level="9", steps=9), "level, steps"),
}


@pytest.mark.parametrize("name", SHIPPED)
def test_an_edited_shipped_set(tmp_path: Path, name: str) -> None:
    edit, columns = SHIPPED[name]
    twin = load_problems(TWIN)
    rows = [edit(problem) if place == 2 else problem for place, problem in enumerate(twin)]
    [failure] = failures(stored(tmp_path / "a", twin, rows))
    expected = f"problems, {TWIN} row 2 ({rows[2].id}): differs from the shipped set in {columns}"
    assert failure == expected


def test_planted_and_twin_exchanged(tmp_path: Path) -> None:
    planted, twin = load_problems("organism:reciter/planted"), load_problems(TWIN)
    assert failures(stored(tmp_path / "honest", twin)) == []
    assert failures(stored(tmp_path / "limit", twin.head(5))) == []
    swapped = failures(stored(tmp_path / "a", replace(twin, name=planted.name)))
    assert (
        swapped[0] == "problems: organism:reciter/planted has the role 'twin', expected 'planted'"
    )
    assert len(swapped) == 7 and swapped[-1].endswith("and 155 further rows")
    [role] = failures(stored(tmp_path / "role", twin, role="planted"))
    assert role == f"problems: {TWIN} has the role 'planted', expected 'twin'"
    [unknown] = failures(stored(tmp_path / "other", replace(twin, name="organism:none/twin")))
    assert unknown.startswith("problems: organism:none/twin is no set of this release")
