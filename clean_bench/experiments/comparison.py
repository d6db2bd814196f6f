"""A finished comparison as a notebook shows it.

comparison = cb.compare("BASE", ["TRAINED"], on=["math500"], out="C")
comparison                   # the conclusions and the table of gains
comparison.table             # the same table for pandas
comparison.conclusions       # {"trained": "No gain could be distinguished from zero. ..."}
comparison.results           # every estimate
comparison.report            # the path of the page
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from markupsafe import Markup

from clean_bench.artifacts import Artifact
from clean_bench.foreign_files.regular_file import read_regular
from clean_bench.results import Results
from leaderboards.formatting import ROLES, percent_interval, points_interval
from leaderboards.report_schema import LARGEST_REPORT, RunReport
from leaderboards.view import views_of

HEADS = ("trained", "set", "role", "before [95%]", "after [95%]", "gain [95%]")


@dataclass(frozen=True)
class Comparison:
    """What the gain of each trained checkpoint over the base is made of.

    `results` are all estimates; `gains` the headline ones, one row per trained checkpoint and set:
    accuracies and gains are fractions, `n` counts problems. `conclusions` has a text per trained
    checkpoint. `report` is the page, None where the comparison was not kept in a folder.
    """

    title: str
    results: Results
    gains: Sequence[Mapping[str, Any]]
    conclusions: Mapping[str, str]
    shown: Sequence[Sequence[str]]
    report: Path | None

    @classmethod
    def read(cls, artifact: Artifact, *, kept: bool = True) -> Comparison:
        """The comparison that a finished artifact of kind `run` holds."""
        report = RunReport.from_json(read_regular(artifact.folder / "report.json", LARGEST_REPORT))
        results = Results.read(artifact)
        views = views_of(report, results)
        labels = {info.name: info for info in report.sets}
        gains, shown = [], []
        for view in views:
            for arm in view.arms:
                name = arm.name if len(views) == 1 else f"{view.info.name}/{arm.name}"
                for score in arm.scores:
                    info, gain = labels[score.set], score.gain
                    gains.append(
                        {
                            "trained": name,
                            "set": score.set,
                            "role": info.role,
                            "before": score.before.value,
                            "after": score.after.value,
                            "gain": gain.value,
                            "low": gain.low,
                            "high": gain.high,
                            "n": gain.n,
                        }
                    )
                    intervals = (percent_interval(score.before), percent_interval(score.after))
                    gain_text = points_interval(gain)
                    shown.append((name, info.label, ROLES[info.role], *intervals, gain_text))
        conclusions = {
            arm.name if len(views) == 1 else f"{view.info.name}/{arm.name}": arm.conclusion
            for view in views
            for arm in view.info.arms
        }
        page = artifact.folder / "index.html"
        return cls(report.title, results, gains, conclusions, shown, page if kept else None)

    @property
    def table(self) -> Any:
        """The gains as a pandas data frame."""
        return pa.Table.from_pylist([dict(row) for row in self.gains]).to_pandas()

    def _repr_html_(self) -> str:
        """Title, conclusions and gains as HTML; every text is escaped."""
        lines = [Markup("<p><b>{}</b></p>").format(self.title)]
        for name, conclusion in self.conclusions.items():
            lines.append(Markup("<p><b>{}</b>: {}</p>").format(name, conclusion))
        lines.append(html_table(HEADS, self.shown))
        if self.report is not None:
            lines.append(Markup("<p>Report: {}</p>").format(str(self.report)))
        return "\n".join(lines)

    def __repr__(self) -> str:
        lines = [self.title, *(f"{name}: {text}" for name, text in self.conclusions.items())]
        lines += [" | ".join(row) for row in (HEADS, *self.shown)]
        return "\n".join([*lines, *([str(self.report)] if self.report else [])])


def html_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Markup:
    """A plain HTML table; every cell is escaped."""
    head = Markup("").join(Markup("<th>{}</th>").format(text) for text in heads)
    cells = (Markup("").join(Markup("<td>{}</td>").format(text) for text in row) for row in rows)
    body = Markup("").join(Markup("<tr>{}</tr>").format(row) for row in cells)
    return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(head, body)
