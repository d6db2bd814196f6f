"""Check a probe from what it stores: cuts, matches, baselines and results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from clean_bench.artifacts import Artifact, Failure
from clean_bench.artifacts.manifest import NAME, content_sha256
from clean_bench.probing.cut import cut
from clean_bench.probing.lookup_baseline import LookupBaseline
from clean_bench.probing.rows import (
    EXTRACTION,
    PROTOCOL,
    TABLE,
    TOO_LONG,
    graded,
    statistics_of,
    template_of,
)
from clean_bench.probing.run import PROBLEMS
from clean_bench.probing.summary import summarize
from clean_bench.problems import Problem, from_rows
from clean_bench.results import check_results, same
from clean_bench.samples import TABLE as SAMPLES
from clean_bench.samples import Sample, read_samples

Row = Mapping[str, Any]
Key = tuple[str, str, str]


def check_probe(artifact: Artifact) -> Iterator[Failure]:
    """Failures of an artifact of kind `probe`.

    Every problem is cut again, every completion compared again and every result computed again. The
    look-up of the baseline is repeated where it used only the sets themselves; other texts are not
    stored, and then only its comparison is.
    """
    config = artifact.config
    if config["protocol"] != PROTOCOL:
        yield Failure(NAME, f"protocol: expected {PROTOCOL!r}, got {config['protocol']!r}")
        return
    problems: dict[tuple[str, str], Problem] = {}
    for entry, table in zip(config["sets"], artifact.tables(PROBLEMS), strict=True):
        if (content_sha256([table]), len(table)) != (entry["sha256"], entry["problems"]):
            yield Failure(PROBLEMS, f"{entry['name']} is not the set that the configuration names")
        for problem in from_rows(table.to_pylist()):
            problems[entry["name"], problem.id] = problem
    rows = artifact.rows(TABLE)
    missing = list(_missing(rows, config, problems))
    yield from missing
    if missing:
        return
    samples: dict[Key, Sample] = {}
    for table in artifact.tables(SAMPLES):
        for sample in read_samples(table):
            samples[sample.set, sample.problem_id, sample.template] = sample
    scored = {_key(row) for row in rows if row["reason"] is None}
    if scored != set(samples):
        yield Failure(SAMPLES, "are not the completions of the scored rows")
        return
    texts: dict[str, list[str]] = {}
    for (name, _), problem in problems.items():
        texts.setdefault(name, []).append(problem.problem)
    lookups = {name: LookupBaseline(own) for name, own in texts.items()}
    if config["lookup_sha256"] is not None:
        lookups = {}
    for row in rows:
        where = f"{TABLE}, {row['set']}/{row['problem_id']} at {row['fraction']:g}"
        text = problems[row["set"], row["problem_id"]].problem
        yield from _check_row(where, row, text, samples.get(_key(row)), lookups.get(row["set"]))
    results, counts = summarize(artifact)
    yield from check_results(artifact, results)
    if artifact.metadata["counts"] != counts:
        yield Failure("manifest.json counts", "do not follow from the rows")


def _check_row(
    where: str, row: Row, text: str, sample: Sample | None, lookup: LookupBaseline | None
) -> Iterator[Failure]:
    parts = cut(text, row["fraction"])
    expected: dict[str, Any] = {"offset": parts.offset}
    if row["reason"] != TOO_LONG:
        expected["reason"] = parts.reason
    if sample is not None and parts.reason is None:
        if (sample.prompt, sample.gold) != (parts.prefix, parts.suffix):
            yield Failure(where, "the sample's prompt and gold are not the prefix and the suffix")
        grade, _ = graded(sample.response, parts.suffix, ended=sample.finish == "stop")
        if (sample.grade, sample.extraction) != (grade.kind, EXTRACTION):
            yield Failure(where, f"is graded {sample.grade!r}, the texts give {grade.kind!r}")
        completion = row["lookup_completion"]
        if lookup is not None:
            completion = lookup.complete(parts.prefix, text)
        expected |= statistics_of(sample, completion)
    for name, value in expected.items():
        if not same(row[name], value):
            yield Failure(where, f"{name} is stored as {row[name]!r}, the texts give {value!r}")


def _missing(
    rows: Sequence[Row],
    config: Mapping[str, Any],
    problems: Mapping[tuple[str, str], Problem],
) -> Iterator[Failure]:
    """Sets and prefixes without each of their problems once."""
    ids: dict[tuple[str, float], list[str]] = {}
    for row in rows:
        ids.setdefault((row["set"], row["fraction"]), []).append(row["problem_id"])
    for entry in config["sets"]:
        expected = sorted(problem for name, problem in problems if name == entry["name"])
        for fraction in config["fractions"]:
            if sorted(ids.pop((entry["name"], fraction), [])) != expected:
                yield Failure(
                    TABLE, f"{entry['name']} at {fraction:g}: not the problems of the set"
                )
    for name, fraction in ids:
        yield Failure(TABLE, f"{name} at {fraction:g}: was not to be probed")


def _key(row: Row) -> Key:
    return row["set"], row["problem_id"], template_of(row["fraction"])
