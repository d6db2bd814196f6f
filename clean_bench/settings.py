"""Describe the settings of a pydantic model, and explain why a value was rejected.

`clean-bench list settings` prints `describe_settings` of every section of a recipe. The rows are made
from the models themselves, so a setting cannot be undocumented or documented with another default.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from textwrap import shorten
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo


@dataclass(frozen=True, slots=True)
class Setting:
    """One key: its type and bounds, its default as in TOML, its meaning, and the source of the default.

    `default` is empty for a key that has to be set. `source` names a paper; it is empty where the
    default is a choice of this project.
    """

    name: str
    type: str
    default: str
    meaning: str
    source: str = ""


def describe_settings(model: type[BaseModel], prefix: str = "") -> Iterator[Setting]:
    """The keys of a model in order, those of nested models after the key that holds them.

    Args:
        prefix: what to put before each name, such as `score.`.
    """
    for name, field in model.model_fields.items():
        nested = _models_in(field.annotation)
        several = _is_list(field.annotation)
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        yield Setting(
            prefix + name,
            _type_name(field.annotation, field.metadata)
            if not nested
            else _section(nested, several),
            _default(field) if not nested else "",
            " ".join((field.description or "").split()),
            str(extra.get("source", "")),
        )
        for inner in nested:
            yield from describe_settings(inner, f"{prefix}{name}{'[]' if several else ''}.")


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """The first problem of a validation error of `model` in one line.

    An unknown key comes first, with the keys that are close to it: a key that is missing is mostly one
    that was misspelled.
    """
    errors = sorted(error.errors(), key=lambda entry: entry["type"] != "extra_forbidden")
    first = errors[0]
    where = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        known = _keys_at(model, first["loc"][:-1])
        return f"unknown key {where!r}: {did_you_mean(str(first['loc'][-1]), known)}"
    message = str(first["msg"]).removeprefix("Value error, ")
    if message.startswith(_PREFIX):
        expected = "expected a value" if first["type"] in _BOUNDS else "expected"
        got = first["input"] if first["type"] in _BOUNDS else shorten(repr(first["input"]), 60)
        message = f"{expected}{message.removeprefix(_PREFIX)}, got {got}"
    return f"{where}: {message}" if where else message


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """`did you mean learning_rate?`, or all names where none is close."""
    # A short name such as lr is close to no long one by letters; initials are compared as well.
    initials = [key for key in known if "".join(part[0] for part in key.split("_")) == name.lower()]
    close = list(
        dict.fromkeys([*initials, *get_close_matches(name.lower(), known, n=3, cutoff=0.6)])
    )
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"expected one of {', '.join(known)}"


def _keys_at(model: type[BaseModel], location: Sequence[int | str]) -> list[str]:
    """The keys that are allowed at a location of an error."""
    models = [model]
    for part in location:
        fields = [inner.model_fields[part] for inner in models if part in inner.model_fields]
        if fields:  # other parts are the indices of lists and the names of union members
            models = [inner for field in fields for inner in _models_in(field.annotation)]
    return list(dict.fromkeys(name for inner in models for name in inner.model_fields))


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """The pydantic models in an annotation such as `list[Model] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def _is_list(annotation: Any) -> bool:
    """Whether an annotation is a list, or a union with one."""
    if get_origin(annotation) in (Union, UnionType):
        return any(_is_list(part) for part in get_args(annotation))
    return get_origin(annotation) in (list, tuple)


def _section(models: Sequence[type[BaseModel]], several: bool) -> str:
    return "list of tables" if several else "table"


_PREFIX = "Input should be"
"""Begin of pydantic's messages about values."""
_BOUNDS = ("greater_than", "greater_than_equal", "less_than", "less_than_equal", "finite_number")
_NAMES = {str: "text", int: "integer", float: "number", bool: "true or false", dict: "table"}


def _type_name(annotation: Any, constraints: Sequence[Any] = ()) -> str:
    """The type in words, with the bounds of a number; that a key may be left out is not part of it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type_name(arguments[0], [*_flat(arguments[1:]), *constraints])
    if origin in (Union, UnionType):
        parts = [_type_name(part, constraints) for part in arguments if part is not NoneType]
        return " or ".join(dict.fromkeys(parts))
    if origin is Literal:
        return " | ".join(map(str, arguments))
    if origin in (list, tuple):
        inner = [part for part in arguments if part is not Ellipsis]
        if origin is tuple and len(inner) == len(arguments) > 1:
            return ", ".join(_type_name(part) for part in inner)
        return f"list of {_type_name(inner[0])}"
    name = _NAMES.get(origin or annotation, getattr(annotation, "__name__", str(annotation)))
    bounds = [
        f"{sign} {getattr(constraint, attribute):g}"
        for constraint in constraints
        for attribute, sign in (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<"))
        if getattr(constraint, attribute, None) is not None
    ]
    return " ".join([name, " and ".join(bounds)]) if bounds else name


def _flat(constraints: Sequence[Any]) -> list[Any]:
    """Constraints with those that a `Field(...)` in an annotation holds."""
    return [
        entry
        for constraint in constraints
        for entry in (constraint.metadata if isinstance(constraint, FieldInfo) else [constraint])
    ]


def _default(field: FieldInfo) -> str:
    """The default as it stands in TOML; `none` for one that is left out, empty for a required key."""
    if field.is_required():
        return ""
    value = field.get_default(call_default_factory=True)
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list | tuple):
        return f"[{', '.join(_plain(entry) for entry in value)}]"
    return "{}" if value == {} else _plain(value)


def _plain(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
