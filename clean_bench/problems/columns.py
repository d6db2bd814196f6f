r"""From a row of any published data set to a `Problem`: which column holds what.

| field    | columns, the first one that exists and is not null                         |
|----------|----------------------------------------------------------------------------|
| problem  | rewritten_question, problem, question, query, instruction, prompt,         |
|          | messages, conversations                                                    |
| answer   | answer, gold, target, final_answer, ground_truth, reward_model; else the   |
|          | last complete box of the solution (MATH, Minerva)                          |
| solution | rewritten_answer, solution; else the whole GSM8K answer                    |
| subject  | subfield, subject, type                                                    |
| level    | level (`3` and `Level 3` become "3", `Level ?` nothing)                    |
| id       | unique_id, id, problem_id, problem_idx, idx; else the row's number         |

Names are compared without case. The hub rows of a set in the catalog are read by the columns that the
catalog names and by no others. Four formats need more than a name:

- GSM8K writes the worked solution and the answer into one column, `... #### 2,125`. The answer is
  the text after the last `####`, without thousands commas; the whole is the solution.
- BenBench's paraphrase of GSM8K has both wordings. The problem is the rewritten question, and the
  answer is that of the original. A paraphrase has the same answer; in 1 of 1,319 rows the rewritten
  solution ends with another one, which is wrong. Its `target` is not used: it lost everything
  before a thousands comma.
- OlympiadBench lists its final answers and its solutions. Several answers become one, separated by
  commas, which the grader compares as a list without order; several solutions become paragraphs.
- Training sets hold chats: a list of turns, each with `role` and `content` or with `from` and
  `value`. The problem is the text of the user's turns. verl's `reward_model` is an object; the
  answer is its `ground_truth`.
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


def read_problem(
    row: object, number: int, where: str, source: str, known: Columns | None = None
) -> Problem:
    """The problem in a row; its answer is None where the row has none.

    Args:
        number: the row's number, counted from 1; its id where it has no other.
        where: the name of the row in an error, for example `data/set.jsonl:17`.
        source: what is recorded as its source.
        known: the columns to read; recognized where None.

    Raises:
        UserError: if the row is no object, lacks a known column, has no problem text, has a blank
            answer ("empty gold"), or holds anything but text or a number in a column of text.
    """
    columns = _columns(row, where)
    names = _RECOGNIZED if known is None else _named(known)
    for name in [] if known is None else [name for some in names.values() for name in some]:
        if name not in columns:
            raise UserError(f"{where}: expected the column {name}, got {_listed(columns)}")
    problem = _problem_text(columns, names["problem"], where)
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


def read_question(row: object, number: int, where: str, source: str) -> Problem:
    """The problem in a row without its answer; the columns of the answer are not read.

    Raises:
        UserError: as `read_problem`.
    """
    columns = _columns(row, where)
    text = _problem_text(columns, _PROBLEM, where)
    return Problem(_text(columns, _ID, where) or str(number), text, source=source)


def _columns(row: object, where: str) -> dict[str, Any]:
    if not isinstance(row, Mapping):
        raise UserError(f"{where}: expected an object with columns, got {_type_name(row)}")
    return {str(key).casefold(): value for key, value in row.items()}


def _listed(columns: Mapping[str, Any]) -> str:
    """The names of the columns, for an error."""
    return ", ".join(sorted(columns)) or "no columns"


def _problem_text(columns: Mapping[str, Any], names: tuple[str, ...], where: str) -> str:
    problem = _text(columns, names, where)
    if problem is None or not problem.strip():
        raise UserError(
            f"{where}: no problem text: expected a column named problem or question, got "
            f"{_listed(columns)}"
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
    """The first column of `names` that is not null, as text. A whole float loses its `.0`."""
    for name in names:
        value = columns.get(name)
        if isinstance(value, list | tuple) and name in _LISTS:
            value = _joined(value, _LISTS[name], f"{where}: {name}")
        elif isinstance(value, list | tuple) and name in _CHATS:
            value = _user_turns(value, f"{where}: {name}")
        elif isinstance(value, Mapping) and name == "reward_model":
            value = value.get("ground_truth")
        if value is None or (isinstance(value, float) and math.isnan(value)):
            continue
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise UserError(f"{where}: {name}: expected text or a number, got {_type_name(value)}")
        text = str(value)
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise UserError(f"{where}: {name}: expected text, got half a surrogate pair")
        return text
    return None


def _joined(values: Sequence[object], separator: str, where: str) -> str | None:
    """A list of texts or numbers as one text; None for an empty list."""
    texts = [_text({"entry": value}, ("entry",), where) or "" for value in values]
    return separator.join(text.strip() for text in texts if text.strip()) or None


def _user_turns(turns: Sequence[object], where: str) -> str | None:
    """The text of the user's turns in a chat; None where there is none."""
    texts = []
    for turn in turns:
        if not isinstance(turn, Mapping) or not {"role", "from"} & turn.keys():
            raise UserError(
                f"{where}: expected turns with role and content, got {_type_name(turn)}"
            )
        if turn.get("role", turn.get("from")) in ("user", "human"):
            content = {"content": turn.get("content", turn.get("value"))}
            texts.append(_text(content, ("content",), where))
    return "\n\n".join(text for text in texts if text) or None


def _type_name(value: object) -> str:
    names = {bool: "true or false", dict: "an object", list: "a list", str: "text"}
    return names.get(type(value), "a number" if isinstance(value, int | float) else "null")
