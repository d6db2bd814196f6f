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
    help="clean-bench; or, for comparison with the literature, math-verify (the plain library's word on "
    "the whole response) or spurious-rewards (the rules of the code of 2506.10947).",
)
@click.option(
    "--limit",
    "seconds",
    type=click.FloatRange(0.1, 3600),
    default=5.0,
    show_default=True,
    help="Seconds that the comparison of one answer may take. What takes longer is a timeout.",
)
@output_options
def command(file: Path, out: Path, grader: str, seconds: float, as_json: bool) -> None:
    """Grade a file of responses.

    FILE is JSONL with `gold` (or `answer`) and `response` in each row. OUT gets the same rows, all their
    columns kept, with `correct`, `verdict` and `extracted` (the answer found in the response). Verdicts:

    \b
      equal       the answer is the gold answer, however it is written
      different   it is not
      no answer   the response offers none (an empty response too)
      timeout     the comparison was ended at its limit of time
      crash       or at its limit of memory, or by a fault

    Timeouts and crashes say nothing of the answer; they are counted apart and never as different. An
    empty gold answer is an error. FILE may be of any size: it is read in blocks.

    \b
      clean-bench grade completions.jsonl --out graded.jsonl
      clean-bench grade completions.jsonl --out mv.jsonl --grader math-verify
    """
    from clean_bench.grading.grade import KINDS, Limits, grade
    from clean_bench.grading.graders import named

    named(grader)
    if not out.parent.is_dir():
        raise UserError(f"--out: there is no folder {out.parent}")
    if out.exists() and not out.is_file():
        raise UserError(f"--out: {out} is no file that could be replaced")
    counts: Counter[str] = Counter()
    temporary = out.with_name(f".partial-{out.name}")
    try:
        with (
            _opened(file) as source,
            temporary.open("w", encoding="utf-8") as target,
            progress_bar(f"Grading {file.name}", _lines(source)) as bar,
        ):
            for rows, pairs in _blocks(source, file, bar.advance):
                verdicts = grade(pairs, Limits(seconds), grader=grader)
                for row, verdict in zip(rows, verdicts, strict=True):
                    row |= {
                        "correct": verdict.correct,
                        "verdict": verdict.kind,
                        "extracted": verdict.extracted,
                    }
                    target.write(json.dumps(row) + "\n")
                    counts[verdict.kind] += 1
        if not counts:
            raise UserError(f"{file}: holds no rows")
        temporary.replace(out)
    finally:
        temporary.unlink(missing_ok=True)
    found = {kind: counts[kind] for kind in KINDS}
    emit(
        as_json,
        {"out": str(out), "grader": grader, "rows": counts.total(), "verdicts": found},
        f"{out}: {counts.total()} rows ({', '.join(f'{n} {kind}' for kind, n in found.items())})",
    )


def _opened(file: Path) -> BinaryIO:
    try:
        source = file.open("rb")
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror})") from None
    if source.seekable():
        return source
    source.close()
    raise UserError(f"{file}: a pipe, and a file that can be read twice is wanted")


def _lines(source: BinaryIO) -> int:
    """The number of lines, counted without keeping any; the file is then at its start again."""
    number = 0
    while block := source.read(1 << 20):
        number += block.count(b"\n")
    source.seek(0)
    return number


def _blocks(
    source: BinaryIO, file: Path, advance: Callable[..., None]
) -> Iterator[tuple[list[dict[str, Any]], list[tuple[str, str]]]]:
    """The rows of each block, and the gold and the response of each."""
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
    """A row, with its gold (a text, or a number as text) and its response (a text).

    Raises:
        UserError: naming file and line.
    """
    try:
        row = json.loads(line, parse_int=_integer)
    except _TooLong as error:
        raise UserError(f"{where}: {error}; write it as a text") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where}: not JSON ({error})") from None
    if not isinstance(row, dict):
        raise UserError(f"{where}: an object is wanted, with gold and response")
    gold, response = row.get("gold", row.get("answer")), row.get("response")
    if isinstance(gold, int | float) and not isinstance(gold, bool) and isfinite(gold):
        gold = str(gold)
    if not isinstance(gold, str) or not gold.strip():
        raise UserError(f"{where}: the row has no gold answer (a text or a number under 'gold')")
    if not isinstance(response, str):
        raise UserError(f"{where}: the row has no response (a text under 'response')")
    return row, (gold, response)


class _TooLong(Exception):
    """A number of more digits than are read."""


def _integer(digits: str) -> int:
    try:
        return int(digits)
    except ValueError:
        length, most = len(digits.lstrip("-")), sys.get_int_max_str_digits()
        message = f"a number of {length} digits is too long, at most {most} are read"
        raise _TooLong(message) from None
