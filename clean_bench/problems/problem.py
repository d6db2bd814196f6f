"""Problems and problem sets.

A problem set on disk is an artifact of kind `problem-set` with one table, `problems`, in the columns
of `COLUMNS`. Sets that organisms carry have `role` ("planted" or "twin") and `dose`; elsewhere both
are null.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pyarrow as pa

from clean_bench.artifacts import Artifact
from clean_bench.artifacts.manifest import content_sha256
from clean_bench.errors import UserError

KIND = "problem-set"
TABLE = "problems"


@dataclass(frozen=True, slots=True)
class Problem:
    """One question with its gold answer and where it came from.

    `answer` is None where the source has none (a probe can still use the problem; nothing else can).
    `steps` and `bits` are set on generated problems: the tier, and minus log2 of the probability of
    the canonical computation. `source` is a file and line, a hub row, or a generator and index.
    """

    id: str
    problem: str
    answer: str | None = None
    solution: str | None = None
    subject: str | None = None
    level: str | None = None
    family: str | None = None
    steps: int | None = None
    bits: float | None = None
    source: str | None = None
    role: str | None = None
    dose: int | None = None


_TYPES = {"steps": pa.int32(), "bits": pa.float64(), "dose": pa.int32()}
SCHEMA = pa.schema([(item.name, _TYPES.get(item.name, pa.string())) for item in fields(Problem)])
COLUMNS = tuple(SCHEMA.names)


@dataclass(frozen=True)
class ProblemSet:
    """Problems under a name, with the hash of their canonical rows.

    `about` says what else is known (the manifest's metadata of a generated set, the hub commit of a
    public one).
    """

    name: str
    problems: Sequence[Problem]
    about: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.problems)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.problems)

    @property
    def content_sha256(self) -> str:
        return content_sha256([to_table(self.problems)])

    def head(self, limit: int | None) -> ProblemSet:
        """The first `limit` problems (all where None)."""
        return self if limit is None else ProblemSet(self.name, self.problems[:limit], self.about)

    def require_answers(self) -> None:
        """Raise `UserError` naming the first row without an answer, or with a blank one."""
        for problem in self.problems:
            if problem.answer is None:
                where = problem.source or self.name
                raise UserError(f"{where}: the row has no answer, and one is needed")
            if not problem.answer.strip():
                where = problem.source or f"{self.name}, {problem.id}"
                raise UserError(f"{where}: empty gold: the row's answer is blank")


def to_table(problems: Iterable[Problem]) -> pa.Table:
    """Problems as a table in the columns of `COLUMNS`."""
    rows = list(problems)
    return pa.table({name: [getattr(row, name) for row in rows] for name in COLUMNS}, schema=SCHEMA)


def from_rows(rows: Iterable[dict[str, Any]]) -> list[Problem]:
    """Problems from the rows of such a table."""
    found = []
    for row in rows:
        values: dict[str, Any] = {name: row.get(name) for name in COLUMNS}
        found.append(Problem(**values))
    return found


def load_folder(folder: str | Path, name: str | None = None) -> ProblemSet:
    """Read a problem-set folder.

    Raises:
        UserError: if it is no finished problem set.
    """
    artifact = Artifact.load(folder, KIND)
    return ProblemSet(
        name or Path(folder).name, from_rows(artifact.rows(TABLE)), {"manifest": artifact.metadata}
    )


def write_folder(folder: str | Path, problems: ProblemSet, config: dict[str, Any]) -> Artifact:
    """Write problems that were not generated (an organism's benchmark) as a problem-set folder."""
    artifact = Artifact.open(folder, KIND, config)
    with artifact:
        if not artifact.finished:
            artifact.write(f"{TABLE}/00000", to_table(problems))
            artifact.finish(problems.about)
    return artifact
