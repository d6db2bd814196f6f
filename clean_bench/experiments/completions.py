"""Checkpoints of a comparison that are given as completions: files, or a folder that `score` wrote."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from clean_bench.artifacts import Artifact
from clean_bench.artifacts.atomic_files import atomic_folder
from clean_bench.artifacts.manifest import NAME
from clean_bench.completion_files import read_completions
from clean_bench.completion_files.raw_rows import stem_of
from clean_bench.errors import UserError
from clean_bench.experiments.plan import Subject, subjects_of
from clean_bench.experiments.recipe import Recipe
from clean_bench.foreign_files.regular_file import sha256_of_regular
from clean_bench.problems import load_problems
from clean_bench.progress import Advance
from clean_bench.scoring.from_files import score_files

SCORES = "scores"
UNNAMED = "problems"
"""The set of a single file that names none."""


def completion_hashes(recipe: Recipe) -> dict[str, list[str]]:
    """SHA-256 of the files of every subject that is given as completions, by its name.

    A folder of `score` has the hash of its manifest, which covers every file in it.

    Raises:
        UserError: for a file that does not exist, and a folder that holds no finished scores.
    """
    hashes = {}
    for subject in subjects_of(recipe):
        if subject.completions:
            paths = [path_of(text) for text in subject.completions]
            folders = [path for path in paths if path.is_dir()]
            if folders and len(paths) > 1:
                raise UserError(
                    f"{folders[0]}: expected one folder of score, or files of completions, got "
                    f"{len(paths)} paths for {subject.name}"
                )
            hashes[subject.name] = [_sha256(path) for path in paths]
    return hashes


def read_stage(recipe: Recipe, subject: Subject, folder: Path, progress: Advance) -> None:
    """Write the scores of a subject's completions; a folder of `score` is copied.

    Raises:
        UserError: as `clean_bench.scoring.from_files.score_files`.
    """
    out = folder / subject.key(SCORES)
    first = path_of(subject.completions[0])
    if first.is_dir():
        out.parent.mkdir(parents=True, exist_ok=True)
        with atomic_folder(out) as copy:
            shutil.copytree(first, copy, symlinks=True, dirs_exist_ok=True)
        return
    names = []
    if subject.arm is not None:
        base = Artifact.load(folder / Subject(subject.model).key(SCORES), SCORES)
        names = [entry["name"] for entry in base.config["sets"]]
    sources = _with_set_names(subject.completions, recipe.read.columns, names)
    score_files(
        sources,
        out,
        name=subject.name,
        columns=recipe.read.columns,
        grader=recipe.score.grader,
        tolerance=recipe.score.tolerance,
        problems=load_problems(recipe.read.problems) if recipe.read.problems else None,
        progress=progress,
    )


def path_of(source: str) -> Path:
    """The path in `FILE` or `SET=FILE`."""
    path = Path(source).expanduser()
    head, equals, tail = source.partition("=")
    named = not path.exists() and equals and "/" not in head
    return Path(tail).expanduser() if named else path


def _with_set_names(
    sources: Sequence[str], columns: Mapping[str, str], of_base: Sequence[str]
) -> list[str]:
    """The files as `SET=FILE` where they name no set, or the base has a single one of another name.

    A file that names no set would name it after itself, and `base.jsonl` and `trained.jsonl` hold the
    same problems.

    Args:
        of_base: the sets of the base; none for the base itself.
    """
    if any(path_of(source) != Path(source).expanduser() for source in sources):
        return list(sources)
    sets = set()
    for source in sources:
        row = next(read_completions(source, columns).rows, None)
        sets.add(row.set if row else "")
    unnamed = len(sources) == 1 and sets == {stem_of(Path(sources[0]))}
    if len(of_base) == len(sets) == 1 and "/" not in of_base[0]:
        return [f"{of_base[0]}={source}" for source in sources]
    return [f"{UNNAMED}={sources[0]}"] if unnamed and not of_base else list(sources)


def _sha256(path: Path) -> str:
    if path.is_dir():
        Artifact.load(path, SCORES)
        path = path / NAME
    if not path.exists():
        raise UserError(f"{path}: expected a file of completions or a folder of score, got none")
    return sha256_of_regular(path)
