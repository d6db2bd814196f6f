"""The report of one run as one HTML file that works offline.

The page holds everything it shows: style, charts as inline SVG, scripts and their data, no font, no
external address. All text from the run (names, descriptions, problems, completions) is escaped, and the
content security policy allows no script but the page's own. The same report gives the same bytes; two
runs with equal numbers differ in their `<time>` elements alone (`without_times`).
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING, Any

from clean_bench.results import Results
from leaderboards.embedded_json import problems_json
from leaderboards.formatting import (
    ROLES,
    counted,
    duration,
    has_interval,
    joined,
    percent,
    percent_interval,
    points,
    points_interval,
)
from leaderboards.page_data import ProblemTable, RunTimes
from leaderboards.report_schema import RunReport

if TYPE_CHECKING:
    from jinja2 import Environment

PAGE = "index.html"
BESIDE = "problems.js"
EMBEDDED_BYTES = 20_000_000
"""More data on problems than this is written beside the page."""
SCRIPTS = ("page.js", "problem_table.js", "downloads.js")


def render_page(report: RunReport, results: Results) -> str:
    """The page of a report without its problems, as a complete HTML document; write it as UTF-8.

    Conclusions are printed as the report holds them (`leaderboards.conclusions.with_conclusions`).
    """
    return page_files(report, results)[PAGE].decode()


def page_files(
    report: RunReport,
    results: Results,
    tables: Sequence[ProblemTable] = (),
    times: RunTimes | None = None,
) -> dict[str, bytes]:
    """The page of a report by the names of its files: `PAGE`, and `BESIDE` where the data are large."""
    from markupsafe import Markup

    from leaderboards.page_context import page_context

    problems = problems_json(report, tables) if any(table.rows for table in tables) else ""
    beside = len(problems) > EMBEDDED_BYTES
    scripts = page_scripts(SCRIPTS)
    variables: dict[str, Any] = {
        **page_context(report, results, times),
        "has_problems": bool(problems),
        "problems": Markup("" if beside else problems),
        "beside": BESIDE if beside else "",
        "scripts": Markup(scripts),
        "policy": content_policy(scripts, beside=beside),
    }
    html = page_environment().get_template("report.html.j2").render(variables)
    files = {PAGE: html.encode()}
    if beside:
        files[BESIDE] = f"window.cleanBenchProblems = {problems};\n".encode()
    return files


def page_environment() -> Environment:
    """The templates of the pages, with their filters; all text is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("leaderboards"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "counted": counted,
        "duration": duration,
        "interval": _interval,
        "joined": joined,
        "percent": percent,
        "percent_interval": percent_interval,
        "points": points,
        "points_interval": points_interval,
        "role": lambda role: ROLES[role],
    }
    return environment


@cache
def page_scripts(names: tuple[str, ...]) -> str:
    """The text of a page's script, from its files."""
    folder = resources.files("leaderboards") / "templates"
    return "\n".join((folder / name).read_text("utf-8") for name in names)


def content_policy(scripts: str, *, beside: bool) -> str:
    """The content security policy: no request, and no script but the one with this text."""
    allowed = f"'sha256-{b64encode(sha256(scripts.encode()).digest()).decode()}'"
    if beside:
        allowed += " 'self' file:"
    return f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src {allowed}"


def without_times(html: str) -> str:
    """The page with its `<time>` elements emptied: equal for runs with equal numbers."""
    return re.sub(r"<time\b[^>]*>[^<]*</time>", "<time></time>", html)


def _interval(estimate: Any, *, signed: bool = False) -> str:
    """The interval alone, for a second line below the value."""
    if not has_interval(estimate):
        return f"no interval, n = {estimate.n}"
    text = points_interval(estimate) if signed else percent_interval(estimate)
    return text.split(" ", 1)[1].strip("()")
