"""Check an overlap from what it stores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from clean_bench.artifacts import Artifact, Failure
from clean_bench.artifacts.manifest import NAME
from clean_bench.overlap.match import THRESHOLD, compare_texts, level_of
from clean_bench.overlap.rows import MOST_ROWS, TABLE, WITHIN, first_tokens, judged
from clean_bench.overlap.summary import summarize
from clean_bench.results import check_results
from clean_bench.text.tokenizer import content_tokens, mask_numerals

Row = Mapping[str, Any]


def check_overlap(artifact: Artifact) -> Iterator[Failure]:
    """Failures of an artifact of kind `overlap`.

    Every problem is compared with its excerpt again and every result computed again. Where an
    excerpt was cut, the rest must not contain more than is claimed of the whole. The training set
    is not stored: that no row of it was missed, and how many rows hit besides the best, can be
    checked by running the command again on the files that the configuration names by hash.
    """
    config = artifact.config
    sizes = {entry["name"]: entry["problems"] for entry in config["sets"]}
    if config["threshold"] != THRESHOLD:
        yield Failure(NAME, f"expected the threshold {THRESHOLD}, got {config['threshold']}")
    tables = {name: artifact.rows(name) for name in (TABLE, WITHIN)}
    for name, rows in tables.items():
        yield from _order(name, rows, sizes)
        for row in rows:
            where = f"{name}, {row['set']}/{row['problem_id']}"
            yield from _texts(where, row, config["ngram"])
            yield from _named_rows(where, row)
    yield from check_results(artifact, summarize(tables[TABLE], tables[WITHIN], config))
    training_rows = artifact.metadata.get("training_rows")
    most_hits = max((row["hits"] for row in tables[TABLE]), default=1)
    if not isinstance(training_rows, int) or training_rows < most_hits:
        yield Failure(
            NAME, f"{training_rows} training rows are fewer than the {most_hits} that hit"
        )


def _order(name: str, rows: Sequence[Row], sizes: Mapping[str, int]) -> Iterator[Failure]:
    """Each problem comes once, in the order of its set."""
    last: dict[str, int] = {}
    for row in rows:
        place = row["index"]
        if not 0 <= place < sizes.get(row["set"], 0):
            yield Failure(name, f"{row['set']}, problem {place}: the set has no such problem")
        elif place <= last.get(row["set"], -1):
            yield Failure(name, f"{row['set']}, problem {place}: is out of order or comes twice")
        last[row["set"]] = place


def _texts(where: str, row: Row, n: int) -> Iterator[Failure]:
    match = compare_texts(row["problem"], row["excerpt"], n)
    if not row["cut"]:
        for key, value in judged(match).items():
            if row[key] != value:
                yield Failure(where, f"{key} is stored as {row[key]!r}, the texts give {value!r}")
        return
    level = level_of(row["exact"], row["share"], row["masked_share"])
    kind = (None, "masked", "ngram", "exact")[level]
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
    right = (
        len(named) == len(set(named)) == min(row["hits"], MOST_ROWS)
        and (not named or named[0] == row["training_row"])
        and bool(named) == (row["kind"] is not None)
    )
    if not right:
        yield Failure(where, f"{row['hits']} hits do not fit the named rows: {named}")
