"""Write rows with their grades: JSON lines, compressed or not, and Parquet."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from clean_bench.completion_files.raw_rows import is_parquet, suffix_of

Rows = Iterable[Mapping[str, Any]]


class Writer(Protocol):
    """Appends rows to a file."""

    def write(self, rows: Rows) -> None: ...


@contextmanager
def opened_writer(temporary: Path, out: Path, source: Path) -> Iterator[Writer]:
    """A writer into `temporary`, in the format of the name of `out`.

    Args:
        source: the file that the rows are of; the columns of a Parquet file keep their types.
    """
    if suffix_of(out) == ".parquet":
        from clean_bench.completion_files.parquet_rows import ParquetWriter, schema_of

        parquet = ParquetWriter(temporary, out, schema_of(source) if is_parquet(source) else None)
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
