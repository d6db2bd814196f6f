"""The page of one probe: rates beside their baselines, the positive control, flags, claims, every item.

One HTML file that works offline, as `leaderboards.page`: no external address, no script but its own, all
text of the model escaped. It is a function of the stored tables, without times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clean_bench.probing.items import headline_of
from clean_bench.results import Result, Results
from leaderboards.embedded_json import results_json, script_json, shortened
from leaderboards.formatting import percent_interval
from leaderboards.page import content_policy, page_environment, page_scripts
from leaderboards.probe_page_charts import dose_panel, prefix_panel, tier_panel

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
        command: what was typed, to repeat the probe; empty where it is not known.
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


def render_probe_page(view: ProbeView) -> bytes:
    """The page as UTF-8."""
    from markupsafe import Markup

    environment = page_environment()
    environment.filters["estimate"] = lambda row: "–" if row is None else _estimate(row)
    scripts = page_scripts(SCRIPTS)
    headline = headline_of(view.config["fractions"])
    html = environment.get_template("probe_page.html.j2").render(
        view=view,
        headline=headline,
        sets=[_set_context(view, entry, headline) for entry in view.config["sets"]],
        panels=[
            panel
            for panel in (
                prefix_panel(view.results, view.config),
                tier_panel(view.results, view.config, headline),
                dose_panel(view.results, headline),
            )
            if panel is not None
        ],
        flag_rows=_flag_rows(view),
        results=Markup(results_json(view.results)),
        items=Markup(_items_json(view)),
        scripts=Markup(scripts),
        policy=content_policy(scripts, beside=False),
        control=view.config["control"],
    )
    return html.encode()


def _set_context(view: ProbeView, entry: Row, headline: float) -> dict[str, Any]:
    """The rates of a set, one row per prefix and subset."""
    of_set = view.results.where(set=entry["name"])
    rows = []
    for fraction in view.config["fractions"]:
        subsets = [None, *(s for s in of_set.values_of("subset") if s is not None)]
        for subset in subsets:
            part = of_set.where(subset=subset)
            exact = part.first(measure=f"exact_match@{fraction:g}")
            if exact is None:
                continue
            rows.append(
                {
                    "fraction": fraction,
                    "subset": subset or "",
                    "problems": exact.n,
                    "exact": exact,
                    "folded": part.first(measure=f"exact_folded@{fraction:g}"),
                    "lookup": part.first(measure=f"lookup_match@{fraction:g}"),
                    "rouge_l": part.first(measure=f"rouge_l@{fraction:g}"),
                    "logprob": part.first(measure=f"logprob_per_token@{fraction:g}"),
                }
            )
    others = [
        row
        for row in of_set
        if ":" in row.measure and not row.measure.startswith("flagged:") and row.subset is None
    ]
    return {
        "name": entry["name"],
        "role": _role(view.config, entry),
        "problems": entry["problems"],
        "rows": rows,
        "others": others,
    }


def _role(config: Row, entry: Row) -> str:
    if entry["name"] == config["control"]:
        return "positive control"
    if entry["name"] in config["nulls"]:
        return "null set"
    return entry["role"] or "under test"


def _flag_rows(view: ProbeView) -> list[dict[str, Any]]:
    """Per set and test: the null, its size, and how many problems are flagged."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for flag in view.flags:
        groups.setdefault((flag["set"], flag["test"]), []).append(flag)
    return [
        {
            "set": name,
            "test": test,
            "null": group[0]["null"],
            "null_problems": group[0]["null_problems"],
            "problems": len(group),
            "flagged": sum(flag["flagged"] for flag in group),
            "smallest": min(flag["p"] for flag in group),
        }
        for (name, test), group in groups.items()
    ]


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


def _estimate(row: Result) -> str:
    if row.measure.split("@")[0] in (
        "logprob_per_token",
        "common_prefix_tokens",
        "suffix_bits",
    ) or (row.low is None and row.value is not None):
        return "–" if row.value is None else f"{row.value:.2f}"
    return percent_interval(row.estimate)


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
