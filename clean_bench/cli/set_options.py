"""Options that commands share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from clean_bench.errors import UserError


class Several(click.Option):
    """An option with one or more values, in one place or repeated: `--on A B`, `--on A --on B`.

    It takes every token up to the next option, so arguments come before it or after another option.
    Give it `multiple=True`; the command sees a tuple.
    """

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Let the parser read a line in which the option is repeated before each of its values."""
        super().add_to_parser(parser, ctx)
        parse = parser.parse_args

        def parse_spread(args: list[str]) -> Any:
            return parse(args=spread(args, self.opts))

        parser.parse_args = parse_spread


def sets_option(what: str, more: str = "", *, required: bool = True) -> Callable[..., Any]:
    """`--on`, which reaches the command as `names`, to be taken apart by `names_of`.

    Args:
        what: what the sets are to the command, the head of the help.
        more: what else the help says.
    """
    return click.option(
        "--on",
        "names",
        cls=Several,
        multiple=True,
        required=required,
        metavar="NAME_OR_PATH,...",
        help=f"{what}: a known name (math500), a name with a local file (math500=FILE.jsonl), a "
        "problem-set folder, a JSONL, JSON or Parquet file, or organism:NAME/planted and "
        f"organism:NAME/twin; several with commas or spaces.{more}",
    )


trust_option = click.option(
    "--trust-remote-code", is_flag=True, help="Run code that the checkpoint brings along."
)


def names_of(values: Sequence[str]) -> list[str]:
    """Names of sets, taken apart at commas where the whole is no path that is there.

    Raises:
        UserError: for a value that names none.
    """
    names: list[str] = []
    for value in values:
        parts = [part for part in value.split(",") if part.strip()]
        if not parts:
            raise UserError(f"no problem set is named by {value!r}: give a name or a path")
        head, _, path = value.partition("=")
        whole = Path(value).exists() or (path and "," not in head and Path(path).exists())
        names += [value] if whole else parts
    return names


def spread(args: Sequence[str], names: Sequence[str]) -> list[str]:
    """The line with an option repeated before each of its values.

    Args:
        args: the line.
        names: how the option is called, for example `["--on"]`.
    """
    line: list[str] = []
    name = ""
    wants_value = False
    for position, token in enumerate(args):
        if token == "--":
            return [*line, *args[position:]]
        if wants_value:
            wants_value = False
        elif token.startswith("-") and token != "-":
            head, equals, _ = token.partition("=")
            name = head if head in names else ""
            wants_value = bool(name) and not equals
        elif name:
            line.append(name)
        line.append(token)
    return line
