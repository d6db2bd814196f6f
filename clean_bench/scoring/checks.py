"""Check a `scores` artifact: every grade from the stored response, every result from the grades.

Everything that does not need the checkpoint is checked: grades, seeds, the forced beginning, how a
completion ended, that each problem has its samples under each template, which completions were
repeated, the results, and the prompts of templates that need no chat template.

Samples are read shard by shard, and token ids and log-probabilities as columns of numbers: a run of a
hundred thousand long completions is checked in the memory of its grades.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from clean_bench.artifacts import Artifact, Failure
from clean_bench.grading import UNDECIDED, grade
from clean_bench.problems import Problem, check_stored_sets, stored_sets
from clean_bench.prompts import TEMPLATES, extract_problem
from clean_bench.results import check_results
from clean_bench.samples import FINISHES, GREEDY, REPEAT, SAMPLE, TABLE
from clean_bench.scoring.requests import repeated, sample_seed
from clean_bench.scoring.summary import needed, summarize

Row = dict[str, Any]
Label = tuple[tuple[str, str, str], str, int]
_NUMBERS = ("prompt_ids", "token_ids", "logprobs")
_ROUNDING = 1e-3


def check_scores(artifact: Artifact) -> Iterator[Failure]:
    """Edited samples, missing samples, and results that do not follow from the samples.

    Undecided grades (timeouts) are not compared: another machine may be faster.
    """
    config, kept = artifact.config, []
    labels: list[Label] = []
    yield from check_stored_sets(artifact)
    problems = {
        (name, problem.id): problem
        for name, of_set in stored_sets(artifact).items()
        for problem in of_set
    }
    prompts: dict[tuple[str, str, str], str] = {}
    for table in artifact.tables(TABLE):
        rows = _rows(table)
        for row, what in zip(rows, _wrong(rows, config), strict=True):
            where = f"{TABLE} row {len(labels)} ({row['set']}/{row['problem_id']})"
            labels.append((_key(row), row["mode"], row["index"]))
            if what:
                yield Failure(where, what)
            for other in _wrong_prompt(row, problems, prompts, config["force_start"]):
                yield Failure(where, other)
        kept.append(needed(table))
    missing = list(_missing(labels, config))
    yield from missing
    if missing:
        return  # results that were recomputed from other samples would mean nothing
    name = artifact.manifest["provenance"]["checkpoint"]
    results, counts = summarize(pa.concat_tables(kept), config, name)
    yield from check_results(artifact, results)
    if artifact.metadata["counts"] != counts:
        yield Failure("manifest.json counts", "do not follow from the samples")


def _rows(table: pa.Table) -> list[Row]:
    """The rows of a shard, with `tokens`, `probabilities` and `likeliest` in place of the numbers."""
    rows: list[Row] = table.drop_columns(list(_NUMBERS)).to_pylist()
    lengths = [pc.list_value_length(table[name]).to_pylist() for name in _NUMBERS[1:]]
    for row, tokens, probabilities in zip(rows, *lengths, strict=True):
        row.update(tokens=tokens, probabilities=probabilities, likeliest=None)
    numbered = pa.table({"row": pc.list_parent_indices(table["logprobs"].combine_chunks())})
    numbered = numbered.append_column("logprob", pc.list_flatten(table["logprobs"]))
    for largest in numbered.group_by("row").aggregate([("logprob", "max")]).to_pylist():
        rows[largest["row"]]["likeliest"] = largest["logprob_max"]
    return rows


def _wrong(rows: list[Row], config: Mapping[str, Any]) -> Iterator[str]:
    """The first failure of each row; empty where there is none."""
    forced, seed, most = config["force_start"], config["seed"], config["max_tokens"]
    has_tokens = config["engine"].get("tokens", True)
    pairs = [(row["gold"], row["response"]) for row in rows]
    for row, graded in zip(rows, grade(pairs, grader=config["grader"]), strict=True):
        expected_seed = 0
        if row["mode"] == SAMPLE:
            expected_seed = sample_seed(seed, row["set"], row["problem_id"], row["index"])
        undecided = {row["grade"], graded.kind} & UNDECIDED
        empty = not row["tokens"]
        if not undecided and row["grade"] != graded.kind:
            yield f"is stored as {row['grade']!r} and grades as {graded.kind!r}"
        elif not undecided and row["extracted"] != graded.extracted:
            yield f"is stored with the answer {row['extracted']!r}, not {graded.extracted!r}"
        elif not undecided and row["extraction"] != graded.extraction:
            yield f"is stored with the rule {row['extraction']!r}, not {graded.extraction!r}"
        elif row["seed"] != expected_seed:
            yield f"has the seed {row['seed']}, expected {expected_seed}"
        elif not row["response"].startswith(forced):
            yield f"does not begin with the forced start {forced[:60]!r}"
        elif row["tokens"] != row["probabilities"]:
            yield "has not one log-probability for each token"
        elif not (empty or row["likeliest"] <= _ROUNDING):
            yield f"has the log-probability {row['likeliest']}"
        elif row["tokens"] > most:
            yield f"has {row['tokens']} tokens, expected at most {most}"
        elif row["finish"] not in FINISHES:
            yield f"ended by {row['finish']!r}, expected one of {', '.join(FINISHES)}"
        elif not has_tokens and not empty:
            yield f"has {row['tokens']} tokens, and its engine gives none"
        elif not _ended_well(row, forced, has_tokens=has_tokens):
            yield f"ended by {row['finish']!r} after {row['tokens']} tokens"
        else:
            yield ""


def _ended_well(row: Row, forced: str, *, has_tokens: bool) -> bool:
    """Whether a completion has tokens and text as it ended: none exactly where it is overlong.

    A server may end a completion for a reason of its own before its first token.
    """
    silent = not row["tokens"] and row["response"] == forced
    if row["finish"] == "overlong":
        return silent
    return bool(row["tokens"]) or not has_tokens or (row["finish"] == "unknown" and silent)


def _missing(labels: Sequence[Label], config: Mapping[str, Any]) -> Iterator[Failure]:
    """Missing problems, problems without their greedy and sampled rows, and wrong repeats."""
    samples, templates = config["samples"], config["templates"]
    expected = Counter([(GREEDY, 0), *((SAMPLE, index) for index in range(samples))])
    modes: dict[tuple[str, str, str], Counter[tuple[str, int]]] = {}
    for key, mode, index in labels:
        if mode != REPEAT:
            modes.setdefault(key, Counter())[mode, index] += 1
    for (name, template, problem), counter in modes.items():
        if counter != expected:
            where = f"{TABLE} {name}/{problem}, template {template}"
            yield Failure(where, f"does not have its {1 + samples} rows")
    problems: dict[str, dict[str, list[str]]] = {}
    for name, template, problem in modes:
        problems.setdefault(name, {}).setdefault(template, []).append(problem)
    if list(problems) != [entry["name"] for entry in config["sets"]]:
        yield Failure(TABLE, "does not hold the sets of the configuration in their order")
    for entry in config["sets"]:
        name, count = entry["name"], entry["problems"]
        by_template = problems.get(name, {})
        if list(by_template) != templates:
            what = f"does not have the templates {', '.join(templates)} in this order"
            yield Failure(f"{TABLE} {name}", what)
        each = list(by_template.values()) or [[]]
        if any(len(ids) != count or ids != each[0] for ids in each):
            yield Failure(f"{TABLE} {name}", f"does not have its {count} problems")
    greedy = [key for key, mode, _ in labels if mode == GREEDY]
    again = [key for key, mode, _ in labels if mode == REPEAT]
    count = config["repeat"]
    if count > len(greedy) or again != repeated(greedy, count, config["seed"]):
        yield Failure(f"{TABLE} repeats", f"are not the {count} that the seed picks")


def _wrong_prompt(
    row: Row,
    problems: Mapping[tuple[str, str], Problem],
    first: dict[tuple[str, str, str], str],
    forced: str,
) -> Iterator[str]:
    """How gold answer and prompt differ from the stored problem, or from the `first` prompt of it."""
    problem = problems.get((row["set"], row["problem_id"]))
    if problem is None:
        yield "is of no stored problem"
        return
    if row["gold"] != problem.answer:
        yield f"has the gold answer {row['gold']!r}, and its problem {problem.answer!r}"
    prompt = first.setdefault(_key(row), row["prompt"])
    if row["prompt"] != prompt:
        yield "has another prompt than the problem's other rows"
        return
    template = TEMPLATES.get(row["template"])
    if template is None:
        yield f"has the template {row['template']!r}, which is not known"
    elif not template.chat:
        gap = template.gap if forced else ""
        text = extract_problem(row["prompt"].removesuffix(gap), template.name)
        if text != problem.problem or not row["prompt"].endswith(gap):
            yield f"has a prompt that the template {template.name} does not make of its problem"


def _key(row: Row) -> tuple[str, str, str]:
    return row["set"], row["template"], row["problem_id"]
