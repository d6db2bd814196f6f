"""The files of a run's report: a function of its folder."""

from __future__ import annotations

from pathlib import Path

from clean_bench.artifacts.manifest import canonical_json
from clean_bench.experiments.problem_rows import problem_tables
from clean_bench.experiments.recipe import Recipe
from clean_bench.experiments.report import Report
from clean_bench.experiments.run_facts import run_times
from leaderboards import page, table


def report_files(
    folder: Path, recipe: Recipe, report: Report, *, with_page: bool = True
) -> dict[str, bytes]:
    """The report as JSON, as Markdown and as a page, by the names of the files.

    Args:
        with_page: whether to draw the page, which needs matplotlib.
    """
    context, results = report.context, report.results
    files = {
        "report.json": canonical_json(context.model_dump(mode="json")),
        "table.md": table.markdown(context, results).encode(),
    }
    if with_page:
        tables, times = problem_tables(folder, recipe), run_times(folder, recipe)
        files |= page.page_files(context, results, tables, times)
    return files
