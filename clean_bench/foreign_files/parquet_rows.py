"""Rows and tables of Parquet files that others wrote.

The sizes that a file states are compared with its size on disk before anything is decoded, since a few
kilobytes can state a billion rows, or unpack to gigabytes. Texts are checked to be UTF-8, and the length
of every text is checked before it becomes a Python object.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clean_bench.errors import UserError
from clean_bench.foreign_files.regular_file import check_regular, size_text

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK = 256
"""Rows that are read at once at most."""
_BLOCK_BYTES = 8 << 20
"""Bytes of a block, as far as the size of a row is stated."""
_FREE_ROWS = 1_000_000
"""Rows that a file of any size may state; a larger one has at most a row per byte."""
_FREE_BYTES = 256 << 20
_MOST_RATIO = 1_000
"""Bytes that a file of any size may unpack to, and how many times its own size beyond that."""


def parquet_rows(
    path: Path, *, longest: int, columns: Sequence[str] | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Row numbers, from 1, and rows.

    Args:
        longest: bytes of a text at most.
        columns: those that are read, where the file has them; None for all.

    Raises:
        UserError: naming file and row, for a file that is no Parquet or that states sizes out of all
            proportion to its own, a text that is too long or no UTF-8, and a value that Python does not
            have, such as an impossible time.
    """
    number = 0
    with opened_parquet(path) as file:
        names = file.schema_arrow.names
        kept = None if columns is None else [name for name in names if name in columns]
        _check_dictionaries(path, file.metadata, longest)
        for batch in file.iter_batches(_block_rows(file), columns=kept, use_threads=False):
            for row in _converted(path, batch, number, longest):
                number += 1
                yield number, row


@contextmanager
def opened_parquet(path: Path) -> Iterator[Any]:
    """A `pyarrow.parquet.ParquetFile`; its errors inside the block become `UserError`.

    Raises:
        UserError: for a file that is no regular file, no Parquet, or larger than it can be.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    check_regular(path)
    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            _check_sizes(path, file.metadata)
            yield file
    except UserError:
        raise
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        raise UserError(f"{path}: expected a Parquet file ({_line(error)})") from None


def check_columns(path: Path, found: Sequence[str], expected: Sequence[str]) -> None:
    """Raise `UserError` for a column that a file lacks."""
    for name in expected:
        if name not in found:
            raise UserError(
                f"{path}: expected a column {name}, got {', '.join(found)[:200] or 'none'}"
            )


def check_table(path: Path, table: pa.Table, schema: pa.Schema, whole: Sequence[str] = ()) -> None:
    """Raise `UserError` unless the columns of a table have their types, and its texts are UTF-8.

    Args:
        path: the file, for errors.
        schema: the types of columns, where the table has them; other columns have any type.
        whole: columns that have to be there, with a value in every row.
    """
    import pyarrow as pa

    check_columns(path, table.column_names, whole)
    for field in schema:
        if table.column_names.count(field.name) > 1:
            raise UserError(f"{path}: expected one column {field.name}, got several")
        if field.name not in table.column_names:
            continue
        found = table.schema.field(field.name).type
        if not found.equals(field.type):
            raise UserError(f"{path}: column {field.name}: expected {field.type}, got {found}")
    for name in whole:
        if table[name].null_count:
            row = table[name].is_null().to_pylist().index(True) + 1
            raise UserError(f"{path}:{row}: column {name}: expected a value, got null")
    try:
        table.validate(full=True)
    except pa.ArrowException as error:
        raise UserError(f"{path}: expected a sound table ({_line(error)})") from None


def _check_sizes(path: Path, metadata: Any) -> None:
    size = path.stat().st_size
    if metadata.num_rows > max(_FREE_ROWS, size):
        raise UserError(
            f"{path}: expected at most one row per byte, got {metadata.num_rows:,} rows in {size:,} "
            "bytes"
        )
    most = _FREE_BYTES + _MOST_RATIO * size
    for number in range(metadata.num_row_groups):
        unpacked = metadata.row_group(number).total_byte_size
        if unpacked > most:
            raise UserError(
                f"{path}: expected row groups of at most {size_text(most)} when unpacked, got "
                f"{size_text(unpacked)}"
            )


def _check_dictionaries(path: Path, metadata: Any, longest: int) -> None:
    """Raise `UserError` for a dictionary with a text of more than `longest` bytes.

    A dictionary is stored once and unpacked once for every row that refers to it.
    """
    import pyarrow.parquet as pq

    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for place in range(group.num_columns):
            chunk = group.column(place)
            dictionary = any("DICTIONARY" in encoding for encoding in chunk.encodings)
            texts = chunk.physical_type == "BYTE_ARRAY" and dictionary
            if not texts or chunk.total_uncompressed_size <= longest:
                continue
            name = chunk.path_in_schema
            with pq.ParquetFile(path, pre_buffer=False, read_dictionary=[name]) as file:
                _check_dictionary(path, file, number, name, longest)


def _check_dictionary(path: Path, file: Any, group: int, name: str, longest: int) -> None:
    """The same for one column of a row group, which is read as indices and dictionary."""
    import pyarrow as pa
    import pyarrow.compute as pc

    begin = sum(file.metadata.row_group(before).num_rows for before in range(group))
    for batch in file.iter_batches(BLOCK, [group], [name], use_threads=False):
        array = column = batch.column(0)
        while hasattr(array, "values"):  # the entries of lists
            array = array.values
        if not pa.types.is_dictionary(array.type):
            return  # inside an object: its values are measured when they are read
        lengths = pc.binary_length(array.dictionary)
        size = pc.max(lengths).as_py() or 0
        if size <= longest:
            return  # a row group has one dictionary
        where = f"{path}: row group {group + 1}"
        if column is array:
            long = pc.greater(lengths.take(array.indices), longest).to_pylist()
            if True not in long:
                begin += len(batch)
                continue
            where = f"{path}:{begin + long.index(True) + 1}"
        raise UserError(
            f"{where}: column {name}: expected at most {size_text(longest)}, got {size_text(size)}"
        )


def _block_rows(file: Any) -> int:
    """Rows per block: `BLOCK`, and fewer where rows are large."""
    metadata = file.metadata
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    largest = max((group.total_byte_size // max(1, group.num_rows) for group in groups), default=0)
    return max(1, min(BLOCK, _BLOCK_BYTES // max(1, largest)))


def _converted(
    path: Path, batch: pa.RecordBatch, before: int, longest: int
) -> list[dict[str, Any]]:
    """The rows of a block as Python objects."""
    import pyarrow as pa

    try:
        batch.validate(full=True)
        if batch.nbytes > longest:
            _check_lengths(path, batch, before, longest)
        return batch.to_pylist()  # type: ignore[no-any-return]
    except (pa.ArrowException, ValueError, OverflowError, TypeError) as error:
        if len(batch) == 1:
            raise UserError(f"{path}:{before + 1}: {_reason(batch, error)}") from None
    # Row by row, the first one that cannot be converted is named.
    rows: list[dict[str, Any]] = []
    for place in range(len(batch)):
        rows += _converted(
            path,
            pa.RecordBatch.from_arrays(
                [_copied(column, place) for column in batch.columns], schema=batch.schema
            ),
            before + place,
            longest,
        )
    return rows


def _copied(column: pa.Array, place: int) -> pa.Array:
    """One value of a column on its own: a slice would be validated with all other values."""
    import pyarrow as pa

    return column.take(pa.array([place]))


def _reason(batch: pa.RecordBatch, error: Exception) -> str:
    """The column of a row that cannot be converted, and why."""
    import pyarrow as pa

    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        try:
            column.validate(full=True)
            column.to_pylist()
        except (pa.ArrowException, ValueError, OverflowError, TypeError) as own:
            texts = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
            expected = "UTF-8 text" if texts else f"a value of type {column.type}"
            return f"column {name}: expected {expected} ({_line(own)})"
    return f"expected a row that can be read ({_line(error)})"


def _check_lengths(path: Path, batch: pa.RecordBatch, before: int, longest: int) -> None:
    """Raise `UserError` naming the row of a value of more than `longest` bytes."""
    for place in range(len(batch)):
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            size = column.slice(place, 1).nbytes
            if size > longest:
                raise UserError(
                    f"{path}:{before + place + 1}: column {name}: expected at most "
                    f"{size_text(longest)}, got {size_text(size)}"
                )


def _line(error: Exception) -> str:
    return (str(error) or type(error).__name__).split("\n", 1)[0][:200]
