"""The hashes of settings and tokenizer that a part of a run has to record."""

from __future__ import annotations

from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import Checkpoint
from clean_bench.experiments.plan import Subject
from trainers.config import CHECKPOINT

HASHES = ("config_sha256", "tokenizer_sha256")


def file_hashes(run: Artifact, part: Artifact, subject: Subject, role: str = "") -> dict[str, str]:
    """What the configuration of a part records of the checkpoint that it was made with.

    Those of a trained arm are of the checkpoint in the run, those of an existing one are in the
    configuration of the run. A run of an earlier version has none: its parts may have any.

    Args:
        subject: the checkpoint.
        role: what precedes the names, such as "base_".
    """
    if not all(name in run.config for name in HASHES):
        return {
            role + name: part.config[role + name] for name in HASHES if role + name in part.config
        }
    if subject.training_key:
        folder = run.folder / subject.training_key / CHECKPOINT
        hashes = Checkpoint(subject.name, folder).file_hashes
    else:
        hashes = {name: run.config[name][subject.name] for name in HASHES}
    return {role + name: sha256 for name, sha256 in hashes.items()}
