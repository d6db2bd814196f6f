"""Command-line options from the fields of a configuration: one definition of each setting."""

from __future__ import annotations

from collections.abc import Callable
from types import NoneType
from typing import Any, get_args

import annotated_types
import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo

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
    if NoneType in get_args(kind):
        kind = next(argument for argument in get_args(kind) if argument is not NoneType)
    flag, help_text = f"--{name.replace('_', '-')}", field.description
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


def _type(kind: Any, constraints: list[Any]) -> Any:
    """A click type with the lower bound of a number."""
    for bound in constraints:
        is_open = isinstance(bound, annotated_types.Gt)
        if is_open or isinstance(bound, annotated_types.Ge):
            low = bound.gt if is_open else bound.ge  # type: ignore[union-attr]
            ranges = {int: click.IntRange, float: click.FloatRange}
            return ranges[kind](min=low, min_open=is_open)
    return kind
