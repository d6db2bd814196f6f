"""The charts of the contamination probe: by prefix, by checkpoint and by copies planted."""

from __future__ import annotations

from collections.abc import Sequence

from clean_bench.probing.items import HEADLINE
from leaderboards.chart_axes import (
    Panel,
    dodge,
    drawing,
    horizontal,
    label_matches,
    plain_axes,
    row_axes,
    row_text,
    vertical,
)
from leaderboards.formatting import display_name, percent_interval
from leaderboards.matplotlib_svg import INK, series, to_svg
from leaderboards.view import BASE, DoseRow, ModelView, ProbeRow


def headline_prefix(rows: Sequence[ProbeRow | DoseRow]) -> float | None:
    """The prefix closest to the probe's headline among the rows, None without rows."""
    prefixes = sorted({row.prefix for row in rows})
    return min(prefixes, key=lambda p: abs(p - HEADLINE), default=None)


def probe_panels(view: ModelView) -> list[Panel]:
    """Exact match of the base checkpoint by prefix, and of every checkpoint at the headline one.

    The second kind has a panel per planted or public set; the others were never in a corpus.
    """
    base = [row for row in view.probe if row.checkpoint == BASE]
    panels = []
    if base:
        panels.append(_prefix_panel(view, base))
    headline = headline_prefix(view.probe)
    for number, info in enumerate(view.sets):
        rows = [r for r in view.probe if r.prefix == headline and r.set == info.name]
        if info.role in ("planted", "public") and len(rows) > 1:
            name = display_name(info, view.sets)
            panels.append(_checkpoint_panel(view, number, name, rows))
    return panels


def _prefix_panel(view: ModelView, rows: Sequence[ProbeRow]) -> Panel:
    labels = {info.name: info.label for info in view.sets}
    names = list(labels)
    prefixes = sorted({row.prefix for row in rows})
    with drawing():
        figure, axes = plain_axes(260)
        for row in rows:
            index = names.index(row.set)
            x = prefixes.index(row.prefix) + dodge(index, len(names), 0.72)
            reach = 0.3 / max(len(names), 2)
            ends, level = [x - reach, x + reach], [100 * row.lookup.value] * 2
            axes.plot(ends, level, color=INK, linewidth=1.6, zorder=1.5)
            vertical(axes, x, row.exact_match, index)
        ticks = [f"{100 * p:.0f}%" for p in prefixes]
        label_matches(axes, ticks, "fraction of the problem shown to the model")
        texts = [
            f"{labels[r.set]} at {r.prefix:.0%}: {percent_interval(r.exact_match)}" for r in rows
        ]
        label = f"Exact match of the base model by prefix, 95% intervals. {'; '.join(texts)}."
        return Panel("Base model, by fraction shown", to_svg(figure, f"{view.prefix}prefix", label))


def _checkpoint_panel(view: ModelView, index: int, name: str, rows: Sequence[ProbeRow]) -> Panel:
    with drawing():
        figure, axes = row_axes(len(rows))
        for y, row in enumerate(rows):
            row_text(axes, y, row.checkpoint, percent_interval(row.exact_match))
            horizontal(axes, row.exact_match, y + 0.16, series(index), face=series(index))
        axes.set_xlim(-3, 103)
        axes.set_xlabel("completed exactly (%)")
        texts = [f"{row.checkpoint}: {percent_interval(row.exact_match)}" for row in rows]
        title = f"Before and after training, shown {rows[0].prefix:.0%}"
        label = f"{title}: exact match on {name} with 95% intervals. {'; '.join(texts)}."
        return Panel(title, to_svg(figure, f"{view.prefix}checkpoint{index}", label), subtitle=name)


def dose_panels(view: ModelView) -> list[Panel]:
    """Exact match of the base checkpoint by copies planted, at the headline prefix."""
    headline = headline_prefix(view.doses)
    if headline is None:
        return []
    roles = [info.role for info in view.sets]
    index = roles.index("planted") if "planted" in roles else 0
    rows = sorted((r for r in view.doses if r.prefix == headline), key=lambda r: r.dose)
    with drawing():
        figure, axes = plain_axes(260)
        values = [100 * row.exact_match.value for row in rows]
        axes.plot(range(len(rows)), values, color=series(index), linewidth=1.2, alpha=0.5)
        for x, row in enumerate(rows):
            vertical(axes, x, row.exact_match, index)
        ticks = [f"{row.dose:,}" for row in rows]
        label_matches(axes, ticks, "copies planted in the training text")
        texts = [f"{r.dose} copies: {percent_interval(r.exact_match)}" for r in rows]
        label = (
            f"Exact match at a {headline:.0%} prefix by dose, 95% intervals. {'; '.join(texts)}."
        )
        title = f"Base model, by copies planted (shown {headline:.0%})"
        caption = "0 copies: the twin." if rows[0].dose == 0 else ""
        return [Panel(title, to_svg(figure, f"{view.prefix}dose", label), caption)]
