"""Open regular files only, without ever waiting for one."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from pathlib import Path

from clean_bench.errors import UserError

_KINDS = (
    (stat.S_ISDIR, "a folder: name the files in it"),
    (stat.S_ISFIFO, "a pipe; save it first"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def open_regular(path: Path) -> io.BufferedReader:
    """Open a regular file, or a link to one, for reading.

    Opening a pipe or a device would wait for a writer or could have side effects: neither is opened.

    Raises:
        UserError: if there is no such file, it cannot be read or is not a regular file.
    """
    try:
        _require_regular(path, path.stat().st_mode)
        # Another process may exchange the file after it was examined: no waiting, and examined again.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError:
        raise UserError(f"{path}: expected a path, got one with a NUL character") from None
    try:
        _require_regular(path, os.fstat(descriptor).st_mode)
    except UserError:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def check_regular(path: Path) -> None:
    """Raise `UserError` unless a path is a regular file that can be read."""
    open_regular(path).close()


def read_regular(path: Path, most: int) -> bytes:
    """The bytes of a regular file.

    Raises:
        UserError: as `open_regular`, and for a file of more than `most` bytes.
    """
    try:
        with open_regular(path) as file:
            data = file.read(most + 1)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error})") from None
    if len(data) > most:
        raise UserError(f"{path}: expected at most {size_text(most)}, got a larger file")
    return data


def read_text(path: Path, most: int) -> str:
    """The UTF-8 text of a regular file; raises as `read_regular`, and for other bytes."""
    try:
        return read_regular(path, most).decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: expected UTF-8 text (byte {error.start} is none)") from None


def sha256_of_regular(path: Path) -> str:
    """SHA-256 of the bytes of a regular file, which is read in blocks (raises as `open_regular`)."""
    try:
        with open_regular(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error})") from None


def size_text(size: int) -> str:
    """A number of bytes in words, `10 MiB`."""
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size // unit} {name}"
    return f"{size} bytes"


def _require_regular(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = next((name for test, name in _KINDS if test(mode)), "something else")
        raise UserError(f"{path}: expected a file, got {kind}")
