"""Conclusions claim what the intervals carry, on every combination of signs, and nothing beyond."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from made_up import MadeUp

from clean_bench.statistics.estimate import Estimate
from leaderboards.conclusions import conclude, deciding_contrast, sign, with_conclusions
from leaderboards.report_schema import ArmInfo, SetInfo
from leaderboards.view import (
    BENCHMARK_MINUS_FRESH,
    MEMORIZED_MINUS_OTHERS,
    PLANTED_MINUS_TWIN,
    Arm,
    ArmScore,
    Contrast,
)

SIGNS = (-1, 0, 1)
BY_SIGN = {
    -1: Estimate(-0.08, -0.12, -0.04, 100),
    0: Estimate(0.01, -0.03, 0.05, 100),
    1: Estimate(0.123, 0.051, 0.19, 100),
}
HALF = Estimate(0.5, 0.4, 0.6, 100)


def make(
    gains: dict[str, int], contrast: int | None, kind: str, seeds: int = 3
) -> tuple[Arm, tuple[SetInfo, ...]]:
    """An arm with the signs of its gains by role, and of its contrast on the first set."""
    scores = tuple(ArmScore(role, HALF, HALF, BY_SIGN[s]) for role, s in gains.items())
    contrasts = (
        () if contrast is None else (Contrast(kind, next(iter(gains)), "split", BY_SIGN[contrast]),)
    )
    sets = tuple(SetInfo(name=role, label=role, role=role, n=100) for role in gains)  # type: ignore[arg-type]
    return Arm(ArmInfo(name="arm", reward="arm", seeds=seeds), scores, contrasts, {}), sets


def claim(text: str) -> str:
    return text.split(": ")[0]


def test_sign_counts_an_interval_that_touches_zero_as_containing_it() -> None:
    assert [sign(e) for e in BY_SIGN.values()] == [-1, 0, 1]
    assert sign(Estimate(0.1, 0.0, 0.2, 9)) == sign(Estimate(-0.1, -0.2, 0.0, 9)) == 0


@pytest.mark.parametrize(
    ("planted", "twin", "fresh", "contrast"), list(product(SIGNS, SIGNS, SIGNS, (*SIGNS, None)))
)
def test_planted_claims(planted: int, twin: int, fresh: int, contrast: int | None) -> None:
    gains = {"planted": planted, "twin": twin, "fresh": fresh}
    arm, sets = make(gains, contrast, PLANTED_MINUS_TWIN)
    text = conclude(arm, sets)
    claims = claim(text).lower()
    unseen_rose = 1 in (twin, fresh) and -1 not in (twin, fresh)
    unseen_fell = -1 in (twin, fresh) and 1 not in (twin, fresh)
    if "memorized text" in claims and "no sign of" not in claims:
        assert contrast == 1 and planted == 1
    if planted == 1 and contrast == 1:
        assert "memorized text" in claims
    if "learning" in claims:
        assert planted == 1 and unseen_rose and contrast in (0, -1)
    if "never planted improved" in claims:
        assert unseen_rose
    if "got worse" in claims:
        assert unseen_fell
    if "accuracy fell" in claims:
        assert planted == -1
    if planted == -1:
        assert "fell" in claims
    if "accuracy rose" in claims:
        assert planted == 1
    if claims.startswith("no gain"):
        assert planted == 0
    if claims == "no gain could be distinguished from zero":
        assert (planted, twin, fresh) == (0, 0, 0)
    if "the gain that can be shown" in claims:
        assert twin == fresh == 0
    if "did better" in claims:
        assert contrast == 1
    if "did worse" in claims or "less gain on" in claims or "gained less" in claims:
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
    arm, sets = make({"public": public, "fresh": fresh}, contrast, MEMORIZED_MINUS_OTHERS)
    text = conclude(arm, sets)
    claims = claim(text).lower()
    assert "is memorized text" not in claims and "memorized text rose" not in claims
    assert ("assigned at random" in text) == (contrast is not None)
    if public == 1 and contrast == 1:
        assert "larger on problems that the base model has memorized" in claims
    if "learning" in claims:
        assert public == 1 and fresh == 1 and contrast in (0, -1)
    if "splits the gain" in claims:
        assert contrast is None


@pytest.mark.parametrize(("planted", "twin"), list(product(SIGNS, SIGNS)))
def test_a_negative_control_has_no_memorized_gain(planted: int, twin: int) -> None:
    """Problems that were planted in another model: a contrast above zero is chance."""
    arm, sets = make({"planted": planted, "twin": twin}, 1, PLANTED_MINUS_TWIN)
    text = conclude(arm, sets, planted_here=False)
    assert "memorized text" not in text and "assigned at random" not in text
    assert "on planted problems" in text or "planted problems did better" in text


def test_matched_generated_problems_are_evidence_like_other_generated_ones() -> None:
    arm, sets = make({"public": 1, "matched": 1}, 0, MEMORIZED_MINUS_OTHERS)
    text = conclude(arm, sets)
    assert claim(text) == "Consistent with learning, as newly generated problems improved too"
    assert "+12.3 (+5.1 to +19.0) on matched generated problems" in text


def test_the_conclusions_in_words() -> None:
    def of(planted: int, twin: int, contrast: int) -> str:
        arm, sets = make({"planted": planted, "twin": twin}, contrast, PLANTED_MINUS_TWIN)
        return claim(conclude(arm, sets))

    assert of(1, 0, 1) == "The gain that can be shown is memorized text"
    assert of(1, 1, 1) == (
        "Part of the gain is memorized text, and problems never planted improved too"
    )
    assert of(1, 1, 0) == "Consistent with learning, as problems never planted improved too"
    assert of(1, 0, 0) == "The data do not show what the gain is made of"
    assert of(0, 0, 0) == "No gain could be distinguished from zero"
    assert of(-1, -1, 0) == (
        "Accuracy fell on the planted benchmark, and on problems never planted too"
    )


def test_one_seed_is_a_caveat_and_several_are_not() -> None:
    for seeds in (1, 2):
        arm, sets = make({"planted": 1, "twin": 0}, 1, PLANTED_MINUS_TWIN, seeds)
        assert conclude(arm, sets).endswith("not training runs.") == (seeds == 1)


def test_a_descriptive_contrast_decides_nothing() -> None:
    arm, sets = make({"planted": 1, "fresh": 0}, 1, BENCHMARK_MINUS_FRESH)
    assert "memorized" not in conclude(arm, sets)
    assert deciding_contrast(arm, sets) is None


def test_the_contrast_of_another_set_decides_nothing() -> None:
    """The conclusion is of the first planted set, or of the first public one without any planted."""
    arm, sets = make({"public": 1, "fresh": 0}, None, "")
    other = SetInfo(name="other", label="other", role="public", n=100)
    score = ArmScore("other", HALF, HALF, BY_SIGN[1])
    contrast = Contrast(MEMORIZED_MINUS_OTHERS, "other", "split", BY_SIGN[1])
    both = replace(arm, scores=(*arm.scores, score), contrasts=(contrast,))
    assert deciding_contrast(both, (*sets, other)) is None
    assert "nothing that splits the gain" in conclude(both, (*sets, other))
    assert deciding_contrast(both, (other, *sets)) == contrast
    assert "larger on problems that" in conclude(both, (other, *sets))


def test_without_a_benchmark_or_scores() -> None:
    arm, sets = make({"fresh": 1}, None, "")
    assert claim(conclude(arm, sets)).startswith("Newly generated problems improved")
    arm, sets = make({}, None, "")
    assert conclude(arm, sets) == "Nothing was scored."


def test_every_arm_of_a_report_gets_its_conclusion(run: MadeUp) -> None:
    [model] = with_conclusions(run.report, run.results).models
    assert [arm.conclusion for arm in model.arms] == [
        conclude(arm, run.report.sets) for arm in run.view.arms
    ]
    assert [claim(arm.conclusion) for arm in model.arms] == [
        "Consistent with learning, as problems never planted improved too",
        "Accuracy fell on the planted benchmark, and on problems never planted too",
        "The gain that can be shown is memorized text",
    ]
