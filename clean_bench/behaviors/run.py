"""Measure the behaviors of stored completions.

    analyze_behaviors(SCORES, out)                      # one checkpoint
    analyze_behaviors(TRAINING, out)                    # the rollouts of a training run, by step
    analyze_behaviors(SCORES, out, after=SCORES2)       # two, on the problems that they share
    analyze_behaviors(SCORES, out, reference=...)       # and the text under a reference checkpoint

The input folders are kept in the artifact too (`before` and `after`, with their own manifests), so that
every number can be computed again from the folder alone. On one file system they are hard links and take
no space. A model is needed only for `reference`.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from clean_bench.artifacts import Artifact
from clean_bench.artifacts.damage import damage_named
from clean_bench.artifacts.manifest import NAME
from clean_bench.behaviors.analysis import (
    SIMILARITY,
    SIMILARITY_SCHEMA,
    analyze,
    rescored_of,
    sides_of,
)
from clean_bench.behaviors.features import SCHEMA, TABLE
from clean_bench.behaviors.rescore import Chosen, check_vocabulary, choose, rescore
from clean_bench.behaviors.source import TABLES, read_samples_of, weights_of
from clean_bench.checkpoints import Checkpoint
from clean_bench.engines.base import Engine
from clean_bench.errors import UserError
from clean_bench.progress import Advance, phase, uncounted
from clean_bench.results import TABLE as RESULTS

KIND = "behaviors"


@dataclass(frozen=True)
class Reference:
    """The checkpoint of `--with` and its engine."""

    checkpoint: Checkpoint
    engine: Engine


def analyze_behaviors(
    before: str | Path,
    out: str | Path,
    *,
    after: str | Path | None = None,
    reference: Reference | None = None,
    progress: Advance = uncounted,
) -> Artifact:
    """Write the artifact of kind `behaviors`: the tables `features`, `similarity` and `results`.

    Args:
        before: a folder that `score` or `train` wrote.
        after: another one, of the same checkpoint after training (or of any other checkpoint).
        reference: a checkpoint that gives the probability of the stored text.
        progress: called for each completion that the reference has read.

    Raises:
        UserError: for folders that hold no finished samples or share no problem, a checkpoint of another
            vocabulary, and a folder that holds something else or lies inside the input.
    """
    folders = {"before": Path(before)} | ({} if after is None else {"after": Path(after)})
    inputs = {side: load_samples(folder) for side, folder in folders.items()}
    for folder in folders.values():
        if Path(out).resolve().is_relative_to(folder.resolve()):
            raise UserError(f"--out {out}: lies inside the input {folder}; choose another folder")
    stored = {side: read_samples_of(artifact) for side, artifact in inputs.items()}
    with damage_named(before):
        sides, _ = sides_of(stored["before"], stored.get("after"))
    config: dict[str, Any] = {
        "before": identity(inputs["before"]),
        "after": identity(inputs["after"]) if after else None,
        "with": None,
    }
    chosen: Chosen = []
    provenance = {side: str(folder) for side, folder in folders.items()}
    if reference:
        checkpoint, engine = reference.checkpoint, reference.engine
        chosen = choose(sides, checkpoint.weights_sha256)
        check_vocabulary(sides, chosen, engine.tokenizer, checkpoint.name)
        weights = checkpoint.weights_sha256
        config["with"] = {"weights_sha256": weights, "engine": engine.describe()}
        provenance["with"] = checkpoint.name
    artifact = Artifact.open(out, KIND, config, provenance=provenance)
    with artifact:
        if not artifact.finished:
            for side, folder in folders.items():
                _copy(artifact, side, folder)
            if reference:
                rescore(artifact, chosen, reference.engine, progress)
            rescored = list(rescored_of(artifact))
            with phase("analyzing completions"), damage_named(before):
                analysis = analyze(stored["before"], stored.get("after"), rescored)
            features = pa.Table.from_pylist(analysis.features, schema=SCHEMA)
            artifact.write(f"{TABLE}/00000", features)
            if after:
                table = pa.Table.from_pylist(analysis.similarity, schema=SIMILARITY_SCHEMA)
                artifact.write(f"{SIMILARITY}/00000", table)
            analysis.results.write(artifact)
            artifact.finish({"counts": analysis.counts}, volatile=[RESULTS])
    return artifact


def reference_lengths(
    before: str | Path, after: str | Path | None, checkpoint: Checkpoint
) -> list[int]:
    """Tokens of each stored text that the reference checkpoint would read.

    Raises:
        UserError: as `analyze_behaviors`, for the folders.
    """
    folders = {"before": before} | ({} if after is None else {"after": after})
    stored = {side: read_samples_of(load_samples(folder)) for side, folder in folders.items()}
    sides, _ = sides_of(stored["before"], stored.get("after"))
    chosen = choose(sides, checkpoint.weights_sha256)
    return [len(sample.prompt_ids) + len(sample.token_ids) for _, _, sample in chosen]


def load_samples(folder: str | Path) -> Artifact:
    """A finished artifact that holds samples.

    Raises:
        UserError: if the folder holds none, or something else.
    """
    artifact = Artifact.load(folder)
    if artifact.kind not in TABLES:
        raise UserError(
            f"{folder}: expected a folder of score or train, got a {artifact.kind} artifact"
        )
    return artifact


def identity(artifact: Artifact) -> dict[str, str]:
    """The identity of an input: its kind, its id and the hashes of its samples and weights."""
    table = artifact.manifest["tables"].get(TABLES[artifact.kind])
    if table is None:
        raise UserError(f"{artifact.folder}: expected a table {TABLES[artifact.kind]}, got none")
    return {
        "kind": artifact.kind,
        "identity_sha256": artifact.manifest["identity_sha256"],
        "content_sha256": table["content_sha256"],
        "weights_sha256": weights_of(artifact),
    }


def _copy(artifact: Artifact, side: str, folder: Path) -> None:
    if (artifact.folder / side / NAME).is_file():
        return
    with artifact.atomic_folder(side) as copy:
        shutil.copytree(folder, copy, symlinks=True, dirs_exist_ok=True, copy_function=_link)


def _link(source: str, target: str) -> None:
    """Make a hard link or a copy. No artifact modifies its files: it replaces them."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
