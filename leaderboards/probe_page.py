"""The page of one probe: claims, rates beside their baselines, power, positive control, flags, items.

One HTML file that works offline, as `leaderboards.page`: no external address, no script but its own, all
text of the model escaped. It is a function of the stored tables, without times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clean_bench.probing.items import headline_of
from clean_bench.results import Results
from leaderboards.embedded_json import results_json, script_json, shortened
from leaderboards.page import content_policy, page_environment, page_scripts
from leaderboards.probe_page_charts import (
    calibration_chart,
    dose_charts,
    prefix_chart,
    tier_chart,
)
from leaderboards.probe_page_tables import flag_rows, further, parts, power_rows, rates

PAGE = "index.html"
HEAD, TAIL = 1200, 600
"""Characters of the beginning and the end that a longer text keeps."""
SCRIPTS = ("page.js", "probe_table.js", "downloads.js")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class ProbeView:
    """What the page shows of a probe.

    Attributes:
        checkpoint: its name.
        config: the artifact's configuration.
        results: its results.
        items: one row per item at the headline prefix: `set`, `id`, `prefix`, `suffix`, `continuation`,
            `exact` (None for one that was not scored), `rouge_l`, `logprob` per token, `flags`
            (test to q and whether it flags), `group` (dose or tier), `reason`.
        flags, hypotheses, claims: the rows of these tables.
        counts: numbers of scored and other items by set and prefix.
        notices: warnings, such as a tokenizer without a beginning token.
        control: what the positive control shows, in words; None without one.
    """

    checkpoint: str
    config: Row
    results: Results
    items: Sequence[Row]
    flags: Sequence[Row]
    hypotheses: Sequence[Row]
    claims: Sequence[Row]
    counts: Sequence[Row]
    notices: Sequence[str] = ()
    control: str | None = None


def render_probe_page(view: ProbeView) -> bytes:
    """The page as UTF-8."""
    from markupsafe import Markup

    scripts = page_scripts(SCRIPTS)
    config, results = view.config, view.results
    headline = headline_of(config["fractions"])
    calibrated = power_rows(config)
    power = [calibration_chart(calibrated), *dose_charts(results, config, headline)]
    html = (
        page_environment()
        .get_template("probe_page.html.j2")
        .render(
            view=view,
            headline=headline,
            sets=[_set_context(view, entry) for entry in config["sets"]],
            by_prefix=prefix_chart(results, config),
            power=[chart for chart in power if chart is not None],
            calibrated=calibrated,
            doses=_parts(view, "dose", headline),
            by_tier=tier_chart(results, config, headline),
            tiers=_parts(view, "tier", headline),
            flag_rows=flag_rows(view.flags, results),
            results=Markup(results_json(results)),
            items=Markup(_items_json(view)),
            scripts=Markup(scripts),
            policy=content_policy(scripts, beside=False),
        )
    )
    return html.encode()


def _set_context(view: ProbeView, entry: Row) -> dict[str, Any]:
    return {
        "name": entry["name"],
        "role": _role(view.config, entry),
        "problems": entry["problems"],
        "rows": rates(view.results, entry, view.config["fractions"]),
        "others": further(view.results, entry),
    }


def _role(config: Row, entry: Row) -> str:
    if entry["name"] == config["control"]:
        return "positive control"
    if entry["name"] in config["nulls"]:
        return "null set"
    return entry["role"] or "under test"


def _parts(view: ProbeView, kind: str, headline: float) -> list[dict[str, Any]]:
    tables = (parts(view.results, entry, kind, headline) for entry in view.config["sets"])
    return [table for table in tables if table is not None]


def _items_json(view: ProbeView) -> str:
    """The items for the page's script; the places in a row are those that it reads."""
    names = [entry["name"] for entry in view.config["sets"]]
    rows = [
        [
            names.index(item["set"]),
            item["id"],
            shortened(item["prefix"], HEAD, TAIL),
            shortened(item["suffix"], HEAD, TAIL),
            shortened(item["continuation"], HEAD, TAIL),
            item["exact"],
            _rounded(item["rouge_l"]),
            _rounded(item["logprob"]),
            [[test, _rounded(q), flagged] for test, (q, flagged) in item["flags"].items()],
            item["group"],
            item["reason"],
        ]
        for item in view.items
    ]
    return script_json({"sets": names, "rows": rows})


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
