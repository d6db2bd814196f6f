"""Every claim level and every null verdict, from the evidence that gives it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clean_bench.probing.claims import (
    MEANINGS,
    SEES_NOTHING,
    Basis,
    Claim,
    Control,
    compute_claims,
)
from clean_bench.probing.flags import Flag, least_flagged
from clean_bench.probing.hypotheses import (
    ABOVE_CHANCE,
    ABOVE_LOOKUP,
    ABOVE_NULL,
    ABOVE_PARAPHRASE,
    ABOVE_RENUMBERED,
    Hypothesis,
)
from clean_bench.probing.power import Power
from clean_bench.statistics.estimate import Estimate

TESTS = ["reconstruction", "suffix-logprob"]
RECITES = Control(recited=40, passages=210, rarest=2, detected=True)
UNDETECTED = Control(recited=0, passages=210, rarest=None, detected=False)
ABOVE = Hypothesis("set", "reconstruction", ABOVE_LOOKUP, "look-up", 50, 0.3, 1e-6, 1e-5)
NOT_ABOVE = ABOVE._replace(effect=0.02, p=0.3, p_holm=0.6)
NOTHING = Basis([NOT_ABOVE], [], TESTS, [], RECITES)


def flag(test: str, problem: str, flagged: bool) -> Flag:
    decides = test in TESTS
    return Flag("set", problem, 0, test, 0.6, decides, "null", 99, True, 1.0, 0.01, 0.01, flagged)


FLAGGED = [flag("suffix-logprob", "a", True), flag("suffix-logprob", "b", False)]
ALIKE = {"set": Estimate(0.65, 0.55, 0.75, 100, "")}
"""A blind classifier whose interval holds 0.6."""
BY_DONORS = [*FLAGGED, flag("donor-prefix", "a", True)]
MEMORIZED = Basis([ABOVE], FLAGGED, TESTS, ["null"], RECITES, ALIKE)


def claim(basis: Basis) -> Claim:
    [found] = compute_claims(["set"], basis)
    return found


def test_level_0_and_its_verdicts() -> None:
    found = claim(NOTHING)
    assert found.level == 0
    assert found.claim.startswith(
        "not detected; the checkpoint reproduces 40 of 210 famous passages"
    )
    assert (
        "down to tier 2" in found.claim
        and "power of this probe on this checkpoint is unknown" in (found.claim)
    )
    assert claim(
        replace(NOTHING, power={"set": Power("it flags 90% of 64 copies", True)})
    ).claim.endswith("64 copies")
    assert claim(replace(NOTHING, control=UNDETECTED)).claim == f"not detected; {SEES_NOTHING}"
    assert "does not see memorization in this checkpoint at all" in SEES_NOTHING
    assert "no positive control was probed" in claim(replace(NOTHING, control=None)).claim


def test_level_1_needs_an_adjusted_p_value_and_a_positive_effect() -> None:
    found = claim(replace(NOTHING, hypotheses=[ABOVE]))
    assert (found.level, found.claim) == (1, MEANINGS[1])
    assert "exact match minus look-up +30.0 points" in found.evidence and "--null" in found.raise_
    assert claim(replace(NOTHING, hypotheses=[ABOVE._replace(p_holm=0.06)])).level == 0
    assert claim(replace(NOTHING, hypotheses=[ABOVE._replace(effect=-0.3)])).level == 0
    assert claim(replace(NOTHING, hypotheses=[ABOVE._replace(set="other")])).level == 0


def test_level_2_needs_a_flag_against_a_null_that_is_not_told_apart() -> None:
    found = claim(MEMORIZED)
    assert (found.level, found.claim) == (2, MEANINGS[2])
    assert "suffix-logprob: 1 of 2 flagged against null" in found.evidence
    assert "donor-prefix" in found.raise_
    assert claim(replace(MEMORIZED, flags=FLAGGED[1:])).level == 1
    # A flag against the look-up is none against a null set.
    assert claim(replace(MEMORIZED, flags=[FLAGGED[0]._replace(null="look-up")])).level == 1
    apart = {"set": Estimate(0.9, 0.8, 0.95, 100, "")}
    found = claim(replace(MEMORIZED, blind=apart))
    assert found.level == 1 and "tells the set from the null (AUC 0.90)" in found.evidence
    assert "matched to the set" in found.raise_


def test_level_3_needs_donors_and_where_there_are_paraphrases_those_too() -> None:
    basis = replace(MEMORIZED, flags=BY_DONORS, tests=[*TESTS, "donor-prefix"])
    assert (claim(basis).level, claim(basis).claim) == (3, MEANINGS[3])
    drop = Hypothesis("set", "paraphrase", ABOVE_PARAPHRASE, "reworded", 9, 2.0, 1e-4, 1e-3)
    assert claim(replace(basis, hypotheses=[ABOVE, drop])).level == 3
    assert claim(replace(basis, hypotheses=[ABOVE, drop._replace(p_holm=0.2)])).level == 2
    alone = replace(basis, flags=[BY_DONORS[-1]._replace(decides=True)])
    assert claim(alone).level == 3


@pytest.mark.parametrize(("ids", "level"), [({"a"}, 4), ({"b"}, 3), (set[str](), 3)])
def test_level_4_needs_the_flagged_problem_in_the_corpus(ids: set[str], level: int) -> None:
    basis = replace(MEMORIZED, flags=BY_DONORS, corpus={"set": ids})
    assert claim(basis).level == level


def test_problems_that_are_left_out_are_counted() -> None:
    found = claim(replace(MEMORIZED, left_out={"set": 7}))
    assert "7 problems left out of flags: their rest also ends another problem" in found.evidence
    assert "left out" not in claim(replace(MEMORIZED, left_out={"other": 7})).evidence
    none_tested = replace(NOTHING, nulls=["null"], blind=ALIKE, left_out={"set": 50})
    assert "problems whose rest does not end other problems" in claim(none_tested).raise_


def test_the_least_number_of_flags_is_that_of_benjamini_hochberg() -> None:
    from clean_bench.statistics.multiple_testing import benjamini_hochberg

    for problems, null, tests in ((500, 481, 6), (500, 481, 2), (40, 200, 1), (100, 3000, 3)):
        least = least_flagged(problems, null, tests)
        for extreme in (least - 1, least):
            if not 0 < extreme <= problems:
                continue
            p = [1 / (null + 1)] * extreme + [1.0] * (problems - extreme)
            flagged = sum(q <= 0.05 / tests for q in benjamini_hochberg(p))
            assert flagged == (extreme if extreme == least else 0)
    assert least_flagged(500, 481, 6) == 125


def test_level_2_needs_a_checked_null_or_one_that_matches_by_its_role() -> None:
    unchecked = replace(MEMORIZED, hypotheses=[NOT_ABOVE], blind={})
    found = claim(unchecked)
    assert found.level == 0 and "L2 needs 20 different problems" in found.raise_
    assert "the null set is matched could not be checked: fewer than 20 problems" in found.evidence
    undefined = {"set": Estimate(float("nan"), 0.0, 1.0, 1, "undefined")}
    assert claim(replace(unchecked, blind=undefined)).level == 0
    assert claim(replace(unchecked, by_role=["set"])).level == 2
    assert claim(replace(unchecked, by_role=["other"])).level == 0


def test_a_supplementary_flag_makes_no_problem_memorized() -> None:
    """Donors confirm a problem that a deciding test flags, and no other one."""
    by_donors = flag("donor-prefix", "b", True)
    other = replace(MEMORIZED, flags=[*FLAGGED, by_donors])
    assert claim(other).level == 2
    alone = replace(MEMORIZED, flags=[FLAGGED[1], by_donors])
    found = claim(alone)
    assert found.level == 1
    assert "donor-prefix (supplementary): 1 of 1 flagged against null" in found.evidence


def few(null_problems: int, tested: int, flagged: bool = False) -> list[Flag]:
    first = flag("suffix-logprob", "a", flagged)._replace(null_problems=null_problems)
    return [first._replace(problem_id=str(place)) for place in range(tested)]


def test_a_test_that_cannot_flag_anything_is_named() -> None:
    # 30 problems with p = 1/20 have q = 1/20: the level of one test. With 18 null problems it is 1/19.
    assert "cannot flag" not in claim(replace(MEMORIZED, flags=few(19, 30))).evidence
    found = claim(replace(MEMORIZED, flags=few(18, 30)))
    text = "suffix-logprob: this test cannot flag anything here: 18 null problems are too few"
    assert text in found.evidence and "more extreme" not in found.evidence
    assert "L2 needs a larger null set" in found.raise_
    one = claim(replace(MEMORIZED, flags=few(99, 30))).evidence
    assert "at least 6 would have to be more extreme than its 99 problems" in one


@pytest.mark.parametrize(
    ("basis", "words"),
    [
        (NOTHING, ["a null set (--null)", "a calibration on this checkpoint"]),
        (replace(NOTHING, tests=["min-k"]), ["the default signals (--signals default)"]),
        (
            replace(NOTHING, nulls=["null"], blind=ALIKE, flags=few(99, 30)),
            ["a larger null set"],
        ),
        (
            replace(
                NOTHING,
                nulls=["null"],
                blind=ALIKE,
                flags=few(9999, 30),
                power={"set": Power("it flags 90%", True)},
            ),
            ["nothing in this probe"],
        ),
    ],
)
def test_what_gives_a_null_verdict_weight(basis: Basis, words: list[str]) -> None:
    found = claim(basis).raise_
    assert all(word in found for word in words) and "--signals all" not in found


def test_not_tested_is_not_the_same_as_not_detected() -> None:
    nothing = replace(NOTHING, hypotheses=[], tests=["suffix-logprob"])
    found = claim(nothing)
    assert found.level == 0
    assert found.claim == (
        "not tested; there is no null set, and without one nothing follows from suffix-logprob"
    )
    unscored = claim(replace(nothing, unscored=["set"]))
    assert unscored.claim == "not tested; no problem of the set was scored"
    assert "problems with a place to cut" in unscored.raise_
    copied = claim(replace(nothing, nulls=["null"], blind=ALIKE, copies={"set": 30}))
    assert copied.claim.startswith("not tested; the null sets hold copies")
    assert "30 problems left out of the null" in copied.evidence
    left_out = claim(replace(nothing, nulls=["null"], blind=ALIKE))
    assert left_out.claim.startswith("not tested; suffix-logprob could not be compared")
    assert claim(NOTHING).claim.startswith("not detected")


def test_significant_tests_of_the_set_are_evidence_with_their_limits() -> None:
    chance = Hypothesis("set", "partial-answer", ABOVE_CHANCE, "answers", 60, 0.2, 1e-4, 3e-4)
    numbers = Hypothesis("set", "altered-suffix", ABOVE_RENUMBERED, "numbers", 60, 4, 1e-4, 1e-4)
    found = claim(replace(NOTHING, hypotheses=[NOT_ABOVE, chance, numbers]))
    assert found.level == 0 and "not detected" not in found.claim
    assert "2 tests of the whole set are significant" in found.claim
    for text in (
        "answers of prefixes above chance (partial-answer, p 0.0003): some answers follow",
        "true suffix above renumbered one (altered-suffix, p 0.0001): a model that only computes",
    ):
        assert text in found.evidence
    weak = [row._replace(p_holm=0.06) for row in (chance, numbers)]
    assert claim(replace(NOTHING, hypotheses=weak)).claim.startswith("not detected")
    lower = [row._replace(effect=-1.0) for row in (chance, numbers)]
    assert claim(replace(NOTHING, hypotheses=lower)).claim.startswith("not detected")


def test_evidence_above_an_unmatched_null_is_no_evidence() -> None:
    above = [
        Hypothesis("set", test, ABOVE_NULL, "null", 30, 0.9, 1e-9, 1e-8)
        for test in ("reconstruction", "suffix-logprob")
    ]
    basis = replace(NOTHING, nulls=["null"], hypotheses=above, flags=few(99, 30))
    apart = claim(replace(basis, blind={"set": Estimate(1.0, 0.98, 1.0, 100, "")}))
    assert apart.claim.startswith("not detected")
    assert "(reconstruction, p 1e-08; suffix-logprob, p 1e-08): no evidence" in apart.evidence
    alike = claim(replace(basis, blind=ALIKE))
    assert "2 tests of the whole set are significant" in alike.claim
    assert "this names no problem" in alike.evidence
