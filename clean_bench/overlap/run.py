"""Read a training set once and keep the most similar row for every benchmark problem."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from clean_bench.artifacts import Artifact
from clean_bench.errors import UserError
from clean_bench.overlap.index import OverlapIndex, RowMatch
from clean_bench.overlap.match import NGRAM, THRESHOLD
from clean_bench.overlap.rows import KIND, MOST_ROWS, SCHEMA, TABLE, WITHIN, row_of
from clean_bench.overlap.summary import summarize
from clean_bench.problems import Problem, ProblemSet, check_sets, describe_sets, write_sets
from clean_bench.problems.stream import ProblemStream
from clean_bench.results import TABLE as RESULTS

BATCH = 1000


@dataclass(slots=True)
class _Best:
    """The most similar training row of a problem so far, and the rows that hit it."""

    order: tuple[int, float, float]
    row: int
    id: str
    text: str
    hits: int = 0
    first: list[int] = field(default_factory=list)


def overlap(
    training: ProblemStream,
    sets: Sequence[ProblemSet],
    out: str | Path,
    *,
    n: int = NGRAM,
    progress: Callable[[int], None] = lambda rows: None,
) -> Artifact:
    """Write the artifact of kind `overlap`: the tables `hits`, `within`, `problems` and `results`.

    The training set is read once, and only the texts of the most similar rows are kept. It takes about a
    minute per million rows. A run that was interrupted begins again.

    Args:
        sets: benchmarks under different names.
        n: tokens per n-gram.
        progress: called with the number of training rows that were just read.

    Raises:
        UserError: for no set, an empty one, two of one name, a training set without a row, or a
            folder that holds something else.
    """
    check_sets(sets)
    config = {
        "training_sha256": training.sha256,
        "sets": describe_sets(sets),
        "ngram": n,
        "threshold": THRESHOLD,
    }
    folder, provenance = Path(out), {"training": training.name}
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        with Artifact.open(folder, KIND, config, provenance=provenance) as artifact:
            if artifact.finished:
                return artifact
    else:
        Artifact.try_folder(folder, KIND)
    index = OverlapIndex([problem.problem for problems in sets for problem in problems], n)
    best, count = _search(index, training.problems, progress)
    if not count:
        raise UserError(f"{training.name}: expected at least one problem, got none")
    hits, within = _rows(sets, best, n), _rows(sets, _within(index, sets), n)
    # Opened only now: a mistake in a row of the training set leaves no folder behind.
    with Artifact.open(folder, KIND, config, provenance=provenance) as artifact:
        write_sets(artifact, sets)
        for table, rows in ((TABLE, hits), (WITHIN, within)):
            artifact.write(f"{table}/00000", pa.Table.from_pylist(rows, schema=SCHEMA))
        summarize(hits, within, artifact.config).write(artifact)
        artifact.finish({"training_rows": count}, volatile=[RESULTS])
    return artifact


def _search(
    index: OverlapIndex,
    problems: Iterable[tuple[int, Problem]],
    progress: Callable[[int], None] = lambda rows: None,
    counted: Callable[[int, int], bool] = lambda problem, number: True,
) -> tuple[dict[int, _Best], int]:
    """The most similar of numbered training rows for each problem, and the number of rows.

    Args:
        counted: whether a problem of the index is compared with the training row of a number.
    """
    best: dict[int, _Best] = {}
    rest, rows = iter(problems), 0
    while batch := list(islice(rest, BATCH)):
        for row in index.find([problem.problem for _, problem in batch]):
            number, problem = batch[row.row]
            if counted(row.problem, number):
                _note(best, row, number, problem)
        rows += len(batch)
        progress(len(batch))
    return best, rows


def _within(index: OverlapIndex, sets: Sequence[ProblemSet]) -> dict[int, _Best]:
    """The same for each set, with the other problems of the set as training rows."""
    best: dict[int, _Best] = {}
    offset = 0
    for problems in sets:
        places = range(offset, offset + len(problems))

        def counted(problem: int, number: int, places: range = places) -> bool:
            return problem in places and problem != places[number - 1]

        best |= _search(index, enumerate(problems, start=1), counted=counted)[0]
        offset += len(problems)
    return best


def _note(best: dict[int, _Best], row: RowMatch, number: int, problem: Problem) -> None:
    level = row.match.level
    order = (level, row.match.share, row.match.masked_share)
    held = best.setdefault(row.problem, _Best(order, number, problem.id, problem.problem))
    if order > held.order:
        held.order, held.row, held.id, held.text = order, number, problem.id, problem.problem
    if level:
        held.hits += 1
        if len(held.first) < MOST_ROWS:
            held.first.append(number)


def _rows(sets: Sequence[ProblemSet], best: Mapping[int, _Best], n: int) -> list[dict[str, Any]]:
    rows, offset = [], 0
    for problems in sets:
        for place, problem in enumerate(problems):
            held = best.get(offset + place)
            if held is None:
                continue
            others = [row for row in held.first if row != held.row]
            rows.append(
                {
                    "set": problems.name,
                    "index": place,
                    "problem_id": problem.id,
                    "training_row": held.row,
                    "training_id": held.id,
                    "hits": held.hits,
                    "hit_rows": [held.row, *others][:MOST_ROWS] if held.hits else [],
                    **row_of(problem.problem, held.text, n),
                }
            )
        offset += len(problems)
    return rows
