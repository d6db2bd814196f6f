r"""Recognize the columns of a row, whoever published it, and make a `Problem` of it.

| field    | columns, first one that is there and not null                              |
|----------|----------------------------------------------------------------------------|
| problem  | rewritten_question, problem, question, query, instruction, prompt,         |
|          | messages, conversations                                                    |
| answer   | answer, gold, target, final_answer, ground_truth, reward_model; else the   |
|          | last complete box of the solution (MATH, Minerva)                          |
| solution | rewritten_answer, solution; else the whole GSM8K answer                    |
| subject  | subfield, subject, type                                                    |
| level    | level (`3` and `Level 3` become "3", `Level ?` nothing)                    |
| id       | unique_id, id, problem_id, problem_idx, idx; else the row's number         |

Names are compared without case. Of a set that the registry knows, hub rows are read by the columns
that it names and by no others. Four habits of publishers are met here:

- GSM8K writes the worked solution and the answer into one column, `... #### 2,125`. The answer is
  what follows the last `####`, thousands commas removed; the whole is the solution.
- BenBench's paraphrase of GSM8K carries both wordings. The problem is the rewritten question, the
  answer that of the original: a paraphrase asks for the same number, and where the rewriter's own
  solution differs (1 of 1,319) it is the rewriter who erred. Its `target` is not used: it lost
  everything before a thousands comma.
- OlympiadBench lists its final answers, and its solutions. Several answers become one, separated by
  commas, which the grader compares as a list without order; several solutions become paragraphs.
- Training sets hold chats: a list of turns, each with `role` and `content` or with `from` and `value`.
  The problem is what the user says in them. verl's `reward_model` is an object; the answer is its
  `ground_truth`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from clean_bench.errors import UserError
from clean_bench.grading import last_box
from clean_bench.problems.catalog import Columns
from clean_bench.problems.problem import Problem

_CHATS = ("prompt", "messages", "conversations")
_PROBLEM = ("rewritten_question", "problem", "question", "query", "instruction", *_CHATS)
_ANSWER = ("answer", "gold", "target", "final_answer", "ground_truth", "reward_model")
_SOLUTION = ("rewritten_answer", "solution")
_SUBJECT = ("subfield", "subject", "type")
_LEVEL = ("level",)
_ID = ("unique_id", "id", "problem_id", "problem_idx", "idx")
_LISTS = {"final_answer": ", ", "solution": "\n\n"}
_RECOGNIZED = {
    "problem": _PROBLEM,
    "answer": _ANSWER,
    "solution": _SOLUTION,
    "subject": _SUBJECT,
    "level": _LEVEL,
    "id": _ID,
}
_HASHES = "####"
_LEVEL_TEXT = re.compile(r"(?:level\s*)?(\d+|\?)", re.IGNORECASE)


def problem_of(
    row: object, number: int, where: str, source: str, known: Columns | None = None
) -> Problem:
    """The problem that a row holds; its answer is None where the row has none.

    Args:
        number: the row's number, counted from 1; its id where it has no other.
        where: how to name the row in an error, for example `data/set.jsonl:17`.
        source: what to record as its source.
        known: the columns to read; recognized where None.

    Raises:
        UserError: if the row is no object, lacks a column that is known, has no problem text, has a
            blank answer ("empty gold"), or holds something else than text where text belongs.
    """
    columns = _columns(row, where)
    there = ", ".join(sorted(columns)) or "none"
    names = _RECOGNIZED if known is None else _named(known)
    for name in [] if known is None else [name for some in names.values() for name in some]:
        if name not in columns:
            raise UserError(f"{where}: the column {name} is missing (there are: {there})")
    problem = _asked(columns, names["problem"], where)
    answer = _text(columns, names["answer"], where)
    solution = _text(columns, names["solution"], where) or None
    if answer is not None and _HASHES in answer:
        solution = solution or answer
        answer = answer.rsplit(_HASHES, 1)[1].replace(",", "")
    elif answer is None and solution is not None:
        answer = last_box(solution) or None
    if answer is not None and not answer.strip():
        raise UserError(f"{where}: empty gold: the row's answer is blank")
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


def question_of(row: object, number: int, where: str, source: str) -> Problem:
    """The problem that a row holds without its answer, which may be blank or of any kind.

    Raises:
        UserError: as `problem_of`, but for what the columns of the answer hold.
    """
    columns = _columns(row, where)
    text = _asked(columns, _PROBLEM, where)
    return Problem(_text(columns, _ID, where) or str(number), text, source=source)


def _columns(row: object, where: str) -> dict[str, Any]:
    if not isinstance(row, Mapping):
        raise UserError(f"{where}: the row is {_kind(row)}, and an object with columns is wanted")
    return {str(key).casefold(): value for key, value in row.items()}


def _asked(columns: Mapping[str, Any], names: tuple[str, ...], where: str) -> str:
    problem = _text(columns, names, where)
    if problem is None or not problem.strip():
        there = ", ".join(sorted(columns)) or "none"
        raise UserError(
            f"{where}: no problem text: a column named problem or question is wanted "
            f"(there are: {there})"
        )
    return problem


def unanswered(row: Mapping[str, Any]) -> bool:
    """Whether a row's answer is null or blank."""
    columns = {str(key).casefold(): value for key, value in row.items()}
    return not (_text(columns, _ANSWER, "") or "").strip()


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


def _named(known: Columns) -> dict[str, tuple[str, ...]]:
    return {
        field: (column.casefold(),) if column is not None else ()
        for field, column in asdict(known).items()
    }


def _text(columns: Mapping[str, Any], names: tuple[str, ...], where: str) -> str | None:
    """The first column of `names` that holds something, as text. A whole float loses its `.0`."""
    for name in names:
        value = columns.get(name)
        if isinstance(value, list | tuple) and name in _LISTS:
            value = _joined(value, _LISTS[name], f"{where}: {name}")
        elif isinstance(value, list | tuple) and name in _CHATS:
            value = _said_by_user(value, f"{where}: {name}")
        elif isinstance(value, Mapping) and name == "reward_model":
            value = value.get("ground_truth")
        if value is None or (isinstance(value, float) and math.isnan(value)):
            continue
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise UserError(f"{where}: {name} is {_kind(value)}, and text or a number is wanted")
        text = str(value)
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise UserError(f"{where}: {name} holds half a surrogate pair, which no text can hold")
        return text
    return None


def _joined(values: Sequence[object], separator: str, where: str) -> str | None:
    """A list of texts or numbers as one text; None for an empty list."""
    texts = [_text({"entry": value}, ("entry",), where) or "" for value in values]
    return separator.join(text.strip() for text in texts if text.strip()) or None


def _said_by_user(turns: Sequence[object], where: str) -> str | None:
    """What the user says in a chat, turn by turn; None where nothing."""
    said = []
    for turn in turns:
        if not isinstance(turn, Mapping) or not {"role", "from"} & turn.keys():
            raise UserError(f"{where}: a list of turns with role and content is wanted")
        if turn.get("role", turn.get("from")) in ("user", "human"):
            said.append(
                _text({"content": turn.get("content", turn.get("value"))}, ("content",), where)
            )
    return "\n\n".join(text for text in said if text) or None


def _kind(value: object) -> str:
    names = {bool: "true or false", dict: "an object", list: "a list", str: "text"}
    return names.get(type(value), "a number" if isinstance(value, int | float) else "empty")
