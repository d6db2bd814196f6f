"""Flags by hand: conformal p-values, the adjustment over problems, and the level that tests share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from clean_bench.probing.flags import LEVEL, Flag, compute_flags
from clean_bench.probing.null_sets import NullSets, null_sets_of
from clean_bench.probing.rows import Value
from clean_bench.probing.tests import TESTS
from clean_bench.problems import Problem

LOGPROB, RECONSTRUCTION = TESTS["suffix-logprob"], TESTS["reconstruction"]


def logprobs(name: str, scores: Sequence[float]) -> list[Value]:
    """Values that give the evidence `scores`: ten tokens each."""
    return [
        Value(name, f"{name}{place}", "suffix-logprob", 0.6, statistic, value)
        for place, score in enumerate(scores)
        for statistic, value in (("logprob", 10 * score), ("tokens", 10.0))
    ]


def apart(
    sets: Mapping[str, Sequence[Problem]], nulls: Sequence[str], control: str | None = None
) -> NullSets:
    """Null sets without near-duplicates."""
    keys = [(name, problem.id) for name in nulls for problem in sets[name]]
    return NullSets(nulls, {key: place for place, key in enumerate(keys)}, {}, control)


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
    of_nulls = apart(sets, nulls)
    flags = compute_flags(sets, clusters, of_nulls, [LOGPROB], values, 0.6, of_sets)
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


@pytest.fixture
def one_against_39() -> tuple[Any, ...]:
    """One problem whose evidence is above that of 39 null problems, by four tests."""
    sets = {"set": [Problem("a", "x")], "null": [Problem(f"n{i}", f"y {i}") for i in range(39)]}
    clusters = {name: {p.id: i for i, p in enumerate(of_set)} for name, of_set in sets.items()}
    values = [
        Value(name, problem.id, test, prefix, statistic, value)
        for name, level in (("set", -0.1), ("null", -3.0))
        for problem in sets[name]
        for test, prefix, statistic, value in (
            ("reconstruction", 0.6, "common_prefix", 9.0),
            ("reconstruction", 0.6, "exact_match", float(name == "set")),
            ("reconstruction", 0.6, "lookup_prefix", 0.0),
            ("reconstruction", 0.6, "lookup_match", 0.0),
            ("suffix-logprob", 0.6, "logprob", 10 * level),
            ("suffix-logprob", 0.6, "tokens", 10.0),
            ("min-k", None, "min_k_plus", level),
            ("ngram-accuracy", None, "accuracy", level + 5),
        )
    ]
    return sets, clusters, apart(sets, ["null"]), values


def flagged_by(given: tuple[Any, ...], *names: str) -> dict[str, tuple[bool, bool]]:
    """Whether each test decides and flags the problem."""
    sets, clusters, nulls, values = given
    tests = [TESTS[name] for name in names]
    nothing = {name: frozenset[str]() for name in sets}
    every = compute_flags(sets, clusters, nulls, tests, values, 0.6, nothing)
    flags = [flag for flag in every if flag.set == "set"]
    assert [flag.q for flag in flags] == pytest.approx(
        [1 / (flags[0].null_problems + 1)] * len(flags)
    )
    return {flag.test: (flag.decides, flag.flagged) for flag in flags}


def test_the_default_tests_share_the_level(one_against_39: tuple[Any, ...]) -> None:
    assert flagged_by(one_against_39, "suffix-logprob") == {"suffix-logprob": (True, True)}
    both = ("reconstruction", "suffix-logprob")
    # The smallest p-value is 1/40, which is half of 5%.
    assert flagged_by(one_against_39, *both) == dict.fromkeys(both, (True, True))
    sets, clusters, nulls, values = one_against_39
    fewer = [value for value in values if value.problem_id != "n0"]
    found = flagged_by((sets, clusters, nulls, fewer), *both)
    assert found == dict.fromkeys(both, (True, False))


def test_supplementary_tests_take_nothing_from_the_default_ones(
    one_against_39: tuple[Any, ...],
) -> None:
    names = ("reconstruction", "suffix-logprob", "min-k")
    found = flagged_by(one_against_39, *names)
    assert found == {
        "reconstruction": (True, True),
        "suffix-logprob": (True, True),
        "min-k": (False, True),  # 5% alone
    }
    two = flagged_by(one_against_39, "suffix-logprob", "min-k", "ngram-accuracy")
    assert two["suffix-logprob"] == (True, True)
    assert two["min-k"] == two["ngram-accuracy"] == (False, True)  # 2.5% each


def test_without_a_default_test_all_tests_decide(one_against_39: tuple[Any, ...]) -> None:
    found = flagged_by(one_against_39, "min-k", "ngram-accuracy")
    assert found == {"min-k": (True, True), "ngram-accuracy": (True, True)}


def test_flags_against_an_unmatched_null_are_marked(one_against_39: tuple[Any, ...]) -> None:
    sets, clusters, nulls, values = one_against_39
    nothing = {name: frozenset[str]() for name in sets}
    given = (sets, clusters, nulls, [LOGPROB], values, 0.6, nothing)
    [matched], [unmatched] = compute_flags(*given), compute_flags(*given, ["set"])
    assert matched.calibrated and not unmatched.calibrated
    assert matched[:8] == unmatched[:8] and matched[9:] == unmatched[9:]


def test_the_positive_control_has_no_null_set(one_against_39: tuple[Any, ...]) -> None:
    sets, clusters, _, values = one_against_39
    nothing = {name: frozenset[str]() for name in sets}
    control = apart(sets, ["null"], "set")
    assert compute_flags(sets, clusters, control, [LOGPROB], values, 0.6, nothing) == []


def flag_of_one(texts: Sequence[str], score: float, scores: Sequence[float], text: str) -> Flag:
    """The flag of one tested problem with this score, beside null problems with these texts."""
    sets = {"set": [Problem("set0", text)], "null": null_problems(texts)}
    clusters = {name: {p.id: i for i, p in enumerate(of_set)} for name, of_set in sets.items()}
    values = [*logprobs("set", [score]), *logprobs("null", scores)]
    nothing = {name: frozenset[str]() for name in sets}
    nulls = null_sets_of(sets, ["null"], None)
    [flag] = compute_flags(sets, clusters, nulls, [LOGPROB], values, 0.6, nothing)
    return flag


def null_problems(texts: Sequence[str]) -> list[Problem]:
    return [Problem(f"null{place}", text) for place, text in enumerate(texts)]


def test_near_duplicates_of_the_null_count_once_with_their_largest_evidence() -> None:
    texts = ["one text that occurs"] * 100 + ["many times"] * 100 + ["another text"]
    scores = [-3.0 - i / 1000 for i in range(200)] + [-9.0]
    flag = flag_of_one(texts, -3.05, scores, "the tested one")
    # The largest evidences are -3, -3.1 and -9: one of three is at least -3.05.
    assert (flag.null_problems, flag.p) == (3, pytest.approx(2 / 4))


def test_copies_of_tested_problems_are_left_out_of_the_null() -> None:
    tested = "Kim has 12 red cards and buys 30 more of them; how many cards does she have now?"
    other = "A train leaves the station at noon and is 60 miles away after two hours of travel."
    texts = [tested, tested.upper(), tested.replace("12", "17"), other]
    sets = {"set": [Problem("set0", tested)], "null": null_problems(texts)}
    nulls = null_sets_of(sets, ["null"], None)
    # The version with other numbers is another problem, and a near-duplicate only of the copies.
    assert set(nulls.copies["set"]) == {("null", "null0"), ("null", "null1")}
    flag = flag_of_one(texts, -0.1, (-0.1, -0.1, -2.0, -3.0), tested)
    assert (flag.null_problems, flag.p) == (2, pytest.approx(1 / 3))


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
    none = apart({"set": problems}, [])
    flags = compute_flags({"set": problems}, clusters, none, [RECONSTRUCTION], values, 0.6, nothing)
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
