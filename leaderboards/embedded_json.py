"""The data that the page's scripts read: every problem with its completions, and the results.

Text of models is hostile: inside a `<script>` element it must not end the element. JSON is written in
ASCII with `<`, `>` and `&` escaped, so no markup can occur in it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from clean_bench.results import SCHEMA, Results
from leaderboards.page_data import Answers, Completion, ProblemTable
from leaderboards.report_schema import RunReport

HEAD, TAIL = 800, 400
"""A longer completion keeps so many characters of its beginning and of its end."""
TEXT = 4000
"""Characters of a problem's text."""
DIGITS = 6
"""Significant digits of results: another machine may add in another order."""

_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def script_json(value: Any) -> str:
    """A JSON value that may stand inside a `<script>` element, and after `=` in a script."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).translate(_ESCAPES)


def problems_json(report: RunReport, tables: Sequence[ProblemTable]) -> str:
    """Every problem of every model with its completions; the keys are those that the script reads."""
    numbers = {info.name: number for number, info in enumerate(report.sets)}
    models = [
        {
            "name": table.model,
            "checkpoints": list(table.checkpoints),
            "rows": [
                [
                    numbers[row.set],
                    row.id,
                    shortened(row.text, TEXT // 2, TEXT // 2),
                    shortened(row.gold, HEAD, TAIL),
                    row.memorized,
                    row.copies,
                    [answers and _answers(answers) for answers in row.answers],
                ]
                for row in table.rows
            ],
        }
        for table in tables
    ]
    return script_json({"sets": [info.label for info in report.sets], "models": models})


def _answers(answers: Answers) -> list[Any]:
    counts = [answers.correct, answers.decided, answers.cut, answers.completions]
    return [*counts, [_completion(completion) for completion in answers.shown]]


def _completion(completion: Completion) -> list[Any]:
    return [
        completion.mode,
        shortened(completion.text, HEAD, TAIL),
        completion.grade,
        None if completion.score is None else int(completion.score > 0),
        completion.extracted and shortened(completion.extracted, HEAD // 2, TAIL // 2),
        int(completion.finish == "length"),
    ]


def shortened(text: str, head: int, tail: int) -> str:
    """The text, or its beginning and end around a count of the characters left out."""
    left_out = len(text) - head - tail
    if left_out <= 0:
        return text
    return f"{text[:head]} [… {left_out:,} characters left out …] {text[-tail:]}"


def results_json(results: Results) -> str:
    """The results without those of single training steps, column by column.

    A column of text is a list of its values and one number per row; a column of numbers is a list.
    """
    rows = [row for row in results if row.step is None]
    columns = []
    for number, name in enumerate(SCHEMA.names):
        values = [row[number] for row in rows]
        if any(isinstance(value, str) for value in values):
            texts = {text: place for place, text in enumerate(dict.fromkeys(values))}
            columns.append({"name": name, "texts": list(texts), "rows": [texts[v] for v in values]})
        else:
            columns.append({"name": name, "rows": list(map(_rounded, values))})
    return script_json(columns)


def _rounded(value: Any) -> Any:
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
