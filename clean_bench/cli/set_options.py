"""The option `--on`, shared by the commands that take problem sets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from clean_bench.errors import UserError


def sets_option(what: str, more: str = "", *, required: bool = True) -> Callable[..., Any]:
    """`--on`, which reaches the command as `names`, to be split by `names_of`.

    Args:
        what: the role of the sets in the command, the head of the help.
        more: further help.
    """
    return click.option(
        "--on",
        "names",
        multiple=True,
        required=required,
        metavar="NAME_OR_PATH,...",
        help=f"{what}: a known name (math500), a name with a local file (math500=FILE.jsonl), a "
        "problem-set folder, a JSONL, JSON or Parquet file, or organism:NAME/planted and "
        f"organism:NAME/twin; separate several with commas, or repeat the option.{more}",
    )


def names_of(values: Sequence[str]) -> list[str]:
    """The names in the values of an option, split at commas unless the whole value is an existing path.

    Raises:
        UserError: for an empty value.
    """
    names: list[str] = []
    for value in values:
        parts = [part.strip() for part in value.split(",") if part.strip()]
        if not parts:
            raise UserError(f"expected a name or a path, got {value!r}; leave the comma out")
        head, _, path = value.partition("=")
        whole = Path(value).exists() or (path and "," not in head and Path(path).exists())
        names += [value] if whole else parts
    return names
