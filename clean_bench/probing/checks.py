"""Check a probe from what it stores: cuts, completions, numbers of the tests, and all that follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from unicodedata import normalize

from clean_bench.artifacts import Artifact, Failure, Layout, check_layout
from clean_bench.artifacts.manifest import NAME, canonical_json, sha256_of
from clean_bench.engines.special_tokens import UNBOUNDED
from clean_bench.errors import UserError
from clean_bench.grading import Grade
from clean_bench.probing.check_values import check_statistics
from clean_bench.probing.claims import CLAIMS, CLAIMS_SCHEMA
from clean_bench.probing.conclude import CORPUS, CORPUS_SCHEMA, DERIVED, conclude
from clean_bench.probing.cut import PROTOCOLS, Cut, cut
from clean_bench.probing.flags import FLAGS, FLAGS_SCHEMA
from clean_bench.probing.hypotheses import HYPOTHESES, HYPOTHESES_SCHEMA
from clean_bench.probing.items import fractions_of
from clean_bench.probing.rows import (
    LOOKUP,
    LOOKUP_SCHEMA,
    PARAPHRASES,
    SCHEMA,
    SHORT,
    STATISTICS,
    TABLE,
    TOO_LONG,
    VALUES_SCHEMA,
    VARIANTS,
    most_tokens,
    template_of,
)
from clean_bench.probing.run import material_of, null_names
from clean_bench.probing.suffix_match import compare_suffix, grade_of
from clean_bench.probing.tests import tests_of
from clean_bench.probing.tests.base import Material
from clean_bench.problems import SCHEMA as PROBLEMS_SCHEMA
from clean_bench.problems import TABLE as PROBLEMS
from clean_bench.problems import Problem, ProblemSet, check_stored_sets, stored_sets
from clean_bench.results import SCHEMA as RESULTS_SCHEMA
from clean_bench.results import TABLE as RESULTS
from clean_bench.results import check_results, check_rows, check_values
from clean_bench.sample_lengths import length_columns, wrong_length
from clean_bench.samples import FINISHES, GREEDY, Sample, read_samples
from clean_bench.samples import SCHEMA as SAMPLES_SCHEMA
from clean_bench.samples import TABLE as SAMPLES

Row = Mapping[str, Any]
LAYOUT = Layout(
    {
        TABLE: SCHEMA,
        STATISTICS: VALUES_SCHEMA,
        SAMPLES: SAMPLES_SCHEMA,
        PROBLEMS: PROBLEMS_SCHEMA,
        RESULTS: RESULTS_SCHEMA,
        FLAGS: FLAGS_SCHEMA,
        HYPOTHESES: HYPOTHESES_SCHEMA,
        CLAIMS: CLAIMS_SCHEMA,
        LOOKUP: LOOKUP_SCHEMA,
        CORPUS: CORPUS_SCHEMA,
        VARIANTS: PROBLEMS_SCHEMA,
        PARAPHRASES: PROBLEMS_SCHEMA,
    },
    frozenset(DERIVED),
    files="index.html",
    metadata=frozenset({"counts"}),
    provenance=frozenset({"checkpoint", "revision", "base"}),
)


def check_probe(artifact: Artifact) -> Iterator[Failure]:
    """Failures of an artifact of kind `probe`.

    Every problem is cut again, every completion compared again, the look-up of the baseline repeated,
    and every flag, claim and result computed again. A row that is stored as longer than the context must
    be able to be. Numbers that depend on the model are checked for their bounds.
    """
    yield from check_layout(artifact, LAYOUT)
    config = artifact.config
    of_flags = [table.schema.names for table in artifact.tables(FLAGS)]
    if "tests" not in config or any(names != FLAGS_SCHEMA.names for names in of_flags):
        yield Failure(NAME, "was written by an earlier version, with other tables; probe again")
        return
    if config["protocol"] not in PROTOCOLS:
        expected = ", ".join(PROTOCOLS)
        yield Failure(NAME, f"protocol: expected one of {expected}, got {config['protocol']!r}")
        return
    try:
        tests = tests_of(config["tests"])
    except UserError as error:
        yield Failure(NAME, f"tests: {error}")
        return
    yield from check_stored_sets(artifact)
    sets = _stored(artifact, PROBLEMS, "sets")
    yield from _check_names(config, sets)
    problems = {s.name: {p.id: p for p in s} for s in sets}
    rows = artifact.rows(TABLE)
    samples = [sample for table in artifact.tables(SAMPLES) for sample in read_samples(table)]
    of_prefixes = [sample for sample in samples if sample.template.startswith("prefix@")]
    missing = list(_missing(rows, config, problems))
    scored = [_key(row) for row in rows if row["reason"] is None]
    if scored != [(s.set, s.problem_id, s.template) for s in of_prefixes]:
        missing.append(
            Failure(SAMPLES, "are not the completions of the scored rows in their order")
        )
    yield from missing
    if missing:
        return  # results that were recomputed from other rows would mean nothing
    texts = [row["text"] for row in artifact.rows(LOOKUP)]
    expected_sha = sha256_of(canonical_json(texts)) if texts else None
    if expected_sha != config["lookup_sha256"]:
        yield Failure(LOOKUP, "its texts are not those that the configuration names")
        return
    versions = []
    for table in (VARIANTS, PARAPHRASES):
        yield from check_stored_sets(artifact, table, table)
        versions.append(_stored(artifact, table, table))
    try:
        material = material_of(sets, config["fractions"], config["protocol"], texts, *versions)
    except UserError as error:
        yield Failure(NAME, str(error))
        return
    context = config["engine"].get("context_length")
    if config["engine"].get("engine") == "openai" and context == UNBOUNDED:
        context = None  # the server did not state its context
    yield from _check_lengths(artifact, rows, context)
    places = {(name, key): i for name, ids in problems.items() for i, key in enumerate(ids)}
    by_key = {(s.set, s.problem_id, s.template): s for s in of_prefixes}
    for row in rows:
        where = f"{TABLE}, {row['set']}/{row['problem_id']} at {row['fraction']:g}"
        if row["index"] != places[row["set"], row["problem_id"]]:
            yield Failure(where, f"index is stored as {row['index']}, not the place in the set")
        text = problems[row["set"]][row["problem_id"]].problem
        yield from _check_row(where, row, text, by_key.get(_key(row)), material)
        if row["reason"] == TOO_LONG and isinstance(context, int) and most_bytes(text) <= context:
            what = f"is said to be {TOO_LONG}: {len(text)} characters fit into {context} tokens"
            yield Failure(where, what)
    wrong = list(check_statistics(artifact.rows(STATISTICS), rows, samples, tests, material))
    yield from wrong
    if wrong:
        return
    conclusions = conclude(artifact)
    yield from check_results(artifact, conclusions.results)
    for name, table in conclusions.tables.items():
        yield from check_rows(name, artifact.rows(name), table.to_pylist())
    if artifact.metadata["counts"] != conclusions.counts:
        yield Failure(NAME, "the counts do not follow from the rows")


def _stored(artifact: Artifact, table: str, key: str) -> list[ProblemSet]:
    """The sets of a table, with what their entries in the configuration state."""
    entries = {entry["name"]: entry for entry in artifact.config[key]}
    return [
        ProblemSet(name, of_set, role=entries[name]["role"], rows_of=entries[name].get("rows_of"))
        for name, of_set in stored_sets(artifact, table, key).items()
    ]


def _check_names(config: Row, sets: Sequence[ProblemSet]) -> Iterator[Failure]:
    """Names of null sets and of the positive control that are not those of sets."""
    names = [problems.name for problems in sets]
    try:
        nulls = null_names(sets, config["nulls"])
    except UserError as error:
        yield Failure(NAME, f"nulls: {error}")
    else:
        if nulls != config["nulls"]:
            yield Failure(NAME, f"nulls: expected {nulls}, got {config['nulls']}")
    if config["control"] is not None and config["control"] not in names:
        yield Failure(NAME, f"control: {config['control']!r} is not one of the sets")


def _check_lengths(
    artifact: Artifact, rows: Sequence[Row], context: int | None
) -> Iterator[Failure]:
    """Numbers of tokens that contradict the texts or the limits, in rows and their completions."""
    scored = iter([row for row in rows if row["reason"] is None])
    columns = ("template", "gold", "finish", "prompt_ids", "token_ids", "logprobs")
    for table in artifact.tables(SAMPLES, columns):
        texts = zip(*(table[name].to_pylist() for name in columns[:3]), strict=True)
        for lengths, (template, gold, finish) in zip(length_columns(table), texts, strict=True):
            if not template.startswith("prefix@"):
                if what := wrong_length(lengths, finish, None, context):
                    yield Failure(SAMPLES, f"a sample under {template} {what}")
                continue
            row = next(scored)
            where = f"{TABLE}, {row['set']}/{row['problem_id']} at {row['fraction']:g}"
            tokens = row["suffix_tokens"]
            if what := wrong_length(lengths, finish, most_tokens(gold, tokens), context):
                yield Failure(where, f"the sample {what}")
            if tokens is not None and not 0 < tokens <= most_bytes(gold):
                what = f"suffix_tokens is {tokens}: the suffix has {len(gold)} characters"
                yield Failure(where, what)
            if (tokens is None) != (row["aligned"] is None):
                yield Failure(where, "has either suffix_tokens or aligned, expected both or none")


def most_bytes(text: str) -> int:
    """A bound on the tokens of a text: each has at least one byte of the text, as it is or normalized.

    Sixteen more leave room for special tokens and a space in front.
    """
    forms = (text, normalize("NFKC", text), normalize("NFKD", text))
    return max(len(form.encode("utf-8", "replace")) for form in forms) + 16


def _check_row(
    where: str, row: Row, text: str, sample: Sample | None, material: Material
) -> Iterator[Failure]:
    parts = cut(text, row["fraction"], material.protocol)
    expected: dict[str, Any] = {"offset": parts.offset}
    if row["reason"] != TOO_LONG or parts.reason is not None:
        expected["reason"] = parts.reason
    if sample is None:
        expected |= dict.fromkeys(SCHEMA.names[SCHEMA.names.index("reason") + 1 :])
    elif parts.reason is None:
        match = compare_suffix(sample.response, parts.suffix, ended=sample.finish == "stop")
        yield from _check_sample(where, sample, parts, grade_of(match, sample.response))
        expected["short_suffix"] = len(parts.suffix.split()) < SHORT
        expected["lookup_completion"] = material.lookups[row["set"]].complete(parts.prefix, text)
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
        for fraction in fractions_of(entry["name"], config["fractions"], config["control"]):
            if sorted(ids.pop((entry["name"], fraction), [])) != expected:
                where = f"{TABLE}, {entry['name']} at {fraction:g}"
                yield Failure(where, "are not of each problem of the set once")
    for name, fraction in ids:
        yield Failure(f"{TABLE}, {name} at {fraction:g}", "is no part of the configuration")


def _key(row: Row) -> tuple[str, str, str]:
    return row["set"], row["problem_id"], template_of(row["fraction"])
