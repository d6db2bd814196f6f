"""Score the completions of other tools.

    score_files(["samples_gsm8k_2026-01-01T00-00-00.jsonl"], out, name="my model")

The formats are those of `clean_bench.completion_files`. The artifact is of kind `scores`, as `score`
writes it, without tokens and log-probabilities: `behaviors`, `verify`, `export` and the report take it.

Each task of the files is a problem set. Where a task has several training steps, each step is a set
of its own, `TASK-step100`: the steps are different checkpoints. A task with one completion per problem
is scored as greedy, unless a file states a temperature above 0; else all completions are samples. A
problem is identified by its id in the file, else by its text, which also stands for a prompt that the
file lacks. With `problems`, rows are joined to a problem set by the problem's text, else by id, and
take its gold answers.

Each file is read twice, so that files of any size fit: first the problems and the number of their
completions, then the completions, which are graded and stored block by block.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from clean_bench.artifacts import Artifact
from clean_bench.completion_files import CompletionRow, Response, read_completions
from clean_bench.errors import UserError
from clean_bench.foreign_files.regular_file import check_regular, sha256_of_regular
from clean_bench.grading import grade
from clean_bench.grading.graders import with_tolerance
from clean_bench.problems import ProblemSet, describe_sets, write_sets
from clean_bench.results import TABLE as RESULTS
from clean_bench.samples import (
    GREEDY,
    SAMPLE,
    SCORES_SCHEMA,
    TABLE,
    Sample,
    samples_table,
    storable,
    with_grades,
)
from clean_bench.scoring.imported_config import IMPORTED, FileScoreConfig
from clean_bench.scoring.imported_problems import ImportedProblems
from clean_bench.scoring.published import with_published
from clean_bench.scoring.run import KIND
from clean_bench.scoring.summary import COLUMNS, needed, summarize
from clean_bench.scoring.variant_groups import with_variants

ENGINE = {"engine": "completions of files", "tokens": False}
_BLOCK_ROWS = 2_000
_BLOCK_BYTES = 32_000_000
"""Completions are graded and stored in blocks of at most this much."""


def score_files(
    files: Sequence[str | Path],
    out: str | Path,
    *,
    name: str,
    columns: Mapping[str, str] | None = None,
    grader: str = "clean-bench",
    tolerance: float | None = None,
    problems: ProblemSet | None = None,
    progress: Callable[[int], None] = lambda n: None,
) -> Artifact:
    """Write the artifact of kind `scores` from files of completions.

    Args:
        files: paths; a text may be `SET=PATH`, which names the problem set of the file.
        name: the checkpoint that wrote the completions.
        columns: the columns of fields that are not recognized, as `--map` names them.
        tolerance: largest relative difference of two equal numbers; None for exact equality.
        problems: the problem set that gives gold answers and ids in place of those in the files.
        progress: called with the number of completions that were just graded.

    Raises:
        UserError: naming file and row, for a file that cannot be read, a row without a gold answer or
            with one that cannot be read, two rows of one problem with different gold answers, and a
            row whose problem is not among `problems`.
    """
    rules = with_tolerance(grader, tolerance)
    inputs = [_input(file) for file in files]
    if not inputs:
        raise UserError("--from: expected at least one file, got none")
    found = ImportedProblems(problems)
    entries = [_first_pass(path, set_name, columns or {}, found) for set_name, path in inputs]
    sets, modes = found.sets(), found.modes()
    sampled = [found.least(name) for name, mode in modes.items() if mode == SAMPLE]
    config = FileScoreConfig(
        samples=min(sampled, default=0),
        temperature=found.temperature(),
        grader=grader,
        tolerance=tolerance,
        formats=tuple(dict.fromkeys(str(entry["format"]) for entry in entries)),
    )
    artifact = Artifact.open(
        out,
        KIND,
        {
            **config.model_dump(mode="json"),
            "files": entries,
            "columns": dict(columns or {}),
            "sets": describe_sets(sets),
            "weights_sha256": "",
            "engine": ENGINE,
        },
        provenance={
            "checkpoint": name,
            "revision": None,
            "files": [str(path) for _, path in inputs],
        },
    )
    with artifact:
        if not artifact.finished:
            write_sets(artifact, sets)
            _Shards(artifact, found, modes, rules, progress).write(inputs, columns or {})
            kept = pa.concat_tables([needed(table) for table in artifact.tables(TABLE, COLUMNS)])
            stored = {problems.name: problems.problems for problems in sets}
            results, counts = summarize(kept, artifact.config, name, stored)
            with_variants(results, kept, stored).write(artifact)
            artifact.finish({"counts": counts}, volatile=[RESULTS])
    return artifact


def model_of(file: str | Path, columns: Mapping[str, str] | None = None) -> str:
    """The model that a file names in its first row, else the name of the file.

    Raises:
        UserError: if the first row cannot be read.
    """
    _, path = _input(file)
    row = next(read_completions(path, columns).rows, None)
    return (row.model if row else None) or path.name


def _input(file: str | Path) -> tuple[str | None, Path]:
    """The name of the set, if the text names one, and the path."""
    path = Path(file).expanduser()
    head, equals, tail = str(file).partition("=")
    if not path.exists() and equals and "/" not in head:
        return head, Path(tail).expanduser()
    return None, path


def _rows(
    path: Path, set_name: str | None, columns: Mapping[str, str]
) -> tuple[str, Iterator[CompletionRow]]:
    """The format of a file and its rows, in the set that the user names."""
    file = read_completions(path, columns)
    if set_name is None:
        return file.format, file.rows
    return file.format, (row._replace(set=set_name) for row in file.rows)


def _first_pass(
    path: Path, set_name: str | None, columns: Mapping[str, str], found: ImportedProblems
) -> dict[str, Any]:
    """Add the problems of a file; returns its entry in the configuration."""
    check_regular(path)
    file_format, rows = _rows(path, set_name, columns)
    completions = 0
    for row in rows:
        if "\0" in (row.problem or "") or "\0" in (row.gold or ""):
            raise UserError(f"{row.where}: expected text, got a NUL character; remove it")
        found.add(row)
        completions += len(row.responses)
    return {
        "file": path.name,
        "sha256": sha256_of_regular(path),
        "format": file_format,
        "completions": completions,
    }


class _Shards:
    """Grades completions in blocks, and stores them as one run of shards per set."""

    def __init__(
        self,
        artifact: Artifact,
        found: ImportedProblems,
        modes: Mapping[str, str],
        rules: str,
        progress: Callable[[int], None],
    ) -> None:
        self._artifact, self._found, self._rules = artifact, found, rules
        self._modes, self._progress = modes, progress
        self._place = {name: number for number, name in enumerate(modes)}
        self._samples: dict[str, list[Sample]] = {name: [] for name in modes}
        self._bytes = dict.fromkeys(modes, 0)
        self._shard = dict.fromkeys(modes, 0)
        self._index: Counter[tuple[str, str]] = Counter()

    def write(self, inputs: Sequence[tuple[str | None, Path]], columns: Mapping[str, str]) -> None:
        for path in self._artifact.shards(TABLE):
            path.unlink()  # of an interrupted run
        for set_name, path in inputs:
            for row in _rows(path, set_name, columns)[1]:
                self._add(row)
        for name in self._samples:
            self._store(name)

    def _add(self, row: CompletionRow) -> None:
        name, problem = self._found.locate(row)
        mode = self._modes[name]
        for response in row.responses:
            index = self._index[name, problem.id]
            self._index[name, problem.id] += 1
            sample = _sample(row, response, name, problem.id, problem.answer or "", mode, index)
            self._samples[name].append(sample)
            self._bytes[name] += len(sample.response) + len(sample.prompt)
        if len(self._samples[name]) >= _BLOCK_ROWS or self._bytes[name] >= _BLOCK_BYTES:
            self._store(name)
        elif sum(self._bytes.values()) >= 4 * _BLOCK_BYTES:
            self._store(max(self._bytes, key=self._bytes.__getitem__))

    def _store(self, name: str) -> None:
        samples = self._samples[name]
        if not samples:
            return
        grades = grade([(s.gold, s.response) for s in samples], grader=self._rules)
        graded = with_published(
            [
                with_grades(sample, flexible, flexible)
                for sample, flexible in zip(samples, grades, strict=True)
            ],
            self._rules,
        )
        shard = f"{TABLE}/{self._place[name]:05d}-{self._shard[name]:05d}"
        self._artifact.write(shard, samples_table(graded, SCORES_SCHEMA))
        self._shard[name] += 1
        self._samples[name], self._bytes[name] = [], 0
        self._progress(len(graded))


def _sample(
    row: CompletionRow,
    response: Response,
    name: str,
    problem_id: str,
    gold: str,
    mode: str,
    index: int,
) -> Sample:
    """A sample that is not graded yet."""
    return Sample(
        set=name,
        problem_id=problem_id,
        template=IMPORTED,
        mode=mode,
        index=index if mode != GREEDY else 0,
        seed=0,
        gold=gold,
        prompt=storable(row.prompt or row.problem or ""),
        response=storable(response.text),
        finish=response.finish,
        prompt_ids=[],
        token_ids=[],
        logprobs=[],
        grade="",
        extracted=None,
        extraction=None,
    )
