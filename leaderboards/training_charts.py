"""The charts of training: one panel per metric, a line per arm."""

from __future__ import annotations

from leaderboards.chart_axes import Panel, drawing, plain_axes
from leaderboards.matplotlib_svg import MARKERS, dashes, series, to_svg
from leaderboards.view import CURVES, ModelView

MARKED = 3
"""Curves of at most so many steps have markers: a line through one point is invisible."""
CLIPPED = 1e-3
"""A share of clipped tokens below this is numerical noise, and not drawn."""


def curve_panels(view: ModelView) -> list[Panel]:
    """One panel per training metric that some arm has, a line per arm."""
    return [_curve_panel(view, number, metric) for number, metric in enumerate(drawn_metrics(view))]


def drawn_metrics(view: ModelView) -> list[str]:
    """The metrics to draw: measured, and no share of clipped tokens that is close to zero throughout."""
    return [name for name in _measured(view) if name not in unclipped_metrics(view)]


def unclipped_metrics(view: ModelView) -> list[str]:
    """The shares of clipped tokens that stay below `CLIPPED` in every arm and step."""
    return [
        name
        for name in _measured(view)
        if name.startswith("clip_fraction")
        and all(
            value is None or value < CLIPPED
            for arm in view.arms
            for value in arm.curves.get(name, ())
        )
    ]


def _measured(view: ModelView) -> list[str]:
    return [
        name
        for name in CURVES
        if any(value is not None for arm in view.arms for value in arm.curves.get(name, ()))
    ]


def _curve_panel(view: ModelView, number: int, metric: str) -> Panel:
    steps = max(len(arm.curves.get(metric, ())) for arm in view.arms)
    with drawing():
        figure, axes = plain_axes(220)
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
                linestyle=dashes(index),
                linewidth=2,
                marker=MARKERS[index % len(MARKERS)] if len(known) <= MARKED else "",
                markersize=8,
            )
            change = f"{known[0]:.3g} to {known[-1]:.3g}"
            texts.append(f"{arm.name} {f'from {change}' if len(known) > 1 else f'{known[0]:.3g}'}")
        axes.set_xlabel("training step")
        axes.locator_params(axis="x", integer=True)
        if steps <= MARKED:
            axes.set_xlim(0.5, steps + 0.5)
            axes.set_xticks(range(1, steps + 1))
        axes.margins(y=0.1)
        title = CURVES[metric]
        label = f"{title} by training step. {'; '.join(texts)}."
        return Panel(title, to_svg(figure, f"{view.prefix}curve{number}", label))
