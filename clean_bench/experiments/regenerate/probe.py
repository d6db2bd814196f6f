"""Regenerate rows of a `probe` artifact."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from clean_bench.artifacts import Artifact, Failure
from clean_bench.engines.base import Engine
from clean_bench.experiments.regenerate.agreement import Agreement, tolerance
from clean_bench.experiments.regenerate.choose import choose, read_rows
from clean_bench.experiments.regenerate.completions import Stored, compare
from clean_bench.probing.items import Item, planned_items, request_of
from clean_bench.probing.rows import STATISTICS, TABLE, template_of
from clean_bench.probing.tests.base import read_logprobs
from clean_bench.problems import ProblemSet, stored_sets
from clean_bench.samples import TABLE as SAMPLES

WHAT = "probe completions"


def regenerate_probe(
    artifact: Artifact, engine: Engine, count: int, seed: str, part: str
) -> Agreement:
    """Complete `count` prefixes again, and read their true suffixes again.

    Which rows can be scored is computed again for all of them: that needs the tokenizer alone.
    """
    sets = [ProblemSet(name, problems) for name, problems in stored_sets(artifact).items()]
    config = artifact.config
    items = planned_items(engine, sets, config["fractions"], config["protocol"], config["control"])
    rows = artifact.rows(TABLE)
    failures = _wrong_rows(items, rows)
    if failures:
        return Agreement(part, WHAT, 0, 0, failures=tuple(failures))
    scored = [(item, row) for item, row in zip(items, rows, strict=True) if item.reason is None]
    chosen = choose(artifact, count, len(scored), seed)
    of_prefixes = [
        place
        for place, template in enumerate(_templates(artifact))
        if template.startswith("prefix@")
    ]
    read = read_rows(artifact, SAMPLES, [of_prefixes[place] for place in chosen])
    stored = [
        Stored(_where(scored[place][0]), request_of(scored[place][0]), sample)
        for place, (_, sample) in zip(chosen, read, strict=True)
    ]
    made_by = config["engine"]
    agreement = compare(engine, stored, made_by, part=part, what=WHAT)
    allowed = tolerance(made_by, engine.describe()).logprob
    wrong = []
    logprobs = {
        (row["set"], row["problem_id"], row["prefix"]): row["value"]
        for row in artifact.rows(STATISTICS)
        if (row["test"], row["statistic"]) == ("suffix-logprob", "logprob")
    }
    if logprobs:
        again = [scored[place][0] for place in chosen]
        sums = read_logprobs(engine, [i.prefix_ids for i in again], [i.suffix_ids for i in again])
        for item, row_of_logprobs in zip(again, sums, strict=True):
            before = logprobs.get((item.set, item.problem.id, item.fraction))
            now = sum(row_of_logprobs)
            if before is None or not abs(before - now) <= allowed * max(len(item.suffix_ids), 1):
                what = f"logprob of the suffix is stored as {before}, the checkpoint gives {now}"
                wrong.append(Failure(_where(item), what))
    return replace(agreement, failures=(*agreement.failures, *wrong))


def _templates(artifact: Artifact) -> list[str]:
    """The template of every sample, in order."""
    tables = artifact.tables(SAMPLES, ("template",))
    return [template for table in tables for template in table["template"].to_pylist()]


def _where(item: Item) -> str:
    return f"{TABLE}, {item.set}/{item.problem.id} at {item.fraction:g}"


def _wrong_rows(items: list[Item], rows: list[dict[str, Any]]) -> list[Failure]:
    """Rows that are not those of the sets, and those that are left out or kept wrongly."""
    keys = [(item.set, item.problem.id, template_of(item.fraction)) for item in items]
    if keys != [(row["set"], row["problem_id"], template_of(row["fraction"])) for row in rows]:
        return [Failure(TABLE, "are not the rows of its sets and fractions in their order")]
    names = ("reason", "aligned", "suffix_tokens")
    failures = []
    for item, row in zip(items, rows, strict=True):
        again = (item.reason, item.aligned, len(item.suffix_ids) or None)
        before = tuple(row[name] for name in names)
        failures += [
            Failure(_where(item), f"{name} is stored as {b!r}, the tokenizer gives {a!r}")
            for name, b, a in zip(names, before, again, strict=True)
            if a != b
        ]
    return failures
