"""Go through a training set once and keep, for every benchmark problem, what resembles it most."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from clean_bench.artifacts import Artifact
from clean_bench.errors import UserError
from clean_bench.overlap.index import OverlapIndex, RowMatch
from clean_bench.overlap.match import NGRAM, THRESHOLD, level_of
from clean_bench.overlap.rows import KIND, MOST_ROWS, TABLE, WITHIN, row_of, table_of
from clean_bench.overlap.summary import summarize
from clean_bench.problems import Problem, ProblemSet
from clean_bench.problems.stream import Stream

BATCH = 1000


@dataclass(slots=True)
class _Best:
    """The training row that resembles a problem most so far, and the rows that hit it."""

    order: tuple[int, float, float]
    row: int
    id: str
    text: str
    hits: int = 0
    first: list[int] = field(default_factory=list)


def overlap(
    training: Stream,
    sets: Sequence[ProblemSet],
    out: str | Path,
    *,
    n: int = NGRAM,
    progress: Callable[[int], None] = lambda rows: None,
) -> Artifact:
    """Write the artifact of kind `overlap`; its metadata is what `overlap --json` prints.

    The training set is gone through once, and only the texts of the best rows are kept. It takes
    about a minute for a million rows; a run that was stopped begins again.

    Args:
        sets: benchmarks under different names.
        n: tokens a gram.
        progress: called with the number of training rows just done.

    Raises:
        UserError: for no set, an empty one, two of one name, a training set without a row, or a
            folder that holds something else.
    """
    names = [problems.name for problems in sets]
    if not sets or len(set(names)) < len(names):
        raise UserError("--on: name at least one problem set, and each only once")
    for problems in sets:
        if not len(problems):
            raise UserError(f"{problems.name}: holds no problem")
    config = {
        "training_sha256": training.sha256,
        "sets": {
            problems.name: {"content_sha256": problems.content_sha256, "n": len(problems)}
            for problems in sets
        },
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
        raise UserError(f"{training.name}: holds no problem")
    found, within = _rows(sets, best, n), _rows(sets, _within(index, sets), n)
    sizes = {problems.name: len(problems) for problems in sets}
    # Begun only now: a mistake in a row of the training set leaves no folder behind.
    with Artifact.open(folder, KIND, config, provenance=provenance) as artifact:
        artifact.write(f"{TABLE}/00000", table_of(found))
        artifact.write(f"{WITHIN}/00000", table_of(within))
        artifact.finish({"training_rows": rows, **summarize(found, within, sizes)})
    return artifact


def _search(
    index: OverlapIndex, problems: Iterable[tuple[int, Problem]], progress: Callable[[int], None]
) -> tuple[dict[int, _Best], int]:
    best: dict[int, _Best] = {}
    rows = 0
    for batch in _batches(problems):
        for found in index.find([problem.problem for _, problem in batch]):
            number, problem = batch[found.row]
            _note(best, found, number, problem)
        rows += len(batch)
        progress(len(batch))
    return best, rows


def _within(index: OverlapIndex, sets: Sequence[ProblemSet]) -> dict[int, _Best]:
    """The same for each set against its own other problems."""
    best: dict[int, _Best] = {}
    offset = 0
    for problems in sets:
        place = offset
        for batch in _batches(enumerate(problems, start=1)):
            for found in index.find([problem.problem for _, problem in batch]):
                number, problem = batch[found.row]
                if offset <= found.problem < offset + len(problems) and found.problem != (
                    place + found.row
                ):
                    _note(best, found, number, problem)
            place += len(batch)
        offset += len(problems)
    return best


def _note(best: dict[int, _Best], found: RowMatch, number: int, problem: Problem) -> None:
    level = level_of(found.exact, found.share, found.masked_share)
    order = (level, found.share, found.masked_share)
    held = best.get(found.problem)
    if held is None:
        held = best[found.problem] = _Best(order, number, problem.id, problem.problem)
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
    turn = iter(problems)
    while batch := list(islice(turn, BATCH)):
        yield batch
