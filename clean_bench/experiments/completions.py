"""Checkpoints of a comparison that are given as completions: files, or a folder that `score` wrote."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from clean_bench.artifacts import Artifact
from clean_bench.artifacts.atomic_files import atomic_folder
from clean_bench.artifacts.manifest import NAME
from clean_bench.errors import UserError
from clean_bench.experiments.plan import subjects_of
from clean_bench.experiments.recipe import Recipe

SCORES = "scores"


def completion_hashes(recipe: Recipe) -> dict[str, list[str]]:
    """SHA-256 of the files of every subject that is given as completions, by its name.

    A folder of `score` has the hash of its manifest, which covers every file in it.

    Raises:
        UserError: for a file that does not exist, and a folder that holds no finished scores.
    """
    hashes = {}
    for subject in subjects_of(recipe):
        if subject.completions:
            paths = [Path(text) for text in subject.completions]
            folders = [path for path in paths if path.is_dir()]
            if folders and len(paths) > 1:
                raise UserError(
                    f"{folders[0]}: expected one folder of score, or files of completions, got "
                    f"{len(paths)} paths for {subject.name}"
                )
            hashes[subject.name] = [_sha256(path) for path in paths]
    return hashes


def read_completions(
    sources: Sequence[str],
    out: Path,
    *,
    name: str,
    grader: str,
    progress: Callable[[int], None],
) -> None:
    """Write the scores of completions of one's own into `out`; a folder of `score` is copied.

    Raises:
        UserError: as `clean_bench.scoring.from_files.score_files`.
    """
    paths = [Path(source) for source in sources]
    if paths[0].is_dir():
        out.parent.mkdir(parents=True, exist_ok=True)
        with atomic_folder(out) as copy:
            shutil.copytree(paths[0], copy, symlinks=True, dirs_exist_ok=True)
        return
    from clean_bench.scoring.from_files import score_files

    score_files(paths, out, name=name, grader=grader, progress=progress)


def _sha256(path: Path) -> str:
    if path.is_dir():
        Artifact.load(path, SCORES)
        path = path / NAME
    if not path.is_file():
        raise UserError(f"{path}: expected a file of completions or a folder of score, got none")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
