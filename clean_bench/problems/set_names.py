"""Grammar of the names of problem sets, as given to `--on`, `--data` and the like.

    NAME        [SET=]SOURCE[:FIELD=COLUMN,...]
    SOURCE      a known name, a file, a folder, PREFIX:REST (organism:reciter/planted), or a hub dataset
    hub dataset ORG/DATASET[@REVISION][[CONFIG/]SPLIT]   the last pair of brackets is typed
    FIELD       problem, answer, solution, subject, level or id
    COLUMN      a column; dots reach into it: reward_model.ground_truth, answers.0

Examples: `AI-MO/aimo-validation-aime[train]`, `aime=AI-MO/aimo-validation-aime@main[default/train]`,
`custom.csv:problem=frage,answer=loesung`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from clean_bench.errors import UserError

FIELDS = ("problem", "answer", "solution", "subject", "level", "id")
HUB_FORM = "ORG/DATASET[SPLIT] or ORG/DATASET@REVISION[CONFIG/SPLIT]"

_LABELED = re.compile(r"(?P<label>[A-Za-z0-9][\w.+-]*)=(?P<rest>.+)", re.DOTALL)
_MAPPED = re.compile(r"(?P<source>.+?):(?P<columns>[A-Za-z_]+=.*)", re.DOTALL)
_HUB = re.compile(
    r"(?P<repository>\w[\w.-]*/[\w.-]+)(?:@(?P<revision>[\w./-]+))?"
    r"(?:\[(?:(?P<config>[^\[\]]+)/)?(?P<split>[^\[\]/]*)\])?"
)
_COMMA_OUTSIDE_BRACKETS = re.compile(r",(?![^\[\]]*\])")
_FIELD_AND_COLUMN = re.compile(rf"(?:{'|'.join(FIELDS)})=")


@dataclass(frozen=True, slots=True)
class HubName:
    """A hub dataset; None for what is not in the name. The config and the split are of the dataset."""

    repository: str
    revision: str | None = None
    config: str | None = None
    split: str | None = None

    @property
    def label(self) -> str:
        """Name of the set: the dataset's name, its config and its split, as far as they are given."""
        parts = (self.repository.rpartition("/")[2], self.config, self.split)
        return "-".join(part.replace("/", "-") for part in parts if part)


def exists(path: str | Path) -> bool:
    """Whether there is such a file or folder; False for a name too long for one, such as a list."""
    try:
        return Path(path).expanduser().exists()
    except (OSError, RuntimeError):
        return False


def split_label(name: str) -> tuple[str | None, str]:
    """`SET=SOURCE` as its two parts; None and the whole for a source alone."""
    match = _LABELED.fullmatch(name)
    return (match["label"], match["rest"]) if match else (None, name)


def split_columns(name: str) -> tuple[str, Mapping[str, str]]:
    """The name without its columns, and the columns by field (empty if there are none).

    Raises:
        UserError: as `column_map`.
    """
    match = _MAPPED.fullmatch(name)
    if match is None:
        return name, MappingProxyType({})
    return match["source"], column_map(match["columns"], name)


def column_map(text: str, where: str = "") -> Mapping[str, str]:
    """Columns by field from `FIELD=COLUMN,...`.

    Args:
        where: the name or option that the text is part of, for errors.

    Raises:
        UserError: for an entry of another form, an unknown field or a field twice.
    """
    columns: dict[str, str] = {}
    where = where or text
    for entry in text.split(","):
        field, _, column = (part.strip() for part in entry.partition("="))
        if field not in FIELDS or not column:
            raise UserError(
                f"{where}: expected FIELD=COLUMN with one of the fields {', '.join(FIELDS)}, got "
                f"{entry!r}"
            )
        if field in columns:
            raise UserError(f"{where}: expected one column for {field}, got two; leave one out")
        columns[field] = column
    return MappingProxyType(columns)


def parse_hub_name(source: str) -> HubName | None:
    """The hub dataset of a source; None if the source has another form."""
    match = _HUB.fullmatch(source)
    if match is None or ".." in source:
        return None
    return HubName(
        match["repository"], match["revision"], match["config"] or None, match["split"] or None
    )


def split_names(value: str) -> list[str]:
    """The names in a value, separated by commas; those in brackets or between columns separate none."""
    names: list[str] = []
    for part in map(str.strip, _COMMA_OUTSIDE_BRACKETS.split(value)):
        if names and _FIELD_AND_COLUMN.match(part) and _MAPPED.fullmatch(names[-1]):
            names[-1] += f",{part}"
        elif part:
            names.append(part)
    return names
