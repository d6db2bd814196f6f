"""Check a `scores` artifact: every verdict from the stored response, every score from the verdicts.

What can be told without the checkpoint is checked: verdicts, seeds, the forced beginning, how a
completion ended, that each problem has its rows under each template, which completions were repeated,
the scores, and the prompts of templates that need no chat template: they hold one problem each, the
same under all of them.

Rows are read shard by shard, and token ids and log-probabilities as columns of numbers: a run of a
hundred thousand long completions is checked in the memory of its verdicts.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from clean_bench.artifacts import Artifact, Failure
from clean_bench.artifacts.manifest import canonical
from clean_bench.grading.grade import UNDECIDED, grade
from clean_bench.prompts import TEMPLATES, problem_of
from clean_bench.scoring.requests import repeated, sample_seed
from clean_bench.scoring.rows import TABLE
from clean_bench.scoring.summary import needed, summarize

Row = dict[str, Any]
Label = tuple[tuple[str, str, str], str, int]
_NUMBERS = ("token_ids", "logprobs")
_SAME = {
    "gold": "another gold answer",
    "role": "another role",
    "dose": "another dose",
    "level": "another level",
    "steps": "another number of steps",
}
"""What a problem's rows share, and what is said of one that differs."""
_FINISHES = ("stop", "length", "overlong")
_ROUNDING = 1e-3


def verify_scores(artifact: Artifact) -> Iterator[Failure]:
    """The rows that do not come out again, missing rows, and sets whose numbers do not follow.

    A verdict that a limit of time decided is not held against the row: another machine may be
    faster.
    """
    config, kept = artifact.config, []
    labels: list[Label] = []
    prompts = _Prompts(config)
    for table in artifact.tables(TABLE):
        rows = _rows(table)
        for row, what in zip(rows, _wrong(rows, config), strict=True):
            where = f"{TABLE} row {len(labels)} ({row['set']}/{row['problem_id']})"
            labels.append((_key(row), row["mode"], row["sample"]))
            if what:
                yield Failure(where, what)
            for other in prompts.wrong(row):
                yield Failure(where, other)
        kept.append(needed(table))
    missing = list(_missing(labels, config))
    yield from missing
    if missing:
        return  # numbers that were recomputed from other rows would say nothing
    again = json.loads(canonical(summarize(pa.concat_tables(kept))))
    claimed = artifact.metadata
    for name, scores in claimed["sets"].items():
        if again["sets"].get(name) != scores:
            yield Failure(f"manifest.json sets/{name}", "the scores do not follow from the rows")
    if again.get("repeat") != claimed.get("repeat"):
        yield Failure("manifest.json repeat", "does not follow from the rows")
    if not again["sets"].keys() == claimed["sets"].keys() == config["sets"].keys():
        yield Failure("manifest.json sets", "are not the sets of the rows")


def _rows(table: pa.Table) -> list[Row]:
    """The rows of a shard, with `tokens`, `probabilities` and `likeliest` in place of the numbers."""
    rows: list[Row] = table.drop_columns(list(_NUMBERS)).to_pylist()
    lengths = [pc.list_value_length(table[name]).to_pylist() for name in _NUMBERS]
    for row, tokens, probabilities in zip(rows, *lengths, strict=True):
        row.update(tokens=tokens, probabilities=probabilities, likeliest=None)
    numbered = pa.table({"row": pc.list_parent_indices(table["logprobs"].combine_chunks())})
    numbered = numbered.append_column("logprob", pc.list_flatten(table["logprobs"]))
    for found in numbered.group_by("row").aggregate([("logprob", "max")]).to_pylist():
        rows[found["row"]]["likeliest"] = found["logprob_max"]
    return rows


def _wrong(rows: list[Row], config: dict[str, Any]) -> Iterator[str]:
    """Per row what does not hold, empty where all does."""
    forced, seed, most = config["force_start"], config["seed"], config["max_tokens"]
    pairs = [(row["gold"], row["response"]) for row in rows]
    for row, verdict in zip(rows, grade(pairs, grader=config["grader"]), strict=True):
        drawn = row["mode"] == "sample"
        wanted = sample_seed(seed, row["set"], row["problem_id"], row["sample"]) if drawn else 0
        undecided = {row["verdict"], verdict.kind} & UNDECIDED
        empty = not row["tokens"]
        if not undecided and row["verdict"] != verdict.kind:
            yield f"is stored as {row['verdict']!r} and grades as {verdict.kind!r}"
        elif not undecided and row["extracted"] != verdict.extracted:
            yield f"is stored with the answer {row['extracted']!r}, not {verdict.extracted!r}"
        elif row["seed"] != wanted:
            yield f"has the seed {row['seed']}, and its own is {wanted}"
        elif not row["response"].startswith(forced):
            yield "does not begin as every response was made to"
        elif row["tokens"] != row["probabilities"]:
            yield "has not one log-probability for each token"
        elif not (empty or row["likeliest"] <= _ROUNDING):
            yield f"has the log-probability {row['likeliest']}"
        elif row["tokens"] > most:
            yield f"has {row['tokens']} tokens, and {most} were the most"
        elif row["finish"] not in _FINISHES:
            yield f"ended by {row['finish']!r}, and a completion ends by {', '.join(_FINISHES)}"
        elif (row["finish"] == "overlong") != empty or (empty and row["response"] != forced):
            yield f"ended by {row['finish']!r} after {row['tokens']} tokens"
        else:
            yield ""


def _missing(labels: Sequence[Label], config: dict[str, Any]) -> Iterator[Failure]:
    """Missing problems, problems without one greedy row and the sampled ones, and wrong repeats."""
    samples, templates = config["samples"], config["templates"]
    wanted = Counter([("greedy", 0), *(("sample", sample) for sample in range(samples))])
    found: dict[tuple[str, str, str], Counter[tuple[str, int]]] = {}
    for key, mode, sample in labels:
        if mode != "repeat":
            found.setdefault(key, Counter())[mode, sample] += 1
    for (name, template, problem), counter in found.items():
        if counter != wanted:
            where = f"{TABLE} {name}/{problem}, template {template}"
            yield Failure(where, f"does not have its {1 + samples} rows")
    problems: dict[str, dict[str, list[str]]] = {}
    for name, template, problem in found:
        problems.setdefault(name, {}).setdefault(template, []).append(problem)
    for name, count in config["problems"].items():
        own = problems.get(name, {})
        if list(own) != templates:
            yield Failure(
                f"{TABLE} {name}",
                f"is not under the templates {', '.join(templates)} in this order",
            )
        each = list(own.values()) or [[]]
        if any(len(some) != count or some != each[0] for some in each):
            yield Failure(f"{TABLE} {name}", f"does not have its {count} problems")
    greedy = [key for key, mode, _ in labels if mode == "greedy"]
    again = [key for key, mode, _ in labels if mode == "repeat"]
    count = config["repeat"]
    if count > len(greedy) or again != repeated(greedy, count, config["seed"]):
        yield Failure(f"{TABLE} repeats", f"are not the {count} that the seed picks")


class _Prompts:
    """What the rows of one problem were asked and have in common."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._forced = bool(config["force_start"])
        self._first: dict[tuple[str, str, str], str] = {}
        self._asked: dict[tuple[str, str], str] = {}
        self._same: dict[tuple[str, str], tuple[Any, ...]] = {}

    def wrong(self, row: Row) -> Iterator[str]:
        """How a row differs from the problem's earlier ones, or from what a template makes of it."""
        problem = (row["set"], row["problem_id"])
        mine = tuple(row[name] for name in _SAME)
        for value, first, what in zip(
            mine, self._same.setdefault(problem, mine), _SAME.values(), strict=True
        ):
            if value != first:
                yield f"has {what} than the problem's other rows"
        prompt = self._first.get(_key(row))
        if prompt is not None:
            if row["prompt"] != prompt:
                yield "has another prompt than the problem's other rows"
            return
        self._first[_key(row)] = row["prompt"]
        template = TEMPLATES[row["template"]]
        if template.chat:
            return
        gap = template.gap if self._forced else ""
        text = problem_of(row["prompt"].removesuffix(gap), template.name)
        if text is None or not row["prompt"].endswith(gap):
            yield f"has a prompt that the template {template.name} cannot make"
        elif self._asked.setdefault(problem, text) != text:
            yield "does not ask what the problem's other templates ask"


def _key(row: Row) -> tuple[str, str, str]:
    return row["set"], row["template"], row["problem_id"]
