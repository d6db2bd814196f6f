"""Gold answers of generated problems beside a measurement are evaluated from their texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from clean_bench.artifacts import Artifact
from clean_bench.organisms.shipped import organism_set
from clean_bench.problems import Problem, ProblemSet, describe_sets, load_folder, write_sets
from generators.checks import check_answers
from generators.set_plan import master_seed
from generators.write import generate


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> ProblemSet:
    folder = tmp_path_factory.mktemp("sets") / "fresh"
    seed = {"seed": "x"}
    generate(
        "integer-chains", (3, 4), 6, master=master_seed(**seed), origin=seed, out=folder
    ).close()  # type: ignore[arg-type]
    return load_folder(folder)


def failures(folder: Path, problems: ProblemSet, edit: Callable[[Problem], Problem]) -> list[str]:
    rows = [edit(p) if place == 1 else p for place, p in enumerate(problems)]
    changed = replace(problems, problems=rows)
    with Artifact.open(folder, "scores", {"sets": describe_sets([changed])}) as artifact:
        write_sets(artifact, [changed])
        artifact.finish({})
    return [str(failure) for failure in check_answers(artifact)]


def test_changed_golds_texts_and_levels(tmp_path: Path, fresh: ProblemSet) -> None:
    assert failures(tmp_path / "a", fresh, lambda p: p) == []
    [gold] = failures(tmp_path / "b", fresh, lambda p: replace(p, answer="123456789"))
    assert gold.startswith(
        f"problems, fresh row 1 ({fresh.problems[1].id}): the text evaluates to "
    )
    assert gold.endswith(", the answer is 123456789")
    other = fresh.problems[0].problem
    [text] = failures(tmp_path / "c", fresh, lambda p: replace(p, problem=other))
    assert "the text evaluates to" in text
    [level] = failures(tmp_path / "d", fresh, lambda p: replace(p, level="9"))
    assert level.endswith("has the level 9, and a text of 4 steps")
    mine = ProblemSet("mine", [Problem("1", "what?", "7"), Problem("2", "which?", "8")])
    assert failures(tmp_path / "e", mine, lambda p: p) == []


def test_the_golds_of_control_models(tmp_path: Path) -> None:
    for half in ("planted", "twin"):
        assert failures(tmp_path / half, organism_set(f"reciter/{half}"), lambda p: p) == []
