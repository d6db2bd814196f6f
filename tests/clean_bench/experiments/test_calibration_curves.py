"""Power and false discoveries from flags, by hand; and the calibration that ships."""

from __future__ import annotations

from math import sqrt

import pytest

from clean_bench.experiments.calibration.curves import ItemFlag, false_discoveries, summarize_flags
from clean_bench.experiments.calibration.power import shipped_results
from clean_bench.results import Result


def items(unit: str, *entries: tuple[int, float, bool]) -> list[ItemFlag]:
    return [ItemFlag(unit, "group", dose, "test", score, flag) for dose, score, flag in entries]


ONE = items("one", (0, 1.0, True), (0, 0.0, False), (4, 2.0, True), (4, 3.0, True), (16, 4.0, True))
TWO = items(
    "two", (0, 0.5, False), (0, 0.2, False), (4, 0.1, False), (4, 5.0, True), (16, 6.0, True)
)
NONE = items("none", (0, 0.0, False), (4, 0.0, False), (4, 0.0, False), (16, 0.0, False))


def test_false_discoveries_are_means_over_plantings() -> None:
    estimate = false_discoveries([*ONE, *TWO, *NONE])
    shares = [1 / 4, 0.0, 0.0]  # one of four flags is false; no flags, none false
    mean = sum(shares) / 3
    deviation = sqrt(sum((share - mean) ** 2 for share in shares) / 2)
    assert estimate.value == pytest.approx(mean) and estimate.n == 3
    assert estimate.high == pytest.approx(mean + 4.302652729911275 * deviation / sqrt(3))
    assert estimate.low == 0.0
    single = false_discoveries(ONE)
    assert single.value == 0.25 and single.low == float("-inf")


def test_flags_and_areas_by_dose() -> None:
    results = summarize_flags([*ONE, *TWO], Result(set="s")).where(arm="group")
    flagged = {row.subset: row.value for row in results if row.measure == "flagged:test"}
    assert flagged == {"dose=0": 0.25, "dose=4": 0.75, "dose=16": 1.0}
    # Scores 2, 3, 0.1, 5 against 1, 0, 0.5, 0.2: of 16 pairs, 0.1 is above 0 alone.
    area = results.where(measure="auc:test", subset="dose=4").one()
    assert area.value == pytest.approx((4 + 4 + 1 + 4) / 16)
    assert results.where(measure="auc:test", subset="dose=16").one().value == 1.0


def test_the_shipped_calibration_has_curves_of_both_default_signals() -> None:
    results = shipped_results().where(arm="small, continued, verbatim")
    for test in ("reconstruction", "suffix-logprob"):
        shares = {
            dose: results.where(measure=f"flagged:{test}", subset=f"dose={dose}").one().value or 0.0
            for dose in (0, 1, 4, 16, 64, 256)
        }
        assert shares[0] < 0.01 and max(shares[1], shares[4]) < 0.02
        assert shares[16] < shares[64] < shares[256] and shares[256] >= 0.8
        found = results.where(measure=f"false_discoveries:{test}", subset=None).one()
        assert found.n >= 20 and found.value is not None and found.value <= 0.05
