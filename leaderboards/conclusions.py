"""One sentence per arm: what its gain is made of, as far as the intervals show.

A sentence follows from three signs, each +1 (interval above zero), -1 (below) or 0 (contains zero): the
gain on the benchmark, the contrast that splits it (planted minus twin, or, where nothing was planted,
problems that the base has memorized minus the others), and the gains on problems never planted (twin
and newly generated; one sign for all). A gain is attributed to memorization only when the contrast is
above zero, and to learning only when problems never planted rose and the contrast is not above zero. An
interval that contains zero is never written as "no effect".

Where a condition fails (`leaderboards.conditions`) the conclusion is withheld, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from clean_bench.results import Results
from clean_bench.statistics.estimate import Estimate
from leaderboards.conditions import Conditions, beside_training_free, conditions_of
from leaderboards.formatting import display_name, joined, points_interval
from leaderboards.report_schema import RunReport, SetInfo
from leaderboards.view import (
    MEMORIZED_MINUS_OTHERS,
    PLANTED_MINUS_TWIN,
    Arm,
    Contrast,
    views_of,
)

MIXED = 2
"""The sign of gains on several sets of which some rose and some fell."""

_NO_CONDITIONS = Conditions()
_WITHHELD = "No conclusion is drawn"
_NO_GAIN = "No gain could be distinguished from zero"
_ONE_SEED = "One training seed: the interval covers problems and samples, not training runs."
_NOT_RANDOM = (
    "Which problems are memorized was not assigned at random: they may differ from the others in other "
    "respects."
)


@dataclass(frozen=True)
class _Names:
    """Names of the benchmark, of both sides of its contrast and of the problems never planted.

    `controlled`: the problems were assigned to the sides of the contrast at random, so a difference is
    due to their text having been in the training text.
    """

    benchmark: str
    part: str
    other: str
    unseen: str
    controlled: bool


_PLANTED = _Names(
    "the planted benchmark",
    "planted problems",
    "their never-planted twins",
    "problems never planted",
    controlled=True,
)


def with_conclusions(report: RunReport, results: Results) -> RunReport:
    """The report with the conclusion of every arm set."""
    models = []
    for model, view in zip(report.models, views_of(report, results), strict=True):
        arms = []
        for arm in view.arms:
            benchmark = _benchmark([info for info in report.sets if arm.score(info.name)])
            conditions = (
                conditions_of(report, results, model, arm.info, benchmark)
                if benchmark
                else Conditions()
            )
            conclusion = conclude(
                arm, report.sets, planted_here=model.planted_here, conditions=conditions
            )
            arms.append(arm.info.model_copy(update={"conclusion": conclusion}))
        models.append(model.model_copy(update={"arms": tuple(arms)}))
    return report.model_copy(update={"models": tuple(models)})


def conclude(
    arm: Arm,
    sets: Sequence[SetInfo],
    *,
    planted_here: bool = True,
    conditions: Conditions = _NO_CONDITIONS,
) -> str:
    """The composition of the arm's gain: `CONCLUSION: evidence with 95% intervals.` and its caveats.

    The benchmark is the first planted set, else the first public one. An arm without scores on either
    gets a conclusion on its generated sets alone. Where the planted set was planted in another model
    (not `planted_here`), no gain is attributed to memorization. `conditions` are those of the benchmark.
    """
    scored = [info for info in sets if arm.score(info.name)]
    benchmark = _benchmark(scored)
    others = [info for info in scored if info.role in ("twin", "fresh", "matched")]
    if benchmark is None:
        conclusion = _CONCLUSIONS_UNSEEN[_sign_of_all(arm, others)]
        return _sentence(arm, conclusion, others, None, None, [])
    contrast = deciding_contrast(arm, sets)
    planted = benchmark.role == "planted"
    names = replace(_PLANTED, controlled=planted_here)
    if not planted:
        names = _Names(
            benchmark.label,
            "problems that the base model has memorized",
            "the other problems",
            "newly generated problems",
            controlled=False,
        )
    score = arm.score(benchmark.name)
    assert score is not None
    if conditions.withheld:
        conclusion = f"{_WITHHELD}, as {joined(list(conditions.withheld))}"
        return _sentence(arm, conclusion, [benchmark, *others], None, None, [])
    if conditions.memorization:
        contrast = None
    conclusion = _conclusion(
        sign(score.gain),
        sign(contrast.estimate) if contrast else None,
        _sign_of_all(arm, others),
        names,
    )
    caveats = [_NOT_RANDOM] if contrast and not planted else []
    if conditions.memorization:
        caveats.append(
            f"Nothing is concluded about memorization, as {joined(list(conditions.memorization))}."
        )
    if conditions.training_free:
        name = names.benchmark if planted else benchmark.label
        caveats.append(beside_training_free(conditions.training_free, name))
    return _sentence(arm, conclusion, [benchmark, *others], contrast, names, caveats)


def deciding_contrast(arm: Arm, sets: Sequence[SetInfo]) -> Contrast | None:
    """The contrast that splits the gain on the benchmark, and on which the conclusion rests."""
    benchmark = _benchmark([info for info in sets if arm.score(info.name)])
    if benchmark is None:
        return None
    kind = PLANTED_MINUS_TWIN if benchmark.role == "planted" else MEMORIZED_MINUS_OTHERS
    return arm.contrast(kind, benchmark.name)


def _benchmark(scored: Sequence[SetInfo]) -> SetInfo | None:
    """The first planted set, else the first public one."""
    benchmarks = [info for role in ("planted", "public") for info in scored if info.role == role]
    return benchmarks[0] if benchmarks else None


def sign(estimate: Estimate) -> int:
    """+1 where the interval lies above zero, -1 below, 0 where it contains zero."""
    return int(estimate.above_zero) - int(estimate.below_zero)


def _sign_of_all(arm: Arm, sets: Sequence[SetInfo]) -> int | None:
    """The common sign of the gains on sets: None without sets, MIXED where they disagree."""
    scores = [arm.score(info.name) for info in sets]
    signs = {sign(score.gain) for score in scores if score}
    if not signs:
        return None
    nonzero = signs - {0}
    return MIXED if len(nonzero) > 1 else next(iter(nonzero), 0)


_CONCLUSIONS_UNSEEN = {
    1: "Newly generated problems improved, and no benchmark was scored beside them",
    0: _NO_GAIN,
    -1: "Accuracy fell",
    MIXED: "Some sets improved and some got worse",
    None: "Nothing was scored",
}


def _conclusion(gain: int, contrast: int | None, unseen: int | None, names: _Names) -> str:
    """The conclusion for the signs of the gain, its contrast and the gains on unseen problems."""
    if contrast is None:
        return _without_contrast(gain, unseen, names)
    if contrast > 0:
        return _more_on_memorized(gain, unseen, names)
    if gain > 0 and unseen == 1:
        if contrast == 0:
            return f"Consistent with learning, as {names.unseen} improved too"
        return f"Consistent with learning, with less gain on {names.part} than on {names.other}"
    if gain > 0:
        if contrast == 0:
            return "The data do not show what the gain is made of"
        return f"{names.part.capitalize()} gained less than {names.other}"
    if gain == 0:
        return _no_gain(contrast, unseen, names)
    if contrast == 0:
        also = f", and on {names.unseen} too" if unseen == -1 else ""
        return f"Accuracy fell on {names.benchmark}{also}"
    return f"Accuracy fell on {names.benchmark}, and {names.part} did worse than {names.other}"


def _more_on_memorized(gain: int, unseen: int | None, names: _Names) -> str:
    """The conclusion where the contrast is above zero."""
    if gain > 0 and names.controlled:
        by_unseen: dict[int | None, str] = {
            1: f"Part of the gain is memorized text, and {names.unseen} improved too",
            0: "The gain that can be shown is memorized text",
            -1: f"Accuracy on memorized text rose while {names.unseen} got worse",
        }
        return by_unseen.get(unseen, "At least part of the gain is memorized text")
    if gain > 0:
        rest = {1: f", and {names.unseen} improved too", -1: f", and {names.unseen} got worse"}
        return f"The gain is larger on {names.part}{rest.get(unseen or 0, '')}"
    if gain < 0:
        better = f"{names.part} did better than {names.other}"
        return f"Accuracy fell on {names.benchmark}, though {better}"
    if unseen == -1:
        return (
            f"{names.unseen.capitalize()} got worse, and {names.part} did better than {names.other}"
        )
    return f"{_NO_GAIN}, though {names.part} did better than {names.other}"


def _no_gain(contrast: int, unseen: int | None, names: _Names) -> str:
    """The conclusion where the benchmark's gain contains zero and the contrast is not above zero."""
    if unseen == 1:
        return f"{names.unseen.capitalize()} improved, with no sign of memorized text"
    if contrast < 0:
        return f"{_NO_GAIN}, and {names.part} did worse than {names.other}"
    if unseen == -1:
        return f"{_NO_GAIN}, and {names.unseen} got worse"
    if unseen == 0:
        return _NO_GAIN
    return f"No gain on {names.benchmark} could be distinguished from zero"


def _without_contrast(gain: int, unseen: int | None, names: _Names) -> str:
    """The conclusion where nothing splits the gain."""
    if gain > 0 and unseen == 1:
        return f"Accuracy rose, on {names.unseen} too"
    if gain > 0:
        return "Accuracy rose, and this run has nothing that splits the gain"
    if gain < 0:
        return f"Accuracy fell on {names.benchmark}"
    return f"No gain on {names.benchmark} could be distinguished from zero"


def _sentence(
    arm: Arm,
    conclusion: str,
    sets: Sequence[SetInfo],
    contrast: Contrast | None,
    names: _Names | None,
    caveats: list[str],
) -> str:
    """The conclusion with its evidence and caveats."""
    changes = []
    for info in sets:
        name = display_name(info, sets)
        if name != info.label:
            name = {"planted": "the ", "twin": "its "}.get(info.role, "") + name
        score = arm.score(info.name)
        if score and score.gain.low == score.gain.high == 0:
            changes.append(f"0 on {name} (no problem changed)")
        elif score:
            changes.append(f"{points_interval(score.gain)} on {name}")
    if not changes:
        return f"{conclusion}."
    evidence = f"accuracy changed by {joined(changes)}"
    if contrast and names:
        evidence += (
            f"; the gain on {names.part} minus that on {names.other} is "
            f"{points_interval(contrast.estimate)}"
        )
    evidence += ", in percentage points with 95% intervals"
    if arm.info.seeds == 1:
        caveats = [*caveats, _ONE_SEED]
    return " ".join([f"{conclusion}: {evidence}.", *caveats])
