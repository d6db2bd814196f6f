"""`CompletionRow`: what every format gives, and how its fields are read from the values of a file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from clean_bench import grading
from clean_bench.errors import UserError
from clean_bench.grading import unreadable_gold

STOP, LENGTH, UNKNOWN = "stop", "length", "unknown"
FINISH = {
    "stop": STOP,
    "eos": STOP,
    "end_turn": STOP,
    "length": LENGTH,
    "max_tokens": LENGTH,
    "model_length": LENGTH,
}
"""Finish reasons as other tools write them; any other one is unknown."""
_MOST_LISTED = 50
"""Columns that an error lists."""


class Response(NamedTuple):
    """One completion: its text, and why it ended (`stop`, `length` or `unknown`).

    `null` marks a null in the file, which is an empty text.
    """

    text: str
    finish: str = UNKNOWN
    null: bool = False


NO_RESPONSE = Response("", null=True)
"""The response of a null: it is graded as one without an answer."""


class CompletionRow(NamedTuple):
    """The completions of one row of a file.

    `where` is the row's name in errors, `FILE:17`. `set` is the task. `gold` is the answer as it is
    published (see `clean_bench.grading.gold`), several acceptable ones as a JSON list; None where the
    file has none. `problem_id` and `problem` are None where the file has none, and `prompt` is empty.
    `temperature` is None where the file does not state it, `step` the step of a training run. `columns`
    are those of the file, as they are.
    """

    where: str
    set: str
    gold: str | None
    responses: Sequence[Response]
    problem_id: str | None = None
    problem: str | None = None
    prompt: str = ""
    model: str | None = None
    temperature: float | None = None
    step: int | None = None
    columns: Mapping[str, Any] = {}


def require_gold(row: CompletionRow) -> str:
    """The gold answer of a row, as it is published.

    Raises:
        UserError: naming the row, if there is none or no answer can be read from it.
    """
    reason = None if row.gold is None else unreadable_gold(row.gold)
    if row.gold is None:
        reason = f"none among the columns {listed(row.columns)}"
    if reason is not None or row.gold is None:
        raise UserError(
            f"{row.where}: expected a text or a number under 'gold', got {reason}: name the column of "
            "the answer with --map gold=COLUMN, or the problems with --problems NAME_OR_PATH"
        )
    return row.gold


def gold_text(value: object, where: str) -> str | None:
    """A gold answer as text (`clean_bench.grading.gold_text`); None for null.

    Raises:
        UserError: for a value that holds no answer, such as true, or a number that is not finite.
    """
    if value is None or isinstance(value, str):
        return value
    text = grading.gold_text(value)
    if text is not None:
        return text
    raise UserError(f"{where}: expected a text or a number under 'gold', got {type_name(value)}")


def name_text(value: object) -> str | None:
    """An id or a name as text; None for anything but a non-empty text or a number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(int(value) if isinstance(value, float) and value.is_integer() else value) or None


def step_of(value: object) -> int | None:
    """A training step."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def number_of(value: object) -> float | None:
    """A finite number, such as a temperature."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def text_of(value: object) -> str | None:
    """A text, or the text of a message or of a list of messages; None for anything else.

    Content that is a list of parts is the text of its text parts. Of a completion, the assistant's
    messages count.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return _content(value)
    if isinstance(value, list | tuple) and value and all(isinstance(v, Mapping) for v in value):
        messages = [message for message in value if _role(message) in ("assistant", "gpt", "")]
        texts = [_content(message) for message in messages]
        return "\n\n".join(text for text in texts if text) if messages else None
    return None


def prompt_text(value: object) -> str:
    """A prompt as text: a text as it is, messages as paragraphs after their roles."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list | tuple):
        return ""
    turns = [turn for turn in value if isinstance(turn, Mapping)]
    return "\n\n".join(f"{_role(turn)}: {_content(turn) or ''}" for turn in turns)


def problem_text(value: object) -> str | None:
    """The problem in a prompt: the user's turn of messages; None for a text, which has a template."""
    if not isinstance(value, list | tuple):
        return None
    turns = [turn for turn in value if isinstance(turn, Mapping)]
    texts = [_content(turn) for turn in turns if _role(turn) in ("user", "human")]
    return texts[-1] if texts else None


def responses_of(value: object) -> list[Response] | None:
    """One response, or several of a list (one level of nesting is opened); None for anything else."""
    only = _response(value)
    if only is not None:
        return [only]
    if not isinstance(value, list | tuple) or not value:
        return None
    responses: list[Response] = []
    for entry in value:
        inner = [entry] if _response(entry) is not None else entry
        if not isinstance(inner, list | tuple):
            return None
        for item in inner:
            response = _response(item)
            if response is None:
                return None
            responses.append(response)
    return responses or None


def _response(value: object) -> Response | None:
    text = text_of(value)
    if text is not None:
        return Response(text)
    return NO_RESPONSE if value is None else None


def listed(columns: Iterable[object]) -> str:
    """The names of columns, for errors."""
    names = list(map(str, columns))
    more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    return (", ".join(names[:_MOST_LISTED]) or "none") + more


def type_name(value: object) -> str:
    """The JSON type of a value, for errors."""
    names = {bool: "true or false", dict: "an object", list: "a list", tuple: "a list", str: "text"}
    if value is None:
        return "null"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"the number {value}"
    return names.get(type(value), type(value).__name__)


def _role(message: Mapping[str, Any]) -> str:
    role = message.get("role", message.get("from"))
    return role if isinstance(role, str) else ""


def _content(message: Mapping[str, Any]) -> str | None:
    content = message.get("content", message.get("value", message.get("text")))
    if isinstance(content, list | tuple):
        parts = [_part(part) for part in content]
        return "".join(part for part in parts if part)
    return content if isinstance(content, str) else None


def _part(part: object) -> str | None:
    if isinstance(part, str):
        return part
    if not isinstance(part, Mapping):
        return None
    if isinstance(part.get("reasoning"), str) and part.get("type") == "reasoning":
        return f"<think>{part['reasoning']}</think>"
    text = part.get("text")
    return text if isinstance(text, str) else None
