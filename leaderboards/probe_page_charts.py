"""The charts of the page of a probe: by prefix, by tier of the positive control, by dose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clean_bench.results import Result, Results
from leaderboards.chart_axes import (
    Panel,
    dodge,
    drawing,
    label_matches,
    plain_axes,
    vertical,
)
from leaderboards.formatting import percent_interval
from leaderboards.matplotlib_svg import INK, series, to_svg

MOST_SETS = 6
"""Sets in one chart; the table has all."""


def prefix_panel(results: Results, config: Mapping[str, Any]) -> Panel | None:
    """Exact match of each set by the fraction shown, with the look-up as a line."""
    names = [entry["name"] for entry in config["sets"]][:MOST_SETS]
    fractions = config["fractions"]
    with drawing():
        figure, axes = plain_axes(260)
        texts = []
        for index, name in enumerate(names):
            for place, fraction in enumerate(fractions):
                of_set = results.where(set=name, subset=None)
                exact = of_set.first(measure=f"exact_match@{fraction:g}")
                lookup = of_set.first(measure=f"lookup_match@{fraction:g}")
                if exact is None or lookup is None:
                    continue
                x = place + dodge(index, len(names), 0.72)
                reach = 0.3 / max(len(names), 2)
                level = [100 * (lookup.value or 0)] * 2
                axes.plot([x - reach, x + reach], level, color=INK, linewidth=1.6, zorder=1.5)
                vertical(axes, x, exact.estimate, index)
                texts.append(f"{name} at {fraction:.0%}: {percent_interval(exact.estimate)}")
        if not texts:
            return None
        ticks = [f"{100 * fraction:.0f}%" for fraction in fractions]
        label_matches(axes, ticks, "fraction of the problem shown to the model")
        label = f"Exact match by prefix, 95% intervals. {'; '.join(texts)}."
        svg = to_svg(figure, "prefix", label)
    return Panel("Completed exactly, by fraction shown", svg, "Line: look-up without a model.")


def tier_panel(results: Results, config: Mapping[str, Any], headline: float) -> Panel | None:
    """Passages of the positive control that are reproduced in any case of letters, by tier."""
    control = config["control"]
    rows = _by_number(results.where(set=control), "tier", f"exact_folded@{headline:g}")
    if control is None or not rows:
        return None
    with drawing():
        figure, axes = plain_axes(260)
        for x, row in enumerate(rows.values()):
            vertical(axes, x, row.estimate, 1)
        label_matches(axes, [f"tier {number}" for number in rows], "1: on most pages of the web")
        texts = [f"tier {n}: {percent_interval(row.estimate)}" for n, row in rows.items()]
        label = f"Famous passages reproduced by tier, 95% intervals. {'; '.join(texts)}."
        svg = to_svg(figure, "tier", label)
    return Panel("Positive control: famous passages", svg, "In any case of letters.")


def dose_panel(results: Results, headline: float) -> Panel | None:
    """The power curve where copies were planted: exact match and flags by dose."""
    curves = {"exact match": f"exact_match@{headline:g}"}
    for row in results:
        if row.measure.startswith("flagged:") and (row.subset or "").startswith("dose="):
            curves[row.measure.partition("@")[0].replace("flagged:", "flagged by ")] = row.measure
    drawn = {name: _by_number(results, "dose", measure) for name, measure in curves.items()}
    doses = sorted({number for rows in drawn.values() for number in rows})
    if len(doses) < 2:
        return None
    with drawing():
        figure, axes = plain_axes(280)
        texts = []
        for index, (name, rows) in enumerate(drawn.items()):
            values = [100 * (row.value or 0) for row in rows.values()]
            places = [doses.index(number) for number in rows]
            axes.plot(places, values, color=series(index), linewidth=1.2, alpha=0.5)
            for place, (number, row) in zip(places, rows.items(), strict=True):
                vertical(axes, place + dodge(index, len(drawn), 0.4), row.estimate, index)
                texts.append(f"{name} at {number} copies: {percent_interval(row.estimate)}")
        label_matches(axes, [f"{dose:,}" for dose in doses], "copies planted in the training text")
        axes.set_ylabel("problems (%)")
        label = f"Power by dose, 95% intervals. {'; '.join(texts)}."
        svg = to_svg(figure, "dose", label)
    return Panel("Power: exact match and flags by dose", svg, ", ".join(drawn))


def _by_number(results: Results, kind: str, measure: str) -> dict[int, Result]:
    """The rows of a measure by the number in their subset (`dose=16`), smallest first."""
    rows: dict[int, Result] = {}
    for row in results.where(measure=measure):
        label, _, number = (row.subset or "").partition("=")
        if label == kind and number.isdecimal():
            rows.setdefault(int(number), row)
    return dict(sorted(rows.items()))
