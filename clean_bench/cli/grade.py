"""`clean-bench grade`."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clean_bench.cli.common import emit, output_options, progress_bar
from clean_bench.cli.completion_options import completion_options
from clean_bench.errors import UserError

if TYPE_CHECKING:
    from clean_bench.completion_files import CompletionFile, CompletionRow
    from clean_bench.grading import Grade
    from clean_bench.statistics.estimate import Estimate

_BLOCK_ROWS = 2_000
_BLOCK_BYTES = 16_000_000
"""Rows are read, graded and written in blocks of at most this much, so that any file fits."""
_MOST_PROBLEMS = 1_000_000
"""Problems that are counted one by one; with more, the rows are the units of the interval."""


@click.command("grade")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="File to write: .jsonl, .jsonl.gz or .parquet.",
)
@completion_options
@click.option(
    "--grader",
    default="clean-bench",
    show_default=True,
    metavar="NAME",
    help="clean-bench; or, for comparison with the literature, math-verify (the library on the whole "
    "response), spurious-rewards (the rules of the code of 2506.10947), or qwen2.5-math (the rules of "
    "that evaluation; qwen2.5-math-minerva keeps units, as it does for Minerva).",
)
@click.option(
    "--limit",
    "seconds",
    type=click.FloatRange(0.1, 3600),
    default=5.0,
    show_default=True,
    help="Seconds for the comparison of one answer. A longer one is graded timeout.",
)
@click.option(
    "--tolerance",
    type=float,
    metavar="X",
    help="Largest relative difference of two equal numbers, such as 1e-4, for measured quantities.  "
    "[default: exact]",
)
@output_options
def command(
    file: Path,
    out: Path,
    columns: dict[str, str],
    problems: str | None,
    grader: str,
    tolerance: float | None,
    seconds: float,
    as_json: bool,
) -> None:
    """Grade a file of responses.

    FILE holds gold answers and responses: JSON lines, JSON, Parquet or CSV, with gzip or zstd, or - for
    standard input. The files of lm-eval (--log_samples), lighteval (details), inspect_ai (.json, .eval),
    TRL (completions), verl (rollouts) and OpenAI batches are recognized; else the columns are `gold` (or
    `answer`, `target`, ...) and `response` (or `completion`, `output`, ...), and --map names others. A
    gold answer may be the answer, a worked solution with a box, or GSM8K's `... #### 7`.

    OUT gets the same rows with all their columns, and five more: `correct`, `grade`, `extracted` (the
    answer in the response), `extraction` (the rule that located it: box, marker, ...) and
    `crash_reason` (the exception of a crash). A row with several responses is written once for each,
    with its `response_index`. Grades:

    \b
      equal       the answer equals the gold answer, however it is written
      different   it does not
      no answer   the response has no answer (an empty response too)
      timeout     the comparison exceeded its time limit
      crash       the comparison exceeded its memory limit, or failed

    Timeouts and crashes decide nothing; they are counted apart from different. A gold answer that is
    empty or cannot be read is an error. FILE may have any size: it is read in blocks.

    \b
      clean-bench grade completions.jsonl --out graded.jsonl
      clean-bench grade samples_gsm8k_2026-01-01T00-00-00.jsonl --out graded.parquet
      clean-bench grade rows.parquet --map gold=doc.answer,response=output --out graded.jsonl.gz
      clean-bench grade completions_00100.parquet --problems math500 --out graded.parquet
      clean-bench grade completions.jsonl --out mv.jsonl --grader math-verify
    """
    from clean_bench.completion_files import read_completions
    from clean_bench.completion_files.graded_rows import opened_writer
    from clean_bench.completion_files.raw_rows import count_rows
    from clean_bench.grading.grade import KINDS, Limits, grade
    from clean_bench.grading.graders import with_tolerance

    rules = with_tolerance(grader, tolerance)
    if not out.parent.is_dir():
        raise UserError(f"--out: there is no folder {out.parent}; create it first")
    if out.exists() and not out.is_file():
        raise UserError(f"--out: expected a file, got {out}, which is none; give another path")
    golds = _golds(problems)
    tally, counts, begin = _Tally(), Counter[str](), time.monotonic()
    reasons = Counter[str]()
    temporary = out.with_name(f".partial-{out.name}")
    try:
        with (
            _readable(file, out) as path,
            opened_writer(temporary, out, path) as writer,
            progress_bar(f"Grading {file.name}", count_rows(path)) as bar,
        ):
            source = read_completions(path, columns)
            for rows, pairs in _blocks(source, golds, bar.advance):
                grades = grade(pairs, Limits(seconds), grader=rules)
                writer.write(_graded(rows, grades, tally))
                counts.update(graded.kind for graded in grades)
                reasons.update(graded.reason for graded in grades if graded.reason)
        temporary.replace(out)
    finally:
        temporary.unlink(missing_ok=True)
    by_kind = {kind: counts[kind] for kind in KINDS}
    accuracy, rate = tally.accuracy(), counts.total() / max(time.monotonic() - begin, 1e-9)
    data = {
        "out": str(out),
        "format": source.format,
        "grader": grader,
        "tolerance": tolerance,
        "rows": counts.total(),
        "grades": by_kind,
        "crashes": dict(reasons.most_common()),
        "problems": tally.problems,
        "accuracy": accuracy.value if accuracy.n else None,
        "low": accuracy.low,
        "high": accuracy.high,
        "rows_per_second": round(rate, 1),
    }
    emit(as_json, data, _text(data, accuracy))


def _text(data: dict[str, Any], accuracy: Estimate) -> str:
    kinds = ", ".join(f"{n} {kind}" for kind, n in data["grades"].items())
    known = "" if data["format"] == "columns" else f" of {data['format']}"
    lines = [f"{data['out']}: {data['rows']} rows{known} ({kinds})"]
    if data["crashes"]:
        crashes = ", ".join(f"{n} {reason}" for reason, n in data["crashes"].items())
        lines.append(f"crashes: {crashes}")
    if accuracy.n:
        units = "problems" if data["problems"] else "rows"
        value, low, high = (100 * x for x in (accuracy.value, accuracy.low, accuracy.high))
        lines.append(
            f"accuracy {value:.1f}% [{low:.1f}, {high:.1f}] "
            f"over {accuracy.n:,} {units}; {data['rows_per_second']:,.0f} rows/s"
        )
    return "\n".join(lines)


def _golds(problems: str | None) -> Callable[[CompletionRow], str]:
    """The gold answer of a row: its own, or that of the problem of `--problems`."""
    from clean_bench.completion_files import require_gold

    if problems is None:
        return require_gold
    from clean_bench.completion_files.join import ProblemJoin
    from clean_bench.problems import load_problems

    join = ProblemJoin(load_problems(problems))
    return lambda row: join.find(row).answer or ""


@contextmanager
def _readable(file: Path, out: Path) -> Iterator[Path]:
    """A path that can be read twice: standard input is copied to a temporary file beside `out`."""
    if str(file) != "-":
        yield file
        return
    import shutil
    from tempfile import NamedTemporaryFile

    with NamedTemporaryFile(dir=out.parent, prefix=".partial-stdin-") as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
        copy.flush()
        yield Path(copy.name)


def _blocks(
    source: CompletionFile,
    gold_of: Callable[[CompletionRow], str],
    advance: Callable[..., None],
) -> Iterator[tuple[list[CompletionRow], list[tuple[str, str]]]]:
    """Blocks of rows, each with the (gold, response) pairs of its responses."""
    rows: list[CompletionRow] = []
    pairs: list[tuple[str, str]] = []
    size = 0
    for row in source.rows:
        gold = gold_of(row)
        rows.append(row)
        for response in row.responses:
            pairs.append((gold, response.text))
            size += len(response.text)
        if len(pairs) >= _BLOCK_ROWS or size >= _BLOCK_BYTES:
            yield rows, pairs
            advance(len(rows))
            rows, pairs, size = [], [], 0
    if rows:
        yield rows, pairs
        advance(len(rows))


def _graded(
    rows: list[CompletionRow], grades: list[Grade], tally: _Tally
) -> Iterator[dict[str, Any]]:
    """The rows to write, one per response, with the columns that grading adds."""
    each = iter(grades)
    for row in rows:
        several = len(row.responses) > 1
        of_row = [next(each) for _ in row.responses]
        tally.add(row, of_row)
        for index, graded in enumerate(of_row):
            columns: Any = {**row.columns, "response_index": index} if several else row.columns
            columns["correct"] = graded.correct
            columns["grade"] = graded.kind
            columns["extracted"] = graded.extracted
            columns["extraction"] = graded.extraction
            columns["crash_reason"] = graded.reason
            yield columns


class _Tally:
    """Correct and decided responses by problem: its id, else its text, else the row."""

    def __init__(self) -> None:
        self._decided: dict[Any, int] = {}
        self._correct: dict[Any, int] = {}
        """Of problems with a correct response."""
        self._rows = 0
        self._all = [0, 0]
        self._named = False

    def add(self, row: CompletionRow, grades: list[Grade]) -> None:
        """Count the responses of a row."""
        self._rows += 1
        name = row.problem_id or row.problem or row.prompt
        self._named = self._named or bool(name)
        key = (row.set, row.step, name) if name else self._rows
        decided = sum(graded.kind not in ("timeout", "crash") for graded in grades)
        correct = sum(graded.correct for graded in grades)
        self._all[0] += correct
        self._all[1] += decided
        if decided and (len(self._decided) < _MOST_PROBLEMS or key in self._decided):
            self._decided[key] = self._decided.get(key, 0) + decided
            if correct:
                self._correct[key] = self._correct.get(key, 0) + correct

    @property
    def problems(self) -> int:
        """The number of problems; 0 where the rows name none, or are too many to be counted."""
        return len(self._decided) if self._named and len(self._decided) < _MOST_PROBLEMS else 0

    def accuracy(self) -> Estimate:
        """The mean over problems of the share of correct decided responses, with its interval."""
        from clean_bench.statistics.wilson import wilson

        if not self.problems or self._all[1] == len(self._decided):
            return wilson(*self._all)
        import numpy as np

        from clean_bench.statistics.intervals import interval_of_means

        numbers = np.array(list(self._decided.values()), dtype=np.float64)
        correct = [self._correct.get(key, 0) for key in self._decided]
        means = np.array(correct, dtype=np.float64) / numbers
        return interval_of_means(means, len(numbers) / float((1 / numbers).sum()))
