"""The charts of a run's report: each a narrow panel with a title and a text alternative.

Every function maps the view of a model to panels for the page; none computes a statistic. Rows of a
panel carry their numbers as text, so that a chart can be read without its table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clean_bench.probing.summary import HEADLINE
from clean_bench.statistics.estimate import Estimate
from leaderboards.formatting import display_name, percent, percent_interval, points_interval
from leaderboards.matplotlib_svg import (
    ACCENT,
    DASHES,
    INK,
    MARKERS,
    MUTED,
    PAPER,
    WIDTH,
    new_figure,
    series,
    settings,
    to_svg,
)
from leaderboards.view import (
    BASE,
    BENCHMARK_MINUS_FRESH,
    CURVES,
    MEMORIZED_MINUS_OTHERS,
    PLANTED_MINUS_TWIN,
    TRUTH_MINUS_ARM,
    Arm,
    ArmScore,
    Contrast,
    DoseRow,
    ModelView,
    ProbeRow,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIDE = 14
_ROW = 62
_FOOT = 54

CONTRASTS = {
    PLANTED_MINUS_TWIN: "Gain on planted problems minus gain on their twins",
    BENCHMARK_MINUS_FRESH: "Gain on the benchmark minus gain on generated problems",
    MEMORIZED_MINUS_OTHERS: "Gain on memorized problems minus gain on the others",
    TRUTH_MINUS_ARM: "Gain under the true reward minus gain under this one",
}
"""Titles of the kinds of contrasts, for panels whose rows have different labels."""


@dataclass(frozen=True)
class Panel:
    """A chart: its title, its `<svg>` element, the caption below it, and the set or arm it is of."""

    title: str
    svg: str
    caption: str = ""
    subtitle: str = ""


def score_panels(view: ModelView) -> list[Panel]:
    """One panel per set: accuracy before and after, a row per arm, all on one scale."""
    scores = [(arm, score) for arm in view.arms for score in arm.scores]
    if not scores:
        return []
    bounds = [bound for _, s in scores for e in (s.before, s.after) for bound in (e.low, e.high)]
    limits = _percent_limits(min(bounds), max(bounds))
    of_sets = [[(arm, s) for arm, s in scores if s.set == info.name] for info in view.sets]
    return [
        _score_panel(
            f"{view.prefix}score{number}", display_name(info, view.sets), info.label, rows, limits
        )
        for number, (info, rows) in enumerate(zip(view.sets, of_sets, strict=True))
        if rows
    ]


def _score_panel(
    prefix: str,
    title: str,
    name: str,
    rows: Sequence[tuple[Arm, ArmScore]],
    limits: tuple[float, float],
) -> Panel:
    with _drawing():
        figure, axes = _row_axes(len(rows))
        for y, (arm, score) in enumerate(rows):
            change = f"{percent(score.before.value)} → {percent(score.after.value)}"
            _row_text(axes, y, arm.name, change)
            pairs = ((score.before, 0.08, MUTED, PAPER), (score.after, 0.28, ACCENT, ACCENT))
            for estimate, offset, colour, face in pairs:
                _interval(axes, estimate, y + offset, colour, face=face)
        axes.set_xlim(*limits)
        axes.set_xlabel("accuracy (%)")
        texts = [
            f"{arm.name}: {percent_interval(s.before)} before, {percent_interval(s.after)} after"
            for arm, s in rows
        ]
        label = f"Accuracy on {title} with 95% intervals. {'; '.join(texts)}."
        svg = to_svg(figure, prefix, label)
        if title == name:
            return Panel(name, svg)
        return Panel(title[:1].upper() + title[1:], svg, subtitle=name)


def contrast_panels(view: ModelView) -> list[Panel]:
    """One panel per contrast, a row per arm, all on one scale of percentage points."""
    pairs = [(arm, contrast) for arm in view.arms for contrast in arm.contrasts]
    if not pairs:
        return []
    bounds = [100 * b for _, c in pairs for b in (c.estimate.low, c.estimate.high)]
    low, high = min(0.0, *bounds), max(0.0, *bounds)
    pad = 0.08 * (high - low or 1)
    kinds = dict.fromkeys((contrast.kind, contrast.set) for _, contrast in pairs)
    return [
        _contrast_panel(
            f"{view.prefix}contrast{number}",
            [(arm, c) for arm, c in pairs if (c.kind, c.set) == kind],
            (low - pad, high + pad),
        )
        for number, kind in enumerate(kinds)
    ]


def _contrast_panel(
    prefix: str, rows: Sequence[tuple[Arm, Contrast]], limits: tuple[float, float]
) -> Panel:
    first = rows[0][1]
    labels = {contrast.label for _, contrast in rows}
    title = first.label if len(labels) == 1 else CONTRASTS[first.kind]
    single = len({arm.name for arm, _ in rows}) == len(rows)
    with _drawing():
        figure, axes = _row_axes(len(rows))
        axes.axvline(0, color=INK, linewidth=1.2, zorder=1)
        for y, (arm, contrast) in enumerate(rows):
            name = arm.name if single else f"{arm.name}: {contrast.label}"
            _row_text(axes, y, name, points_interval(contrast.estimate))
            colour, face = (ACCENT, ACCENT) if contrast.headline else (MUTED, PAPER)
            _interval(axes, contrast.estimate, y + 0.16, colour, face=face)
        axes.set_xlim(*limits)
        axes.set_xlabel("percentage points")
        texts = [f"{arm.name} {points_interval(c.estimate)}" for arm, c in rows]
        label = f"{title}, in percentage points with 95% intervals. {'; '.join(texts)}."
        standing = "" if first.headline else "Descriptive, not a headline."
        notes = " ".join(dict.fromkeys(c.note for _, c in rows if c.note))
        return Panel(title, to_svg(figure, prefix, label), f"{standing} {notes}".strip())


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
    with _drawing():
        figure, axes = _plain_axes(260)
        for row in rows:
            index = names.index(row.set)
            x = prefixes.index(row.prefix) + _dodge(index, len(names), 0.5)
            _vertical(axes, x, row.exact_match, index)
            axes.plot([x - 0.05, x + 0.05], [100 * row.lookup.value] * 2, color=INK, linewidth=2.4)
        axes.set_xticks(range(len(prefixes)), [f"{100 * p:.0f}%" for p in prefixes])
        axes.set_xlim(-0.5, len(prefixes) - 0.5)
        axes.set_xlabel("fraction of the problem shown to the model")
        axes.set_ylim(-4, 104)
        axes.set_ylabel("completed exactly (%)")
        texts = [
            f"{labels[r.set]} at {r.prefix:.0%}: {percent_interval(r.exact_match)}" for r in rows
        ]
        label = f"Exact match of the base model by prefix, 95% intervals. {'; '.join(texts)}."
        return Panel("Base model, by fraction shown", to_svg(figure, f"{view.prefix}prefix", label))


def _checkpoint_panel(view: ModelView, index: int, name: str, rows: Sequence[ProbeRow]) -> Panel:
    with _drawing():
        figure, axes = _row_axes(len(rows))
        for y, row in enumerate(rows):
            _row_text(axes, y, row.checkpoint, percent_interval(row.exact_match))
            _interval(axes, row.exact_match, y + 0.16, series(index), face=series(index))
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
    with _drawing():
        figure, axes = _plain_axes(260)
        axes.plot(
            range(len(rows)),
            [100 * row.exact_match.value for row in rows],
            color=series(index),
            linewidth=1.2,
            alpha=0.5,
        )
        for x, row in enumerate(rows):
            _vertical(axes, x, row.exact_match, index)
        axes.set_xticks(range(len(rows)), [str(row.dose) for row in rows])
        axes.set_xlim(-0.5, len(rows) - 0.5)
        axes.set_xlabel("copies planted in the training text")
        axes.set_ylim(-4, 104)
        axes.set_ylabel("completed exactly (%)")
        texts = [f"{r.dose} copies: {percent_interval(r.exact_match)}" for r in rows]
        label = (
            f"Exact match at a {headline:.0%} prefix by dose, 95% intervals. {'; '.join(texts)}."
        )
        title = f"Base model, by copies planted (shown {headline:.0%})"
        caption = "0 copies: the twin." if rows[0].dose == 0 else ""
        return [Panel(title, to_svg(figure, f"{view.prefix}dose", label), caption)]


def curve_panels(view: ModelView) -> list[Panel]:
    """One panel per training metric, a line per arm."""
    measured = {name for arm in view.arms for name in arm.curves}
    metrics = [name for name in CURVES if name in measured]
    panels = []
    for number, metric in enumerate(metrics):
        with _drawing():
            figure, axes = _plain_axes(220)
            texts = []
            for index, arm in enumerate(view.arms):
                values = arm.curves.get(metric, ())
                known = [value for value in values if value is not None]
                if not known:
                    continue
                axes.plot(
                    range(1, len(values) + 1),
                    [float("nan") if value is None else value for value in values],
                    color=series(index),
                    linestyle=DASHES[index % len(DASHES)],
                    linewidth=2,
                )
                texts.append(f"{arm.name} from {known[0]:.3g} to {known[-1]:.3g}")
            axes.set_xlabel("training step")
            axes.locator_params(axis="x", integer=True)
            axes.margins(y=0.1)
            title = CURVES[metric]
            label = f"{title} by training step. {'; '.join(texts)}."
            panels.append(Panel(title, to_svg(figure, f"{view.prefix}curve{number}", label)))
    return panels


def _drawing() -> Any:
    import matplotlib

    return matplotlib.rc_context(settings())


def _row_axes(rows: int) -> tuple[Any, Axes]:
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
    return figure, axes


def _plain_axes(height: int) -> tuple[Any, Axes]:
    """A figure with ordinary axes."""
    figure = new_figure(height)
    left = 72
    axes = figure.add_axes(
        (left / WIDTH, _FOOT / height, 1 - (left + _SIDE) / WIDTH, 1 - (_FOOT + 10) / height)
    )
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    axes.locator_params(axis="y", nbins=5)
    return figure, axes


def _row_text(axes: Axes, y: int, name: str, numbers: str) -> None:
    """The name of a row at the left and its numbers at the right, above its marks."""
    across = axes.get_yaxis_transform()
    shown = name if len(name) <= 24 else f"{name[:23]}…"
    # Paper behind the text keeps the lines of the grid from running through it.
    style: dict[str, Any] = {"transform": across, "va": "center", "clip_on": False}
    style["bbox"] = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5}
    axes.text(0, y - 0.24, shown, weight="bold", **style)
    axes.text(1, y - 0.24, numbers, ha="right", **style)


def _interval(axes: Axes, estimate: Estimate, y: float, colour: str, *, face: str) -> None:
    """A point with its horizontal interval, in percent."""
    low, high = 100 * estimate.low, 100 * estimate.high
    axes.plot([low, high], [y, y], color=colour, linewidth=2.4, solid_capstyle="butt")
    axes.plot(
        [100 * estimate.value],
        [y],
        marker="o",
        markersize=9,
        color=colour,
        markerfacecolor=face,
        markeredgewidth=2,
        linestyle="none",
    )


def _vertical(axes: Axes, x: float, estimate: Estimate, index: int) -> None:
    """A point of the series `index` with its vertical interval, in percent."""
    colour = series(index)
    low, high = 100 * estimate.low, 100 * estimate.high
    axes.plot([x, x], [low, high], color=colour, linewidth=2.4, solid_capstyle="butt")
    marker = MARKERS[index % len(MARKERS)]
    axes.plot([x], [100 * estimate.value], marker=marker, markersize=8.5, color=colour)


def _dodge(index: int, count: int, width: float) -> float:
    """The offset of series `index` of `count` within `width`, centred on 0."""
    return width * ((index + 0.5) / max(count, index + 1) - 0.5)


def _percent_limits(low: float, high: float) -> tuple[float, float]:
    """Limits in percent that hold the fractions `low`..`high`, rounded out to tens."""
    return max(0.0, 10 * (100 * low // 10)) - 2, min(100.0, 10 * -(-100 * high // 10)) + 2
