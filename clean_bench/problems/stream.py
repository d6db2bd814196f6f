"""Problem sets as streams, for training sets that are larger than memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clean_bench.artifacts import Artifact
from clean_bench.artifacts.manifest import sha256_of_file
from clean_bench.problems import files
from clean_bench.problems.load import locate
from clean_bench.problems.problem import KIND, TABLE, Problem, ProblemSet, from_rows


@dataclass(frozen=True, slots=True)
class Stream:
    """The problems of a set, which can be iterated once.

    `sha256` is that of the file's bytes, or the content hash of a set that is no file. Each problem
    has its row number, counted from 1; in JSON lines it is the number of the line.
    """

    name: str
    sha256: str
    problems: Iterator[tuple[int, Problem]]


def stream(spec: str) -> Stream:
    """The set that `spec` names, as in `clean_bench.problems.load_problems`.

    A JSON lines or Parquet file and a problem-set folder are read in bounded memory; a JSON list
    and a set from the hub are held in memory. Rows of a file have no answers, and their ids may
    repeat.

    Raises:
        UserError: as `load_problems`; for a row of a file, when the row is reached.
    """
    located = locate(spec)
    if isinstance(located, ProblemSet):
        return of(located)
    name, path = located
    if path.is_dir():
        artifact = Artifact.load(path, KIND)
        sha256 = str(artifact.manifest["tables"][TABLE]["content_sha256"])
        return Stream(name, sha256, _folder(artifact))
    files.require_file(path)
    return Stream(name, sha256_of_file(path), files.read_questions(path))


def of(problems: ProblemSet) -> Stream:
    """The stream of a set that is in memory."""
    return Stream(problems.name, problems.content_sha256, iter(enumerate(problems, start=1)))


def _folder(artifact: Artifact) -> Iterator[tuple[int, Problem]]:
    number = 0
    for table in artifact.tables(TABLE):
        for problem in from_rows(table.to_pylist()):
            number += 1
            yield number, problem
