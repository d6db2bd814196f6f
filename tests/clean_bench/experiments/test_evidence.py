"""The arrays behind a report, by hand: who takes part, what is a gain, what counts as recited."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from clean_bench.artifacts import Artifact
from clean_bench.experiments.evidence import Evidence, Scores
from clean_bench.experiments.recipe import parse

RECIPE = """
title = "t"
checkpoint = "c"
benchmark = "b"
seeds = [1, 2]
data = {family = "word-problems", steps = "2", count = 5}
fresh = {family = "word-problems", steps = "2", count = 5}
score = {samples = 4}
train = {steps = 2}
arms = [{name = "truth", reward = "truth"}, {name = "random", reward = "random"}]
"""
NAN = float("nan")


def scores(*rows: list[float]) -> Scores:
    """Four problems of the set `main`, four samples each; greedy is all right."""
    table = np.array(rows)
    problems = [{"problem_id": str(i), "level": "1"} for i in range(len(rows))]
    empty = np.ones((1, 4))
    return Scores(
        {"main": table, "fresh": empty},
        {"main": np.ones((len(rows), 1)), "fresh": empty[:, :1]},
        {"main": problems, "fresh": [{"problem_id": "0", "level": "1"}]},
    )


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    found = Evidence.__new__(Evidence)
    found.folder, found.recipe = tmp_path, parse(RECIPE, "r.toml")
    found.main, found.twin, found.sets = "main", None, ["main", "fresh"]
    same = [[1, 0, 1, 0], [0, 0, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0]]
    found.base = scores(*same)
    found.trained = {
        "truth": [
            scores([1, 1, 1, 1], [0, 0, 1, 1], [1, 1, 1, 1], [1, 0, 0, 0]),
            scores([1, 1, 1, 0], [1, 0, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0]),
        ],
        "random": [scores(*same), scores([NAN, 0, 1, 0], *same[1:])],
    }
    return found


def test_an_undecided_sample_takes_the_problem_out_of_every_arm(evidence: Evidence) -> None:
    assert evidence.kept["main"].tolist() == [False, True, True, True]
    assert evidence.before("main").shape == (3, 4)
    assert evidence.after("truth", "main").shape == (2, 3, 4)
    assert evidence.greedy("main", "random").shape == (3, 2)


def test_gains_by_hand(evidence: Evidence) -> None:
    # Problems 1, 2, 3; base means 1/2, 1, 0; after seed 1: 1/2, 1, 1/4; after seed 2: 3/4, 1, 0.
    np.testing.assert_allclose(evidence.gains("truth", "main"), [[0, 0, 0.25], [0.25, 0, 0]])
    # The base's last two samples alone have means 1, 1, 0.
    np.testing.assert_allclose(
        evidence.gains("truth", "main", slice(2, None)), [[-0.5, 0, 0.25], [-0.25, 0, 0]]
    )
    np.testing.assert_allclose(evidence.gains("random", "main"), np.zeros((2, 3)))


def probed(folder: Path, matches: dict[str, bool | None]) -> None:
    rows = [
        {
            "set": "main", "problem_id": problem, "fraction": fraction,
            "exact_match": match if fraction == 0.6 else True, "prefix": "a" * 60, "suffix": "b" * 40,
        }
        for problem, match in matches.items()
        for fraction in (0.4, 0.6)
    ]  # fmt: skip
    with Artifact.open(folder / "probe" / "benchmark", "probe", {}) as artifact:
        artifact.write("probes/00000", pa.Table.from_pylist(rows))
        artifact.finish({})


def test_recited_minus_others_within_strata(evidence: Evidence, tmp_path: Path) -> None:
    """Base accuracy of the first two samples: 0, 1, 0. So 1 and 3 share a stratum, 2 is alone."""
    probed(tmp_path, {"0": False, "1": True, "2": True, "3": False})
    found = evidence.recited_contrast("truth")
    assert found is not None
    # Problem 1: mean of -0.5 and -0.25. Problem 3: mean of 0.25 and 0.
    assert found.estimate.value == pytest.approx(-0.375 - 0.125)
    assert (found.flagged, found.others, found.dropped_strata) == (1, 1, 1)
    assert found.kept_share == pytest.approx(0.5)


def test_a_problem_that_could_not_be_probed_is_on_neither_side(
    evidence: Evidence, tmp_path: Path
) -> None:
    probed(tmp_path, {"0": False, "1": True, "2": True, "3": None})
    assert evidence.recited_contrast("truth") is None
