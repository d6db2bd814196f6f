"""What commands share: output, progress, and checks of options."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

json_option = click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print one JSON object on standard output; everything else goes to standard error.",
)


def emit(as_json: bool, data: dict[str, Any], text: str | None = None) -> None:
    """Print the JSON object, or the text for people."""
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=True, allow_nan=True))
    elif text:
        click.echo(text)


def say(message: str) -> None:
    """A line for people, on standard error."""
    click.echo(message, err=True)


@contextmanager
def progress_bar(description: str, total: int | None) -> Iterator[Callable[..., None]]:
    """A bar on standard error; yields `advance(n=1, note="")`. One line where no terminal watches."""
    if not sys.stderr.isatty():
        told = False

        def tell(n: int = 1, note: str = "") -> None:
            nonlocal told
            if not told:  # at the first progress, so that a mistake found before it stays one line
                say(description)
            told = True

        yield tell
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(description, total=total, note="")

        def advance(n: int = 1, note: str = "") -> None:
            progress.update(task, advance=n, note=note)

        yield advance


def percent(estimate: dict[str, Any]) -> str:
    """`61.0% [58.2, 63.9]` from an estimate's JSON."""
    if estimate["value"] is None:
        return "unknown (nothing could be decided)"
    value, low, high = (100 * estimate[key] for key in ("value", "low", "high"))
    return f"{value:.1f}% [{low:.1f}, {high:.1f}]"
