"""Check an overlap from what it stores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from clean_bench.artifacts import Artifact, Failure, Layout, check_layout
from clean_bench.artifacts.manifest import NAME
from clean_bench.overlap.match import THRESHOLD, OverlapMatch, compare_texts
from clean_bench.overlap.rows import MOST_ROWS, SCHEMA, TABLE, WITHIN, first_tokens, judged
from clean_bench.overlap.summary import summarize
from clean_bench.problems import SCHEMA as PROBLEMS_SCHEMA
from clean_bench.problems import TABLE as PROBLEMS
from clean_bench.problems import Problem, check_stored_sets, stored_sets
from clean_bench.results import SCHEMA as RESULTS_SCHEMA
from clean_bench.results import TABLE as RESULTS
from clean_bench.results import check_results, check_values
from clean_bench.text.tokenizer import content_tokens, mask_numerals

Row = Mapping[str, Any]
LAYOUT = Layout(
    {TABLE: SCHEMA, WITHIN: SCHEMA, PROBLEMS: PROBLEMS_SCHEMA, RESULTS: RESULTS_SCHEMA},
    frozenset({RESULTS}),
)


def check_overlap(artifact: Artifact) -> Iterator[Failure]:
    """Failures of an artifact of kind `overlap`.

    Every problem is compared with its excerpt again and every result computed again. Where an
    excerpt was cut, the rest must not contain more than is claimed of the whole. The training set
    is not stored: that no row of it was missed, and how many rows hit besides the best, can be
    checked by running the command again on the files that the configuration names by hash.
    """
    yield from check_layout(artifact, LAYOUT)
    config = artifact.config
    yield from check_stored_sets(artifact)
    problems = stored_sets(artifact)
    if config["threshold"] != THRESHOLD:
        yield Failure(NAME, f"expected the threshold {THRESHOLD}, got {config['threshold']}")
    tables = {name: artifact.rows(name) for name in (TABLE, WITHIN)}
    for name, rows in tables.items():
        yield from _places(name, rows, problems)
        for row in rows:
            where = f"{name}, {row['set']}/{row['problem_id']}"
            yield from _texts(where, row, config["ngram"])
            yield from _named_rows(where, row)
    yield from check_results(artifact, summarize(tables[TABLE], tables[WITHIN], config))
    training_rows = artifact.metadata.get("training_rows")
    most_hits = max((row["hits"] for row in tables[TABLE]), default=1)
    if not isinstance(training_rows, int) or training_rows < most_hits:
        what = f"{training_rows} training rows are fewer than the {most_hits} that hit"
        yield Failure(NAME, what)


def _places(
    name: str, rows: Sequence[Row], problems: Mapping[str, Sequence[Problem]]
) -> Iterator[Failure]:
    """Each row has the id and the text of its problem; problems come once, in the order of their set."""
    last: dict[str, int] = {}
    for row in rows:
        place, of_set = row["index"], problems.get(row["set"], ())
        where = f"{name}, {row['set']}, problem {place}"
        if not 0 <= place < len(of_set):
            yield Failure(where, "the set has no such problem")
            continue
        if place <= last.get(row["set"], -1):
            yield Failure(where, "is out of order or comes twice")
        last[row["set"]] = place
        problem = of_set[place]
        if (row["problem_id"], row["problem"]) != (problem.id, problem.problem):
            what = f"id and text are not those of {problem.id}, which is at this place"
            yield Failure(where, what)


def _texts(where: str, row: Row, n: int) -> Iterator[Failure]:
    match = compare_texts(row["problem"], row["excerpt"], n)
    if not row["cut"]:
        yield from check_values(where, row, judged(match))
        return
    kind = OverlapMatch(row["exact"], row["share"], row["masked_share"]).kind
    if row["kind"] != kind:
        yield Failure(where, f"kind is stored as {row['kind']!r}, its shares give {kind!r}")
    if match.share > row["share"] or match.masked_share > row["masked_share"]:
        yield Failure(where, "the excerpt contains more of the problem than is claimed")
    begun = mask_numerals(content_tokens(row["excerpt"]))
    if not any(
        list(gram[: len(begun)]) == begun[: len(gram)] for gram in first_tokens(row["problem"], n)
    ):
        yield Failure(where, "the excerpt does not begin with a piece of the problem")


def _named_rows(where: str, row: Row) -> Iterator[Failure]:
    named = row["hit_rows"]
    consistent = (
        len(named) == len(set(named)) == min(row["hits"], MOST_ROWS)
        and (not named or named[0] == row["training_row"])
        and bool(named) == (row["kind"] is not None)
    )
    if not consistent:
        yield Failure(where, f"{row['hits']} hits do not fit the named rows: {named}")
