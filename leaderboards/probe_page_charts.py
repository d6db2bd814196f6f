"""The charts of the page of a probe: by prefix, by dose, by tier of the positive control, power."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clean_bench.results import Result, Results
from clean_bench.statistics.estimate import Estimate
from leaderboards.chart_axes import (
    Panel,
    dodge,
    drawing,
    label_matches,
    label_ticks,
    plain_axes,
    vertical,
)
from leaderboards.formatting import has_interval, percent, percent_interval
from leaderboards.matplotlib_svg import INK, SERIES, series, to_svg
from leaderboards.page_context import SHAPES
from leaderboards.probe_page_tables import part_numbers

MOST_SETS = SERIES
"""Sets in one chart, each with a color and a marker of its own; the tables have all."""

Key = tuple[int, str, str]


@dataclass(frozen=True)
class Chart:
    """A panel with the entries of its legend: number of the color, marker, name."""

    panel: Panel
    keys: Sequence[Key] = ()
    baseline: bool = False


def prefix_chart(results: Results, config: Mapping[str, Any]) -> Chart | None:
    """Exact match of each set by the fraction shown, with the look-up as a line."""
    names = [entry["name"] for entry in config["sets"]]
    drawn, fractions = names[:MOST_SETS], config["fractions"]
    with drawing():
        figure, axes = plain_axes(260)
        texts = []
        for index, name in enumerate(drawn):
            for place, fraction in enumerate(fractions):
                of_set = results.where(set=name, subset=None)
                exact = of_set.first(measure=f"exact_match@{fraction:g}")
                lookup = of_set.first(measure=f"lookup_match@{fraction:g}")
                if exact is None or lookup is None:
                    continue
                x = place + dodge(index, len(drawn), 0.72)
                reach = 0.3 / max(len(drawn), 2)
                level = [100 * (lookup.value or 0)] * 2
                axes.plot([x - reach, x + reach], level, color=INK, linewidth=1.6, zorder=1.5)
                vertical(axes, x, exact.estimate, index)
                texts.append(f"{name} at {fraction:.0%}: {percent_interval(exact.estimate)}")
        if not texts:
            return None
        ticks = [f"{100 * fraction:g}%" for fraction in fractions]
        label_matches(axes, ticks, "fraction of the text shown to the checkpoint")
        label = f"Exact match by prefix, 95% intervals. {'; '.join(texts)}."
        svg = to_svg(figure, "prefix", label)
    left_out = len(names) - len(drawn)
    caption = f"The first {len(drawn)} of {len(names)} sets." if left_out else ""
    return Chart(Panel("Completed exactly, by fraction shown", svg, caption), _keys(drawn), True)


def tier_chart(results: Results, config: Mapping[str, Any], headline: float) -> Chart | None:
    """Passages of the positive control that are reproduced in any case of letters, by tier."""
    control = config["control"]
    rows = _by_number(results.where(set=control), "tier", f"exact_folded@{headline:g}")
    if not rows:
        return None
    names = [entry["name"] for entry in config["sets"]]
    with drawing():
        figure, axes = plain_axes(260)
        for x, row in enumerate(rows.values()):
            vertical(axes, x, row.estimate, names.index(control))
        ticks = [f"tier {number}" for number in rows]
        _label(axes, ticks, "from common to rare on the web", "reproduced (%)")
        texts = [f"tier {n}: {percent_interval(row.estimate)}" for n, row in rows.items()]
        label = f"Famous passages reproduced by tier, 95% intervals. {'; '.join(texts)}."
        svg = to_svg(figure, "tier", label)
    return Chart(Panel("Famous passages reproduced, by tier", svg, "In any case of letters."))


def dose_charts(results: Results, config: Mapping[str, Any], headline: float) -> list[Chart]:
    """Per set with planted copies its power curve: exact match and flags by dose.

    The rate at 0 copies is that of the set itself, else of the first null set that has one.
    """
    charts = []
    for number, entry in enumerate(config["sets"]):
        of_set = results.where(set=entry["name"])
        doses = part_numbers(of_set, "dose")
        if not any(doses):
            continue
        exact = f"exact_match@{headline:g}"
        curves = {"exact match": _by_number(of_set, "dose", exact)}
        for row in of_set:
            if row.measure.startswith("flagged:") and (row.subset or "").startswith("dose="):
                test = row.measure.removeprefix("flagged:").partition("@")[0]
                curves[f"flagged by {test}"] = _by_number(of_set, "dose", row.measure)
        caption = ""
        for null in config["nulls"]:
            zero = results.first(set=null, subset="dose=0", measure=exact)
            if 0 not in doses and zero is not None:
                doses = [0, *doses]
                curves["exact match"] = {0: zero, **curves["exact match"]}
                caption = f"0 copies: {null}."
        charts.append(_dose_chart(number, entry["name"], doses, curves, caption))
    return charts


def _dose_chart(
    number: int,
    name: str,
    doses: Sequence[int],
    curves: Mapping[str, Mapping[int, Result]],
    caption: str,
) -> Chart:
    estimates = {
        label: {dose: row.estimate for dose, row in curve.items()}
        for label, curve in curves.items()
    }
    title = "Detected, by copies planted"
    label = f"Power by dose on {name}, 95% intervals."
    svg = _by_dose(f"dose{number}", doses, estimates, label)
    return Chart(Panel(title, svg, caption, subtitle=name), _keys(list(curves)))


def calibration_chart(power: Sequence[Mapping[str, Any]]) -> Chart | None:
    """The share of flagged problems by dose and test that a calibration measured."""
    curves: dict[str, dict[int, Estimate]] = {}
    for row in power:
        curves.setdefault(row["test"], {})[row["dose"]] = row["estimate"]
    if not curves:
        return None
    doses = sorted({dose for curve in curves.values() for dose in curve})
    svg = _by_dose("calibration", doses, curves, "Power by dose of a calibration.")
    title = "Flagged in a calibration of this checkpoint"
    return Chart(Panel(title, svg), _keys(list(curves)))


def _by_dose(
    prefix: str,
    doses: Sequence[int],
    curves: Mapping[str, Mapping[int, Estimate]],
    description: str,
) -> str:
    with drawing():
        figure, axes = plain_axes(280)
        texts = []
        for index, (name, curve) in enumerate(curves.items()):
            places = [doses.index(dose) + dodge(index, len(curves), 0.4) for dose in curve]
            values = [100 * estimate.value for estimate in curve.values()]
            axes.plot(places, values, color=series(index), linewidth=1.2, alpha=0.5)
            for x, (dose, estimate) in zip(places, curve.items(), strict=True):
                vertical(axes, x, estimate, index)
                copies = "copy" if dose == 1 else "copies"
                share = percent_interval(estimate)
                if not has_interval(estimate):
                    share = percent(estimate.value)
                texts.append(f"{name} at {dose:,} {copies}: {share}")
        ticks = [f"{dose:,}" for dose in doses]
        _label(axes, ticks, "copies in the training text", "problems (%)")
        return to_svg(figure, prefix, f"{description} {'; '.join(texts)}.")


def _label(axes: Any, ticks: list[str], across: str, up: str) -> None:
    """Axes of shares in percent over named ticks."""
    label_ticks(axes, ticks, across)
    axes.set_ylim(-4, 104)
    axes.set_ylabel(up)


def _by_number(results: Results, kind: str, measure: str) -> dict[int, Result]:
    """The rows of a measure by the number in their subset (`dose=16`), smallest first."""
    rows = {
        number: results.first(subset=f"{kind}={number}", measure=measure)
        for number in part_numbers(results, kind)
    }
    return {number: row for number, row in rows.items() if row is not None}


def _keys(names: Sequence[str]) -> list[Key]:
    return [(i % SERIES, SHAPES[i % SERIES], name) for i, name in enumerate(names)]
