"""Plain columns, and `--map FIELD=COLUMN` for the columns of any format.

    {"id": 7, "problem": "...", "gold": "12", "response": "... \\\\boxed{12}"}

Of the columns that `RECOGNIZED` lists for a field, the first that the row has counts. A response is a
text, a message, a list of messages, or a list of these (several completions). A mapped column is a
path: `doc.answer` is the key `answer` of the object `doc`, `resps.0` the first entry of a list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from clean_bench.completion_files.raw_rows import Row, stem_of
from clean_bench.completion_files.row import (
    FINISH,
    UNKNOWN,
    CompletionRow,
    Response,
    gold_text,
    listed,
    name_text,
    number_of,
    problem_text,
    prompt_text,
    responses_of,
    step_of,
    text_of,
    type_name,
)
from clean_bench.errors import UserError

NAME = "columns"
RECOGNIZED: Mapping[str, tuple[str, ...]] = {
    "gold": tuple(
        "gold answer target ground_truth label gold_answer expected_answer reference_answer reference "
        "gt solution".split()
    ),
    "response": tuple(
        "response responses completion completions output outputs generation generations "
        "generated_text model_response model_output prediction predictions resps code".split()
    ),
    "problem": ("problem", "question", "query", "instruction"),
    "id": ("problem_id", "unique_id", "id", "idx", "doc_id", "custom_id"),
    "prompt": ("prompt", "input", "messages"),
    "set": ("set", "task", "task_name", "benchmark", "dataset"),
    "model": ("model", "model_name"),
    "finish": ("finish", "finish_reason", "stop_reason"),
    "temperature": ("temperature",),
    "step": ("step", "global_step"),
}
FIELDS = tuple(RECOGNIZED)
_NEEDED = ("gold", "response")
_OTHERS = ("problem", "prompt", "set", "model", "temperature", "step", "finish")


def parse_map(values: tuple[str, ...] | list[str], option: str = "--map") -> dict[str, str]:
    """The columns of fields from `FIELD=COLUMN,...` (several, or repeated).

    Raises:
        UserError: for an unknown field, a field that is named twice, or a part without `=`.
    """
    columns: dict[str, str] = {}
    for part in (part.strip() for value in values for part in value.split(",")):
        field, equals, column = (text.strip() for text in part.partition("="))
        if not equals or not column:
            raise UserError(f"{option} {part!r}: expected FIELD=COLUMN, such as gold=target")
        if field not in FIELDS:
            raise UserError(
                f"{option} {part!r}: expected one of the fields {', '.join(FIELDS)}, got {field!r}"
            )
        if columns.setdefault(field, column) != column:
            raise UserError(f"{option}: the field {field} is named twice")
    return columns


def rows(
    path: Path, raw: Iterator[tuple[int, Row]], columns: Mapping[str, str]
) -> Iterator[CompletionRow]:
    """The rows of a file of plain columns.

    Args:
        columns: `parse_map`'s.

    Raises:
        UserError: for a row without a response, or with a value of another type.
    """
    stem = stem_of(path)
    first = next(raw)
    _require_columns(first[1], columns, f"{path}:{first[0]}")
    read = {field: _reader(field, columns.get(field), first[1]) for field in FIELDS}
    mapped = "response" in columns
    gold_of, response_of, id_of = read["gold"], read["response"], read["id"]
    # Most files have few columns: the others cost nothing per row.
    others = [field for field in _OTHERS if read[field] is not _absent]
    for number, row in chain([first], raw):
        where = f"{path}:{number}"
        response, gold = response_of(row, where), gold_of(row, where)
        if others:
            value = {field: read[field](row, where) for field in others}
            problem, prompt = value.get("problem"), value.get("prompt")
            yield CompletionRow(
                where,
                name_text(value.get("set")) or stem,
                gold if isinstance(gold, str) else gold_text(gold, where),
                _responses(response, value.get("finish"), row, where, mapped),
                name_text(id_of(row, where)),
                problem if isinstance(problem, str) else problem_text(prompt),
                prompt_text(prompt),
                name_text(value.get("model")),
                number_of(value.get("temperature")),
                step_of(value.get("step")),
                row,
            )
        else:
            yield CompletionRow(
                where,
                stem,
                gold if isinstance(gold, str) else gold_text(gold, where),
                _responses(response, None, row, where, mapped),
                name_text(id_of(row, where)),
                columns=row,
            )


def remapped(row: CompletionRow, columns: Mapping[str, str]) -> CompletionRow:
    """A row of a recognized format, with the mapped fields read from their columns."""
    where, source = row.where, row.columns
    value = {field: value_at(source, column, where, field) for field, column in columns.items()}
    changes: dict[str, Any] = {}
    if "gold" in value:
        changes["gold"] = gold_text(value["gold"], where)
    if "response" in value:
        changes["responses"] = _responses(value["response"], None, source, where, True)
    if "finish" in value:
        responses = changes.get("responses", row.responses)
        changes["responses"] = _with_finish(responses, value["finish"])
    if "problem" in value:
        changes["problem"] = text_of(value["problem"]) or problem_text(value["problem"])
    if "prompt" in value:
        changes["prompt"] = prompt_text(value["prompt"])
    converted: dict[str, tuple[str, Callable[[object], Any]]] = {
        "id": ("problem_id", name_text),
        "set": ("set", name_text),
        "model": ("model", name_text),
        "temperature": ("temperature", number_of),
        "step": ("step", step_of),
    }
    for field, (attribute, convert) in converted.items():
        if field in value:
            changes[attribute] = convert(value[field])
            if changes[attribute] is None and value[field] is not None:
                raise UserError(
                    f"{where}: --map {field}={columns[field]}: expected a text or a number, got "
                    f"{type_name(value[field])}"
                )
    if changes.get("set", row.set) is None:
        raise UserError(f"{where}: --map set={columns['set']}: expected a name, got null")
    return row._replace(**changes)


def value_at(row: Row, column: str, where: str, field: str) -> Any:
    """The value at a path such as `doc.answer` or `resps.0`; a key may itself contain dots.

    Raises:
        UserError: if there is none.
    """
    if column in row:
        return row[column]
    value: Any = row
    for part in column.split("."):
        if isinstance(value, Mapping) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            raise UserError(
                f"{where}: --map {field}={column}: expected this column, got "
                f"{', '.join(map(str, row)) or 'no columns'}"
            )
    return value


def _reader(field: str, column: str | None, first: Row) -> Callable[[Row, str], Any]:
    """A function that reads a field of a row: its mapped column, or the first recognized one.

    Fields that are not needed are read only if the first row of the file has a column for them.
    """
    if column is not None:
        return lambda row, where: value_at(row, column, where, field)
    names = [name for name in RECOGNIZED[field] if name in first]
    if field in _NEEDED:
        names += [name for name in RECOGNIZED[field] if name not in first]
    if not names:
        return _absent
    main, rest = names[0], names[1:]

    def read(row: Row, where: str) -> Any:
        value = row.get(main)
        if value is None:
            value = next((row[name] for name in rest if row.get(name) is not None), None)
        return value

    return read


def _absent(row: Row, where: str) -> None:
    """The value of a field that the file does not have."""


def _require_columns(first: Row, columns: Mapping[str, str], where: str) -> None:
    """Raise `UserError` if a file has no column of responses; names every column that is missing."""
    missing = [
        field
        for field in _NEEDED
        if field not in columns and not any(name in first for name in RECOGNIZED[field])
    ]
    if "response" in missing:
        named = ",".join(f"{field}=COLUMN" for field in missing)
        more = "; --problems NAME_OR_PATH gives golds too" if "gold" in missing else ""
        raise UserError(
            f"{where}: expected a text under 'response', got none: no column for "
            f"{' and '.join(missing)} among the columns {listed(first)}: name the column with --map "
            f"{named}{more}"
        )


def _responses(response: Any, finish: Any, row: Row, where: str, mapped: bool) -> list[Response]:
    """The responses of a row; `mapped`: the user names the column."""
    if isinstance(response, str) and finish is None:
        return [Response(response)]
    # A row without the column is a mistake; a null in it is a response without an answer.
    recognized = any(name in row for name in RECOGNIZED["response"])
    absent = response is None and not mapped and not recognized
    responses = None if absent else responses_of(response)
    if responses is None:
        got = f"the columns {listed(row)}" if absent else type_name(response)
        raise UserError(
            f"{where}: expected a text under 'response', got {got}: name the column with --map "
            "response=COLUMN"
        )
    return responses if finish is None else _with_finish(responses, finish)


def _with_finish(responses: Any, finish: object) -> list[Response]:
    """The responses with their finish reasons: one for all, or a list."""
    reasons = finish if isinstance(finish, list) and len(finish) == len(responses) else None
    each = reasons or [finish] * len(responses)
    return [
        response._replace(finish=FINISH.get(str(reason), UNKNOWN))
        for response, reason in zip(responses, each, strict=True)
    ]
