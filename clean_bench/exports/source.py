"""What every export is made of: the rows of a problem set, and where they come from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from clean_bench.artifacts import Artifact
from clean_bench.artifacts.manifest import content_sha256
from clean_bench.errors import UserError
from clean_bench.problems import KIND, TABLE

_NAME = re.compile(r"[A-Za-z](?:[A-Za-z0-9_-]{0,78}[A-Za-z0-9])?")
_INSTRUCTION = "Please reason step by step, and put your final answer within \\boxed{}."


@dataclass(frozen=True, slots=True)
class Source:
    """A problem set as it is exported.

    `rows` are its rows as they are stored, nulls included. `claim` is what the manifest says of the
    freshness of a generated set, None elsewhere.
    """

    folder: Path
    rows: list[dict[str, Any]]
    content_sha256: str
    claim: str | None

    @property
    def instruction(self) -> str:
        """What is asked beside the problem; the words of the prompt template `boxed`."""
        return _INSTRUCTION

    def require_answers(self) -> None:
        """Raise `UserError` where the set is empty or a row has no answer."""
        if not self.rows:
            raise UserError(f"{self.folder} holds no problems")
        for row in self.rows:
            if not (row["answer"] or "").strip():
                raise UserError(
                    f"{self.folder}: problem {row['id']} has no answer, and one is needed to score"
                )

    def origin(self) -> dict[str, Any]:
        """What lets a reader trace an export to its set."""
        claim = {} if self.claim is None else {"freshness_claim": self.claim}
        return {"problems": len(self.rows), "content_sha256": self.content_sha256, **claim}

    def told(self, rows: str) -> str:
        """The same as a paragraph of a README; `rows` is the name of the row file."""
        said = (
            f"{len(self.rows)} problems, exported by clean-bench. The SHA-256 of `{rows}` is the "
            f"`content_sha256` in the manifest of the problem set:\n\n    {self.content_sha256}\n"
        )
        if self.claim is None:
            return said
        return f"{said}\nWhat the manifest says of the set's freshness:\n\n> {self.claim}\n"


def read(folder: str | Path) -> Source:
    """The problem set in a folder.

    Raises:
        UserError: if there is no finished one, or its rows are not those that its manifest names.
    """
    folder = Path(folder)
    artifact = Artifact.load(folder, KIND)
    try:
        recorded = artifact.manifest["tables"][TABLE]["content_sha256"]
        tables = list(artifact.tables(TABLE))
        rows = [row for table in tables for row in table.to_pylist()]
        sound = content_sha256(tables) == recorded and all(
            isinstance(row["id"], str)
            and isinstance(row["problem"], str)
            and isinstance(row["answer"], str | None)
            for row in rows
        )
    except (KeyError, TypeError, pa.ArrowException, OSError):
        sound = False
    if not sound:
        raise UserError(
            f"{folder}: the problems are not those that the manifest names: "
            "`clean-bench verify` says what is damaged"
        )
    freshness = artifact.metadata.get("freshness")
    claim = freshness.get("claim") if isinstance(freshness, dict) else None
    return Source(folder, rows, recorded, claim)


def check_name(name: str) -> str:
    """The name, if a task can be called so.

    Raises:
        UserError: if not.
    """
    if not _NAME.fullmatch(name):
        raise UserError(
            f"--name {name!r} does not fit: at most 80 letters, digits, - and _, "
            "a letter first and a letter or digit last"
        )
    return name


def default_name(source: Source) -> str:
    """A task's name from the family, where the set has one, and the folder's name."""
    families = {row.get("family") for row in source.rows}
    family = families.pop() if len(families) == 1 else None
    folder = source.folder.resolve().name
    words = folder if family is None or family in folder else f"{family}-{folder}"
    name = re.sub(r"[^A-Za-z0-9_]+", "-", words)[:70].strip("-_") or "problems"
    return check_name(name if name[0].isascii() and name[0].isalpha() else f"set-{name}")
