"""Write rows with their grades: JSON lines, compressed or not, and Parquet.

columns = GradeColumns("")
columns.check(row)
row = {**row.columns, **columns.values(graded)}
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

from clean_bench.completion_files.raw_rows import is_parquet, raw_rows, suffix_of
from clean_bench.completion_files.row import CompletionRow
from clean_bench.errors import UserError
from clean_bench.grading import KINDS, Grade

Rows = Iterable[Mapping[str, Any]]
_GRADE = ("correct", "grade", "extracted", "extraction", "crash_reason")
_INDEX = "response_index"


class GradeColumns:
    """The columns that grading adds to a row, with a prefix before each name."""

    def __init__(self, prefix: str) -> None:
        self.names = tuple(prefix + name for name in _GRADE)
        self.index = prefix + _INDEX

    def values(self, graded: Grade) -> dict[str, Any]:
        """The columns of a grade."""
        values = (
            graded.correct,
            graded.kind,
            graded.extracted,
            graded.extraction,
            graded.reason,
        )
        return dict(zip(self.names, values, strict=True))

    def check(self, row: CompletionRow) -> None:
        """Raise `UserError` for a row that has columns of these names: they are not overwritten."""
        names = (*self.names, self.index) if len(row.responses) > 1 else self.names
        taken = [name for name in names if name in row.columns]
        if taken:
            raise UserError(
                f"{row.where}: expected no columns of the names that grading adds, got "
                f"{', '.join(taken)}: give the new columns a prefix, such as --prefix cb_"
            )

    def are_in(self, path: Path) -> bool:
        """Whether the first row of a file has them: an earlier output."""
        try:
            with closing(raw_rows(path)) as rows:
                first = next(rows, (0, None))[1]
        except UserError:
            return False
        # Outputs of earlier versions have no reason of a crash.
        if not (isinstance(first, Mapping) and first.keys() >= set(self.names[:4])):
            return False
        correct, kind = (first[name] for name in self.names[:2])
        return kind in KINDS and correct is (kind == "equal")

    def types(self) -> dict[str, Any]:
        """Their types in Parquet."""
        import pyarrow as pa

        return dict(zip(self.names, (pa.bool_(), *[pa.string()] * 4), strict=True))


class Writer(Protocol):
    """Appends rows to a file."""

    def write(self, rows: Rows) -> None: ...


@contextmanager
def opened_writer(
    temporary: Path, out: Path, source: Path, columns: GradeColumns
) -> Iterator[Writer]:
    """A writer into `temporary`, in the format of the name of `out`.

    Args:
        source: the file that the rows are of; the columns of a Parquet file keep their types.
    """
    if suffix_of(out) == ".parquet":
        from clean_bench.completion_files.parquet_rows import ParquetWriter, schema_of

        schema = schema_of(source) if is_parquet(source) else None
        parquet = ParquetWriter(temporary, out, schema, columns.types())
        try:
            yield parquet
        finally:
            parquet.close()
    elif out.name.lower().endswith(".gz"):
        with gzip.open(temporary, "wt", encoding="utf-8", compresslevel=6) as file:
            yield _LinesWriter(file)
    else:
        with temporary.open("w", encoding="utf-8") as file:
            yield _LinesWriter(file)


class _LinesWriter:
    def __init__(self, file: Any) -> None:
        self._file = file

    def write(self, rows: Rows) -> None:
        for row in rows:
            self._file.write(_ENCODER.encode(row) + "\n")


_ENCODER = json.JSONEncoder(default=str)
"""Values of Parquet that JSON lacks, such as dates, become text."""
