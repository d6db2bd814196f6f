"""Whether null sets match a set: by the blind classifier, else by their role."""

from __future__ import annotations

import pytest

from clean_bench.probing.matching import LEAST, blind_estimates, matched_by_role, why_unmatched
from clean_bench.problems import Problem
from clean_bench.statistics.estimate import Estimate


@pytest.mark.parametrize(
    ("role", "null_roles", "matched"),
    [
        ("planted", ["twin"], True),
        (None, ["twin"], False),  # twins of another set
        (None, ["matched"], True),
        ("planted", ["twin", "matched"], True),
        ("planted", ["twin", None], False),
        ("planted", [], False),
    ],
)
def test_roles(role: str | None, null_roles: list[str | None], matched: bool) -> None:
    assert matched_by_role(role, null_roles) == matched


def test_a_classifier_that_was_fitted_goes_before_the_role() -> None:
    apart, alike = Estimate(0.9, 0.61, 0.99, 40, ""), Estimate(0.9, 0.6, 0.99, 40, "")
    assert "AUC 0.90" in why_unmatched(apart, by_role=True)
    assert why_unmatched(alike, by_role=False) == ""
    assert "could not be checked" in why_unmatched(None, by_role=False)
    assert why_unmatched(None, by_role=True) == ""


def test_near_duplicates_do_not_make_a_set_large_enough() -> None:
    sets = {
        name: [Problem(str(i), f"{name} {i} of them") for i in range(LEAST)]
        for name in ("set", "null")
    }
    apart = {name: {p.id: i for i, p in enumerate(of_set)} for name, of_set in sets.items()}
    assert [*blind_estimates(sets, ["set"], ["null"], apart, LEAST)] == ["set"]
    assert blind_estimates(sets, ["set"], ["null"], apart, LEAST - 1) == {}
    one_less = {**apart, "set": {**apart["set"], "1": 0}}
    assert blind_estimates(sets, ["set"], ["null"], one_less, LEAST) == {}
