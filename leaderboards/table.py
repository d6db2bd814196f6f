"""The table of a run: rows for Parquet, Markdown, and a table for the terminal."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from clean_bench.statistics.estimate import Estimate
from leaderboards.formatting import ROLES, percent_interval, points_interval
from leaderboards.report_schema import RunReport

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.table import Table

_MEASURES = ("before", "after", "gain", "greedy_before", "greedy_after", "greedy_gain")


def rows(report: RunReport) -> list[dict[str, Any]]:
    """One row per arm and set.

    Every measure (`before`, `after`, `gain`, `greedy_before`, `greedy_after`,
    `greedy_gain`) has four columns: the
    value under its own name (a fraction), `_low`, `_high` (95%) and `_units` (independent units);
    all are None where it was not measured. `contrasts` are those of the arm and repeat on each of
    its rows.
    """
    sets = {info.name: info for info in report.sets}
    table = []
    for arm in report.arms:
        contrasts = [
            {
                "key": contrast.key,
                "label": contrast.label,
                "headline": contrast.headline,
                **asdict(contrast.estimate),
            }
            for contrast in arm.contrasts
        ]
        for score in arm.scores:
            info = sets.get(score.set)
            row: dict[str, Any] = {
                "model": report.model,
                "arm": arm.name,
                "reward": arm.reward,
                "steps": arm.steps,
                "seeds": arm.seeds,
                "set": score.set,
                "role": info.role if info else None,
                "problems": info.n if info else None,
                "samples_per_problem": report.samples_per_problem,
            }
            for measure in _MEASURES:
                row |= _columns(measure, getattr(score, measure))
            table.append(row | {"contrasts": contrasts, "verdict": arm.verdict})
    return table


def to_table(report: RunReport) -> pa.Table:
    """`rows` as an Arrow table with a fixed schema, for Parquet."""
    import pyarrow as pa

    text, whole, number = pa.string(), pa.int64(), pa.float64()
    contrast = pa.struct(
        {
            "key": text,
            "label": text,
            "headline": pa.bool_(),
            "value": number,
            "low": number,
            "high": number,
            "n": whole,
            "method": text,
        }
    )
    kinds = dict.fromkeys(("model", "arm", "reward"), text)
    kinds |= {"steps": whole, "seeds": whole, "set": text, "role": text}
    kinds |= {"problems": whole, "samples_per_problem": whole}
    for measure in _MEASURES:
        kinds |= dict.fromkeys(_columns(measure, None), number)
        kinds[f"{measure}_units"] = whole
    kinds |= {"contrasts": pa.list_(contrast), "verdict": text}
    return pa.Table.from_pylist(rows(report), schema=pa.schema(kinds))


def markdown(report: RunReport) -> str:
    """The report's numbers as Markdown: scores, contrasts, probe, verdicts, limits."""
    roles = {info.name: ROLES[info.role] for info in report.sets}
    scores = [
        [
            arm.name,
            score.set,
            roles.get(score.set, ""),
            percent_interval(score.before),
            percent_interval(score.after),
            points_interval(score.gain),
        ]
        for arm in report.arms
        for score in arm.scores
    ]
    contrasts = [
        [
            arm.name,
            contrast.label,
            "headline" if contrast.headline else "descriptive",
            points_interval(contrast.estimate),
        ]
        for arm in report.arms
        for contrast in arm.contrasts
    ]
    probe = [
        [
            row.checkpoint,
            row.set,
            f"{100 * row.prefix:.0f}%",
            percent_interval(row.exact_match),
            percent_interval(row.floor) if row.floor else "",
        ]
        for row in report.probe
    ]
    samples = report.samples_per_problem
    blocks = [
        f"# {_cell(report.title)}",
        f"Model: {_cell(report.model)}. Accuracy: mean over {samples} sampled completions per "
        "problem. Gains are in percentage points; brackets hold 95% intervals.",
        _table(["arm", "set", "what it is", "before", "after", "gain"], 3, scores),
        _table(["arm", "contrast", "standing", "difference"], 3, contrasts),
        _table(["checkpoint", "set", "prefix", "exact match", "look-up without a model"], 2, probe),
        "\n".join(f"- **{_cell(a.name)}**: {_cell(a.verdict)}" for a in report.arms if a.verdict),
    ]
    if report.limits:
        blocks.append("What this cannot show:")
        blocks.append("\n".join(f"- {_cell(limit)}" for limit in report.limits))
    return "\n\n".join(block for block in blocks if block) + "\n"


def console(report: RunReport) -> Table:
    """The scores and headline contrasts for the terminal."""
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=Text(report.title),
        caption=Text(
            f"mean of {report.samples_per_problem} samples per problem; "
            "gains in percentage points with 95% intervals"
        ),
    )
    for heading in ("arm", "set", "before", "after", "gain"):
        table.add_column(heading, justify="left" if heading in ("arm", "set") else "right")
    for arm in report.arms:
        name = arm.name
        for score in arm.scores:
            numbers = (f"{100 * score.before.value:.1f}%", f"{100 * score.after.value:.1f}%")
            cells = (name, score.set, *numbers, points_interval(score.gain))
            table.add_row(*map(Text, cells))
            name = ""
        for contrast in arm.contrasts:
            if contrast.headline:
                cells = (name, contrast.label, "", "", points_interval(contrast.estimate))
                table.add_row(*(Text(cell, style="bold") for cell in cells))
        table.add_section()
    return table


def _columns(measure: str, estimate: Estimate | None) -> dict[str, float | int | None]:
    """The four columns of one measure."""
    return {
        measure: estimate.value if estimate else None,
        f"{measure}_low": estimate.low if estimate else None,
        f"{measure}_high": estimate.high if estimate else None,
        f"{measure}_units": estimate.n if estimate else None,
    }


def _table(heads: list[str], words: int, rows: list[list[str]]) -> str:
    """A Markdown table whose first `words` columns are text; empty without rows."""
    if not rows:
        return ""
    rule = ["---"] * words + ["---:"] * (len(heads) - words)
    body = [[_cell(cell) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in [heads, rule, *body])


def _cell(text: str) -> str:
    """Text that stays one line, one cell and no markup of Markdown's own."""
    for character in "\\`*_[]<>|#":
        text = text.replace(character, "\\" + character)
    return " ".join(text.split())
