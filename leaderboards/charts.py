"""The charts of scores, of the gains compared and of pass@k.

Every function maps the view of a model to panels for the page; none computes a statistic. Rows of a
panel carry their numbers as text, so that a chart can be read without its table.
"""

from __future__ import annotations

from collections.abc import Sequence

from leaderboards.chart_axes import (
    Panel,
    axis_note,
    dodge,
    drawing,
    drawn_values,
    horizontal,
    label_ticks,
    percent_limits,
    plain_axes,
    row_axes,
    row_text,
    vertical,
)
from leaderboards.formatting import display_name, percent, percent_interval, points_interval
from leaderboards.matplotlib_svg import ACCENT, INK, MUTED, PAPER, dashes, series, to_svg
from leaderboards.view import (
    BASE,
    BENCHMARK_MINUS_FRESH,
    MEMORIZED_MINUS_OTHERS,
    PLANTED_MINUS_TWIN,
    TRUTH_MINUS_ARM,
    Arm,
    ArmScore,
    Contrast,
    ModelView,
    PassAtK,
)

CONTRASTS = {
    PLANTED_MINUS_TWIN: "Gain on planted problems minus gain on their twins",
    BENCHMARK_MINUS_FRESH: "Gain on the benchmark minus gain on generated problems",
    MEMORIZED_MINUS_OTHERS: "Gain on memorized problems minus gain on the others",
    TRUTH_MINUS_ARM: "Gain under the true reward minus gain under this one",
}
"""Titles of the kinds of contrasts, for panels whose rows have different labels."""


def score_panels(view: ModelView) -> list[Panel]:
    """One panel per set: accuracy before and after, a row per arm, all on one scale."""
    scores = [(arm, score) for arm in view.arms for score in arm.scores]
    if not scores:
        return []
    limits = percent_limits(drawn_values(e for _, s in scores for e in (s.before, s.after)))
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
    with drawing():
        figure, axes = row_axes(len(rows))
        for y, (arm, score) in enumerate(rows):
            change = f"{percent(score.before.value)} → {percent(score.after.value)}"
            row_text(axes, y, arm.name, change)
            pairs = ((score.before, 0.06, MUTED, PAPER), (score.after, 0.28, ACCENT, ACCENT))
            for estimate, offset, color, face in pairs:
                horizontal(axes, estimate, y + offset, color, face=face)
        axes.set_xlim(*limits)
        axes.set_xlabel("accuracy (%)")
        texts = [
            f"{arm.name}: {percent_interval(s.before)} before, {percent_interval(s.after)} after"
            for arm, s in rows
        ]
        label = f"Accuracy on {title} with 95% intervals. {'; '.join(texts)}."
        svg, note = to_svg(figure, prefix, label), axis_note(limits[0])
        if title == name:
            return Panel(name, svg, note)
        return Panel(title[:1].upper() + title[1:], svg, note, subtitle=name)


def contrast_panels(view: ModelView) -> list[Panel]:
    """One panel per contrast, a row per arm, all on one scale of percentage points."""
    pairs = [(arm, contrast) for arm in view.arms for contrast in arm.contrasts]
    if not pairs:
        return []
    values = [100 * value for value in drawn_values(c.estimate for _, c in pairs)]
    low, high = min(0.0, *values), max(0.0, *values)
    # A scale of less than 2 points would magnify differences of a single answer.
    pad = max(0.08 * (high - low), 1 - (high - low) / 2)
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
    with drawing():
        figure, axes = row_axes(len(rows))
        axes.axvline(0, color=INK, linewidth=1.2, zorder=1)
        for y, (arm, contrast) in enumerate(rows):
            name = arm.name if single else f"{arm.name}: {contrast.label}"
            row_text(axes, y, name, points_interval(contrast.estimate))
            color, face = (ACCENT, ACCENT) if contrast.headline else (MUTED, PAPER)
            horizontal(axes, contrast.estimate, y + 0.16, color, face=face)
        axes.set_xlim(*limits)
        axes.set_xlabel("percentage points")
        texts = [f"{arm.name} {points_interval(c.estimate)}" for arm, c in rows]
        label = f"{title}, in percentage points with 95% intervals. {'; '.join(texts)}."
        standing = "" if first.headline else "Descriptive: no conclusion rests on it."
        notes = " ".join(dict.fromkeys(c.note for _, c in rows if c.note))
        title = title[:1].upper() + title[1:]
        return Panel(title, to_svg(figure, prefix, label), f"{standing} {notes}".strip())


def pass_at_k_panels(view: ModelView) -> list[Panel]:
    """One panel per set with at least two values of k: a line per checkpoint, the base first."""
    panels = []
    for number, info in enumerate(view.sets):
        rows = [row for row in view.pass_at_k if row.set == info.name]
        if len({row.k for row in rows}) > 1:
            title = display_name(info, view.sets)
            panels.append(_pass_at_k_panel(f"{view.prefix}pass{number}", title, info.label, rows))
    return panels


def _pass_at_k_panel(prefix: str, title: str, name: str, rows: Sequence[PassAtK]) -> Panel:
    ks = sorted({row.k for row in rows})
    checkpoints = list(dict.fromkeys(row.checkpoint for row in rows))
    with drawing():
        figure, axes = plain_axes(260)
        texts = []
        for index, checkpoint in enumerate(checkpoints):
            own = [row for row in rows if row.checkpoint == checkpoint]
            places = [ks.index(row.k) + dodge(index, len(checkpoints), 0.4) for row in own]
            axes.plot(
                places,
                [100 * row.estimate.value for row in own],
                color=series(index),
                linestyle=dashes(index),
                linewidth=1.4,
                alpha=0.7,
            )
            for place, row in zip(places, own, strict=True):
                vertical(axes, place, row.estimate, index)
            values = ", ".join(f"{percent_interval(row.estimate)} at {row.k}" for row in own)
            texts.append(f"{checkpoint}: {values}")
        label_ticks(axes, [str(k) for k in ks], "samples, k")
        low, high = percent_limits(drawn_values(row.estimate for row in rows))
        axes.set_ylim(low, high)
        axes.set_ylabel("solved at least once (%)")
        label = f"pass@k on {title} with 95% intervals. {'; '.join(texts)}."
        base = [row for row in rows if row.checkpoint == BASE]
        saturated = base and base[-1].saturated
        note = " ".join(filter(None, [axis_note(low), SATURATION if saturated else ""]))
        subtitle = name if title != name else ""
        title = title if title == name else title[:1].upper() + title[1:]
        return Panel(title, to_svg(figure, prefix, label), note, subtitle)


SATURATION = (
    "The base solves nearly every problem at the largest k: there, this set cannot tell checkpoints "
    "apart."
)
