"""Check the page of a run: built again, byte by byte or without the drawing of its charts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from importlib.util import find_spec

import clean_bench
from clean_bench.artifacts import Artifact, Failure
from clean_bench.experiments.problem_rows import problem_tables
from clean_bench.experiments.recipe import Recipe
from clean_bench.experiments.report import Report
from clean_bench.experiments.run_facts import run_times
from leaderboards.chart_texts import texts_only
from leaderboards.compare_pages import page_differences
from leaderboards.page import BESIDE, PAGE, page_files


def check_page(artifact: Artifact, recipe: Recipe, report: Report) -> Iterator[Failure]:
    """The page follows from the stored samples.

    Where the installed matplotlib is the version that drew the page, every byte is compared. Another one
    may draw other curves: every byte outside of the charts is compared then, and the texts in them.
    """
    folder = artifact.folder
    tables, times = problem_tables(folder, recipe), run_times(folder, recipe)
    yield from page_failures(
        artifact, lambda: page_files(report.context, report.results, tables, times)
    )


def page_failures(artifact: Artifact, draw: Callable[[], Mapping[str, bytes]]) -> Iterator[Failure]:
    """Failures where the stored page is not the one that the rows give.

    Args:
        draw: returns the files of the page by name.
    """
    folder, redrawn = artifact.folder, charts_are_redrawn(artifact)
    if redrawn:
        files = draw()
    else:
        with texts_only():
            files = draw()
    if (BESIDE in files) != (BESIDE in artifact.manifest["files"]):
        what = "is missing" if BESIDE in files else "is not a file of this run"
        yield Failure(BESIDE, what)
        return
    for name, data in files.items():
        stored = (folder / name).read_bytes()
        if stored == data:
            continue
        if redrawn or name != PAGE:
            yield Failure(
                name, f"does not follow from the stored samples{_other_version(artifact)}"
            )
            continue
        for what in page_differences(stored.decode("utf-8", "replace"), data.decode()):
            yield Failure(
                name, f"does not follow from the stored samples: {what}{_other_version(artifact)}"
            )


def charts_are_redrawn(artifact: Artifact) -> bool:
    """Whether the installed matplotlib is the version that drew the page of a run."""
    drawn_by = artifact.manifest["environment"]["packages"].get("matplotlib")
    return bool(find_spec("matplotlib")) and drawn_by == metadata.version("matplotlib")


def _other_version(artifact: Artifact) -> str:
    """A note where another version of clean-bench wrote the page."""
    version = artifact.manifest["environment"]["packages"].get("clean-bench")
    if version == clean_bench.__version__:
        return ""
    return (
        f" (written by clean-bench {version}, and {clean_bench.__version__} may lay out a page "
        "otherwise: verify it with the version that wrote it)"
    )
