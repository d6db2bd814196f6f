"""Settings of stories: the sentences that a story is made of, read from `settings/*.toml`.

A sentence holds placeholders: `#` an amount, `@` the thing that is counted or measured, `&` a person,
`~` another person, `%` the unit of the answer.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "settings"
SENTENCES_DIVIDE = 12
"""The number of sentences of each kind of step divides this, so that all are equally likely."""


@dataclass(frozen=True)
class Setting:
    """The things and sentences of one kind of story; sentences of steps begin in lower case."""

    name: str
    things: tuple[str, ...]
    openings: tuple[str, ...]
    add: tuple[str, ...]
    subtract: tuple[str, ...]
    multiply: tuple[str, ...]
    divide: tuple[str, ...]
    questions: tuple[str, ...]


_KEYS = [field.name for field in fields(Setting)]


@cache
def read_settings(subject: str) -> tuple[Setting, ...]:
    """The settings of a subject such as "time", in the order of `settings/SUBJECT.toml`.

    Raises:
        ValueError: naming file, setting and key, if the file does not hold settings.
    """
    path = FOLDER / f"{subject}.toml"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: not TOML ({error})") from error
    tables = document.get("setting")
    if list(document) != ["setting"] or not isinstance(tables, list):
        raise ValueError(f"{path}: expected [[setting]] tables, got {', '.join(document)}")
    return tuple(
        _setting(f"{path}: setting {number}", table) for number, table in enumerate(tables, 1)
    )


def _setting(where: str, table: dict[str, Any]) -> Setting:
    if sorted(table) != sorted(_KEYS):
        raise ValueError(f"{where}: expected the keys {', '.join(_KEYS)}, got {', '.join(table)}")
    values = {"name": table["name"]}
    for key in _KEYS[1:]:
        texts = table[key]
        if not (isinstance(texts, list) and texts and all(isinstance(t, str) and t for t in texts)):
            raise ValueError(f"{where}: expected a list of texts for {key}, got {texts!r}")
        if key not in ("things", "questions"):
            for text in texts:
                if text.count("#") != 1:
                    raise ValueError(f"{where}: expected one # in each text of {key}, got {text!r}")
        if key in ("add", "subtract", "multiply", "divide") and SENTENCES_DIVIDE % len(texts):
            raise ValueError(
                f"{where}: expected 1, 2, 3, 4, 6 or 12 texts for {key}, got {len(texts)}"
            )
        values[key] = tuple(texts)
    return Setting(**values)
