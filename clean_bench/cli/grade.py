"""`clean-bench grade`."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from math import isfinite
from pathlib import Path
from typing import Any, BinaryIO

import click

from clean_bench.cli.common import emit, output_options, progress_bar
from clean_bench.errors import UserError

_BLOCK_ROWS = 2_000
_BLOCK_BYTES = 16_000_000
"""Rows are read, graded and written in blocks of at most this much, so that any file fits."""


@click.command("grade")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="JSONL file to write.")
@click.option(
    "--grader",
    default="clean-bench",
    show_default=True,
    metavar="NAME",
    help="clean-bench; or, for comparison with the literature, math-verify (the library on the whole "
    "response) or spurious-rewards (the rules of the code of 2506.10947).",
)
@click.option(
    "--limit",
    "seconds",
    type=click.FloatRange(0.1, 3600),
    default=5.0,
    show_default=True,
    help="Seconds for the comparison of one answer. A longer one is graded timeout.",
)
@output_options
def command(file: Path, out: Path, grader: str, seconds: float, as_json: bool) -> None:
    """Grade a file of responses.

    FILE is JSONL with `gold` (or `answer`) and `response` in each row. OUT gets the same rows with all
    their columns, and four more: `correct`, `grade`, `extracted` (the answer in the response) and
    `extraction` (the rule that located it: box, marker, ...). Grades:

    \b
      equal       the answer equals the gold answer, however it is written
      different   it does not
      no answer   the response has no answer (an empty response too)
      timeout     the comparison exceeded its time limit
      crash       the comparison exceeded its memory limit, or failed

    Timeouts and crashes decide nothing; they are counted apart from different. An empty gold answer is
    an error. FILE may have any size: it is read in blocks.

    \b
      clean-bench grade completions.jsonl --out graded.jsonl
      clean-bench grade completions.jsonl --out mv.jsonl --grader math-verify
    """
    from clean_bench.grading.grade import KINDS, Limits, grade
    from clean_bench.grading.graders import named

    named(grader)
    if not out.parent.is_dir():
        raise UserError(f"--out: there is no folder {out.parent}; create it first")
    if out.exists() and not out.is_file():
        raise UserError(f"--out: expected a file, got {out}, which is none; give another path")
    counts: Counter[str] = Counter()
    temporary = out.with_name(f".partial-{out.name}")
    try:
        with (
            _opened(file) as source,
            temporary.open("w", encoding="utf-8") as target,
            progress_bar(f"Grading {file.name}", _lines(source)) as bar,
        ):
            for rows, pairs in _blocks(source, file, bar.advance):
                grades = grade(pairs, Limits(seconds), grader=grader)
                for row, result in zip(rows, grades, strict=True):
                    row |= {
                        "correct": result.correct,
                        "grade": result.kind,
                        "extracted": result.extracted,
                        "extraction": result.extraction,
                    }
                    target.write(json.dumps(row) + "\n")
                    counts[result.kind] += 1
        if not counts:
            raise UserError(f"{file}: expected at least one row, got none")
        temporary.replace(out)
    finally:
        temporary.unlink(missing_ok=True)
    by_kind = {kind: counts[kind] for kind in KINDS}
    emit(
        as_json,
        {"out": str(out), "grader": grader, "rows": counts.total(), "grades": by_kind},
        f"{out}: {counts.total()} rows ({', '.join(f'{n} {kind}' for kind, n in by_kind.items())})",
    )


def _opened(file: Path) -> BinaryIO:
    try:
        source = file.open("rb")
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror})") from None
    if source.seekable():
        return source
    source.close()
    raise UserError(f"{file}: expected a file that can be read twice, got a pipe; save it first")


def _lines(source: BinaryIO) -> int:
    """The number of lines; rewinds the file."""
    number = 0
    while block := source.read(1 << 20):
        number += block.count(b"\n")
    source.seek(0)
    return number


def _blocks(
    source: BinaryIO, file: Path, advance: Callable[..., None]
) -> Iterator[tuple[list[dict[str, Any]], list[tuple[str, str]]]]:
    """Blocks of rows, each with the (gold, response) pairs of its rows."""
    rows: list[dict[str, Any]] = []
    pairs: list[tuple[str, str]] = []
    size = 0
    for number, line in enumerate(source, 1):
        if line.strip():
            row, pair = _row(line, f"{file}:{number}")
            rows.append(row)
            pairs.append(pair)
            size += len(line)
        if len(rows) >= _BLOCK_ROWS or size >= _BLOCK_BYTES:
            yield rows, pairs
            advance(len(rows))
            rows, pairs, size = [], [], 0
    if rows:
        yield rows, pairs
        advance(len(rows))


def _row(line: bytes, where: str) -> tuple[dict[str, Any], tuple[str, str]]:
    """A row and its (gold, response); a number as gold becomes text.

    Raises:
        UserError: naming file and line.
    """
    try:
        row = json.loads(line, parse_int=_integer)
    except _TooLong as error:
        raise UserError(f"{where}: {error}; write it as a string") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where}: not JSON ({error})") from None
    if not isinstance(row, dict):
        raise UserError(
            f"{where}: expected an object with gold and response, got {type(row).__name__}"
        )
    gold, response = row.get("gold", row.get("answer")), row.get("response")
    if isinstance(gold, int | float) and not isinstance(gold, bool) and isfinite(gold):
        gold = str(gold)
    if not isinstance(gold, str) or not gold.strip():
        raise UserError(f"{where}: expected a text or a number under 'gold', not empty")
    if not isinstance(response, str):
        raise UserError(f"{where}: expected a text under 'response'")
    return row, (gold, response)


class _TooLong(Exception):
    """An integer with more digits than Python converts."""


def _integer(digits: str) -> int:
    try:
        return int(digits)
    except ValueError:
        length, most = len(digits.lstrip("-")), sys.get_int_max_str_digits()
        message = f"expected a number of at most {most} digits, got {length} digits"
        raise _TooLong(message) from None
