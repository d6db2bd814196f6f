"""lm-eval's `--log_samples` files: `samples_TASK_DATE.jsonl`, one object per problem and filter.

Written by lm-eval 0.4 (`lm_eval/loggers/evaluation_tracker.py`). `resps` holds one list per request
with the completions of its repeats, `filtered_resps` what a filter left of them, `target` the gold
answer as text, `arguments` the prompt and the generation settings. With several filters there is one
row per problem and filter, with the same `resps`: only the first row of a problem counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from clean_bench.completion_files.raw_rows import Row, stem_of
from clean_bench.completion_files.row import (
    NO_RESPONSE,
    CompletionRow,
    Response,
    gold_text,
    name_text,
    number_of,
    prompt_text,
)
from clean_bench.errors import UserError
from clean_bench.grading import unreadable_gold

NAME = "lm-eval"
COLUMNS = None
_FILE = re.compile(r"(?:samples_)?(?P<task>.+?)_\d{4}-\d{2}-\d{2}T[\d.:-]+")
_PROBLEM = ("problem", "question", "query", "Problem", "Question", "input", "prompt")
_GOLD = ("answer", "gold", "final_answer", "solution", "Answer")
"""Columns of the dataset's row, read where `target` holds no answer."""


def recognizes(path: Path, row: Row) -> bool:
    """Whether a row is a sample of lm-eval."""
    return "doc_id" in row and ("resps" in row or "filtered_resps" in row)


def rows(path: Path, raw: Iterator[tuple[int, Row]]) -> Iterator[CompletionRow]:
    """The rows of a file.

    Raises:
        UserError: for a row without generated text (a task of log-likelihoods).
    """
    name = stem_of(path)
    match = _FILE.fullmatch(name)
    task = match["task"] if match else name.removeprefix("samples_")
    folder = path.absolute().parent.name
    model = folder.replace("__", "/", 1) if "__" in folder else None
    filters: dict[tuple[Any, ...], Any] = {}
    for number, row in raw:
        where = f"{path}:{number}"
        key = tuple(str(row.get(k)) for k in ("doc_id", "doc_hash", "prompt_hash", "target_hash"))
        first = filters.setdefault(key, row.get("filter"))
        if first != row.get("filter"):
            continue
        doc = row.get("doc")
        doc = doc if isinstance(doc, Mapping) else {}
        prompt, settings = _arguments(row.get("arguments"))
        yield CompletionRow(
            where,
            task,
            _gold(row, doc, where),
            _responses(row, where),
            problem_id=name_text(row["doc_id"]),
            problem=next((doc[k] for k in _PROBLEM if isinstance(doc.get(k), str)), None),
            prompt=prompt,
            model=model,
            temperature=_temperature(settings),
            columns=row,
        )


def _gold(row: Row, doc: Mapping[str, Any], where: str) -> str | None:
    """The target, or a column of the dataset's row where the target is no answer."""
    target = gold_text(row.get("target"), where)
    if target is not None and unreadable_gold(target) is None:
        return target
    for name in _GOLD:
        value = doc.get(name)
        if isinstance(value, str) and unreadable_gold(value) is None:
            return value
    return target


def _responses(row: Row, where: str) -> list[Response]:
    """The completions of all repeats, as the model wrote them."""
    value = row.get("resps", row.get("filtered_resps"))
    responses: list[Response] = []
    for of_request in value if isinstance(value, list) else [value]:
        for text in of_request if isinstance(of_request, list) else [of_request]:
            if isinstance(text, list):
                raise UserError(
                    f"{where}: expected generated texts under 'resps', got log-likelihoods: "
                    "log the samples of a task that generates"
                )
            if not isinstance(text, str | None):
                raise UserError(f"{where}: expected lists of texts under 'resps'")
            responses.append(NO_RESPONSE if text is None else Response(text))
    if not responses:
        raise UserError(f"{where}: expected at least one completion under 'resps', got none")
    return responses


def _arguments(value: object) -> tuple[str, Mapping[str, Any]]:
    """The prompt and the generation settings of the first request."""
    first: object = None
    if isinstance(value, Mapping):  # {"gen_args_0": {"arg_0": prompt, "arg_1": settings}}
        first = value.get("gen_args_0")
        first = list(first.values()) if isinstance(first, Mapping) else None
    elif isinstance(value, list) and value:  # [[prompt, settings]], before 0.4.3
        first = value[0]
    if not isinstance(first, list) or not first:
        return "", {}
    settings = first[1] if len(first) > 1 and isinstance(first[1], Mapping) else {}
    return prompt_text(first[0]), settings


def _temperature(settings: Mapping[str, Any]) -> float | None:
    if settings.get("do_sample") is False:
        return 0.0
    return number_of(settings.get("temperature"))
