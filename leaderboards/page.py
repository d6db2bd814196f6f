"""The report of one run as one HTML file that works offline.

The page holds everything it shows: style, charts as inline SVG, no script, no font, no address
outside itself. Whatever comes from the run (names, descriptions, versions) is escaped. The same
report gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clean_bench.statistics.estimate import Estimate
from leaderboards import charts
from leaderboards.formatting import (
    ROLES,
    called,
    joined,
    percent,
    percent_interval,
    points_interval,
)
from leaderboards.matplotlib_svg import SERIES
from leaderboards.report_schema import Arm, Contrast, RunReport

SHAPES = ("●", "■", "▲", "◆", "▼", "✚")
"""The markers of the charts as text, for legends."""

SPLITS = {
    Contrast.PLANTED_MINUS_TWIN: "planted minus twin",
    Contrast.FLAGGED_MINUS_UNFLAGGED: "recited minus others",
}
"""The contrasts that a verdict rests on, in few words."""


def render(report: RunReport) -> str:
    """The page of a report.

    Verdicts are printed as the report holds them (`leaderboards.conclusions.with_verdicts` sets them).

    Returns:
        a complete HTML document; write it as UTF-8.
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
        "percent": percent,
        "percent_interval": percent_interval,
        "points_interval": points_interval,
        "role": lambda role: ROLES[role],
    }
    return environment.get_template("report.html.j2").render(_page(report))


def _page(report: RunReport) -> dict[str, Any]:
    """What the template prints."""
    return {
        "report": report,
        "planted": any(info.role == "planted" for info in report.sets),
        "bound": any(info.bound for info in report.sets),
        "names": {info.name: called(info, report.sets) for info in report.sets},
        "generated": any(info.role == "fresh" for info in report.sets),
        "recital": _recital(report),
        "arms": [_arm(arm) for arm in report.arms],
        "scores": charts.score_panels(report),
        "contrasts": charts.contrast_panels(report),
        "probes": [*charts.probe_panels(report), *charts.dose_panels(report)],
        "curves": charts.curve_panels(report),
        "set_keys": _keys([called(info, report.sets) for info in report.sets]),
        "arm_keys": _keys([arm.name for arm in report.arms]),
        "floors": any(row.floor for row in report.probe),
        "greedy": any(score.greedy_before for arm in report.arms for score in arm.scores),
        "seeds": sorted({arm.seeds for arm in report.arms}),
        "methods": sorted({e.method for e in _estimates(report) if e.method}),
    }


def _arm(arm: Arm) -> dict[str, Any]:
    """An arm, its verdict split into conclusion and evidence, and the contrast that it rests on."""
    conclusion, _, evidence = arm.verdict.partition(": ")
    if evidence:
        evidence = evidence[0].upper() + evidence[1:]
    split = next(filter(None, map(arm.contrast, SPLITS)), None)
    return {
        "arm": arm,
        "conclusion": conclusion.rstrip("."),
        "evidence": evidence,
        "split": split,
        "split_name": SPLITS[split.key] if split else "",
    }


def _recital(report: RunReport) -> str:
    """How much the base model recites, in a sentence or two; empty where it was not probed."""
    prefix = charts.headline_prefix(report.probe)
    rows = [r for r in report.probe if r.checkpoint == "base" and r.prefix == prefix]
    if prefix is None or not rows:
        return ""
    infos = {info.name: info for info in report.sets}
    parts = []
    for row in rows:
        info = infos.get(row.set)
        name = called(info, report.sets) if info else row.set
        parts.append(f"{name} {percent_interval(row.exact_match)}")
    floors = [row.floor.value for row in rows if row.floor]
    beside = f" A look-up without any model gets at most {percent(max(floors))}." if floors else ""
    return (
        f"Shown the first {prefix:.0%} of a problem's text, the model as it was before training "
        f"writes the rest word for word: {joined(parts)}.{beside}"
    )


def _keys(names: list[str]) -> list[tuple[int, str, str]]:
    """Legend entries: number of the series' colour, its marker, its name."""
    return [(i % SERIES, SHAPES[i % len(SHAPES)], name) for i, name in enumerate(names)]


def _estimates(report: RunReport) -> Iterator[Estimate]:
    """Every estimate that the page prints."""
    for arm in report.arms:
        for score in arm.scores:
            yield from (score.before, score.after, score.gain)
        yield from (contrast.estimate for contrast in arm.contrasts)
    yield from (row.exact_match for row in report.probe)
    yield from (row.exact_match for row in report.doses)
    yield from (ceiling.best_of_k for ceiling in report.ceiling)
