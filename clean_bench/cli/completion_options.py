"""Options of commands that read files of completions. This module loads no other package."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click


def completion_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--map`, which reaches the command as `columns` (a dict), and `--problems`."""

    @click.option(
        "--map",
        "mapped",
        multiple=True,
        metavar="FIELD=COLUMN,...",
        help="Columns of fields that are not recognized; fields: gold, response, problem, id, prompt, "
        "set, model, finish, temperature, step. A column is a path, such as doc.answer.",
    )
    @click.option(
        "--problems",
        metavar="NAME_OR_PATH",
        help="Problem set that holds the gold answers of the file, as --on takes it. Rows are joined by "
        "the problem's text, else by id.",
    )
    @functools.wraps(command)
    def with_columns(*args: Any, mapped: tuple[str, ...], **values: Any) -> Any:
        from clean_bench.completion_files import parse_map

        return command(*args, columns=parse_map(mapped), **values)

    return with_columns
