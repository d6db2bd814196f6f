"""Rows of JSON lines and of JSON lists, read in bounded memory."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from clean_bench.errors import UserError
from clean_bench.foreign_files.json_text import (
    BOM,
    DECODER,
    MOST_DEPTH,
    TooLongNumber,
    check_depth,
    decode_json,
)
from clean_bench.foreign_files.regular_file import size_text

Rows = Iterator[tuple[int, Any]]
_BLOCK = 1 << 18
_SPACES = " \t\n\r"
_AFTER = tuple(f"{_SPACES},]")


def byte_lines(where: str, stream: BinaryIO, longest: int) -> Iterator[bytes]:
    """Lines with their end, the first without a byte order mark.

    Raises:
        UserError: for a line of more than `longest` bytes, of which no more is read.
    """
    number = 0
    while line := stream.readline(longest + 1):
        number += 1
        if len(line) > longest:
            raise UserError(
                f"{where}:{number}: expected lines of at most {size_text(longest)}, got a longer one"
            )
        yield line.removeprefix(BOM) if number == 1 else line


def json_lines(where: str, stream: BinaryIO, longest: int) -> Rows:
    """Line numbers and values; blank lines are skipped and counted.

    Args:
        where: the file, for errors.
        longest: bytes of a line at most.
    """
    for number, line in enumerate(byte_lines(where, stream, longest), start=1):
        if line.strip():
            yield number, decode_json(line, f"{where}:{number}")


def json_list(where: str, stream: BinaryIO, longest: int) -> Rows:
    """The entries of a JSON list, numbered from 1; only one entry is held at a time.

    Args:
        where: the file, for errors.
        longest: characters of an entry at most.

    Raises:
        UserError: if the bytes are no JSON list, or an entry is longer.
    """
    source = _Text(where, stream, longest)
    if source.next_character() != "[":
        raise UserError(f"{where}: expected a JSON list")
    source.skip(1)
    number = 0
    while source.next_character() != "]" or number:
        number += 1
        yield number, source.value(number)
        sign = source.next_character()
        if sign == "]":
            break
        if sign != ",":
            raise UserError(
                f"{where}:{number}: expected JSON (a comma or the end of the list after this row)"
            )
        source.skip(1)
    source.skip(1)
    if source.next_character():
        raise UserError(f"{where}: expected JSON (nothing after the end of the list)")


class _Text:
    """The text of a stream, of which a part is held: from `_at` in `_held` on it is not used yet."""

    def __init__(self, where: str, stream: BinaryIO, longest: int) -> None:
        self._where, self._stream, self._longest = where, stream, longest
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogatepass")
        self._held, self._at, self._ended = "", 0, False
        self._read(_BLOCK)
        self._held = self._held.removeprefix("\ufeff")

    def skip(self, count: int) -> None:
        self._at += count

    def next_character(self) -> str:
        """The next character that is no white space, at `_at` afterwards; empty at the end."""
        while True:
            while self._at < len(self._held) and self._held[self._at] in _SPACES:
                self._at += 1
            if self._at < len(self._held):
                return self._held[self._at]
            if self._ended:
                return ""
            self._held, self._at = "", 0
            self._read(_BLOCK)

    def value(self, number: int) -> Any:
        """The value at the next character; more is read, doubling, until it is complete."""
        self.next_character()
        where = f"{self._where}:{number}"
        while True:
            try:
                value, end = DECODER.raw_decode(self._held, self._at)
            except json.JSONDecodeError as error:
                if self._ended:
                    raise UserError(f"{where}: expected JSON ({error.msg})") from None
            except TooLongNumber as error:
                raise UserError(f"{where}: {error}; write it as a string") from None
            except RecursionError:
                raise UserError(f"{where}: expected JSON, got too deep nesting") from None
            else:
                # A number may go on after what was read: `1` in `1.5`, of which `1.` is held.
                if self._ended or self._held[end : end + 1] in _AFTER:
                    if end - self._at > self._longest:
                        self._refuse(where)
                    if sum(self._held.count(sign, self._at, end) for sign in "[{") > MOST_DEPTH:
                        check_depth(value, where)
                    self._at = end
                    return value
            self._held, self._at = self._held[self._at :], 0
            if len(self._held) > self._longest:
                self._refuse(where)
            self._read(max(_BLOCK, len(self._held)))

    def _refuse(self, where: str) -> None:
        raise UserError(
            f"{where}: expected rows of at most {size_text(self._longest)}, got a longer one"
        )

    def _read(self, count: int) -> None:
        data = self._stream.read(count)
        self._ended = not data
        try:
            self._held += self._decoder.decode(data, final=self._ended)
        except UnicodeDecodeError:
            raise UserError(f"{self._where}: expected UTF-8 text") from None
