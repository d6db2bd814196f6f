"""The page of a probe, from its stored tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import islice
from typing import Any

from clean_bench.artifacts import Artifact, Failure
from clean_bench.experiments.checks.page import page_failures
from clean_bench.probing.claims import CLAIMS
from clean_bench.probing.conclude import Conclusions, conclude
from clean_bench.probing.cut import cut
from clean_bench.probing.flags import FLAGS
from clean_bench.probing.hypotheses import HYPOTHESES
from clean_bench.probing.items import headline_of
from clean_bench.probing.rows import STATISTICS, TABLE, template_of
from clean_bench.probing.run import Page, no_page
from clean_bench.problems import stored_sets
from clean_bench.samples import TABLE as SAMPLES
from leaderboards.probe_page import PAGE, ProbeView, render_probe_page

_WORD = re.compile(r"\S+")


def probe_files(artifact: Artifact, conclusions: Conclusions) -> dict[str, bytes]:
    """The page by its name, of a probe whose rows are written."""
    tables = {name: table.to_pylist() for name, table in conclusions.tables.items()}
    view = ProbeView(
        checkpoint=artifact.manifest["provenance"]["checkpoint"],
        config=artifact.config,
        results=conclusions.results,
        items=list(_items(artifact, tables[FLAGS])),
        flags=tables[FLAGS],
        hypotheses=tables[HYPOTHESES],
        claims=tables[CLAIMS],
        counts=conclusions.counts,
        notices=[*conclusions.notices, *conclusions.warnings],
        control=conclusions.control,
    )
    return {PAGE: render_probe_page(view)}


def page_writer() -> Page:
    """`probe_files` where matplotlib is installed, which draws the charts; else no page is written."""
    return probe_files if find_spec("matplotlib") else no_page


def check_probe_page(artifact: Artifact) -> Iterator[Failure]:
    """The page follows from the stored rows; see `checks.page`."""
    if PAGE in artifact.manifest["files"]:
        yield from page_failures(artifact, lambda: probe_files(artifact, conclude(artifact)))


def _items(artifact: Artifact, flags: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every problem at the headline prefix, in the order of the sets."""
    config = artifact.config
    headline = headline_of(config["fractions"])
    statistics: dict[tuple[str, str], dict[str, float]] = {}
    for row in artifact.rows(STATISTICS):
        if row["prefix"] == headline:
            of_problem = statistics.setdefault((row["set"], row["problem_id"]), {})
            of_problem[f"{row['test']}:{row['statistic']}"] = row["value"]
    completions = {
        (row["set"], row["problem_id"]): row["response"]
        for table in artifact.tables(SAMPLES, ("set", "problem_id", "template", "response"))
        for row in table.to_pylist()
        if row["template"] == template_of(headline)
    }
    reasons = {
        (row["set"], row["problem_id"]): row["reason"]
        for row in artifact.rows(TABLE)
        if row["fraction"] == headline
    }
    of_flags: dict[tuple[str, str], dict[str, tuple[float, bool]]] = {}
    for flag in flags:
        of_problem_flags = of_flags.setdefault((flag["set"], flag["problem_id"]), {})
        of_problem_flags[flag["test"]] = (flag["q"], flag["flagged"])
    for name, problems in stored_sets(artifact).items():
        for problem in problems:
            key = (name, problem.id)
            known, reason = statistics.get(key, {}), reasons.get(key)
            parts = cut(problem.problem, headline, config["protocol"])
            exact = known.get("reconstruction:exact_match")
            logprob = known.get("suffix-logprob:logprob")
            yield {
                "set": name,
                "id": problem.id,
                "prefix": parts.prefix,
                "suffix": parts.suffix,
                "continuation": _compared(
                    completions.get(key, ""), parts.suffix, known.get("reconstruction:exact_raw")
                ),
                "exact": None if exact is None else bool(exact),
                "rouge_l": known.get("reconstruction:rouge_l"),
                "logprob": None if logprob is None else logprob / known["suffix-logprob:tokens"],
                "flags": of_flags.get(key, {}),
                "group": _group(problem.metadata),
                "reason": reason,
            }


def _compared(completion: str, suffix: str, raw: float | None) -> str:
    """The part of a completion that is compared with the suffix: as many words.

    The probe lets the model write past the end. A last word that continues ("125" for "12") is kept
    whole, unless the characters match exactly (`raw`) and the rest is punctuation.
    """
    if raw:
        return completion[: len(suffix)]
    words = len(suffix.split())
    ends = [match.end() for match in islice(_WORD.finditer(completion), words)]
    return completion[: ends[-1]] if ends else ""


def _group(metadata: Any) -> str:
    """The dose or the tier of a problem."""
    for kind in ("dose", "tier"):
        if kind in metadata:
            return f"{kind} {metadata[kind]}"
    return ""
