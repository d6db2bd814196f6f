"""Check a probe from what it stores: cuts, matches, baselines and results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import inf
from typing import Any
from unicodedata import normalize

from clean_bench.artifacts import Artifact, Failure, Layout, check_layout
from clean_bench.artifacts.manifest import NAME, canonical_json, sha256_of
from clean_bench.engines.special_tokens import UNBOUNDED
from clean_bench.grading import Grade
from clean_bench.probing.cut import Cut, cut
from clean_bench.probing.lookup_baseline import LookupBaseline
from clean_bench.probing.rows import (
    LOOKUP,
    LOOKUP_SCHEMA,
    PROTOCOL,
    SCHEMA,
    TABLE,
    TOO_LONG,
    grade_of,
    most_tokens,
    statistics_of,
    template_of,
)
from clean_bench.probing.suffix_match import compare_suffix
from clean_bench.probing.summary import summarize
from clean_bench.problems import SCHEMA as PROBLEMS_SCHEMA
from clean_bench.problems import TABLE as PROBLEMS
from clean_bench.problems import Problem, check_stored_sets, stored_sets
from clean_bench.results import SCHEMA as RESULTS_SCHEMA
from clean_bench.results import TABLE as RESULTS
from clean_bench.results import check_results, check_values
from clean_bench.sample_lengths import length_columns, wrong_length
from clean_bench.samples import FINISHES, GREEDY, Sample, read_samples
from clean_bench.samples import SCHEMA as SAMPLES_SCHEMA
from clean_bench.samples import TABLE as SAMPLES

Row = Mapping[str, Any]
LAYOUT = Layout(
    {
        TABLE: SCHEMA,
        SAMPLES: SAMPLES_SCHEMA,
        PROBLEMS: PROBLEMS_SCHEMA,
        RESULTS: RESULTS_SCHEMA,
        LOOKUP: LOOKUP_SCHEMA,
    },
    frozenset({RESULTS}),
    metadata=frozenset({"counts"}),
    provenance=frozenset({"checkpoint", "revision", "base"}),
)


def check_probe(artifact: Artifact) -> Iterator[Failure]:
    """Failures of an artifact of kind `probe`.

    Every problem is cut again, every completion compared again, the look-up of the baseline repeated and
    every result computed again. An artifact of an earlier version does not hold the further texts of the
    look-up: with them only its comparison is repeated. A row that is stored as longer than the context
    must be able to be. What depends on the model is not recomputed.
    """
    yield from check_layout(artifact, LAYOUT)
    config = artifact.config
    if config["protocol"] != PROTOCOL:
        yield Failure(NAME, f"protocol: expected {PROTOCOL!r}, got {config['protocol']!r}")
        return
    yield from check_stored_sets(artifact)
    problems = {n: {p.id: p for p in of_set} for n, of_set in stored_sets(artifact).items()}
    rows = artifact.rows(TABLE)
    stored = [sample for table in artifact.tables(SAMPLES) for sample in read_samples(table)]
    samples = {(sample.set, sample.problem_id, sample.template): sample for sample in stored}
    missing = list(_missing(rows, config, problems))
    scored = [_key(row) for row in rows if row["reason"] is None]
    if scored != [(sample.set, sample.problem_id, sample.template) for sample in stored]:
        missing.append(
            Failure(SAMPLES, "are not the completions of the scored rows in their order")
        )
    yield from missing
    if missing:
        return  # results that were recomputed from other rows would mean nothing
    texts = [row["text"] for row in artifact.rows(LOOKUP)]
    if texts and sha256_of(canonical_json(texts)) != config["lookup_sha256"]:
        yield Failure(LOOKUP, "its texts are not those that the configuration names")
    baselines = {
        name: LookupBaseline([*(problem.problem for problem in by_id.values()), *texts])
        for name, by_id in problems.items()
        if texts or config["lookup_sha256"] is None
    }
    context = config["engine"].get("context_length")
    if config["engine"].get("engine") == "openai" and context == UNBOUNDED:
        context = None  # the server did not state its context
    yield from _check_lengths(artifact, rows, context)
    places = {(name, key): i for name, ids in problems.items() for i, key in enumerate(ids)}
    for row in rows:
        where = f"{TABLE}, {row['set']}/{row['problem_id']} at {row['fraction']:g}"
        if row["index"] != places[row["set"], row["problem_id"]]:
            yield Failure(where, f"index is stored as {row['index']}, not the place in the set")
        text = problems[row["set"]][row["problem_id"]].problem
        yield from _check_row(where, row, text, samples.get(_key(row)), baselines.get(row["set"]))
        if row["reason"] == TOO_LONG and isinstance(context, int) and most_bytes(text) <= context:
            what = f"is said to be {TOO_LONG}: {len(text)} characters fit into {context} tokens"
            yield Failure(where, what)
    results, counts = summarize(artifact)
    yield from check_results(artifact, results)
    if artifact.metadata["counts"] != counts:
        yield Failure(NAME, "the counts do not follow from the rows")


def _check_lengths(
    artifact: Artifact, rows: Sequence[Row], context: int | None
) -> Iterator[Failure]:
    """Numbers of tokens and log-probabilities that contradict the texts or the limits."""
    scored = [row for row in rows if row["reason"] is None]
    lengths = [entry for table in artifact.tables(SAMPLES) for entry in length_columns(table)]
    texts = [
        (suffix, finish)
        for table in artifact.tables(SAMPLES, ("gold", "finish"))
        for suffix, finish in zip(*(column.to_pylist() for column in table.columns), strict=True)
    ]
    for row, of_row, (suffix, finish) in zip(scored, lengths, texts, strict=True):
        where = f"{TABLE}, {row['set']}/{row['problem_id']} at {row['fraction']:g}"
        tokens, logprob = row["suffix_tokens"], row["suffix_logprob"]
        if what := wrong_length(of_row, finish, most_tokens(suffix, tokens), context):
            yield Failure(where, f"the sample {what}")
        if tokens is not None and not 0 < tokens <= most_bytes(suffix):
            yield Failure(
                where, f"suffix_tokens is {tokens}: the suffix has {len(suffix)} characters"
            )
        if logprob is not None and not -inf < logprob <= 0.001:
            yield Failure(where, f"suffix_logprob is {logprob}, expected a number up to 0")
        if (tokens is None) != (row["aligned"] is None):
            yield Failure(where, "has either suffix_tokens or aligned, expected both or none")


def most_bytes(text: str) -> int:
    """A bound on the tokens of a text: each has at least one byte of the text, as it is or normalized.

    Sixteen more leave room for special tokens and a space in front.
    """
    forms = (text, normalize("NFKC", text), normalize("NFKD", text))
    return max(len(form.encode("utf-8", "replace")) for form in forms) + 16


def _check_row(
    where: str, row: Row, text: str, sample: Sample | None, baseline: LookupBaseline | None
) -> Iterator[Failure]:
    parts = cut(text, row["fraction"])
    expected: dict[str, Any] = {"offset": parts.offset}
    if row["reason"] != TOO_LONG or parts.reason is not None:
        expected["reason"] = parts.reason
    if sample is None:
        expected |= dict.fromkeys(SCHEMA.names[SCHEMA.names.index("reason") + 1 :])
    elif parts.reason is None:
        match = compare_suffix(sample.response, parts.suffix, ended=sample.finish == "stop")
        yield from _check_sample(where, sample, parts, grade_of(match, sample.response))
        completion = row["lookup_completion"]
        if baseline is not None:
            completion = baseline.complete(parts.prefix, text)
        expected |= statistics_of(match, parts.suffix, completion)
    yield from check_values(where, row, expected)


def _check_sample(where: str, sample: Sample, parts: Cut, grade: Grade) -> Iterator[Failure]:
    expected = {
        "mode": GREEDY,
        "index": 0,
        "seed": 0,
        "prompt": parts.prefix,
        "gold": parts.suffix,
        "grade": grade.kind,
        "extracted": grade.extracted,
        "extraction": grade.extraction,
    }
    for name, value in expected.items():
        if getattr(sample, name) != value:
            stored = getattr(sample, name)
            yield Failure(where, f"the sample's {name} is {stored!r}, the texts give {value!r}")
    if sample.finish not in FINISHES:
        yield Failure(
            where, f"finish: expected one of {', '.join(FINISHES)}, got {sample.finish!r}"
        )


def _missing(
    rows: Sequence[Row],
    config: Mapping[str, Any],
    problems: Mapping[str, Mapping[str, Problem]],
) -> Iterator[Failure]:
    """Sets and prefixes that do not have each of their problems once."""
    ids: dict[tuple[str, float], list[str]] = {}
    for row in rows:
        ids.setdefault((row["set"], row["fraction"]), []).append(row["problem_id"])
    for entry in config["sets"]:
        expected = sorted(problems[entry["name"]])
        for fraction in config["fractions"]:
            if sorted(ids.pop((entry["name"], fraction), [])) != expected:
                where = f"{TABLE}, {entry['name']} at {fraction:g}"
                yield Failure(where, "are not of each problem of the set once")
    for name, fraction in ids:
        yield Failure(f"{TABLE}, {name} at {fraction:g}", "is no part of the configuration")


def _key(row: Row) -> tuple[str, str, str]:
    return row["set"], row["problem_id"], template_of(row["fraction"])
