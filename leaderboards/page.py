"""The report of one run as one HTML file that works offline.

The page holds everything it shows: style, charts as inline SVG, no script, no font, no external address.
All text from the run (names, descriptions, versions) is escaped. The same report gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clean_bench.results import Results
from clean_bench.statistics.estimate import Estimate
from leaderboards import charts
from leaderboards.conclusions import deciding_contrast
from leaderboards.formatting import (
    ROLES,
    accuracy_of,
    display_name,
    joined,
    percent,
    percent_interval,
    points_interval,
)
from leaderboards.matplotlib_svg import SERIES
from leaderboards.report_schema import RunReport
from leaderboards.view import (
    BASE,
    MEMORIZED_MINUS_OTHERS,
    PLANTED_MINUS_TWIN,
    Arm,
    ModelView,
    views_of,
)

SHAPES = ("●", "■", "▲", "◆", "▼", "✚")
"""The markers of the charts as text, for legends."""

SPLITS = {
    PLANTED_MINUS_TWIN: "planted minus twin",
    MEMORIZED_MINUS_OTHERS: "memorized minus others",
}
"""Short names of the contrasts that a conclusion rests on."""


def render_page(report: RunReport, results: Results) -> str:
    """The page of a report, as a complete HTML document; write it as UTF-8.

    Conclusions are printed as the report holds them (`leaderboards.conclusions.with_conclusions`).
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("leaderboards"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "joined": joined,
        "percent": percent,
        "percent_interval": percent_interval,
        "points_interval": points_interval,
        "role": lambda role: ROLES[role],
    }
    views = views_of(report, results)
    return environment.get_template("report.html.j2").render(_page(report, views))


def _page(report: RunReport, views: list[ModelView]) -> dict[str, Any]:
    """The variables of the template."""
    roles = {info.role for info in report.sets}
    return {
        "report": report,
        "several": len(views) > 1,
        "accuracy": accuracy_of(report),
        "models": [_model(view) for view in views],
        "planted": "planted" in roles,
        "planted_in": [model.name for model in report.models if model.planted_here],
        "controls": [model.name for model in report.models if not model.planted_here],
        "bound": any(info.bound for info in report.sets),
        "generated": bool(roles & {"fresh", "matched"}),
        "names": {info.name: display_name(info, report.sets) for info in report.sets},
        "labels": {info.name: info.label for info in report.sets},
        "set_keys": _keys([display_name(info, report.sets) for info in report.sets]),
        "methods": sorted({e.method for view in views for e in _estimates(view) if e.method}),
    }


def _model(view: ModelView) -> dict[str, Any]:
    """The variables of one model's sections."""
    return {
        "view": view,
        "memorized": _memorized(view),
        "arms": [_arm(arm, view) for arm in view.arms],
        "scores": charts.score_panels(view),
        "contrasts": charts.contrast_panels(view),
        "probes": [*charts.probe_panels(view), *charts.dose_panels(view)],
        "curves": charts.curve_panels(view),
        "arm_keys": _keys([arm.name for arm in view.arms]),
        "greedy": any(score.greedy_before for arm in view.arms for score in arm.scores),
        "seeds": sorted({arm.info.seeds for arm in view.arms}),
    }


def _arm(arm: Arm, view: ModelView) -> dict[str, Any]:
    """An arm, its conclusion apart from the evidence, and the contrast that the conclusion rests on."""
    conclusion, _, evidence = arm.info.conclusion.partition(": ")
    if evidence:
        evidence = evidence[0].upper() + evidence[1:]
    split = deciding_contrast(arm, view.sets)
    return {
        "arm": arm,
        "conclusion": conclusion.rstrip("."),
        "evidence": evidence,
        "split": split,
        "split_name": SPLITS[split.kind] if split else "",
    }


def _memorized(view: ModelView) -> str:
    """How much the base has memorized, in a sentence or two; empty where it was not probed."""
    prefix = charts.headline_prefix(view.probe)
    rows = [r for r in view.probe if r.checkpoint == BASE and r.prefix == prefix]
    if prefix is None or not rows:
        return ""
    infos = {info.name: info for info in view.sets}
    parts = [
        f"{display_name(infos[row.set], view.sets)} {percent_interval(row.exact_match)}"
        for row in rows
    ]
    baseline = percent(max(row.lookup.value for row in rows))
    return (
        f"From the first {prefix:.0%} of a problem's text, the base model completes the rest word for "
        f"word: {joined(parts)}. The baseline, a look-up without a model, reaches at most {baseline}."
    )


def _keys(names: list[str]) -> list[tuple[int, str, str]]:
    """Legend entries: the number of the series' colour, its marker, its name."""
    return [(i % SERIES, SHAPES[i % len(SHAPES)], name) for i, name in enumerate(names)]


def _estimates(view: ModelView) -> Iterator[Estimate]:
    """Every estimate that the page prints."""
    for arm in view.arms:
        for score in arm.scores:
            yield from (score.before, score.after, score.gain)
            greedy = (score.greedy_before, score.greedy_after, score.greedy_gain)
            yield from filter(None, greedy)
        yield from (contrast.estimate for contrast in arm.contrasts)
    for row in view.probe:
        yield from (row.exact_match, row.lookup, row.rouge_l)
    yield from (row.exact_match for row in view.doses)
    yield from (ceiling.pass_at_k for ceiling in view.ceiling)
