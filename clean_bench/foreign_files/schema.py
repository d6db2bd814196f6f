"""Check the types of a JSON value that others wrote against pydantic models.

    class Freshness(Schema):
        claim: str

    check_types(value, Freshness, "fresh/manifest.json")
    # UserError: fresh/manifest.json: expected a text, got a list at claim

Keys beside those of a model are free.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from clean_bench.errors import UserError

_EXPECTED = {
    "bool_type": "true or false",
    "dict_type": "an object",
    "finite_number": "a finite number",
    "float_type": "a number",
    "int_type": "a whole number",
    "list_type": "a list",
    "mapping_type": "an object",
    "model_attributes_type": "an object",
    "model_type": "an object",
    "string_type": "a text",
    "tuple_type": "a list",
}


class Schema(BaseModel):
    """The types of some keys of an object; nothing is converted."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, allow_inf_nan=False)


def check_types(value: object, schema: type[BaseModel], where: str) -> None:
    """Raise `UserError` naming `where` and the key, for a value of another type than the schema's."""
    try:
        schema.model_validate(value)
    except ValidationError as error:
        raise UserError(f"{where}: {mismatch(error)}") from None


def mismatch(error: ValidationError) -> str:
    """The first mismatch as `expected an object, got a list at metadata.freshness`."""
    first = error.errors(include_url=False)[0]
    at = place(first["loc"])
    if first["type"] == "missing":
        return f"expected {at}, got none"
    expected = _EXPECTED.get(first["type"])
    if expected is None:
        return f"{first['msg'][0].lower()}{first['msg'][1:]}, got {value_text(first['input'])}{_at(at)}"
    return f"expected {expected}, got {json_type(first['input'])}{_at(at)}"


def place(location: Sequence[int | str]) -> str:
    """A place inside a value, `sets.0.name`."""
    return ".".join(map(str, location))[:200]


def json_type(value: object) -> str:
    """The JSON type of a value in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return f"the number {str(value)[:30]}"
    if isinstance(value, str):
        return "a text"
    return "an object" if isinstance(value, dict) else "a list"


def value_text(value: Any) -> str:
    """A short value as it is, a long one as its type."""
    text = repr(value) if isinstance(value, str | int | float) else ""
    return text if 0 < len(text) <= 60 else json_type(value)


def _at(at: str) -> str:
    return f" at {at}" if at else ""
