"""The input of every export: a problem set as stored, with its hash and claim."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from clean_bench.artifacts import Artifact
from clean_bench.artifacts.manifest import canonical_json, content_sha256
from clean_bench.errors import UserError
from clean_bench.problems import KIND, TABLE

INSTRUCTION = "Please reason step by step, and put your final answer within \\boxed{}."
"""The instruction below each problem; the text of the prompt template `boxed`."""
_NAME = re.compile(r"[A-Za-z](?:[A-Za-z0-9_-]{0,78}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class StoredSet:
    """A problem set as stored: `rows` with nulls, and the claim of a generated set."""

    folder: Path
    rows: list[dict[str, Any]]
    content_sha256: str
    claim: str | None

    def require_answers(self) -> None:
        """Raise `UserError` if the set is empty or a row has no answer."""
        if not self.rows:
            raise UserError(f"{self.folder}: expected problems, got an empty set")
        for row in self.rows:
            if not (row["answer"] or "").strip():
                raise UserError(
                    f"{self.folder}: problem {row['id']} has no answer, so it cannot be scored: "
                    "export to jsonl, or add the answer"
                )

    def json_lines(self) -> bytes:
        """The rows as canonical JSON lines: all columns, nulls kept, ASCII, sorted keys.

        `content_sha256` is the SHA-256 of these bytes, so `sha256sum` on the row file gives it.
        """
        return b"".join(canonical_json(row) + b"\n" for row in self.rows)

    def provenance(self) -> dict[str, Any]:
        """The fields that trace an export to its set."""
        claim = {} if self.claim is None else {"claim": self.claim}
        return {"problems": len(self.rows), "content_sha256": self.content_sha256, **claim}

    def provenance_text(self, rows: str) -> str:
        """The provenance as Markdown for a README; `rows` is the name of the row file."""
        text = (
            f"{len(self.rows)} problems, exported by clean-bench. The SHA-256 of `{rows}` is the "
            f"`content_sha256` in the manifest of the problem set:\n\n    {self.content_sha256}\n"
        )
        if self.claim is None:
            return text
        return f"{text}\nThe claim of the manifest:\n\n> {self.claim}\n"


def read_stored_set(folder: str | Path) -> StoredSet:
    """Read the problem set in a folder.

    Raises:
        UserError: if it is absent or unfinished, or its rows do not have the manifest's content hash.
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
            f"{folder}: the problems do not match the manifest: find the damage with "
            f"`clean-bench verify {folder}`"
        )
    account = artifact.metadata.get("freshness") or artifact.metadata.get("matched")
    claim = account.get("claim") if isinstance(account, dict) else None
    return StoredSet(folder, rows, recorded, claim)


def check_name(name: str) -> str:
    """The name, if it is a valid task name.

    Raises:
        UserError: if not.
    """
    if not _NAME.fullmatch(name):
        raise UserError(
            f"--name {name!r}: expected at most 80 letters, digits, - and _, that begin with a letter "
            "and end with a letter or digit"
        )
    return name


def default_name(problem_set: StoredSet) -> str:
    """A task name from the family, if all rows have the same, and the folder's name."""
    families = {row.get("family") for row in problem_set.rows}
    family = families.pop() if len(families) == 1 else None
    folder = problem_set.folder.resolve().name
    words = folder if family is None or family in folder else f"{family}-{folder}"
    name = re.sub(r"[^A-Za-z0-9_]+", "-", words)[:70].strip("-_") or "problems"
    return check_name(name if name[0].isascii() and name[0].isalpha() else f"set-{name}")
