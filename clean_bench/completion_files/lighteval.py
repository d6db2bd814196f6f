"""lighteval's details: `details_TASK_DATE.parquet`, one row per problem.

Two layouts. Since 0.10 (`lighteval/logging/info_loggers.py`, `DetailsLogger.Detail`) a row has the
structs `doc` (query, choices, gold_index, task_name, ...), `model_response` (text, ...) and `metric`.
Before, it had columns such as `example`, `full_prompt`, `gold`, `predictions`, whose lists are texts
that Python printed: they are read as literals and never evaluated.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from clean_bench.completion_files.raw_rows import Row, stem_of
from clean_bench.completion_files.row import (
    CompletionRow,
    gold_text,
    prompt_text,
    responses_of,
)
from clean_bench.errors import UserError

NAME = "lighteval"
COLUMNS = None
_LONGEST_LITERAL = 8 << 20
"""Characters of a list that Python printed: parsing takes a hundred times as much memory."""
_FILE = re.compile(r"(?:details_)?(?P<task>.+?)_\d{4}-\d{2}-\d{2}T[\d.:-]+")


def recognizes(path: Path, row: Row) -> bool:
    """Whether a row is a detail of lighteval."""
    new = isinstance(row.get("doc"), Mapping) and isinstance(row.get("model_response"), Mapping)
    return new or ("predictions" in row and "full_prompt" in row and "gold" in row)


def rows(path: Path, raw: Iterator[tuple[int, Row]]) -> Iterator[CompletionRow]:
    """The rows of a file.

    Raises:
        UserError: for a row without generated text.
    """
    name = stem_of(path)
    match = _FILE.fullmatch(name)
    task = match["task"] if match else name.removeprefix("details_")
    for number, row in raw:
        new = isinstance(row.get("doc"), Mapping)
        yield (_new if new else _old)(row, number, f"{path}:{number}", task)


def _new(row: Row, number: int, where: str, task: str) -> CompletionRow:
    doc, response = row["doc"], row.get("model_response")
    response = response if isinstance(response, Mapping) else {}
    responses = responses_of(response["text"]) if "text" in response else None
    if responses is None:
        raise UserError(f"{where}: expected a list of texts under 'model_response.text'")
    query = doc.get("query")
    query = query if isinstance(query, str) else ""
    prompt = prompt_text(response.get("input")) or query
    named = doc.get("task_name")
    return CompletionRow(
        where,
        _task(named if isinstance(named, str) and named else task),
        _gold_of_choices(doc, where),
        responses,
        problem_id=str(number - 1),
        problem=query,
        prompt=prompt,
        columns=row,
    )


def _old(row: Row, number: int, where: str, task: str) -> CompletionRow:
    responses = responses_of(_literal(row["predictions"]))
    if responses is None:
        raise UserError(f"{where}: expected a list of texts under 'predictions'")
    example, prompt = (row.get(name) for name in ("example", "full_prompt"))
    prompt = prompt_text(_literal(prompt)) or str(prompt or "")
    gold = _literal(row["gold"])
    return CompletionRow(
        where,
        _task(task),
        gold_text(_only(gold), where),
        responses,
        problem_id=str(number - 1),
        problem=example if isinstance(example, str) else None,
        prompt=prompt,
        columns=row,
    )


def _task(name: str) -> str:
    """The task in `suite|task|few-shots`, `task|few-shots` or `task`."""
    parts = name.split("|")
    return parts[1] if len(parts) > 2 else parts[0]


def _gold_of_choices(doc: Mapping[str, Any], where: str) -> str | None:
    """The choices that `gold_index` names."""
    choices, index = doc.get("choices"), doc.get("gold_index")
    places = index if isinstance(index, list) else [index]
    if not isinstance(choices, list):
        return None
    golds: list[object] = []
    for place in places:
        if isinstance(place, bool) or not isinstance(place, int) or not 0 <= place < len(choices):
            raise UserError(f"{where}: expected 'doc.gold_index' to name one of 'doc.choices'")
        choice = choices[place]
        golds += choice if isinstance(choice, list) else [choice]
    return gold_text(_only(golds), where)


def _only(value: object) -> object:
    """The entry of a list of one."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _literal(value: object) -> object:
    """A list that was printed by Python, as a list; anything else as it is."""
    if not isinstance(value, str) or not value.startswith("[") or len(value) > _LONGEST_LITERAL:
        return value
    try:
        literal = ast.literal_eval(value)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return value
    return literal if isinstance(literal, list) else value
