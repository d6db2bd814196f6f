"""Measure the behaviors of stored completions.

    behave(SCORES, out)                                    # one checkpoint
    behave(SCORES, out, after=SCORES2)                     # two, on the problems they share
    behave(SCORES, out, other=Other(...))                  # and the text under another checkpoint

The scores lie in the artifact too (`before` and `after`, with their own manifests), so that every
number can be computed again from the folder alone. On one file system they are hard links and take
no space. No model is needed but for `other`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from clean_bench.artifacts import Artifact
from clean_bench.artifacts.manifest import NAME
from clean_bench.behaviors.analysis import (
    LIKENESS,
    LIKENESS_SCHEMA,
    analyze,
    forced_of,
    sides_of,
)
from clean_bench.behaviors.features import TABLE, to_table
from clean_bench.behaviors.rescore import Other, asked_of, check, force
from clean_bench.behaviors.source import read
from clean_bench.errors import UserError
from clean_bench.scoring import run

KIND = "behaviors"


def behave(
    before: str | Path,
    out: str | Path,
    *,
    after: str | Path | None = None,
    other: Other | None = None,
    progress: Callable[[int], None] = lambda n: None,
) -> Artifact:
    """Write the artifact of kind `behaviors`; its metadata is what `behaviors --json` prints.

    Args:
        before: a folder that `score` wrote.
        after: another one, of the same checkpoint after training (or any other checkpoint).
        other: a checkpoint that says how probable it finds the stored text.
        progress: called with the number of completions that `other` just read.

    Raises:
        UserError: for folders that are no finished scores or share no problem, a checkpoint of
            another vocabulary, and a folder that holds something else or lies inside the scores.
    """
    folders = {"before": Path(before)} | ({} if after is None else {"after": Path(after)})
    scores = {side: Artifact.load(folder, run.KIND) for side, folder in folders.items()}
    for folder in folders.values():
        if Path(out).resolve().is_relative_to(folder.resolve()):
            raise UserError(f"--out {out}: lies in {folder}, which is read: choose another folder")
    sources = {side: read(artifact) for side, artifact in scores.items()}
    sides, _ = sides_of(sources["before"], sources.get("after"))
    config: dict[str, Any] = {
        "before": identity(scores["before"]),
        "after": identity(scores["after"]) if after else None,
        "with": None,
    }
    asked = []
    if other:
        weights = {side: config[side]["weights_sha256"] for side in sides}
        asked = asked_of(sides, weights, other.weights_sha256)
        check(asked, other)
        config["with"] = {
            "weights_sha256": other.weights_sha256, "engine": other.engine.describe()
        }  # fmt: skip
    provenance = {side: str(folder) for side, folder in folders.items()}
    provenance |= {"with": other.name} if other else {}
    artifact = Artifact.open(out, KIND, config, provenance=provenance)
    with artifact:
        if not artifact.finished:
            for side, folder in folders.items():
                _copy(artifact, side, folder)
            if other:
                force(artifact, sides, asked, other.engine, progress)
            forced = list(forced_of(artifact))
            found = analyze(sources["before"], sources.get("after"), forced)
            artifact.write(f"{TABLE}/00000", to_table(found.features))
            if after:
                table = pa.Table.from_pylist(found.likeness, schema=LIKENESS_SCHEMA)
                artifact.write(f"{LIKENESS}/00000", table)
            artifact.finish(found.metadata)
    # As it stands in the folder, whether it was just made or before: keys in the same order.
    return Artifact.load(out)


def identity(scores: Artifact) -> dict[str, str]:
    """What names an artifact of scores: its identity, the hash of its rows and of its weights."""
    return {
        "identity_sha256": scores.manifest["identity_sha256"],
        "content_sha256": scores.manifest["tables"][run.TABLE]["content_sha256"],
        "weights_sha256": scores.config["weights_sha256"],
    }


def _copy(artifact: Artifact, side: str, folder: Path) -> None:
    if (artifact.folder / side / NAME).is_file():
        return
    with artifact.folder_in_work(side) as copy:
        shutil.copytree(folder, copy, symlinks=True, dirs_exist_ok=True, copy_function=_link)


def _link(source: str, target: str) -> None:
    """A second name of a file, or a copy. No artifact changes its files: it replaces them."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
