"""Files that are compressed with gzip or zstd, or not at all, as one stream of bytes."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from clean_bench.errors import UserError
from clean_bench.foreign_files.regular_file import open_regular, size_text

GZIP, ZSTD = ".gz", ".zst"
_MAGIC = {GZIP: b"\x1f\x8b", ZSTD: b"\x28\xb5\x2f\xfd"}
_NAMES = {GZIP: "gzip", ZSTD: "zstd"}
_BUFFER = 1 << 20


@contextmanager
def opened(path: Path, most: int | None = None) -> Iterator[io.BufferedReader]:
    """The decompressed bytes of a regular file, which are unpacked while they are read.

    The compression is recognized by the first bytes; a name that ends in `.gz` or `.zst` requires it.

    Args:
        most: bytes that a compressed file may unpack to; None for any number.

    Raises:
        UserError: for a file that cannot be opened, and inside the block for one that is damaged or
            unpacks to more than `most` bytes.
    """
    try:
        with open_regular(path) as file:
            begin = file.read(4)
            file.seek(0)
            found = next((c for c, magic in _MAGIC.items() if begin.startswith(magic)), None)
            required = path.suffix.lower()
            if required in _NAMES and found != required:
                raise UserError(f"{path}: expected a {_NAMES[required]} file, got other bytes")
            if found == GZIP:
                with gzip.GzipFile(fileobj=file) as unzipped:
                    yield io.BufferedReader(_Bounded(path, unzipped, most), _BUFFER)
            elif found == ZSTD:
                import pyarrow as pa

                with pa.CompressedInputStream(pa.PythonFile(file), "zstd") as unzipped:
                    yield io.BufferedReader(_Bounded(path, unzipped, most), _BUFFER)
            else:
                yield file
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(
            f"{path}: expected a gzip file, got one that is damaged or cut off ({error})"
        ) from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error})") from None


class _Bounded(io.RawIOBase):
    """A stream of unpacked bytes that raises `UserError` after `most` of them."""

    def __init__(self, path: Path, stream: Any, most: int | None) -> None:
        self._path, self._stream, self._most, self._count = path, stream, most, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = int(self._stream.readinto(buffer))
        self._count += count
        if self._most is not None and self._count > self._most:
            raise UserError(
                f"{self._path}: expected at most {size_text(self._most)} when unpacked, got more; split "
                "the file"
            )
        return count
