"""Write rows of JSON values as Parquet, block by block."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from clean_bench.errors import UserError
from clean_bench.foreign_files.parquet_rows import opened_parquet

Rows = Sequence[Mapping[str, Any]]


def schema_of(path: Path) -> pa.Schema:
    """The schema of a Parquet file (raises `UserError`)."""
    with opened_parquet(path) as file:
        return file.schema_arrow.remove_metadata()


class ParquetWriter:
    """The types of the columns follow from the first block, where the input is no Parquet.

    A column whose values have no common type in it becomes text, with other values than texts as JSON.

    Args:
        added: types of columns that the input does not have.
    """

    def __init__(
        self,
        temporary: Path,
        out: Path,
        source: pa.Schema | None,
        added: Mapping[str, pa.DataType],
    ) -> None:
        self._temporary, self._out, self._source = temporary, out, source
        self._added = added
        self._schema: pa.Schema | None = None
        self._writer: Any = None

    def write(self, rows: Iterable[Mapping[str, Any]]) -> None:
        rows = list(rows)
        if self._schema is None:
            self._schema = self._first_schema(rows)
            self._writer = pq.ParquetWriter(self._temporary, self._schema, compression="zstd")
        names = set(self._schema.names)
        for row in rows:
            if not row.keys() <= names:
                new = next(name for name in row if name not in names)
                raise UserError(
                    f"--out {self._out}: expected the columns of the first rows, got a new column "
                    f"{new!r}: write .jsonl"
                )
        columns = {field.name: self._column(rows, field) for field in self._schema}
        self._writer.write_table(pa.table(columns, schema=self._schema))

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def _first_schema(self, rows: Rows) -> pa.Schema:
        names = dict.fromkeys(name for row in rows for name in row)
        fields = []
        for name in names:
            if self._source is not None and name in self._source.names:
                fields.append(self._source.field(name).remove_metadata())
            elif name in self._added:
                fields.append(pa.field(name, self._added[name]))
            else:
                fields.append(pa.field(name, _type_of([row.get(name) for row in rows])))
        return pa.schema(fields)

    def _column(self, rows: Rows, field: pa.Field) -> pa.Array:
        values = [row.get(field.name) for row in rows]
        if pa.types.is_string(field.type) and self._source is None:
            values = [v if v is None or isinstance(v, str) else json.dumps(v) for v in values]
        try:
            return pa.array(values, field.type)
        except (pa.ArrowException, UnicodeEncodeError, OverflowError, TypeError) as error:
            reason = str(error).split("\n", 1)[0]
            raise UserError(
                f"--out {self._out}: column {field.name!r}: expected {field.type} as in the first rows, "
                f"got another value ({reason}): write .jsonl"
            ) from None


def _type_of(values: list[Any]) -> pa.DataType:
    try:
        found = pa.array(values).type
    except (pa.ArrowException, UnicodeEncodeError, OverflowError, TypeError):
        return pa.string()
    # Parquet cannot hold a column without a type, or an object without fields.
    return pa.string() if pa.types.is_null(found) or "struct<>" in str(found) else found
