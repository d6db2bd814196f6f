"""Raw rows of a file of another tool: JSON lines, JSON, Parquet and CSV, compressed or not.

Rows are read in blocks (`clean_bench.foreign_files`), so that a file of any size fits: only JSON that is
one object is read as a whole, up to `LARGEST_DOCUMENT` bytes.
"""

from __future__ import annotations

import io
import json
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

from clean_bench.errors import UserError
from clean_bench.foreign_files.compressed import GZIP, ZSTD, opened
from clean_bench.foreign_files.csv_rows import csv_rows
from clean_bench.foreign_files.json_rows import json_lines, json_list
from clean_bench.foreign_files.json_text import BOM, decode_json
from clean_bench.foreign_files.parquet_rows import parquet_rows
from clean_bench.foreign_files.regular_file import size_text

Row = Mapping[str, Any]
LONGEST_LINE = 64 << 20
"""Bytes of one row, which holds all completions of a problem."""
LARGEST_DOCUMENT = 512 << 20
"""Bytes of a JSON document that is an object, after decompression."""
COMPRESSIONS = (GZIP, ZSTD)
SUFFIXES = (".jsonl", ".json", ".parquet", ".csv", ".tsv", ".eval")


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


def raw_rows(
    path: Path, columns: Sequence[str] | None = None
) -> Generator[tuple[int, Any], None, None]:
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
            yield from parquet_rows(path, longest=LONGEST_LINE, columns=columns)
        elif suffix in (".csv", ".tsv"):
            yield from csv_rows(str(path), file, suffix, LONGEST_LINE, empty="")
        elif begin[:1] == b"[":
            yield from json_list(str(path), file, LONGEST_LINE)
        elif _is_document(path, begin):
            yield 1, _document(path, file)
        else:
            yield from json_lines(str(path), file, LONGEST_LINE)


def is_parquet(path: Path) -> bool:
    """Whether the file holds Parquet."""
    with opened(path) as file:
        return _peek(file).startswith(b"PAR1")


def count_rows(path: Path) -> int | None:
    """The number of lines, or of rows of Parquet; None where only reading the file would tell."""
    with opened(path) as file:
        if file.peek(4)[:4] == b"PAR1":
            import pyarrow as pa
            import pyarrow.parquet as pq

            try:
                return int(pq.read_metadata(path).num_rows)
            except (pa.ArrowException, OSError):
                return None
        if suffix_of(path) in (".json", ".csv", ".tsv", ".eval") or path.suffix in COMPRESSIONS:
            return None
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def _peek(file: io.BufferedReader) -> bytes:
    """The first bytes of a file without the white space before them; the file is not moved."""
    if not file.seekable():
        return file.peek(1 << 16).removeprefix(BOM).lstrip()
    begin = file.read(1 << 16)
    file.seek(0)
    return begin.removeprefix(BOM).lstrip()


def _is_document(path: Path, begin: bytes) -> bool:
    """Whether the bytes begin one JSON object of several lines."""
    first, newline, _ = begin.partition(b"\n")
    if not newline:
        return bool(begin) and suffix_of(path) == ".json"
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return first.strip() == b"{" or suffix_of(path) == ".json"
    return False


def _document(path: Path, file: io.BufferedReader) -> Any:
    data = file.read(LARGEST_DOCUMENT + 1)
    if len(data) > LARGEST_DOCUMENT:
        raise UserError(
            f"{path}: expected a JSON document of at most {size_text(LARGEST_DOCUMENT)}, got a larger "
            "one: convert it to JSON lines"
        )
    return decode_json(data.removeprefix(BOM), str(path))
