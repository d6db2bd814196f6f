"""Output of all commands: results, progress, log records, and the options that control them."""

from __future__ import annotations

import functools
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

import click

from clean_bench import progress
from clean_bench.cli.log_file import Copied, LogFile
from clean_bench.cli.progress_lines import Lines
from clean_bench.cli.progress_task import Task
from clean_bench.cli.terminal_text import inert
from clean_bench.errors import UserError

if TYPE_CHECKING:
    from clean_bench.cli.terminal_bars import TerminalBars

LOGGERS = ("clean_bench", "generators", "trainers", "leaderboards")
_LEVELS = ("WARNING", "INFO", "DEBUG")
"""Level of the log records on standard error, by the number of `-v`."""


class _Output:
    """The output settings of the running command."""

    quiet = False
    log: LogFile | None = None
    lines: Lines | None = None
    bars: TerminalBars | None = None


_output = _Output()


def logging_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--quiet`, `--verbose` and `--log-file`, which reach the command by name."""
    for option in (
        click.option(
            "--log-file",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
            help="Append everything that goes to standard error, each line with its time, and log "
            "records.",
        ),
        click.option(
            "-v",
            "--verbose",
            count=True,
            help="Print log records on standard error; -vv prints those for debugging too.",
        ),
        click.option(
            "-q",
            "--quiet",
            is_flag=True,
            help="No progress on standard error; errors are still printed.",
        ),
    ):
        command = option(command)
    return command


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--json`, which reaches the command as `as_json`, and the options of `logging_options`.

    While the command runs, a line shows that it does, unless it shows a task of its own.
    """

    @functools.wraps(command)
    def with_output(
        *args: Any, quiet: bool, verbose: int, log_file: Path | None, **values: Any
    ) -> Any:
        context = click.get_current_context()
        group = context.find_root().params if context.parent else {}
        set_output(
            quiet=quiet or group.get("quiet", False),
            verbose=max(verbose, group.get("verbose", 0)),
            log_file=_outside(log_file or group.get("log_file"), values.get("out")),
        )
        with _shown(f"{context.command_path}: working", None, background=True):
            return command(*args, **values)

    return click.option(
        "--json",
        "as_json",
        is_flag=True,
        help="Print one JSON object on standard output; everything else goes to standard error.",
    )(logging_options(with_output))


def _outside(log_file: Path | None, out: object) -> Path | None:
    """The log file, which must not be a file of the artifact that the command writes."""
    if log_file is not None and isinstance(out, Path):
        inside = log_file.resolve().is_relative_to(out.resolve())
        if inside:
            raise UserError(
                f"--log-file {log_file}: expected a file outside of --out {out}; give another path"
            )
    return log_file


def set_output(*, quiet: bool = False, verbose: int = 0, log_file: Path | None = None) -> None:
    """Begin the output of a command.

    Raises:
        UserError: if the log file cannot be written, or CLEAN_BENCH_LOG is no level.
    """
    end_output()
    _output.quiet = quiet
    if log_file is not None:
        _output.log = LogFile(log_file)
        _copy_to_log()
    progress.set_bar(progress_bar)
    named = os.environ.get("CLEAN_BENCH_LOG", "WARNING")
    if named not in logging.getLevelNamesMapping():
        raise UserError(f"CLEAN_BENCH_LOG={named}: expected a level such as INFO or DEBUG")
    set_up_logging(_more(named, _LEVELS[min(verbose, len(_LEVELS) - 1)]))


def end_output() -> None:
    """Close the log file; standard error is what it was."""
    if isinstance(sys.stderr, Copied):
        sys.stderr = sys.stderr.stream
    if _output.log is not None:
        _output.log.close()
    _output.quiet, _output.log, _output.lines, _output.bars = False, None, None, None


def _copy_to_log() -> None:
    """Copy standard error to the log file, if there is one and it is not copied already."""
    if _output.log is not None and not isinstance(sys.stderr, Copied):
        sys.stderr = cast(TextIO, Copied(sys.stderr, _output.log))


def set_up_logging(level: str) -> None:
    """Send the log records of the project's packages to standard error.

    The log file, if there is one, has what goes to standard error; further records go to it from the
    level INFO on.
    """
    handler: logging.Handler = _ToStandardError(level)
    handlers = [handler]
    if _output.log is not None:
        handlers.append(_ToLog(_output.log, _more("INFO", level), handler.level))
    for handler in handlers:
        handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    for name in LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers = handlers
        logger.setLevel(min(handler.level for handler in handlers))


class _ToStandardError(logging.Handler):
    """Prints records on whatever is standard error at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        click.echo(inert(self.format(record), lines=True), err=True)


class _ToLog(logging.Handler):
    """Writes the records below a level, which standard error does not get, to a log file."""

    def __init__(self, log: LogFile, level: str, below: int) -> None:
        super().__init__(level)
        self._log, self._below = log, below

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno < self._below:
            self._log.line(self.format(record))


def _more(level: str, other: str) -> str:
    """The level that lets more records pass."""
    levels = logging.getLevelNamesMapping()
    return min(level, other, key=lambda name: levels[name])


def emit(as_json: bool, data: dict[str, Any], text: str | None = None) -> None:
    """Print the JSON object, or the text for people."""
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=True, allow_nan=False))
    elif text:
        click.echo(inert(text, lines=True))


def say(message: str) -> None:
    """Print a line for people on standard error, and in the log file even with `--quiet`."""
    message = inert(message, lines=True)
    if not _output.quiet:
        click.echo(message, err=True)
    elif _output.log is not None:
        _output.log.line(message)


def _progress_line(line: str) -> None:
    """Print a line of progress; where bars show it, only the log file gets it."""
    if not sys.stderr.isatty():
        say(line)
    elif _output.log is not None:
        _output.log.line(line)


class _Shown:
    """A task that lines and bars show; see `clean_bench.progress.Progress`."""

    def __init__(self, task: Task, lines: Lines) -> None:
        self._task, self._lines = task, lines

    def _update(self, change: Callable[[], None]) -> None:
        self._lines.update(self._task, change)
        if _output.bars is not None:
            _output.bars.update(self._task)

    def advance(
        self, n: int = 1, note: str = "", *, tokens: int = 0, resumed: bool = False
    ) -> None:
        self._update(lambda: self._task.advance(n, note, tokens, resumed))

    def move_to(self, completed: int, note: str = "", *, total: int | None = None) -> None:
        self._update(lambda: self._task.move_to(completed, note, total))

    def detail(self, text: str, *, tokens: int = 0) -> None:
        self._update(lambda: self._task.set_detail(text, tokens))

    def announce(self) -> None:
        self._lines.announce(self._task)


@contextmanager
def progress_bar(
    description: str, total: int | None, more: str = ""
) -> Iterator[progress.Progress]:
    """A bar on standard error; plain lines where that is not a terminal; nothing with `--quiet`.

    Args:
        total: the number of units, None if it is unknown or the task has none.
        more: what the first line adds, such as the engine.
    """
    if not _output.quiet and _output.bars is None and sys.stderr.isatty():
        from clean_bench.cli.terminal_bars import TerminalBars

        # The log file gets lines, not the control characters of the bars.
        terminal = sys.stderr.stream if isinstance(sys.stderr, Copied) else sys.stderr
        _output.bars = TerminalBars(terminal)
        try:
            with _output.bars, _shown(description, total, more) as task:
                _copy_to_log()
                yield task
        finally:
            _output.bars = None
        return
    with _shown(description, total, more) as task:
        yield task


@contextmanager
def _shown(
    description: str, total: int | None, more: str = "", *, background: bool = False
) -> Iterator[progress.Progress]:
    """A task of the lines, and of the bars if there are any."""
    if _output.quiet and _output.log is None:
        yield progress.Silent()
        return
    lines = _output.lines = _output.lines or Lines(_progress_line)
    description, more = inert(description), inert(more)
    task, bars = lines.open(description, total, more, background=background), _output.bars
    failed = True
    try:
        if bars is not None:
            bars.open(task)
        yield _Shown(task, lines)
        failed = False
    finally:
        if bars is not None:
            bars.close(task)
        lines.close(task, failed=failed)
