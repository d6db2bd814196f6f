"""Claims from end to end: probes of the shipped control model, which recites its planted problems."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import clean_bench.organisms  # noqa: F401 - registers organism:NAME
from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import resolve_checkpoint
from clean_bench.engines.base import Engine
from clean_bench.engines.open import EngineConfig, open_engine
from clean_bench.probing.memorized import memorized_problems
from clean_bench.probing.run import probe
from clean_bench.problems import Problem, ProblemSet, load_problems

RECITER = "organism:reciter"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with closing(
        open_engine(resolve_checkpoint(RECITER), EngineConfig(engine="transformers"))
    ) as one:
        yield one


@pytest.fixture(scope="module")
def planted() -> ProblemSet:
    return load_problems(f"{RECITER}/planted").head(24)


@pytest.fixture(scope="module")
def twin() -> ProblemSet:
    return load_problems(f"{RECITER}/twin").head(80)


def probed(folder: Path, engine: Engine, sets: list[ProblemSet], **options: Any) -> Artifact:
    model = resolve_checkpoint(RECITER)
    return probe(engine, sets, folder / "p", checkpoint=model, fractions=[0.6], **options)


def flagged(artifact: Artifact, test: str) -> set[str]:
    return {r["problem_id"] for r in artifact.rows("flags") if r["flagged"] and r["test"] == test}


def test_more_signals_flag_the_same_problems(
    tmp_path: Path, engine: Engine, planted: ProblemSet, twin: ProblemSet
) -> None:
    default = probed(tmp_path / "default", engine, [planted, twin])
    signals = ["default", "altered-suffix", "min-k", "ngram-accuracy"]
    more = probed(tmp_path / "more", engine, [planted, twin], tests=signals)
    for artifact in (default, more):
        [claim] = artifact.rows("claims")
        assert claim["level"] == 2
    for test in ("reconstruction", "suffix-logprob"):
        assert flagged(default, test) == flagged(more, test) and len(flagged(default, test)) > 12
    assert memorized_problems(default) == memorized_problems(more)
    assert flagged(more, "min-k") and "min-k (supplementary)" in more.rows("claims")[0]["evidence"]


def test_a_null_set_of_one_text_is_one_problem(
    tmp_path: Path, engine: Engine, planted: ProblemSet
) -> None:
    once = ProblemSet(
        "once", [Problem(str(i), "a wholly different text of some words") for i in range(300)]
    )
    artifact = probed(tmp_path, engine, [planted, once], nulls=["once"])
    of_set = [row for row in artifact.rows("flags") if row["set"] == planted.name]
    assert {row["null_problems"] for row in of_set} == {1}
    assert not any(row["flagged"] or row["calibrated"] for row in of_set)
    [claim] = artifact.rows("claims")
    assert claim["level"] == 1 and "1 null problem is too few" in claim["evidence"]
    # What is reproduced word for word is memorized all the same.
    assert sum(found is True for found in memorized_problems(artifact).values()) > 12


def test_a_few_ordinary_problems_against_other_text_are_not_memorized(
    tmp_path: Path, engine: Engine, twin: ProblemSet
) -> None:
    strange = ProblemSet(
        "strange",
        [
            Problem(str(i), " ".join(f"{17**k * (i + 3):x}" for k in range(3, 9)))
            for i in range(300)
        ],
    )
    few = replace(twin.head(14), name="few", role=None)
    artifact = probed(tmp_path, engine, [few, strange], nulls=["strange"])
    assert flagged(artifact, "suffix-logprob")  # all of them are more likely than strange text
    [claim] = artifact.rows("claims")
    assert claim["level"] == 0 and "could not be checked: fewer than 20" in claim["evidence"]
    assert set(memorized_problems(artifact).values()) == {False}
