"""`Problem`, `ProblemSet` and their storage.

A stored problem set is an artifact of kind `problem-set` with one table, `problems`, with the columns
`COLUMNS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from clean_bench.artifacts import Artifact
from clean_bench.artifacts.manifest import content_sha256
from clean_bench.errors import UserError
from clean_bench.grading import unreadable_gold
from clean_bench.problems.registered import content_of

LONGEST_TEXT = 1_000_000
"""Characters of a problem, an answer or a solution. No context holds more, and tokenizers fail on it."""
KIND = "problem-set"
TABLE = "problems"

Role = Literal["public", "planted", "twin", "fresh", "matched", "train"]
"""Role of a set in an experiment: a public benchmark; problems planted in a control model, and their
never-planted twins; generated problems, matched to a benchmark or not; training data."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One question with its gold answer and its origin.

    `answer` is None if the source has none; only the probe accepts such a problem. `steps` and `bits`
    are set on generated problems: the tier, and minus log2 of the probability of the canonical
    computation. Variants of a problem share a `group`. `source` is a file and line, a hub row, or a
    generator and index. `metadata` holds other texts by name, such as the `dose` of a planted problem.
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
    group: str | None = None
    source: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict, hash=False)


def kin_of(problem: Problem) -> list[str]:
    """The ids of the public problems that a problem of a matched set names as being of its kind."""
    return problem.metadata.get("kin", "").split()


def template_of(problem: Problem) -> str:
    """The template of a problem of a matched set; the id of any other problem."""
    return problem.metadata.get("template", problem.id)


def text_fault(text: str, longest: int = LONGEST_TEXT) -> str | None:
    """Why a text cannot be part of a problem; None for one that can."""
    if len(text) > longest:
        return f"expected at most {longest:,} characters, got {len(text):,}"
    if "\0" in text:
        return "expected text, got a NUL character; remove it"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "expected Unicode text, got an unpaired surrogate"
    return None


_TYPES = {
    "steps": pa.int32(),
    "bits": pa.float64(),
    # A list of structs: the `datasets` library cannot load Arrow's map type.
    "metadata": pa.list_(pa.struct({"key": pa.string(), "value": pa.string()})),
}
SCHEMA = pa.schema([(item.name, _TYPES.get(item.name, pa.string())) for item in fields(Problem)])
COLUMNS = tuple(SCHEMA.names)


@dataclass(frozen=True)
class ProblemSet:
    """Problems under a name, with the hash of their canonical rows.

    `about` holds the origin (the manifest's metadata of a generated set, the hub commit of a public
    one). `role` is None if the origin does not determine it. `rows_of` is the number of problems of the
    whole set, where only its first ones were taken (`--limit`).
    """

    name: str
    problems: Sequence[Problem]
    about: dict[str, Any] = field(default_factory=dict)
    role: Role | None = None
    rows_of: int | None = None

    def __len__(self) -> int:
        return len(self.problems)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.problems)

    @cached_property
    def content_sha256(self) -> str:
        return content_sha256([problems_table(self.problems)])

    def head(self, limit: int | None) -> ProblemSet:
        """The first `limit` problems; all if None."""
        if limit is None or limit >= len(self):
            return self
        return replace(self, problems=self.problems[:limit], rows_of=self.rows_of or len(self))

    def require_answers(self) -> None:
        """Raise `UserError` naming the first row with a missing or blank answer."""
        for problem in self.problems:
            where = problem.source or f"{self.name}, {problem.id}"
            if problem.answer is None:
                raise UserError(
                    f"{where}: expected a gold answer, got none; remove the row, or add "
                    ":answer=COLUMN to the name of the set"
                )
            if not problem.answer.strip():
                raise UserError(
                    f"{where}: empty gold: the answer is blank; fill it in or remove the row"
                )
            if reason := unreadable_gold(problem.answer):
                raise UserError(
                    f"{where}: expected a gold answer, got {reason}; mark the answer, remove the row, "
                    "or add :answer=COLUMN to the name of the set"
                )


def check_sets(sets: Sequence[ProblemSet], option: str = "--on") -> None:
    """Raise `UserError` for no set, an empty set, a repeated name, or a repeated id in a set.

    Args:
        option: what named the sets.
    """
    names = [problems.name for problems in sets]
    repeated = [name for name in names if names.count(name) > 1]
    if not sets or repeated:
        got = f"{repeated[0]} twice" if repeated else "none"
        raise UserError(f"{option}: expected at least one set, each only once, got {got}")
    for problems in sets:
        if not len(problems):
            raise UserError(f"{problems.name}: expected at least one problem, got none")
        ids = [problem.id for problem in problems]
        if len(set(ids)) < len(ids):
            raise UserError(f"{problems.name}: two problems share an id; give each its own")


def problems_table(problems: Iterable[Problem]) -> pa.Table:
    """Problems as a table with the columns `COLUMNS`."""
    rows = list(problems)
    columns: dict[str, list[Any]] = {name: [getattr(row, name) for row in rows] for name in COLUMNS}
    columns["metadata"] = [
        [{"key": key, "value": row.metadata[key]} for key in sorted(row.metadata)] for row in rows
    ]
    return pa.table(columns, schema=SCHEMA)


def from_rows(rows: Iterable[Mapping[str, Any]]) -> list[Problem]:
    """Problems from rows with the columns `COLUMNS`; missing columns are null."""
    problems = []
    for row in rows:
        values: dict[str, Any] = {name: row.get(name) for name in COLUMNS}
        entries = [entry for entry in values["metadata"] or () if entry]
        values["metadata"] = {entry["key"]: entry["value"] for entry in entries}
        problems.append(Problem(**values))
    return problems


def describe_sets(sets: Iterable[ProblemSet]) -> list[dict[str, Any]]:
    """Name, content hash, number of problems and role of each set, for a configuration.

    Of a set of which only the first problems were taken, also the number of all, `rows_of`. A set that
    has the name of a benchmark and other problems or gold answers has `published` false.
    """
    entries = []
    for problems in sets:
        entry: dict[str, Any] = {
            "name": problems.name,
            "sha256": problems.content_sha256,
            "problems": len(problems),
            "role": problems.role,
        }
        if problems.rows_of is not None:
            entry["rows_of"] = problems.rows_of
        content = content_of(problems.name, problems.problems)
        if content is not None and content.other:
            entry["published"] = False
        entries.append(entry)
    return entries


def write_sets(artifact: Artifact, sets: Sequence[ProblemSet], table: str = TABLE) -> None:
    """Store the measured sets beside the measurement: a table with one shard per set."""
    for number, problems in enumerate(sets):
        artifact.write(f"{table}/{number:05d}", problems_table(problems))


def stored_sets(
    artifact: Artifact, table: str = TABLE, key: str = "sets"
) -> dict[str, list[Problem]]:
    """The problems of each set that `write_sets` stored.

    Args:
        key: the entry of the configuration that `describe_sets` gave.
    """
    names = [entry["name"] for entry in artifact.config[key]]
    tables = artifact.tables(table, schema=SCHEMA, whole=("id", "problem"))
    return {n: from_rows(t.to_pylist()) for n, t in zip(names, tables, strict=False)}


def load_folder(folder: str | Path, name: str | None = None) -> ProblemSet:
    """Read a problem-set folder. A generated set has the role `fresh`.

    Raises:
        UserError: if it is not a finished problem set, and as `stored_problems`.
    """
    artifact = Artifact.load(folder, KIND)
    generated = "freshness" in artifact.metadata
    role: Role | None = artifact.config.get("role") or ("fresh" if generated else None)
    problems = list(stored_problems(artifact))
    return ProblemSet(name or Path(folder).name, problems, {"manifest": artifact.metadata}, role)


def stored_problems(artifact: Artifact) -> Iterator[Problem]:
    """The problems of a problem-set folder, read in shards.

    Raises:
        UserError: naming the row, for a column of another type, or a text that cannot be part of a
            problem.
    """
    number = 0
    for table in artifact.tables(TABLE, schema=SCHEMA, whole=("id", "problem")):
        for problem in from_rows(table.to_pylist()):
            number += 1
            for name in ("id", "problem", "answer", "solution"):
                fault = text_fault(getattr(problem, name) or "")
                if fault is not None:
                    raise UserError(f"{artifact.folder}: {TABLE} row {number}: {name}: {fault}")
            yield problem


def write_folder(folder: str | Path, problems: ProblemSet, config: Mapping[str, Any]) -> Artifact:
    """Write problems that are not generated as a problem-set folder."""
    artifact = Artifact.open(folder, KIND, {**config, "role": problems.role})
    with artifact:
        if not artifact.finished:
            artifact.write(f"{TABLE}/00000", problems_table(problems))
            artifact.finish(problems.about)
    return artifact
