"""The positive control: detected by recitation, or by famous passages above rare ones of their kind."""

from __future__ import annotations

import pytest

from clean_bench.probing.conclude import control_of
from clean_bench.probing.hypotheses import (
    ABOVE_LOOKUP,
    ABOVE_NULL,
    ABOVE_RARE,
    ABOVE_RENUMBERED,
    Hypothesis,
    compute_hypotheses,
)
from clean_bench.probing.within_kinds import Comparison
from clean_bench.problems import Problem

PASSAGES = [
    Problem(str(i), f"passage {i}", metadata={"tier": tier, "kind": "poem"})
    for i, tier in enumerate("1124")
]


def statistics(recited: str = "", lookup: str = "") -> dict[tuple[str, str], dict[str, float]]:
    return {
        ("reconstruction", passage.id): {
            "exact_folded": float(passage.id in recited),
            "lookup_match": float(passage.id in lookup),
        }
        for passage in PASSAGES
    }


def significant(question: str, name: str = "famous", p: float = 1e-6) -> Hypothesis:
    return Hypothesis(name, "suffix-logprob", question, "null", 4, 0.9, p, p)


def test_recitation_is_detection() -> None:
    control = control_of("famous", PASSAGES, statistics("02"), [])
    assert (control.recited, control.passages, control.rarest) == (2, 4, 2)
    assert control.detected
    by_lookup = control_of("famous", PASSAGES, statistics("2", lookup="2"), [])
    assert by_lookup.detected and by_lookup.rarest is None


@pytest.mark.parametrize("question", [ABOVE_NULL, ABOVE_LOOKUP, ABOVE_RENUMBERED])
def test_comparisons_with_other_texts_are_no_detection(question: str) -> None:
    control = control_of("famous", PASSAGES, statistics(), [significant(question)])
    assert not control.detected and "another signal" not in control.text


def test_famous_above_rare_passages_are_detection() -> None:
    control = control_of("famous", PASSAGES, statistics(), [significant(ABOVE_RARE)])
    assert control.detected and control.recited == 0
    assert (
        control.text
        == "the checkpoint reproduces 0 of 4 famous passages; another signal detects them"
    )
    for other in (significant(ABOVE_RARE, p=0.06), significant(ABOVE_RARE, "other")):
        assert not control_of("famous", PASSAGES, statistics(), [other]).detected


def test_the_comparison_within_kinds_is_adjusted_with_all_hypotheses() -> None:
    found = Comparison(35, 34, 0.8, 0.02)
    of_set = {
        ("reconstruction", str(i)): {"exact_match": 1.0, "lookup_match": 0.0} for i in range(8)
    }
    clusters = {"set": {str(i): i for i in range(8)}}
    rows = compute_hypotheses({"set": of_set}, [], {}, clusters, {}, ("famous", found))
    assert [row.question for row in rows] == [ABOVE_LOOKUP, ABOVE_RARE]
    assert rows[1].p == 0.02 and rows[1].p_holm == pytest.approx(0.02)
    assert rows[0].p_holm == pytest.approx(2 / 2**8)
    assert (rows[1].set, rows[1].clusters, rows[1].effect) == ("famous", 35, 0.8)
