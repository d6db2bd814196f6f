r"""Map a row of any published layout to a `Problem`.

Of the columns that `_RECOGNIZED` lists for a field, the first that exists and is not null counts.
Without an answer column, the answer is the one that the solution marks (MATH, Minerva). Without an
id column, the id is the row number. Level `3` and `Level 3` become "3", and `Level ?` becomes null.

Names are compared case-insensitively. Hub rows of a catalog set are read only from the columns that the
catalog lists. Layouts with their own rules:

- GSM8K has solution and answer in one column, `... #### 2,125`. Such an answer, and every other worked
  solution, is read as by `clean_bench.grading.read_gold`; the solution is the whole text.
- A list of answers, or a JSON list as text, holds several acceptable answers, stored as a JSON list.
- BenBench's paraphrase of GSM8K has both versions. The problem is the rewritten question; the answer is
  the original one, because a paraphrase has the same answer. In 1 of 1,319 rows the rewritten solution
  differs, and it is wrong. `target` is not used: it lost everything before a thousands comma.
- OlympiadBench has lists of final answers and of solutions. Answers are joined by commas, and the grader
  compares them as an unordered list. Solutions are joined as paragraphs.
- Training sets hold chats: lists of turns with `role` and `content`, or with `from` and `value`. The
  problem is the text of the user's turns. verl's `reward_model` is an object; its `ground_truth` is the
  answer.

A user names the columns of another layout (`clean_bench.problems.set_names`); the other fields are
recognized as above. Dots reach into a column: `reward_model.ground_truth`, `answers.0`. Of a chat the
user's turns are taken, and the texts of a list are joined.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from types import MappingProxyType
from typing import Any

from clean_bench.errors import UserError
from clean_bench.grading import (
    after_hashes,
    gold_text,
    read_gold,
    several_golds,
    unreadable_gold,
)
from clean_bench.problems.catalog import Columns
from clean_bench.problems.problem import Problem, text_fault

_CHATS = ("prompt", "messages", "conversations")
_RECOGNIZED = {
    "problem": ("rewritten_question", "problem", "question", "query", "instruction", *_CHATS),
    "answer": ("answer", "gold", "target", "final_answer", "ground_truth", "reward_model"),
    "solution": ("rewritten_answer", "solution"),
    "subject": ("subfield", "subject", "type"),
    "level": ("level",),
    "id": ("unique_id", "id", "problem_id", "problem_idx", "idx"),
}
_LIST_SEPARATORS = {"final_answer": ", ", "solution": "\n\n"}
NO_COLUMNS: Mapping[str, str] = MappingProxyType({})
_ABSENT = object()
_MOST_LISTED = 100
"""Most columns in an error."""
_LEVEL_TEXT = re.compile(r"(?:level\s*)?(\d+|\?)", re.IGNORECASE)


def problem_from_row(
    row: object,
    number: int,
    where: str,
    source: str,
    layout: Columns | None = None,
    mapped: Mapping[str, str] = NO_COLUMNS,
    *,
    empty: bool = False,
) -> Problem:
    """The problem in a row; its answer is None if the row has none.

    Args:
        number: row number, counted from 1; used as id if the row has none.
        where: the row's name in errors, such as `data/set.jsonl:17`.
        source: value of `Problem.source`.
        layout: the columns to read; None to recognize them.
        mapped: columns of single fields, by field; a column that the row lacks counts as null.
        empty: whether the text of a problem may be blank, in a row that has a column for it.

    Raises:
        UserError: if the row is not an object, lacks a column of `layout`, has no problem text or a
            blank answer ("empty gold"), or has another type where text is expected.
    """
    columns = _columns(row, where)
    names: Mapping[str, tuple[str, ...]] = _RECOGNIZED
    if layout is not None:
        listed = {
            field: name.casefold() for field, name in asdict(layout).items() if name is not None
        }
        for name in listed.values():
            if name not in columns:
                raise UserError(f"{where}: expected a column {name}, got {_listed(columns)}")
        names = {field: (listed[field],) if field in listed else () for field in _RECOGNIZED}
    columns, names = _apply(mapped, columns, names, where)
    problem = _problem_text(columns, names["problem"], where, empty)
    answer: str | None
    gold = _text(columns, names["answer"], where, gold=True)
    solution = _text(columns, names["solution"], where) or None
    if gold is not None:
        answer, is_solution = _marked(gold)
        solution = solution or (gold if is_solution else None)
    else:
        answer, marked = _marked(solution or "")
        answer = answer if marked else None
    if answer is not None and not answer.strip():
        raise UserError(f"{where}: empty gold: the answer is blank; fill it in or remove the row")
    level = _text(columns, names["level"], where)
    digits = _LEVEL_TEXT.fullmatch((level or "").strip())
    return Problem(
        id=_text(columns, names["id"], where) or str(number),
        problem=problem,
        answer=answer.strip() if answer is not None else None,
        solution=solution,
        subject=_text(columns, names["subject"], where) or None,
        level=(None if digits[1] == "?" else digits[1]) if digits else level or None,
        source=source,
    )


def _marked(text: str) -> tuple[str, bool]:
    """The acceptable answers of a gold text as one text, and whether it is a solution that marks them.

    A text that cannot be read stays as it is: `ProblemSet.require_answers` reports it, and a probe needs
    no answer.
    """
    if after_hashes(text) is None and unreadable_gold(text) is not None:
        return text, False
    hashes = after_hashes(text)
    if hashes is not None and not hashes.strip():
        return "", True
    answer = several_golds(read_gold(text))
    is_list = text.lstrip().startswith(('["', "['"))
    return answer, answer.strip() != text.strip() and not is_list


def question_from_row(
    row: object, number: int, where: str, source: str, mapped: Mapping[str, str] = NO_COLUMNS
) -> Problem:
    """The problem in a row, without reading its answer columns: they may be blank or of any type.

    Raises:
        UserError: as `problem_from_row`, except for the answer.
    """
    of_question = {field: mapped[field] for field in ("problem", "id") if field in mapped}
    columns, names = _apply(of_question, _columns(row, where), _RECOGNIZED, where)
    text = _problem_text(columns, names["problem"], where)
    name = _text(columns, names["id"], where) or str(number)
    return Problem(name, text, source=source)


def check_columns(mapped: Mapping[str, str], rows: Iterable[object], where: str) -> None:
    """Raise `UserError` for a column that no row has, if there are rows; lists those there are."""
    missing = dict(mapped)
    empty = True
    there: dict[str, None] = {}
    for row in rows:
        empty = False
        if not missing:
            return
        if not isinstance(row, Mapping):
            continue  # an error of its own, which names the row
        columns = _columns(row, where)
        missing = {f: c for f, c in missing.items() if _at(columns, c) is _ABSENT}
        if len(there) < _MOST_LISTED:
            there |= dict.fromkeys(map(str, row))
    for field, column in () if empty else missing.items():
        close = difflib.get_close_matches(column, there, n=3)
        hint = f"; did you mean {' or '.join(close)}?" if close else ""
        raise UserError(
            f"{where}: expected a column {column} for the {field}, got "
            f"{', '.join(there) or 'no columns'}{hint}"
        )


def unanswered(row: Mapping[str, Any]) -> bool:
    """Whether a row's answer is null or blank."""
    columns = {str(key).casefold(): value for key, value in row.items()}
    return not (_text(columns, _RECOGNIZED["answer"], "") or "").strip()


def with_unique_ids(problems: Iterable[Problem]) -> list[Problem]:
    """The same problems; a repeated id gets a suffix: `7`, `7#2`, `7#3`."""
    unique: list[Problem] = []
    taken: set[str] = set()
    count: dict[str, int] = {}
    for problem in problems:
        name = problem.id
        while name in taken:
            count[problem.id] = count.get(problem.id, 1) + 1
            name = f"{problem.id}#{count[problem.id]}"
        taken.add(name)
        unique.append(problem if name == problem.id else replace(problem, id=name))
    return unique


def _apply(
    mapped: Mapping[str, str],
    columns: dict[str, Any],
    names: Mapping[str, tuple[str, ...]],
    where: str,
) -> tuple[dict[str, Any], Mapping[str, tuple[str, ...]]]:
    """The columns with one more, `FIELD=COLUMN`, for each mapped field, and the names that name it."""
    if not mapped:
        return columns, names
    columns, names = dict(columns), dict(names)
    for field, column in mapped.items():
        value = _at(columns, column)
        at = f"{where}: {column}"
        if isinstance(value, list | tuple):
            chat = any(isinstance(entry, Mapping) for entry in value)
            separator = ", " if field == "answer" else "\n\n"
            value = _user_turns(value, at) if chat else _joined(value, separator, at)
        elif isinstance(value, Mapping):
            inner = ", ".join(f"{column}.{key}" for key in value) or "an empty one"
            raise UserError(f"{at}: expected text or a number, got an object; name one of {inner}")
        columns[f"{field}={column}"] = None if value is _ABSENT else value
        names[field] = (f"{field}={column}",)
    return columns, names


def _at(columns: Mapping[str, Any], column: str) -> Any:
    """The value of a column, or at a path with dots inside one; `_ABSENT` if there is none."""
    value: Any = columns
    name = column.casefold()
    if name in columns:
        return columns[name]
    for part in name.split("."):
        if isinstance(value, Mapping):
            inner = {str(key).casefold(): entry for key, entry in value.items()}
            value = inner.get(part, _ABSENT)
        elif isinstance(value, list | tuple) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None if value is None else _ABSENT
    return value


def _columns(row: object, where: str) -> dict[str, Any]:
    if not isinstance(row, Mapping):
        raise UserError(f"{where}: expected an object with columns, got {_type_name(row)}")
    return {str(key).casefold(): value for key, value in row.items()}


def _listed(columns: Mapping[str, Any]) -> str:
    return ", ".join(sorted(columns)) or "no columns"


def _problem_text(
    columns: Mapping[str, Any], names: tuple[str, ...], where: str, empty: bool = False
) -> str:
    """The text of a problem; with `empty` it may be blank, where there is a column for it."""
    problem = _text(columns, names, where)
    if problem is not None and problem.strip():
        return problem
    known = [name for name in names if name in columns]
    if not known:
        raise UserError(
            f"{where}: no problem text: expected a column such as problem or question, got "
            f"{_listed(columns)}; add :problem=COLUMN to the name of the set"
        )
    if empty:
        return problem or ""
    column = known[0].removeprefix("problem=")
    got = "none" if problem is None else "an empty one"
    raise UserError(
        f"{where}: expected a problem text in {column}, got {got}; fill it in or remove the row"
    )


def _text(
    columns: Mapping[str, Any], names: tuple[str, ...], where: str, *, gold: bool = False
) -> str | None:
    """The value of the first non-null column of `names`, as text. A whole float loses its `.0`.

    A `gold` may also be a list of acceptable answers, or an object that holds the answer.
    """
    for name in names:
        value = columns.get(name)
        if isinstance(value, list | tuple) and name in _LIST_SEPARATORS:
            value = _joined(value, _LIST_SEPARATORS[name], f"{where}: {name}")
        elif isinstance(value, list | tuple) and name in _CHATS:
            value = _user_turns(value, f"{where}: {name}")
        elif gold and isinstance(value, Mapping):
            value = gold_text(value)
        elif gold and isinstance(value, list | tuple):
            value = gold_text(value) or value
        if value is None or (isinstance(value, float) and math.isnan(value)):
            continue
        if isinstance(value, float) and math.isinf(value):
            raise UserError(f"{where}: {name}: expected text or a finite number, got infinity")
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise UserError(f"{where}: {name}: expected text or a number, got {_type_name(value)}")
        text = str(value)
        if (fault := text_fault(text)) is not None:
            raise UserError(f"{where}: {name}: {fault}")
        return text
    return None


def _joined(values: Sequence[object], separator: str, where: str) -> str | None:
    """A list of texts or numbers as one text; None for an empty list."""
    texts = [_text({"entry": value}, ("entry",), where) or "" for value in values]
    return separator.join(text.strip() for text in texts if text.strip()) or None


def _user_turns(turns: Sequence[object], where: str) -> str | None:
    """The user's turns of a chat, as paragraphs; None if there are none."""
    texts = []
    for turn in turns:
        if not isinstance(turn, Mapping) or not {"role", "from"} & turn.keys():
            raise UserError(
                f"{where}: expected a list of turns with role and content, got {_type_name(turn)}"
            )
        if turn.get("role", turn.get("from")) in ("user", "human"):
            content = {"content": turn.get("content", turn.get("value"))}
            texts.append(_text(content, ("content",), where))
    return "\n\n".join(text for text in texts if text) or None


def _type_name(value: object) -> str:
    names = {bool: "true or false", dict: "an object", list: "a list", str: "text"}
    return names.get(type(value), "a number" if isinstance(value, int | float) else "null")
