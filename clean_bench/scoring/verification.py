"""Check a `scores` artifact: every verdict from the stored response, every score from the verdicts.

What can be told without the checkpoint is checked: verdicts, seeds, the forced beginning, that each
problem has its rows under each template, which completions were repeated, the scores, and the prompts
of templates that need no chat template: they hold one problem each, the same under all of them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from clean_bench.answers.grade import UNDECIDED, grade
from clean_bench.artifacts import Artifact, Failure
from clean_bench.artifacts.manifest import canonical
from clean_bench.prompts import TEMPLATES, problem_of
from clean_bench.scoring.asks import repeated, sample_seed
from clean_bench.scoring.rows import SCHEMA, TABLE
from clean_bench.scoring.summary import summarize

Row = dict[str, Any]


def verify_scores(artifact: Artifact) -> Iterator[Failure]:
    """The rows that do not come out again, missing rows, and sets whose numbers do not follow.

    A verdict that a limit of time decided is not held against the row: another machine may be
    faster.
    """
    rows, config = artifact.rows(TABLE), artifact.config
    for number, (row, what) in enumerate(zip(rows, _wrong(rows, config), strict=True)):
        if what:
            yield Failure(f"{TABLE} row {number} ({row['set']}/{row['problem_id']})", what)
    yield from _prompts(rows, config)
    missing = list(_missing(rows, config))
    yield from missing
    if missing:
        return  # numbers that were recomputed from other rows would say nothing
    again = json.loads(canonical(summarize(pa.Table.from_pylist(rows, schema=SCHEMA))))
    claimed = artifact.metadata
    for name, scores in claimed["sets"].items():
        if again["sets"].get(name) != scores:
            yield Failure(f"manifest.json sets/{name}", "the scores do not follow from the rows")
    if again.get("repeat") != claimed.get("repeat"):
        yield Failure("manifest.json repeat", "does not follow from the rows")
    if not again["sets"].keys() == claimed["sets"].keys() == config["sets"].keys():
        yield Failure("manifest.json sets", "are not the sets of the rows")


def _wrong(rows: list[Row], config: dict[str, Any]) -> Iterator[str]:
    """Per row what does not hold, empty where all does."""
    forced, seed = config["force_start"], config["seed"]
    pairs = [(row["gold"], row["response"]) for row in rows]
    for row, verdict in zip(rows, grade(pairs, grader=config["grader"]), strict=True):
        drawn = row["mode"] == "sample"
        wanted = sample_seed(seed, row["set"], row["problem_id"], row["sample"]) if drawn else 0
        undecided = {row["verdict"], verdict.kind} & UNDECIDED
        if not undecided and row["verdict"] != verdict.kind:
            yield f"is stored as {row['verdict']!r} and grades as {verdict.kind!r}"
        elif not undecided and row["extracted"] != verdict.extracted:
            yield f"is stored with the answer {row['extracted']!r}, not {verdict.extracted!r}"
        elif row["seed"] != wanted:
            yield f"has the seed {row['seed']}, and its own is {wanted}"
        elif not row["response"].startswith(forced):
            yield "does not begin as every response was made to"
        elif len(row["token_ids"]) != len(row["logprobs"]):
            yield "has not one log-probability for each token"
        else:
            yield ""


def _missing(rows: list[Row], config: dict[str, Any]) -> Iterator[Failure]:
    """Missing problems, problems without one greedy row and the sampled ones, and wrong repeats."""
    samples, templates = config["samples"], config["templates"]
    wanted = Counter([("greedy", 0), *(("sample", sample) for sample in range(samples))])
    found: dict[tuple[str, str, str], Counter[tuple[str, int]]] = {}
    for row in rows:
        if row["mode"] != "repeat":
            counter = found.setdefault(_key(row), Counter())
            counter[row["mode"], row["sample"]] += 1
    for (name, template, problem), counter in found.items():
        if counter != wanted:
            where = f"{TABLE} {name}/{problem}, template {template}"
            yield Failure(where, f"does not have its {1 + samples} rows")
    problems: dict[tuple[str, str], set[str]] = {}
    for name, template, problem in found:
        problems.setdefault((name, template), set()).add(problem)
    if {template for _, template in problems} != set(templates):
        yield Failure(TABLE, f"is not under the templates {', '.join(templates)}")
    for name, count in config["problems"].items():
        each = [problems.get((name, template), set()) for template in templates]
        if any(len(own) != count or own != each[0] for own in each):
            yield Failure(f"{TABLE} {name}", f"does not have its {count} problems")
    greedy = [_key(row) for row in rows if row["mode"] == "greedy"]
    again = [_key(row) for row in rows if row["mode"] == "repeat"]
    count = config["repeat"]
    if count > len(greedy) or again != repeated(greedy, count, config["seed"]):
        yield Failure(f"{TABLE} repeats", f"are not the {count} that the seed picks")


def _prompts(rows: list[Row], config: dict[str, Any]) -> Iterator[Failure]:
    """Prompts that differ within a problem, or that are not what a template makes of it."""
    first: dict[tuple[str, str, str], int] = {}
    asked: dict[tuple[str, str], str] = {}
    golds: dict[tuple[str, str], str] = {}
    for number, row in enumerate(rows):
        where = f"{TABLE} row {number} ({row['set']}/{row['problem_id']})"
        problem = (row["set"], row["problem_id"])
        if golds.setdefault(problem, row["gold"]) != row["gold"]:
            yield Failure(where, "has another gold answer than the problem's other rows")
        place = first.setdefault(_key(row), number)
        if place != number:
            if row["prompt"] != rows[place]["prompt"]:
                yield Failure(where, "has another prompt than the problem's other rows")
            continue
        template = TEMPLATES[row["template"]]
        if template.chat:
            continue
        gap = template.gap if config["force_start"] else ""
        text = problem_of(row["prompt"].removesuffix(gap), template.name)
        if text is None or not row["prompt"].endswith(gap):
            yield Failure(where, f"has a prompt that the template {template.name} cannot make")
        elif asked.setdefault(problem, text) != text:
            yield Failure(where, "does not ask what the problem's other templates ask")


def _key(row: Row) -> tuple[str, str, str]:
    return row["set"], row["template"], row["problem_id"]
