"""Read problems one at a time, for training sets larger than memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clean_bench.artifacts import Artifact
from clean_bench.artifacts.manifest import sha256_of_file
from clean_bench.errors import UserError
from clean_bench.problems import files
from clean_bench.problems.load import locate_set
from clean_bench.problems.problem import KIND, TABLE, Problem, ProblemSet, stored_problems


@dataclass(frozen=True, slots=True)
class ProblemStream:
    """The problems of a set with their row numbers, readable once.

    `sha256` is that of the file's bytes, or the content hash of a set that is not a file. Row numbers
    are line numbers in JSON lines, else counted from 1.
    """

    name: str
    sha256: str
    problems: Iterator[tuple[int, Problem]]


def stream_problems(spec: str) -> ProblemStream:
    """Stream the set that `spec` names, as in `clean_bench.problems.load_problems`.

    JSON lines, CSV, TSV and Parquet files and problem-set folders are read in blocks; JSON lists and hub
    sets are held in memory. Rows of a file have no answers, and their ids may repeat.

    Raises:
        UserError: as `load_problems`; for a row of a file, when iteration reaches it.
    """
    located = locate_set(spec)
    if isinstance(located, ProblemSet):
        return stream_set(located)
    name, path = located.name, located.path
    if path.is_dir():
        artifact = Artifact.load(path, KIND)
        table = artifact.manifest["tables"].get(TABLE)
        if table is None:
            raise UserError(f"{path}: expected a table {TABLE}, got none")
        sha256 = str(table["content_sha256"])
        return ProblemStream(name, sha256, enumerate(stored_problems(artifact), start=1))
    files.check_file(path)
    return ProblemStream(name, sha256_of_file(path), files.stream_questions(path, located.columns))


def stream_set(problems: ProblemSet) -> ProblemStream:
    """Stream a set that is in memory."""
    return ProblemStream(problems.name, problems.content_sha256, enumerate(problems, start=1))
