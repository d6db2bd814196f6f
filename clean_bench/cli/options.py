"""Options shared by commands: fields of a configuration, the model options, and `--on`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin

import annotated_types
import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from clean_bench.engines.open import EngineConfig
from clean_bench.errors import UserError
from clean_bench.foreign_files.regular_file import read_text

_LARGEST_TEXT = 1 << 20
"""Bytes of a file that an option takes its text from."""
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def config_options(config: type[BaseModel], *names: str) -> Decorator:
    """Options for fields of a configuration, in this order; each reaches the command by its name.

    The description of a field is the help, its default the default, and its bounds the bounds.
    Extra entries `choices` and `metavar` of the field (`json_schema_extra`) give the values and the
    placeholder.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for name in reversed(names):
            command = _option(name, config.model_fields[name])(command)
        return command

    return decorate


def _option(name: str, field: FieldInfo) -> Decorator:
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    kind: Any = field.annotation
    if get_origin(kind) is tuple:
        return _several(flag_of(name), get_args(kind)[0], field.description, extra)
    if NoneType in get_args(kind):
        kind = next(argument for argument in get_args(kind) if argument is not NoneType)
    flag, help_text = flag_of(name), field.description
    if kind is bool:
        return click.option(flag, is_flag=True, help=help_text)
    choices: Any = extra.get("choices")
    return click.option(
        flag,
        type=click.Choice(choices) if choices else _type(kind, field.metadata),
        default=field.default,
        show_default=field.default not in (None, ""),
        metavar=extra.get("metavar"),
        help=help_text,
    )


def flag_of(name: str) -> str:
    """The option of a field."""
    return f"--{name.replace('_', '-')}"


def _several(flag: str, kind: Any, help_text: str | None, extra: Mapping[str, Any]) -> Decorator:
    """An option of several values: numbers separated by commas, or a text that may be repeated."""
    if kind is int:
        return click.option(
            flag, callback=numbers, default="", metavar=extra.get("metavar"), help=help_text
        )
    return click.option(flag, multiple=True, metavar=extra.get("metavar"), help=help_text)


def single_option(flag: str, **settings: Any) -> Decorator:
    """An option without default that refuses to be given twice. (click takes the last value.)"""
    return click.option(flag, multiple=True, callback=_single, **settings)


def _single(context: click.Context, parameter: click.Parameter, values: tuple[Any, ...]) -> Any:
    if len(values) > 1:
        given = ", ".join(map(str, values))
        raise click.BadParameter(f"expected one value, got {given}; leave out all but one")
    return values[0] if values else None


def numbers(context: click.Context, parameter: click.Parameter, value: str) -> tuple[int, ...]:
    """Callback of an option: whole numbers separated by commas, as in `1,2,3`; empty for none."""
    parts = [part.strip() for part in value.split(",")] if value else []
    if not all(part.isdecimal() and len(part) < 19 for part in parts):
        raise click.BadParameter(f"expected numbers separated by commas, as 1,2,3, got {value!r}")
    return tuple(map(int, parts))


def _type(kind: Any, constraints: list[Any]) -> Any:
    """A click type with the bounds of a number."""
    bounds: dict[str, Any] = {}
    for bound in constraints:
        if isinstance(bound, annotated_types.Gt):
            bounds |= {"min": bound.gt, "min_open": True}
        elif isinstance(bound, annotated_types.Ge):
            bounds["min"] = bound.ge
        elif isinstance(bound, annotated_types.Le):
            bounds["max"] = bound.le
    ranges = {int: click.IntRange, float: click.FloatRange}
    return ranges[kind](**bounds) if bounds else kind


_FIELDS = (
    "engine",
    "dtype",
    "device",
    "tensor_parallel",
    "data_parallel",
    "batch_size",
    "trust_remote_code",
    "base_url",
    "concurrency",
    "api_key_env",
    "request_timeout",
)
"""Fields of `EngineConfig` that are options; `memory` follows from the command."""


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """How a checkpoint is resolved and run."""

    engine: EngineConfig
    revision: str | None = None

    def given(self) -> dict[str, Any]:
        """The options that stand on the command line, by name."""
        context = click.get_current_context()
        values = {"revision": self.revision, **self.engine.model_dump()}
        return {
            name: values[name]
            for name in (*_FIELDS, "revision")
            if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
        }

    def described(self) -> str:
        """The engine and why it was chosen, for a progress line."""
        name, reason = self.engine.choice()
        return f"engine: {name} ({reason})"


def model_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the command gets them as one argument, `model`, of type `ModelOptions`."""

    @config_options(EngineConfig, *_FIELDS)
    @click.option(
        "--revision",
        metavar="REV",
        help="Branch, tag or commit of a hub checkpoint; the same as CHECKPOINT@REV.",
    )
    @functools.wraps(command)
    def with_model(*args: Any, revision: str | None, **values: Any) -> Any:
        settings = {name: values.pop(name) for name in _FIELDS}
        return command(*args, model=ModelOptions(EngineConfig(**settings), revision), **values)

    return with_model


def sets_option(what: str, more: str = "", *, required: bool = True) -> Decorator:
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
        help=f"{what}: a known name (math500), a dataset of the hub (ORG/DATASET[SPLIT] or "
        "ORG/DATASET@REVISION[CONFIG/SPLIT]), a problem-set folder, a JSONL, JSON, CSV, TSV or Parquet "
        "file (gzip too), or organism:NAME/planted and organism:NAME/twin. NAME=FILE gives a set "
        "another name (math500=FILE.jsonl). Columns that are not recognized are named after a "
        "colon, with dots for nested ones: FILE.csv:problem=frage,answer=extra.loesung. Separate "
        f"several sets with commas, or repeat the option; put brackets in quotation marks in zsh.{more}",
    )


def names_of(values: Sequence[str]) -> list[str]:
    """The names in the values of an option, split at commas unless the whole value is an existing path.

    Commas in brackets and between the columns of a set do not separate names.

    Raises:
        UserError: for an empty value.
    """
    from clean_bench.problems.set_names import exists, split_names

    names: list[str] = []
    for value in values:
        parts = split_names(value)
        if not parts:
            raise UserError(f"expected a name or a path, got {value!r}; leave the comma out")
        head, _, path = value.partition("=")
        whole = exists(value) or (path and "," not in head and exists(path))
        names += [value] if whole else parts
    return names


def text_or_file(option: str, value: str | None) -> str | None:
    """The text of an option; `@FILE` stands for the text of a file.

    Raises:
        UserError: for a file that is no UTF-8 text.
    """
    if value is None or not value.startswith("@"):
        return value
    path = Path(value[1:])
    try:
        return read_text(path, _LARGEST_TEXT).removesuffix("\n")
    except UserError as error:
        raise UserError(f"{option} @{path}: expected a file of UTF-8 text ({error})") from None
