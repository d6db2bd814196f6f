"""Export a problem set or a score to the format of another tool.

exported = export("fresh", "lm-eval", "fresh-task")     # a folder that lm_eval can include
exported = export_scores("scores", "every-eval-ever", "eee")

A target of problem sets is a module with a function `files(problem_set, name)` that returns every file
of the export as bytes. All targets hold the same rows as canonical JSON lines. The SHA-256 of the row
file is the `content_sha256` in the set's manifest, so an export can be traced to its set by hand. A
target of scores is a module with a function `write(scores, folder)` that writes the files and returns
their names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from clean_bench.artifacts.damage import damage_named
from clean_bench.errors import UserError
from clean_bench.exports import eval_results, every_eval_ever, lm_eval, verifiers
from clean_bench.exports.stored_scores import StoredScores, read_stored_scores
from clean_bench.exports.stored_set import StoredSet, check_name, default_name, read_stored_set
from clean_bench.exports.write import write_export, write_file, write_folder

FOLDERS: Mapping[str, Callable[[StoredSet, str], dict[str, bytes]]] = MappingProxyType(
    {"lm-eval": lm_eval.files, "verifiers": verifiers.files}
)
"""Targets that are a folder, with the functions that return their files."""
FILE = "jsonl"
"""The target that is one file."""
SCORES: Mapping[str, Callable[[StoredScores, Path], list[str]]] = MappingProxyType(
    {"every-eval-ever": every_eval_ever.write, "eval-results": eval_results.write}
)
"""Targets of scores, with the functions that write their files."""
TARGETS = (*FOLDERS, FILE)
"""Targets of problem sets."""


@dataclass(frozen=True, slots=True)
class ExportResult:
    """The result of `export`; `written` is False if the same export already existed."""

    problem_set: StoredSet
    out: Path
    name: str | None
    files: tuple[str, ...]
    written: bool


def export(
    folder: str | Path, target: str, out: str | Path, name: str | None = None
) -> ExportResult:
    """Write the problem set in `folder` for `target` (one of `TARGETS`) to `out`.

    Args:
        name: the task's name; None derives it from the set. A row file has no name.

    Raises:
        UserError: if `folder` is no intact problem set, the name is invalid, the target needs answers
            and a row has none, or `out` holds something else.
    """
    problem_set, out = read_stored_set(folder), Path(out)
    if out.resolve().is_relative_to(Path(folder).resolve()):
        raise UserError(
            f"--out {out} is inside the problem set {folder}: choose a path outside of it"
        )
    if target == FILE:
        if name is not None:
            raise UserError(f"--name needs --to {' or '.join(FOLDERS)}: a {FILE} file has no name")
        written = write_file(out, problem_set.json_lines())
        return ExportResult(problem_set, out, None, (), written)
    problem_set.require_answers()
    name = default_name(problem_set) if name is None else check_name(name)
    files = FOLDERS[target](problem_set, name)
    return ExportResult(problem_set, out, name, tuple(sorted(files)), write_export(out, files))


@dataclass(frozen=True, slots=True)
class ScoresExport:
    """The result of `export_scores`; `written` is False if the same export already existed."""

    scores: StoredScores
    out: Path
    files: tuple[str, ...]
    written: bool


def export_scores(
    folder: str | Path, target: str, out: str | Path, name: str | None = None
) -> ScoresExport:
    """Write the scores in `folder` for `target` (one of `SCORES`) to the folder `out`.

    Args:
        name: the model as DEVELOPER/MODEL; None derives it from the checkpoint's name.

    Raises:
        UserError: if `folder` holds no finished scores, the name has another form, the target has no
            place for a set, or `out` holds something else.
    """
    scores, out = read_stored_scores(folder, name), Path(out)
    if out.resolve().is_relative_to(Path(folder).resolve()):
        raise UserError(f"--out {out} is inside the scores {folder}: choose a path outside of it")
    with damage_named(folder):
        files, written = write_folder(out, lambda place: SCORES[target](scores, place))
    return ScoresExport(scores, out, tuple(files), written)
