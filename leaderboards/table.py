"""The tables of a run: Markdown, and the terminal."""

from __future__ import annotations

from clean_bench.results import Results
from leaderboards.formatting import ROLES, accuracy_of, percent_interval, points_interval
from leaderboards.report_schema import RunReport
from leaderboards.view import views_of


def markdown(report: RunReport, results: Results) -> str:
    """The numbers of a run as Markdown: scores, contrasts, probe, conclusions, limits."""
    roles = {info.name: ROLES[info.role] for info in report.sets}
    labels = {info.name: info.label for info in report.sets}
    blocks = [
        f"# {_cell(report.title)}",
        f"Models: {_cell(', '.join(model.checkpoint for model in report.models))}. Accuracy is "
        f"{accuracy_of(report)}. Gains are in percentage points; brackets hold 95% intervals.",
    ]
    for view in views_of(report, results):
        if len(report.models) > 1:
            blocks.append(f"## {_cell(view.info.name)}")
        scores = [
            [
                arm.name,
                labels[score.set],
                roles[score.set],
                percent_interval(score.before),
                percent_interval(score.after),
                points_interval(score.gain),
            ]
            for arm in view.arms
            for score in arm.scores
        ]
        contrasts = [
            [
                arm.name,
                contrast.label,
                "headline" if contrast.headline else "descriptive",
                points_interval(contrast.estimate),
            ]
            for arm in view.arms
            for contrast in arm.contrasts
        ]
        probe = [
            [
                row.checkpoint,
                labels[row.set],
                f"{100 * row.prefix:.0f}%",
                percent_interval(row.exact_match),
                percent_interval(row.lookup),
            ]
            for row in view.probe
        ]
        blocks += [
            _table(["arm", "set", "role", "before", "after", "gain"], 3, scores),
            _table(["arm", "contrast", "standing", "difference"], 3, contrasts),
            _table(["checkpoint", "set", "prefix", "exact match", "look-up baseline"], 2, probe),
            "\n".join(
                f"- **{_cell(arm.name)}**: {_cell(arm.conclusion)}"
                for arm in view.info.arms
                if arm.conclusion
            ),
        ]
    if report.limits:
        blocks.append("What this run cannot show:")
        blocks.append("\n".join(f"- {_cell(limit)}" for limit in report.limits))
    return "\n\n".join(block for block in blocks if block) + "\n"


def console_rows(report: RunReport, results: Results) -> list[list[str]]:
    """Arm, set, before, after and gain of every score, and the headline contrasts."""
    labels = {info.name: info.label for info in report.sets}
    rows = []
    for view in views_of(report, results):
        for arm in view.arms:
            name = arm.name if len(report.models) == 1 else f"{view.info.name}/{arm.name}"
            for score in arm.scores:
                numbers = (f"{100 * score.before.value:.1f}%", f"{100 * score.after.value:.1f}%")
                rows.append([name, labels[score.set], *numbers, points_interval(score.gain)])
                name = ""
            for contrast in arm.contrasts:
                if contrast.headline:
                    rows.append([name, contrast.label, "", "", points_interval(contrast.estimate)])
    return rows


def _table(heads: list[str], texts: int, rows: list[list[str]]) -> str:
    """A Markdown table whose first `texts` columns are text; empty without rows."""
    if not rows:
        return ""
    rule = ["---"] * texts + ["---:"] * (len(heads) - texts)
    body = [[_cell(cell) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in [heads, rule, *body])


def _cell(text: str) -> str:
    """Text on one line, in one cell, without Markdown markup."""
    for character in "\\`*_[]<>|#":
        text = text.replace(character, "\\" + character)
    return " ".join(text.split())
