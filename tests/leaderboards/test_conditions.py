"""A conclusion is withheld where its preconditions fail, each with its reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clean_bench.results import Result, Results
from clean_bench.statistics.estimate import Estimate
from leaderboards.conclusions import with_conclusions
from leaderboards.conditions import LEAST_MEMORIZED, LEAST_PROBLEMS, MOST_CUT_OFF, SATURATED
from leaderboards.report_schema import ArmInfo, ModelInfo, RunReport, SetInfo
from leaderboards.view import DECIDED

BASE, ARM = "m/base", "m/theirs"
GAIN = Estimate(0.2, 0.1, 0.3, 100)
VERSUS = f"checkpoint={BASE}"


def conclusion(
    *,
    n: int = 100,
    before: float = 0.4,
    after: float = 0.6,
    gain: Estimate = GAIN,
    contrast: Estimate | None = GAIN,
    memorized: int = 40,
    cut_off: tuple[float, float] = (0.0, 0.0),
    role: str = "public",
    probed: bool = True,
    training_free: tuple[Estimate, Estimate] | None = None,
) -> str:
    """The conclusion on one set with these numbers."""
    head = Result(set="bench", role=role)
    of_base, of_arm = head._replace(checkpoint=BASE), head._replace(checkpoint=ARM, arm="theirs")
    rows = [
        of_base.of("avg@4", Estimate(before, 0, 1, n), subset=DECIDED),
        of_arm.of("avg@4", Estimate(after, 0, 1, n), subset=DECIDED),
        of_arm.of("gain:avg@4", gain, versus=VERSUS),
        of_base.of("truncated", Estimate(cut_off[0], 0, 1, n)),
        of_arm.of("truncated", Estimate(cut_off[1], 0, 1, n)),
    ]
    if probed:
        rows.append(of_base.of("exact_match@0.6", Estimate(memorized / n, 0, 1, n)))
        rows += [
            row._replace(measure=f"{m}@0.6")
            for row in rows[-1:]
            for m in ("rouge_l", "lookup_match")
        ]
        for subset, count in (("memorized", memorized), ("not memorized", n - memorized)):
            if count:
                rows.append(of_base.of("avg@4", Estimate(before, 0, 1, count), subset=subset))
                rows.append(of_arm.of("gain:avg@4", gain, subset=subset, versus=VERSUS))
    if contrast:
        rows.append(
            of_arm.of("gain:avg@4", contrast, subset="memorized", versus="subset=not memorized")
        )
    if training_free:
        free, beyond = training_free
        of_setting = of_base._replace(protocol="raw, greedy")
        rows.append(of_setting.of("gain:training_free:avg@4", free, versus=VERSUS))
        rows.append(of_arm.of("gain:avg@4", beyond, versus="setting=training_free"))
    report = RunReport(
        title="t",
        measure="avg@4",
        samples_per_problem=4,
        models=(
            ModelInfo(
                name="m",
                checkpoint="m",
                card="",
                arms=(ArmInfo(name="theirs", checkpoint="x", seeds=2),),
            ),
        ),
        sets=(SetInfo(name="bench", label="bench", role=role, n=n),),  # type: ignore[arg-type]
    )
    [model] = with_conclusions(report, Results(rows)).models
    return model.arms[0].conclusion


def test_with_every_condition_met_it_concludes() -> None:
    text = conclusion()
    assert text.startswith("The gain is larger on problems that the base model has memorized")
    assert "withheld" not in text and "No conclusion" not in text


@pytest.mark.parametrize(
    ("numbers", "reason"),
    [
        ({"n": LEAST_PROBLEMS - 1, "memorized": 12}, "only 29 of at least 30 expected problems"),
        ({"before": SATURATED, "after": 1.0}, "bench is saturated: the base solves 95.0% of it"),
        ({"before": 0.0, "after": 0.0}, "neither checkpoint solved a problem of bench"),
        ({"cut_off": (MOST_CUT_OFF + 0.01, 0.0)}, "cut off 11.0% of the completions of the base"),
        ({"cut_off": (0.0, 0.25)}, "cut off 25.0% of the completions of the trained checkpoint"),
    ],
)
def test_a_failed_condition_withholds_everything(numbers: dict[str, object], reason: str) -> None:
    text = conclusion(**numbers)  # type: ignore[arg-type]
    claims = text.split(": accuracy changed")[0]
    assert claims.startswith("No conclusion is drawn, as ") and reason in claims
    for claim in ("memorized", "learning", "Accuracy rose", "gain is", "Without training"):
        assert claim not in text


@pytest.mark.parametrize(
    "numbers",
    [
        {"n": LEAST_PROBLEMS, "memorized": 12},
        {"before": SATURATED - 0.01},
        {"before": 0.0, "after": 0.01},
        {"cut_off": (MOST_CUT_OFF, MOST_CUT_OFF)},
        {"memorized": LEAST_MEMORIZED},
        {"memorized": 100 - LEAST_MEMORIZED},
    ],
)
def test_at_its_limit_a_condition_holds(numbers: dict[str, object]) -> None:
    assert conclusion(**numbers).startswith("The gain is larger on")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("numbers", "reason"),
    [
        ({"memorized": 0, "contrast": None}, "found no memorized problem in bench"),
        (
            {"memorized": 9},
            "found 9 memorized and 91 other problems in bench, expected at least 10",
        ),
        ({"memorized": 95}, "found 95 memorized and 5 other problems"),
        ({"probed": False, "contrast": None}, "no model was probed"),
    ],
)
def test_nothing_is_concluded_about_memorization(numbers: dict[str, object], reason: str) -> None:
    text = conclusion(**numbers)  # type: ignore[arg-type]
    assert text.startswith("Accuracy rose, and this run has nothing that splits the gain")
    [sentence] = [s for s in text.split(". ") if s.startswith("Nothing is concluded about")]
    assert reason in sentence
    assert "minus that on" not in text


def test_planted_problems_need_no_probe_to_be_known() -> None:
    text = conclusion(role="planted", memorized=0, contrast=None)
    assert "Nothing is concluded about memorization" not in text


def test_no_gain_without_a_contrast_claims_no_absence_of_memorization() -> None:
    text = conclusion(gain=Estimate(0.0, -0.1, 0.1, 100), memorized=0, contrast=None)
    assert text.startswith("No gain on bench could be distinguished from zero")
    assert "no sign of memorized text" not in text


def test_twenty_problems_that_nobody_solves_claim_nothing() -> None:
    zero = Estimate(0.0, 0.0, 0.0, 20)
    text = conclusion(n=20, before=0, after=0, gain=zero, memorized=0, contrast=None)
    assert text.startswith("No conclusion is drawn, as only 20 of")
    assert "0 on bench (no problem changed)" in text
    assert "0.0 to 0.0" not in text and "0.0 (" not in text


@pytest.mark.parametrize(
    ("beyond", "words"),
    [
        (
            Estimate(0.1, 0.02, 0.18, 100),
            "less than training: training minus that is +10.0 (+2.0 to",
        ),
        (
            Estimate(-0.1, -0.2, -0.02, 100),
            "more than training under the setting of the comparison",
        ),
        (Estimate(0.01, -0.1, 0.1, 100), "(+5.0 to +15.0); training minus that is +1.0"),
    ],
)
def test_the_training_free_setting_stands_beside_the_gain(beyond: Estimate, words: str) -> None:
    free = replace(GAIN, value=0.1, low=0.05, high=0.15)
    text = conclusion(training_free=(free, beyond))
    assert "the base's best setting (raw, greedy) changes accuracy on bench by +10.0" in text
    assert words in text
