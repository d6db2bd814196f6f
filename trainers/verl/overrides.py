"""Overrides in the grammar of Hydra 1.3, one per line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

Value = None | bool | int | float | str | Sequence["Value"]
Values = Mapping[str, Value]
"""Values by key. A key that begins with + is new to verl's configuration."""

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]*")
_RESERVED = frozenset({"true", "false", "null", "nan", "inf"})


def lines(values: Values) -> list[str]:
    """One override per key, in order: `trainer.nnodes=2`."""
    return [f"{key}={literal(value)}" for key, value in values.items()]


def literal(value: Value) -> str:
    """A value as Hydra reads it.

    A text is quoted unless it is a plain word. Within quotes only the quote and the backslashes before
    it are escaped.

    Raises:
        ValueError: for a text with a line break, which an override of one line cannot hold, or with
            `${`, which OmegaConf replaces.
    """
    if value is None:
        return "null"
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, str):
        return _text(value)
    return f"[{','.join(map(literal, value))}]"


def _text(text: str) -> str:
    if "\n" in text or "\r" in text or "${" in text:
        raise ValueError(f"expected a text of one line without ${{, got {text!r}")
    if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    # Hydra takes backslashes as they are, but for those before a quote or at the end: two stand for one.
    escaped = re.sub(r"(\\*)('|$)", lambda m: m[1] * 2 + (r"\'" if m[2] else ""), text)
    return f"'{escaped}'"
