"""Problems one at a time, for training sets that are larger than memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clean_bench.artifacts import Artifact
from clean_bench.artifacts.manifest import sha256_of_file
from clean_bench.problems import files
from clean_bench.problems.load import resolve
from clean_bench.problems.problem import KIND, TABLE, Problem, ProblemSet, from_rows


@dataclass(frozen=True, slots=True)
class Stream:
    """A set's problems, to be gone through once.

    `sha256` is that of the file's bytes, or the content hash of a set that is no file. Each problem
    comes with its row number: as an editor counts lines in JSON lines, else counted from 1.
    """

    name: str
    sha256: str
    problems: Iterator[tuple[int, Problem]]


def stream(spec: str) -> Stream:
    """The set that `spec` names, as in `clean_bench.problems.load_problems`.

    A JSON lines or Parquet file and a problem-set folder are read piece by piece; a JSON list and a
    set from the hub are held in memory. Rows of a file come without their answers; their ids are
    as they stand there, and may repeat.

    Raises:
        UserError: as `load`; for a row of a file, when its turn comes.
    """
    found = resolve(spec)
    if isinstance(found, ProblemSet):
        return of(found)
    name, path = found
    if path.is_dir():
        artifact = Artifact.load(path, KIND)
        sha256 = str(artifact.manifest["tables"][TABLE]["content_sha256"])
        return Stream(name, sha256, _folder(artifact))
    files.check(path)
    return Stream(name, sha256_of_file(path), files.each(path))


def of(found: ProblemSet) -> Stream:
    """A set that is in memory."""
    return Stream(found.name, found.content_sha256, iter(enumerate(found, start=1)))


def _folder(artifact: Artifact) -> Iterator[tuple[int, Problem]]:
    number = 0
    for table in artifact.tables(TABLE):
        for problem in from_rows(table.to_pylist()):
            number += 1
            yield number, problem
