"""Put a problem set into the form that another tool reads.

exported = export("fresh", "lm-eval", "fresh-task")     # a folder that lm_eval can include

A target is one module with one function, `files(source, name)`, that gives every file of the export
as bytes. All targets hold the same rows, as canonical JSON lines: the SHA-256 of the row file is the
`content_sha256` of the set's manifest, so that an export can be traced to its set by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from clean_bench.errors import UserError
from clean_bench.exports import jsonl, lm_eval, verifiers
from clean_bench.exports.source import Source, check_name, default_name
from clean_bench.exports.source import read as read_source
from clean_bench.exports.write import write_file, write_folder

FOLDERS: Mapping[str, Callable[[Source, str], dict[str, bytes]]] = MappingProxyType(
    {"lm-eval": lm_eval.files, "verifiers": verifiers.files}
)
"""Targets that are a folder, and what gives their files."""
FILE = "jsonl"
"""The target that is one file."""
TARGETS = (*FOLDERS, FILE)


@dataclass(frozen=True, slots=True)
class Exported:
    """What `export` did. `written` is False where the same export was already there."""

    source: Source
    out: Path
    name: str | None
    files: tuple[str, ...]
    written: bool


def export(folder: str | Path, target: str, out: str | Path, name: str | None = None) -> Exported:
    """Write the problem set in `folder` for `target` (one of `TARGETS`) to `out`.

    Args:
        name: the task's name, derived from the set where None; a file of rows has none.

    Raises:
        UserError: if `folder` is no sound problem set, the name does not fit, a row without an answer
            meets a target that needs one, or `out` holds something else.
    """
    source, out = read_source(folder), Path(out)
    if out.resolve().is_relative_to(Path(folder).resolve()):
        raise UserError(f"{out} lies in the problem set {folder}: choose a place outside of it")
    if target == FILE:
        if name is not None:
            raise UserError(f"--name goes with {' and '.join(FOLDERS)}: a {FILE} file has no name")
        return Exported(source, out, None, (), write_file(out, jsonl.data(source)))
    source.require_answers()
    name = default_name(source) if name is None else check_name(name)
    files = FOLDERS[target](source, name)
    return Exported(source, out, name, tuple(sorted(files)), write_folder(out, files))
