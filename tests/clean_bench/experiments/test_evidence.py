"""The arrays behind a report, by hand: who takes part, what is a gain, what counts as memorized."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from clean_bench.artifacts import Artifact
from clean_bench.experiments.evidence import Evidence, Scores
from clean_bench.experiments.recipe import parse_recipe
from clean_bench.problems import Problem, ProblemSet
from clean_bench.statistics.gains import MatchedContrast

RECIPE = """
title = "t"
models = [{name = "m", checkpoint = "c"}]
seeds = [1, 2]
data = {family = "word-problems", steps = "2", count = 5}
sets = [
    {role = "public", source = "main"},
    {role = "fresh", family = "word-problems", steps = "2", count = 5},
]
score = {samples = 4}
train = {steps = 2}
arms = [{name = "truth", reward = "truth"}, {name = "random", reward = "random"}]
"""
NAN = float("nan")
MAIN = ProblemSet("main", [Problem(str(i), "x" * 100, "1", level="1") for i in range(4)])


def scores(*rows: list[float]) -> Scores:
    """Four problems of the set `main`, four samples each; greedy is all right."""
    table = np.array(rows)
    empty = np.ones((1, 4))
    return Scores(
        {"main": table, "fresh": empty},
        {"main": np.ones((len(rows), 1)), "fresh": empty[:, :1]},
        {"main": [(str(i), "1") for i in range(len(rows))], "fresh": [("0", "1")]},
    )


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    evidence = Evidence.__new__(Evidence)
    evidence.folder, evidence.recipe = tmp_path, parse_recipe(RECIPE, "r.toml")
    [evidence.model] = evidence.recipe.models
    same = [[1, 0, 1, 0], [0, 0, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0]]
    evidence.base = scores(*same)
    evidence.trained = {
        "truth": [
            scores([1, 1, 1, 1], [0, 0, 1, 1], [1, 1, 1, 1], [1, 0, 0, 0]),
            scores([1, 1, 1, 0], [1, 0, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0]),
        ],
        "random": [scores(*same), scores([NAN, 0, 1, 0], *same[1:])],
    }
    return evidence


def memorized_contrast(evidence: Evidence, problems: ProblemSet = MAIN) -> MatchedContrast | None:
    return evidence.memorized_contrast(evidence.recipe.arms[0], [problems])


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
            "reason": "too long" if match is None and fraction == 0.6 else None,
        }
        for problem, match in matches.items()
        for fraction in (0.4, 0.6)
    ]  # fmt: skip
    known = {"cluster": 0, "prefix": 0.6, "null": "unseen", "null_problems": 1000, "evidence": 0.0}
    status = {"decides": True, "calibrated": True, "p": 1.0, "q": 1.0}
    flags = [
        {"set": "main", "problem_id": problem, "test": test, "flagged": flagged, **known, **status}
        for test in ("reconstruction", "suffix-logprob")
        for problem, match in matches.items()
        if match is not None
        for flagged in [match and test == "suffix-logprob"]
    ]
    config = {"tests": ["reconstruction"], "fractions": [0.4, 0.6], "nulls": ["unseen"]}
    with Artifact.open(folder / "m" / "probe" / "base", "probe", config) as artifact:
        artifact.write("probes/00000", pa.Table.from_pylist(rows))
        artifact.write("flags/00000", pa.Table.from_pylist(flags))
        artifact.finish({})


def test_memorized_minus_others_within_strata(evidence: Evidence, tmp_path: Path) -> None:
    """Base accuracy of the first two samples: 0, 1, 0. So 1 and 3 share a stratum, 2 is alone."""
    probed(tmp_path, {"0": False, "1": True, "2": True, "3": False})
    contrast = memorized_contrast(evidence)
    assert contrast is not None
    # Problem 1: mean of -0.5 and -0.25. Problem 3: mean of 0.25 and 0.
    assert contrast.estimate.value == pytest.approx(-0.375 - 0.125)
    assert contrast.estimate.n == 2
    assert contrast.kept_share == pytest.approx(0.5)


def test_strata_do_not_mix_lengths_or_levels(evidence: Evidence, tmp_path: Path) -> None:
    probed(tmp_path, {"0": False, "1": True, "2": True, "3": False})
    longer = [*MAIN.problems[:3], Problem("3", "x" * 101, "1", level="1")]
    assert memorized_contrast(evidence, ProblemSet("main", longer)) is None
    harder = [*MAIN.problems[:3], Problem("3", "x" * 100, "1", level="2")]
    assert memorized_contrast(evidence, ProblemSet("main", harder)) is None


def test_a_problem_that_could_not_be_probed_is_on_neither_side(
    evidence: Evidence, tmp_path: Path
) -> None:
    probed(tmp_path, {"0": False, "1": True, "2": True, "3": None})
    assert memorized_contrast(evidence) is None


def test_one_sample_cannot_both_match_and_measure(evidence: Evidence, tmp_path: Path) -> None:
    probed(tmp_path, {"0": False, "1": True, "2": True, "3": False})
    evidence.base = scores([1], [0], [1], [0])
    assert memorized_contrast(evidence) is None
