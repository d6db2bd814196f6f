"""Verdicts claim what the intervals carry, on every combination of signs, and nothing beyond."""

from __future__ import annotations

from itertools import product

import pytest

from clean_bench.statistics.estimate import Estimate
from leaderboards.conclusions import sign, verdict, with_verdicts
from leaderboards.report_schema import Arm, ArmScore, Contrast, RunReport, SetInfo

SIGNS = (-1, 0, 1)
BY_SIGN = {
    -1: Estimate(-0.08, -0.12, -0.04, 100),
    0: Estimate(0.01, -0.03, 0.05, 100),
    1: Estimate(0.123, 0.051, 0.19, 100),
}
HALF = Estimate(0.5, 0.4, 0.6, 100)


def make(
    gains: dict[str, int], contrast: int | None, key: str, seeds: int = 3
) -> tuple[Arm, tuple[SetInfo, ...]]:
    """An arm with the signs of its gains by role, and of its contrast."""
    scores = tuple(ArmScore(role, HALF, HALF, BY_SIGN[s]) for role, s in gains.items())
    contrasts = () if contrast is None else (Contrast(key, "split", BY_SIGN[contrast]),)
    sets = tuple(SetInfo(role, role, 100) for role in gains)  # type: ignore[arg-type]
    return Arm("arm", "arm", 10, seeds, scores, contrasts), sets


def conclusion(text: str) -> str:
    return text.split(": ")[0]


def test_sign_counts_an_interval_that_touches_zero_as_holding_it() -> None:
    assert [sign(e) for e in BY_SIGN.values()] == [-1, 0, 1]
    assert sign(Estimate(0.1, 0.0, 0.2, 9)) == sign(Estimate(-0.1, -0.2, 0.0, 9)) == 0


@pytest.mark.parametrize(
    ("planted", "twin", "fresh", "contrast"), list(product(SIGNS, SIGNS, SIGNS, (*SIGNS, None)))
)
def test_planted_claims(planted: int, twin: int, fresh: int, contrast: int | None) -> None:
    gains = {"planted": planted, "twin": twin, "fresh": fresh}
    arm, sets = make(gains, contrast, Contrast.PLANTED_MINUS_TWIN)
    text = verdict(arm, sets)
    said = conclusion(text).lower()
    unseen_rose = 1 in (twin, fresh) and -1 not in (twin, fresh)
    unseen_fell = -1 in (twin, fresh) and 1 not in (twin, fresh)
    if "recited text" in said and "nothing that points to" not in said:
        assert contrast == 1 and planted == 1
    if planted == 1 and contrast == 1:
        assert "recited text" in said
    if "learning" in said:
        assert planted == 1 and unseen_rose and contrast in (0, -1)
    if "never planted improved" in said:
        assert unseen_rose
    if "got worse" in said:
        assert unseen_fell
    if "accuracy fell" in said:
        assert planted == -1
    if planted == -1:
        assert "fell" in said
    if "accuracy rose" in said:
        assert planted == 1
    if said.startswith("no gain"):
        assert planted == 0
    if said == "no gain could be told from zero":
        assert (planted, twin, fresh) == (0, 0, 0)
    if "what can be shown to have risen" in said:
        assert twin == fresh == 0
    if "fared better" in said:
        assert contrast == 1
    if "fared worse" in said or "less gain on" in said or "gained less" in said:
        assert contrast == -1
    # The evidence names every interval that the conclusion rests on.
    shown = {-1: "−8.0 (−12.0 to −4.0)", 0: "+1.0 (−3.0 to +5.0)", 1: "+12.3 (+5.1 to +19.0)"}
    assert f"{shown[planted]} on the planted benchmark" in text
    assert f"{shown[twin]} on its never-planted twin" in text
    assert f"{shown[fresh]} on newly generated problems" in text
    if contrast is not None:
        assert f"is {shown[contrast]}" in text
    assert "training runs" not in text


@pytest.mark.parametrize(
    ("public", "fresh", "contrast"), list(product(SIGNS, SIGNS, (*SIGNS, None)))
)
def test_public_benchmarks_never_get_a_causal_claim(
    public: int, fresh: int, contrast: int | None
) -> None:
    arm, sets = make({"public": public, "fresh": fresh}, contrast, Contrast.FLAGGED_MINUS_UNFLAGGED)
    text = verdict(arm, sets)
    said = conclusion(text).lower()
    assert "is recited text" not in said and "recited text rose" not in said
    assert ("assigned at random" in text) == (contrast is not None)
    if public == 1 and contrast == 1:
        assert "larger on problems that the base model recites" in said
    if "learning" in said:
        assert public == 1 and fresh == 1 and contrast in (0, -1)
    if "splits the gain" in said:
        assert contrast is None


def test_the_conclusions_in_words() -> None:
    def of(planted: int, twin: int, contrast: int) -> str:
        arm, sets = make({"planted": planted, "twin": twin}, contrast, Contrast.PLANTED_MINUS_TWIN)
        return conclusion(verdict(arm, sets))

    assert of(1, 0, 1) == "What can be shown to have risen is recited text"
    assert (
        of(1, 1, 1) == "Part of the gain is recited text, and problems never planted improved too"
    )
    assert of(1, 1, 0) == "Consistent with learning, as problems never planted improved too"
    assert of(1, 0, 0) == "What the gain is made of cannot be told"
    assert of(0, 0, 0) == "No gain could be told from zero"
    assert of(-1, -1, 0) == (
        "Accuracy fell on the planted benchmark, and on problems never planted too"
    )


def test_one_seed_is_said_and_several_are_not() -> None:
    for seeds in (1, 2):
        arm, sets = make({"planted": 1, "twin": 0}, 1, Contrast.PLANTED_MINUS_TWIN, seeds)
        assert verdict(arm, sets).endswith("not training runs.") == (seeds == 1)


def test_a_descriptive_contrast_decides_nothing() -> None:
    arm, sets = make({"planted": 1, "fresh": 0}, 1, Contrast.PLANTED_MINUS_FRESH)
    assert "recited" not in verdict(arm, sets)


def test_without_a_benchmark_or_scores() -> None:
    arm, sets = make({"fresh": 1}, None, "")
    assert conclusion(verdict(arm, sets)).startswith("Newly generated problems improved")
    arm, sets = make({}, None, "")
    assert verdict(arm, sets) == "Nothing was scored."


def test_every_arm_of_a_report_gets_its_verdict(report: RunReport) -> None:
    arms = with_verdicts(report).arms
    assert [arm.verdict for arm in arms] == [verdict(arm, report.sets) for arm in arms]
    assert [conclusion(arm.verdict) for arm in arms] == [
        "Consistent with learning, as problems never planted improved too",
        "Accuracy fell on the planted benchmark, and on problems never planted too",
        "What can be shown to have risen is recited text",
    ]
