"""Read a training set once and keep the most similar row for every benchmark problem."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from clean_bench import problems as problem_sets
from clean_bench.artifacts import Artifact
from clean_bench.errors import UserError
from clean_bench.overlap.index import OverlapIndex, RowMatch
from clean_bench.overlap.match import NGRAM, THRESHOLD, level_of
from clean_bench.overlap.rows import KIND, MOST_ROWS, PROBLEMS, TABLE, WITHIN, row_of, table_of
from clean_bench.overlap.summary import summarize
from clean_bench.problems import Problem, ProblemSet, check_sets
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
        "sets": [
            {
                "name": problems.name,
                "sha256": problems.content_sha256,
                "problems": len(problems),
                "role": problems.role,
            }
            for problems in sets
        ],
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
    best, rows = _search(index, training.problems, progress)
    if not rows:
        raise UserError(f"{training.name}: expected at least one problem, got none")
    hits, within = _rows(sets, best, n), _rows(sets, _within(index, sets), n)
    # Opened only now: a mistake in a row of the training set leaves no folder behind.
    with Artifact.open(folder, KIND, config, provenance=provenance) as artifact:
        for number, problems in enumerate(sets):
            artifact.write(f"{PROBLEMS}/{number:05d}", problem_sets.problems_table(problems))
        artifact.write(f"{TABLE}/00000", table_of(hits))
        artifact.write(f"{WITHIN}/00000", table_of(within))
        summarize(hits, within, artifact.config).write(artifact)
        artifact.finish({"training_rows": rows}, volatile=[RESULTS])
    return artifact


def _search(
    index: OverlapIndex, problems: Iterable[tuple[int, Problem]], progress: Callable[[int], None]
) -> tuple[dict[int, _Best], int]:
    best: dict[int, _Best] = {}
    rows = 0
    for batch in _batches(problems):
        for match in index.find([problem.problem for _, problem in batch]):
            number, problem = batch[match.row]
            _note(best, match, number, problem)
        rows += len(batch)
        progress(len(batch))
    return best, rows


def _within(index: OverlapIndex, sets: Sequence[ProblemSet]) -> dict[int, _Best]:
    """The same for each set, with the other problems of the set as training rows."""
    best: dict[int, _Best] = {}
    offset = 0
    for problems in sets:
        place = offset
        for batch in _batches(enumerate(problems, start=1)):
            for match in index.find([problem.problem for _, problem in batch]):
                number, problem = batch[match.row]
                if offset <= match.problem < offset + len(problems) and match.problem != (
                    place + match.row
                ):
                    _note(best, match, number, problem)
            place += len(batch)
        offset += len(problems)
    return best


def _note(best: dict[int, _Best], match: RowMatch, number: int, problem: Problem) -> None:
    level = level_of(match.exact, match.share, match.masked_share)
    order = (level, match.share, match.masked_share)
    held = best.get(match.problem)
    if held is None:
        held = best[match.problem] = _Best(order, number, problem.id, problem.problem)
    elif order > held.order:
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


def _batches(
    problems: Iterable[tuple[int, Problem]],
) -> Iterator[list[tuple[int, Problem]]]:
    rest = iter(problems)
    while batch := list(islice(rest, BATCH)):
        yield batch
