"""Flags by hand: conformal p-values, the adjustment over problems, and the level that tests share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from clean_bench.probing.flags import LEVEL, Flag, compute_flags
from clean_bench.probing.rows import Value
from clean_bench.probing.tests import TESTS
from clean_bench.problems import Problem

LOGPROB, MIN_K = TESTS["suffix-logprob"], TESTS["min-k"]
RECONSTRUCTION = TESTS["reconstruction"]


def logprobs(name: str, scores: Sequence[float]) -> list[Value]:
    """Values that give the evidence `scores`: ten tokens each."""
    return [
        Value(name, f"{name}{place}", "suffix-logprob", 0.6, statistic, value)
        for place, score in enumerate(scores)
        for statistic, value in (("logprob", 10 * score), ("tokens", 10.0))
    ]


def flags_of(
    scores: Mapping[str, Sequence[float]],
    nulls: Sequence[str],
    left_out: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, list[Flag]]:
    sets = {
        name: [Problem(f"{name}{place}", f"text {place} of {name}") for place in range(len(of_set))]
        for name, of_set in scores.items()
    }
    clusters = {name: {p.id: i for i, p in enumerate(of_set)} for name, of_set in sets.items()}
    values = [value for name, of_set in scores.items() for value in logprobs(name, of_set)]
    of_sets = {name: frozenset((left_out or {}).get(name, ())) for name in sets}
    flags = compute_flags(sets, clusters, nulls, [LOGPROB], values, 0.6, of_sets)
    return {name: [flag for flag in flags if flag.set == name] for name in sets}


def test_p_values_are_ranks_in_the_null() -> None:
    null = [-1.0, -2.0, -3.0, -4.0]
    found = flags_of({"set": [-0.5, -2.5, -2.0, -9.0], "null": null}, ["null"])
    # One more than the number of null scores that are at least as large, of five.
    assert [flag.p for flag in found["set"]] == pytest.approx([1 / 5, 3 / 5, 3 / 5, 5 / 5])
    # p times 4 over the rank, from the largest down: 4/5, 4/5, 4/5, 1.
    assert [flag.q for flag in found["set"]] == pytest.approx([0.8, 0.8, 0.8, 1.0])
    assert {flag.null for flag in found["set"]} == {"null"}
    assert {flag.null_problems for flag in found["set"]} == {4}
    assert not any(flag.flagged for flag in found["set"])
    assert found["null"] == []  # the log-probability has no null of its own


def test_the_level_holds_for_the_adjusted_p_value() -> None:
    null = list(np.linspace(-9, -1, 199))
    # The smallest p-value is 1/200; with 20 problems, two of them make q = 20 / 200 / 2 = 5%.
    one = flags_of({"set": [0.0, *[-5.0] * 19], "null": null}, ["null"])["set"]
    two = flags_of({"set": [0.0, 0.0, *[-5.0] * 18], "null": null}, ["null"])["set"]
    assert [flag.flagged for flag in one] == [False] * 20
    assert [flag.flagged for flag in two] == [True, True] + [False] * 18
    assert two[0].q == pytest.approx(0.05)


def test_several_tests_share_the_level() -> None:
    sets = {"set": [Problem("a", "x")], "null": [Problem(f"n{i}", f"y {i}") for i in range(39)]}
    clusters = {name: {p.id: i for i, p in enumerate(of_set)} for name, of_set in sets.items()}
    values = [
        Value(name, problem.id, test, prefix, statistic, value)
        for name, of_set, level in (("set", sets["set"], -0.1), ("null", sets["null"], -3.0))
        for problem in of_set
        for test, prefix, statistic, value in (
            ("suffix-logprob", 0.6, "logprob", 10 * level),
            ("suffix-logprob", 0.6, "tokens", 10.0),
            ("min-k", None, "min_k_plus", level),
        )
    ]
    nothing = {name: frozenset[str]() for name in sets}
    [alone] = compute_flags(sets, clusters, ["null"], [LOGPROB], values, 0.6, nothing)
    both = compute_flags(sets, clusters, ["null"], [LOGPROB, MIN_K], values, 0.6, nothing)
    assert alone.q == pytest.approx(1 / 40) and alone.flagged
    assert [flag.test for flag in both] == ["suffix-logprob", "min-k"]
    assert [flag.q for flag in both] == pytest.approx([1 / 40, 1 / 40])
    assert all(flag.flagged for flag in both)  # 1/40 is half of 5%
    assert [flag.prefix for flag in both] == [0.6, None]
    values = [v for v in values if v.problem_id != "n0"]
    assert not any(
        flag.flagged
        for flag in compute_flags(sets, clusters, ["null"], [LOGPROB, MIN_K], values, 0.6, nothing)
    )


def test_problems_with_a_shared_rest_are_left_out_of_the_set_and_of_the_null() -> None:
    scores = {"set": [-0.1, -0.2, -3.0], "null": [-0.05, -4.0, -5.0]}
    found = flags_of(scores, ["null"], {"set": ["set1"], "null": ["null0"]})["set"]
    assert [(flag.problem_id, flag.p) for flag in found] == [("set0", 1 / 3), ("set2", 1 / 3)]
    assert {flag.null_problems for flag in found} == {2}


def test_several_null_sets_are_one_null() -> None:
    scores = {"set": [-1.5], "a": [-1.0, -2.0], "b": [-3.0]}
    [flag] = flags_of(scores, ["a", "b"])["set"]
    assert (flag.null, flag.null_problems, flag.p) == ("a, b", 3, 2 / 4)


def test_without_a_null_set_reconstruction_is_compared_with_the_look_up() -> None:
    problems = [Problem(str(place), f"text {place}") for place in range(3)]
    names = ("exact_match", "common_prefix", "lookup_match", "lookup_prefix")
    known = [(1.0, 12.0, 0.0, 3.0), (1.0, 9.0, 1.0, 10.0), (0.0, 2.0, 0.0, 4.0)]
    values = [
        Value("set", str(place), "reconstruction", 0.6, name, value)
        for place, row in enumerate(known)
        for name, value in zip(names, row, strict=True)
    ]
    clusters = {"set": {str(place): place for place in range(3)}}
    nothing = {"set": frozenset[str]()}
    flags = compute_flags({"set": problems}, clusters, [], [RECONSTRUCTION], values, 0.6, nothing)
    assert {flag.null for flag in flags} == {"look-up without a model"}
    assert [flag.evidence for flag in flags] == [12, 9, 0]
    # The look-up reconstructs 10 tokens of one problem, and nothing of the two others.
    assert [flag.p for flag in flags] == [1 / 4, 2 / 4, 4 / 4]


def test_false_discoveries_among_exchangeable_problems_stay_at_the_level() -> None:
    """Under the null of no memorized problem, any flag is false: at most 5% of sets have one."""
    rng = np.random.default_rng(0)
    with_flags = 0
    for _ in range(400):
        scores = {"set": list(-rng.exponential(size=30)), "null": list(-rng.exponential(size=99))}
        with_flags += any(flag.flagged for flag in flags_of(scores, ["null"])["set"])
    # Binomial with p = 5%: 20 expected, 33 is three standard deviations above.
    assert with_flags <= 33
    assert LEVEL == 0.05
