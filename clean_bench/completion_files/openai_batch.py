"""OpenAI-style batches: the output file of a batch, one object per request.

A row has `custom_id`, and `response` with `status_code` and `body`, a chat completion (or a text
completion) with `choices` (https://platform.openai.com/docs/guides/batch; vLLM's `run_batch` writes the
same). Gold answers are in neither of the two files of a batch: `--problems` joins the problems whose id
is the `custom_id`. A request that failed has no completion and is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from clean_bench.completion_files.raw_rows import Row, stem_of
from clean_bench.completion_files.row import (
    FINISH,
    UNKNOWN,
    CompletionRow,
    Response,
    gold_text,
    name_text,
    text_of,
)
from clean_bench.errors import UserError

NAME = "openai-batch"
COLUMNS = None
_GOLD = ("gold", "answer", "target")
"""Columns that a user may have added to the rows."""


def recognizes(path: Path, row: Row) -> bool:
    """Whether a row is of the output of a batch, or of its requests."""
    return "custom_id" in row and ("response" in row or "body" in row)


def rows(path: Path, raw: Iterator[tuple[int, Row]]) -> Iterator[CompletionRow]:
    """The rows of a file.

    Raises:
        UserError: for a file of requests, and for a request without a completion.
    """
    for number, row in raw:
        where = f"{path}:{number}"
        if "response" not in row:
            raise UserError(
                f"{where}: expected the output file of a batch, got its requests (no 'response')"
            )
        response = row["response"]
        body = response.get("body") if isinstance(response, Mapping) else None
        choices = body.get("choices") if isinstance(body, Mapping) else None
        if not isinstance(body, Mapping) or not isinstance(choices, list) or not choices:
            status = response.get("status_code") if isinstance(response, Mapping) else None
            reason = f"status {status}" if status else "an error"
            raise UserError(
                f"{where}: the request {row.get('custom_id')!r} has no completion ({reason}): send it "
                "again, or remove the row"
            )
        gold = next((row[name] for name in _GOLD if row.get(name) is not None), None)
        yield CompletionRow(
            where,
            stem_of(path),
            gold_text(gold, where),
            [_response(choice, where) for choice in choices],
            problem_id=name_text(row["custom_id"]),
            model=name_text(body.get("model")),
            columns=row,
        )


def _response(choice: object, where: str) -> Response:
    if not isinstance(choice, Mapping):
        raise UserError(f"{where}: expected objects under 'response.body.choices'")
    message = choice.get("message")
    text = choice.get("text") if message is None else text_of(message)
    if isinstance(message, Mapping) and isinstance(message.get("reasoning_content"), str):
        text = f"<think>{message['reasoning_content']}</think>{text or ''}"
    if not isinstance(text, str):
        if isinstance(message, Mapping) and message.get("content", "") is None:
            text = ""  # a refusal, or a tool call
        else:
            raise UserError(f"{where}: expected a text under 'response.body.choices[].message'")
    return Response(text, FINISH.get(str(choice.get("finish_reason")), UNKNOWN))
