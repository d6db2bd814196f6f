"""One sentence per arm: what its gain is made of, as far as the intervals show.

A sentence follows from three signs, each +1 (interval above zero), -1 (below) or 0 (contains zero): the
gain on the benchmark, the contrast that splits it (planted minus twin, or, where nothing was planted,
problems that the base has memorized minus the others), and the gains on problems never planted (twin
and newly generated; one sign for all). A gain is attributed to memorization only when the contrast is
above zero, and to learning only when problems never planted rose and the contrast is not above zero. An
interval that contains zero is never written as "no effect".
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from clean_bench.results import Results
from clean_bench.statistics.estimate import Estimate
from leaderboards.formatting import display_name, joined, points_interval
from leaderboards.report_schema import RunReport, SetInfo
from leaderboards.view import (
    MEMORIZED_MINUS_OTHERS,
    PLANTED_MINUS_TWIN,
    Arm,
    Contrast,
    views_of,
)

_RULES: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
_SIGNS = {1: "rose", -1: "fell", 0: "zero"}
_ONE_SEED = "One training seed: the interval covers problems and samples, not training runs."
_NOT_RANDOM = (
    "Which problems are memorized was not assigned at random: they may differ from the others in other "
    "respects."
)


def with_conclusions(report: RunReport, results: Results) -> RunReport:
    """The report with the conclusion of every arm set."""
    models = []
    for model, view in zip(report.models, views_of(report, results), strict=True):
        arms = tuple(
            arm.info.model_copy(update={"conclusion": conclude(arm, report.sets)})
            for arm in view.arms
        )
        models.append(model.model_copy(update={"arms": arms}))
    return report.model_copy(update={"models": tuple(models)})


def conclude(arm: Arm, sets: Sequence[SetInfo]) -> str:
    """The composition of the arm's gain: `CONCLUSION: evidence with 95% intervals.` and its caveats.

    The benchmark is the first planted set, else the first public one. An arm without scores on either
    gets a conclusion on its generated sets alone.
    """
    scored = [info for info in sets if arm.score(info.name)]
    benchmark = _benchmark(scored)
    others = [info for info in scored if info.role in ("twin", "fresh", "matched")]
    unseen = _sign_of_all(arm, others)
    if benchmark is None:
        return _sentence(arm, _RULES["without_benchmark"][unseen], others, None, {}, [])
    contrast = deciding_contrast(arm, sets)
    controlled = benchmark.role == "planted"
    names = {"benchmark": benchmark.label, **_RULES["names"][benchmark.role]}
    score = arm.score(benchmark.name)
    assert score is not None
    signs = {
        "gain": _SIGNS[sign(score.gain)],
        "contrast": _SIGNS[sign(contrast.estimate)] if contrast else "none",
        "unseen": unseen,
        "controlled": controlled,
    }
    conclusion = next(
        rule["text"]
        for rule in _RULES["rule"]
        if all(value in rule.get(name, (value,)) for name, value in signs.items())
    )
    caveats = [_NOT_RANDOM] if contrast and not controlled else []
    return _sentence(
        arm, conclusion.format(**names), [benchmark, *others], contrast, names, caveats
    )


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


def _sign_of_all(arm: Arm, sets: Sequence[SetInfo]) -> str:
    """The common sign of the gains on sets: "none" without sets, "mixed" where they disagree."""
    scores = [arm.score(info.name) for info in sets]
    signs = {sign(score.gain) for score in scores if score}
    if not signs:
        return "none"
    nonzero = signs - {0}
    return "mixed" if len(nonzero) > 1 else _SIGNS[next(iter(nonzero), 0)]


def _sentence(
    arm: Arm,
    conclusion: str,
    sets: Sequence[SetInfo],
    contrast: Contrast | None,
    names: Mapping[str, str],
    caveats: list[str],
) -> str:
    """The conclusion with its evidence and caveats."""
    conclusion = conclusion[0].upper() + conclusion[1:]
    changes = []
    for info in sets:
        name = display_name(info, sets)
        if name != info.label:
            name = {"planted": "the ", "twin": "its "}.get(info.role, "") + name
        score = arm.score(info.name)
        if score:
            changes.append(f"{points_interval(score.gain)} on {name}")
    if not changes:
        return f"{conclusion}."
    evidence = f"accuracy changed by {joined(changes)}"
    if contrast:
        evidence += (
            f"; the gain on {names['part']} minus that on {names['other']} is "
            f"{points_interval(contrast.estimate)}"
        )
    evidence += ", in percentage points with 95% intervals"
    if arm.info.seeds == 1:
        caveats = [*caveats, _ONE_SEED]
    return " ".join([f"{conclusion}: {evidence}.", *caveats])
