"""Raw rows of a file of another tool: JSON lines, JSON, Parquet and CSV, compressed or not.

Rows are read in blocks, so that a file of any size fits: only JSON that is one document (a list of
rows, or an object) is read as a whole, up to `LARGEST_DOCUMENT` bytes. Such files are hostile: lines,
documents and depth are bounded, only regular files are opened, and whatever fails becomes one
`UserError` with file and row.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from clean_bench.errors import UserError

Row = Mapping[str, Any]
LONGEST_LINE = 64 << 20
"""Bytes of one line, which holds all completions of a problem."""
LARGEST_DOCUMENT = 512 << 20
"""Bytes of a JSON document that is no JSON lines, after decompression."""
BLOCK = 256
"""Rows of a Parquet file that are read at once."""
COMPRESSIONS = (".gz", ".zst")
SUFFIXES = (".jsonl", ".json", ".parquet", ".csv", ".tsv", ".eval")
_BOM = b"\xef\xbb\xbf"


def suffix_of(path: Path) -> str:
    """The suffix that names the format of a file, without that of its compression."""
    name = path.name.lower()
    for compression in COMPRESSIONS:
        name = name.removesuffix(compression)
    return Path(name).suffix


def stem_of(path: Path) -> str:
    """The name of a file without the suffixes of compression and format."""
    name = path.name
    for suffix in (*COMPRESSIONS, *SUFFIXES):
        if name.lower().endswith(suffix):
            name = name[: -len(suffix)]
    return name


def check_file(path: Path) -> None:
    """Raise `UserError` unless there is a regular file that can be read."""
    if not path.exists():
        raise UserError(f"{path}: cannot be read (No such file or directory)")
    if path.is_dir():
        raise UserError(f"{path}: expected a file, got a folder: name the files in it")
    if not path.is_file():
        raise UserError(
            f"{path}: expected a file that can be read twice, got a pipe; save it first"
        )


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The decompressed bytes of a file.

    Raises:
        UserError: for a file that cannot be opened, and inside the block for a damaged one.
    """
    check_file(path)
    try:
        with path.open("rb") as file:
            begin = file.read(4)
            file.seek(0)
            if begin[:2] == b"\x1f\x8b":
                with gzip.GzipFile(fileobj=file) as unzipped:
                    yield io.BufferedReader(unzipped, 1 << 20)  # type: ignore[arg-type]
            elif begin == b"\x28\xb5\x2f\xfd":
                import pyarrow as pa

                with pa.CompressedInputStream(pa.PythonFile(file), "zstd") as unzipped:
                    yield io.BufferedReader(unzipped, 1 << 20)
            else:
                yield file
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(f"{path}: the compressed file is damaged or cut off ({error})") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error})") from None


def raw_rows(path: Path, columns: Sequence[str] | None = None) -> Iterator[tuple[int, Any]]:
    """Row numbers (lines of JSON lines, else counted from 1) and rows, of any JSON type.

    A JSON document that is an object is its only row.

    Args:
        columns: those that are read of a Parquet file, where it has them; None for all.

    Raises:
        UserError: when iteration reaches what cannot be read.
    """
    with opened(path) as file:
        suffix = suffix_of(path)
        begin = _peek(file)
        if begin.startswith(b"PAR1"):
            yield from _parquet(path, columns)
        elif suffix in (".csv", ".tsv"):
            yield from _csv(path, file, "\t" if suffix == ".tsv" else ",")
        elif _is_document(path, begin):
            yield from _document(path, file)
        else:
            yield from json_lines(path, file)


def is_parquet(path: Path) -> bool:
    """Whether the file holds Parquet."""
    with opened(path) as file:
        return _peek(file).startswith(b"PAR1")


def count_rows(path: Path) -> int | None:
    """The number of lines, or of rows of Parquet; None where only reading the file would tell."""
    with opened(path) as file:
        if file.peek(4)[:4] == b"PAR1" if hasattr(file, "peek") else False:
            import pyarrow as pa
            import pyarrow.parquet as pq

            try:
                return int(pq.read_metadata(path).num_rows)
            except (pa.ArrowException, OSError):
                return None
        if suffix_of(path) in (".json", ".csv", ".tsv", ".eval") or path.suffix in COMPRESSIONS:
            return None
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def json_lines(path: Path, file: BinaryIO) -> Iterator[tuple[int, Any]]:
    """Line numbers and values of JSON lines; blank lines are left out."""
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise UserError(
                f"{path}:{number}: expected lines of at most {LONGEST_LINE >> 20} MB, got a longer one"
            )
        if number == 1:
            line = line.removeprefix(_BOM)
        if line.strip():
            yield number, decode(line, f"{path}:{number}")


def decode(data: bytes, where: str) -> Any:
    """A JSON value.

    Raises:
        UserError: naming `where`.
    """
    try:
        return _DECODER.decode(data.decode("utf-8", "surrogatepass"))
    except _TooLongNumber as error:
        raise UserError(f"{where}: {error}; write it as a string") from None
    except (ValueError, RecursionError, MemoryError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise UserError(f"{where}: not JSON ({reason})") from None


def _peek(file: BinaryIO) -> bytes:
    """The first bytes of a file without the white space before them; the file is rewound."""
    begin = file.read(1 << 16) if file.seekable() else file.peek(1 << 16)  # type: ignore[attr-defined]
    if file.seekable():
        file.seek(0)
    return begin.removeprefix(_BOM).lstrip()


def _is_document(path: Path, begin: bytes) -> bool:
    """Whether the bytes begin one JSON document: a list, or an object of several lines."""
    if begin[:1] in (b"[", b""):
        return begin[:1] == b"["
    first, newline, _ = begin.partition(b"\n")
    if not newline:
        return suffix_of(path) == ".json"
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return first.strip() == b"{" or suffix_of(path) == ".json"
    return False


def _document(path: Path, file: BinaryIO) -> Iterator[tuple[int, Any]]:
    data = file.read(LARGEST_DOCUMENT + 1)
    if len(data) > LARGEST_DOCUMENT:
        raise UserError(
            f"{path}: expected a JSON document of at most {LARGEST_DOCUMENT >> 20} MB, got a larger "
            "one: convert it to JSON lines"
        )
    value = decode(data.removeprefix(_BOM), str(path))
    del data
    yield from enumerate(value, start=1) if isinstance(value, list) else [(1, value)]


def _csv(path: Path, file: BinaryIO, delimiter: str) -> Iterator[tuple[int, Any]]:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    csv.field_size_limit(LONGEST_LINE)
    try:
        for number, row in enumerate(csv.DictReader(text, delimiter=delimiter), start=1):
            if None in row:
                raise UserError(f"{path}:{number}: expected {len(row) - 1} columns, got more")
            yield number, row
    except UnicodeDecodeError:
        raise UserError(f"{path}: expected UTF-8 text") from None
    except csv.Error as error:
        raise UserError(f"{path}: expected CSV ({error})") from None
    finally:
        text.detach()


def _parquet(path: Path, columns: Sequence[str] | None) -> Iterator[tuple[int, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            names = file.schema_arrow.names
            kept = None if columns is None else [name for name in names if name in columns]
            for batch in file.iter_batches(BLOCK, columns=kept, use_threads=False):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        if isinstance(error, UserError):
            raise
        reason = str(error).split("\n", 1)[0]
        raise UserError(f"{path}:{number + 1}: expected a Parquet file ({reason})") from None


class _TooLongNumber(Exception):
    """An integer with more digits than Python converts."""


def _integer(digits: str) -> int:
    try:
        return int(digits)
    except ValueError:
        length, most = len(digits.lstrip("-")), sys.get_int_max_str_digits()
        message = f"expected a number of at most {most} digits, got {length} digits"
        raise _TooLongNumber(message) from None


_DECODER = json.JSONDecoder(parse_int=_integer)
"""`json.loads` would make one for each line."""
