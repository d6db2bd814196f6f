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

from clean_bench.cli.common import emit, output_options, progress_bar, say
from clean_bench.cli.completion_options import completion_options

if TYPE_CHECKING:
    from clean_bench.completion_files import CompletionFile, CompletionRow
    from clean_bench.completion_files.graded_rows import GradeColumns
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
    "--prefix",
    default="",
    metavar="TEXT",
    help="Text before the names of the new columns, where FILE has columns of these names.",
)
@click.option(
    "--overwrite",
    is_flag=True,
    help="Replace OUT whatever it holds.  [default: only an earlier output of grade]",
)
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
    prefix: str,
    overwrite: bool,
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
    with its `response_index`. Columns of FILE are never overwritten: --prefix gives the new ones other
    names. Grades:

    \b
      equal       the answer equals the gold answer, however it is written
      different   it does not
      no answer   the response has no answer (an empty or null response too)
      timeout     the comparison exceeded its time limit
      crash       the comparison exceeded its memory limit, or failed

    Timeouts and crashes decide nothing; they are counted apart from different. A gold answer that is
    empty or cannot be read is an error. FILE may have any size: it is read in blocks.

    Two accuracies are printed. Flexible is the mean of `correct`; strict takes only an answer in a box
    or after a marker such as "the answer is", and not one that only the closing sentence gives.

    OUT appears when all rows are graded. The command cannot be resumed: interrupted, it leaves no file
    and starts over when it is run again. An earlier output of grade is replaced, another file only with
    --overwrite.

    \b
      clean-bench grade completions.jsonl --out graded.jsonl
      clean-bench grade samples_gsm8k_2026-01-01T00-00-00.jsonl --out graded.parquet
      clean-bench grade rows.parquet --map gold=doc.answer,response=output --out graded.jsonl.gz
      clean-bench grade completions_00100.parquet --problems math500 --out graded.parquet
      clean-bench grade completions.jsonl --out mv.jsonl --grader math-verify
      clean-bench grade graded.jsonl --out both.jsonl --prefix mv_ --grader math-verify
    """
    from clean_bench.completion_files import read_completions
    from clean_bench.completion_files.graded_rows import GradeColumns, opened_writer
    from clean_bench.completion_files.output_file import check_output, output_file
    from clean_bench.completion_files.raw_rows import count_rows
    from clean_bench.grading.grade import KINDS, Limits, grade
    from clean_bench.grading.graders import with_tolerance

    rules = with_tolerance(grader, tolerance)
    new = GradeColumns(prefix)
    if check_output(out, file, replaceable=new.are_in, overwrite=overwrite):
        say(f"{out}: its rows are replaced")
    golds = _golds(problems)
    tally, counts, begin = _Tallies(), Counter[str](), time.monotonic()
    reasons = Counter[str]()
    with (
        output_file(out) as temporary,
        _readable(file, out) as path,
        opened_writer(temporary, out, path, new) as writer,
        progress_bar(f"Grading {file.name}", count_rows(path)) as bar,
    ):
        source = read_completions(path, columns)
        for rows, pairs in _blocks(source, golds, bar.advance):
            grades = grade(pairs, Limits(seconds), grader=rules)
            writer.write(_graded(rows, grades, tally, new))
            counts.update(graded.kind for graded in grades)
            reasons.update(graded.reason for graded in grades if graded.reason)
    by_kind = {kind: counts[kind] for kind in KINDS}
    rate = counts.total() / max(time.monotonic() - begin, 1e-9)
    flexible, strict = tally.flexible.accuracy(), tally.strict.accuracy()
    data = {
        "out": str(out),
        "format": source.format,
        "grader": grader,
        "tolerance": tolerance,
        "rows": counts.total(),
        "null_responses": tally.nulls,
        "grades": by_kind,
        "crashes": dict(reasons.most_common()),
        "problems": tally.flexible.problems,
        **_numbers(flexible),
        "strict": _numbers(strict),
        "flexible": _numbers(flexible),
        "rows_per_second": round(rate, 1),
    }
    emit(as_json, data, _text(data, flexible, strict))


def _numbers(accuracy: Estimate) -> dict[str, float | None]:
    known = bool(accuracy.n)
    return {
        "accuracy": accuracy.value if known else None,
        "low": accuracy.low,
        "high": accuracy.high,
    }


def _text(data: dict[str, Any], flexible: Estimate, strict: Estimate) -> str:
    kinds = ", ".join(f"{n} {kind}" for kind, n in data["grades"].items())
    known = "" if data["format"] == "columns" else f" of {data['format']}"
    nulls = data["null_responses"]
    empty = f"; {nulls} null responses are no answer" if nulls else ""
    lines = [f"{data['out']}: {data['rows']} rows{known} ({kinds}){empty}"]
    if data["crashes"]:
        crashes = ", ".join(f"{n} {reason}" for reason, n in data["crashes"].items())
        lines.append(f"crashes: {crashes}")
    if flexible.n:
        units = "problems" if data["problems"] else "rows"
        lines += [
            f"accuracy {_percent(flexible)} over {flexible.n:,} {units}; "
            f"{data['rows_per_second']:,.0f} rows/s",
            f"strict {_percent(strict)} (answer in a box or after a marker), "
            f"flexible {_percent(flexible)} (or in the closing sentence)",
        ]
    return "\n".join(lines)


def _percent(accuracy: Estimate) -> str:
    value, low, high = (100 * x for x in (accuracy.value, accuracy.low, accuracy.high))
    return f"{value:.1f}% [{low:.1f}, {high:.1f}]"


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

    with NamedTemporaryFile(dir=out.resolve().parent, prefix=".partial-stdin-") as copy:
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
    rows: list[CompletionRow], grades: list[Grade], tally: _Tallies, new: GradeColumns
) -> Iterator[dict[str, Any]]:
    """The rows to write, one per response, with the columns that grading adds."""
    each = iter(grades)
    for row in rows:
        new.check(row)
        several = len(row.responses) > 1
        of_row = [next(each) for _ in row.responses]
        tally.add(row, of_row)
        for index, graded in enumerate(of_row):
            columns: Any = {**row.columns, new.index: index} if several else row.columns
            columns.update(new.values(graded))
            yield columns


class _Tallies:
    """What the summary counts: both accuracies, and null responses."""

    def __init__(self) -> None:
        self.flexible, self.strict = _Tally(), _Tally()
        self.nulls = 0

    def add(self, row: CompletionRow, grades: list[Grade]) -> None:
        """Count the responses of a row."""
        self.flexible.add(row, grades)
        self.strict.add(row, [graded.strict for graded in grades])
        self.nulls += sum(response.null for response in row.responses)


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
