"""Panels, axes and marks that all charts share.

Estimates are fractions and are drawn in percent. An estimate without an interval is drawn as a point
alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clean_bench.statistics.estimate import Estimate
from leaderboards.chart_texts import TextAxes, are_texts_only
from leaderboards.formatting import has_interval
from leaderboards.matplotlib_svg import MARKERS, PAPER, WIDTH, new_figure, series, settings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIDE = 24
_ROW = 62
_FOOT = 54
NOT_FROM_ZERO = "The axis does not start at 0."


@dataclass(frozen=True)
class Panel:
    """A chart: its title, its `<svg>` element, the caption below it, and the set or arm it is of."""

    title: str
    svg: str
    caption: str = ""
    subtitle: str = ""


def drawing() -> AbstractContextManager[Any]:
    """The settings under which charts are drawn."""
    if are_texts_only():
        return nullcontext()
    import matplotlib

    return matplotlib.rc_context(settings())


def row_axes(rows: int) -> tuple[Any, Axes | TextAxes]:
    """A figure whose rows 0.. run down, each with room for a line of text above its marks."""
    height = rows * _ROW + _FOOT
    figure = new_figure(height)
    axes = figure.add_axes(
        (_SIDE / WIDTH, _FOOT / height, 1 - 2 * _SIDE / WIDTH, rows * _ROW / height)
    )
    axes.set_ylim(rows - 0.5, -0.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    axes.locator_params(axis="x", nbins=7)
    return figure, axes


def plain_axes(height: int) -> tuple[Any, Axes | TextAxes]:
    """A figure with ordinary axes."""
    figure = new_figure(height)
    left, right = 78, 14
    axes = figure.add_axes(
        (left / WIDTH, _FOOT / height, 1 - (left + right) / WIDTH, 1 - (_FOOT + 10) / height)
    )
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    axes.locator_params(axis="y", nbins=5)
    return figure, axes


def label_ticks(axes: Axes | TextAxes, ticks: list[str], label: str) -> None:
    """Name the places 0, 1, 2 ... of the x axis."""
    axes.set_xticks(range(len(ticks)), ticks)
    axes.set_xlim(-0.5, len(ticks) - 0.5)
    axes.set_xlabel(label)


def label_matches(axes: Axes | TextAxes, ticks: list[str], label: str) -> None:
    """Axes of exact matches in percent over named ticks."""
    label_ticks(axes, ticks, label)
    axes.set_ylim(-4, 104)
    axes.set_ylabel("completed exactly (%)")


def row_text(axes: Axes | TextAxes, y: int, name: str, numbers: str) -> None:
    """The name of a row at the left and its numbers at the right, above its marks."""
    across = axes.get_yaxis_transform()
    shown = name if len(name) <= 24 else f"{name[:23]}…"
    # Paper behind the text keeps the lines of the grid from running through it.
    style: dict[str, Any] = {"transform": across, "va": "center", "clip_on": False}
    style["bbox"] = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5}
    axes.text(0, y - 0.24, shown, weight="bold", **style)
    axes.text(1, y - 0.24, numbers, ha="right", **style)


def horizontal(
    axes: Axes | TextAxes, estimate: Estimate, y: float, color: str, *, face: str
) -> None:
    """A point with its horizontal interval."""
    if has_interval(estimate):
        ends = [100 * estimate.low, 100 * estimate.high]
        axes.plot(ends, [y, y], color=color, linewidth=2.4, solid_capstyle="butt")
    style: dict[str, Any] = {"marker": "o", "markersize": 9, "markeredgewidth": 2}
    axes.plot(
        [100 * estimate.value], [y], color=color, markerfacecolor=face, linestyle="none", **style
    )


def vertical(axes: Axes | TextAxes, x: float, estimate: Estimate, index: int) -> None:
    """A point of the series `index` with its vertical interval.

    The marker is narrow, so that the short interval of a rate of 0% stays visible beside it.
    """
    color = series(index)
    if has_interval(estimate):
        ends = [100 * estimate.low, 100 * estimate.high]
        axes.plot([x, x], ends, color=color, linewidth=2.4, solid_capstyle="butt")
    marker = MARKERS[index % len(MARKERS)]
    axes.plot([x], [100 * estimate.value], marker=marker, markersize=7, color=color)


def dodge(index: int, count: int, width: float) -> float:
    """The offset of series `index` of `count` within `width`, centred on 0."""
    return width * ((index + 0.5) / max(count, index + 1) - 0.5)


def drawn_values(estimates: Iterable[Estimate]) -> list[float]:
    """The fractions that the marks of estimates reach."""
    values = []
    for estimate in estimates:
        values.append(estimate.value)
        if has_interval(estimate):
            values += [estimate.low, estimate.high]
    return values


def percent_limits(values: list[float]) -> tuple[float, float]:
    """Limits in percent that hold fractions, rounded out to tens."""
    low, high = min(values), max(values)
    return max(0.0, 10 * (100 * low // 10)) - 2, min(100.0, 10 * -(-100 * high // 10)) + 2


def axis_note(low: float) -> str:
    """A caption where an axis in percent does not begin at 0."""
    return NOT_FROM_ZERO if low > 0 else ""
