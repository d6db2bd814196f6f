"""`--log-file`: whatever goes to standard error, line by line with the time, and more log records."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from clean_bench.errors import UserError


class LogFile:
    """A text file to which lines are appended, each with its local time.

    Raises:
        UserError: if the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("a", encoding="utf-8", errors="backslashreplace", buffering=1)
        except OSError as error:
            raise UserError(
                f"--log-file {path}: expected a file that can be written, got {error.strerror}; give "
                "another path"
            ) from None

    def line(self, text: str) -> None:
        """Append a line."""
        time = datetime.now().astimezone().isoformat(" ", "seconds")
        self._file.write(f"{time} {text}\n")

    def close(self) -> None:
        self._file.close()


class Copied:
    """A stream whose text goes to another stream and, line by line, to a log file."""

    def __init__(self, stream: TextIO, log: LogFile) -> None:
        self.stream, self._log = stream, log
        self._rest = ""

    def write(self, text: str) -> int:
        self.stream.write(text)
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._log.line(line)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)
