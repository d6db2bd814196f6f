"""The number of intervals on a page, counted by hand."""

from __future__ import annotations

from dataclasses import replace

from made_up import MadeUp

from clean_bench.statistics.estimate import Estimate
from leaderboards.comparisons import comparisons_sentence, differences


def test_every_difference_is_counted(run: MadeUp, full: MadeUp) -> None:
    # Three arms on three sets, sampled and greedy; two contrasts of each arm with sets, two with truth.
    counts = {kind.plural: len(kind.estimates) for kind in differences([run.view])}
    assert counts == {"gains": 9, "gains of greedy answers": 9, "differences between gains": 8}
    # Two parts of the planted set for each arm, and three sets without training.
    counts = {kind.plural: len(kind.estimates) for kind in differences([full.view])}
    assert counts["gains on parts of a set"] == 6 and counts["gains without training"] == 3
    assert counts["differences from the best setting without training"] == 3


def test_the_sentence_states_how_many_exclude_zero(run: MadeUp) -> None:
    sentence = comparisons_sentence([run.view])
    estimates = [estimate for kind in differences([run.view]) for estimate in kind.estimates]
    excluding = sum(e.low > 0 or e.high < 0 for e in estimates)
    assert "26 differences" in sentence and "about 1.3 of them" in sentence
    assert f"here {excluding} do." in sentence
    assert "not adjusted for their number" in sentence


def test_a_difference_without_an_interval_is_not_counted(run: MadeUp) -> None:
    view = run.view
    collapsed = Estimate(0.0, 0.0, 0.0, 4)
    arm = replace(view.arms[0], contrasts=())
    scores = tuple(replace(s, gain=collapsed, greedy_gain=None) for s in arm.scores)
    assert differences([replace(view, arms=(replace(arm, scores=scores),))]) == []
    assert comparisons_sentence([replace(view, arms=(replace(arm, scores=scores),))]) == ""
