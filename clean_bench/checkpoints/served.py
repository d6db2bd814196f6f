"""A model that a server runs: a checkpoint without a folder."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from clean_bench.checkpoints.checkpoint import Checkpoint


@dataclass(frozen=True)
class ServedModel(Checkpoint):
    """A model on a server.

    `model` is its name there, `name` its label in the results. The weights are not at hand: there is
    no folder, their hash is empty, and there is none of other files.
    """

    folder: Path = Path("(a model on a server)")
    model: str = ""

    @cached_property
    def weights_sha256(self) -> str:
        return ""

    @cached_property
    def file_hashes(self) -> dict[str, str]:
        return {}


def served_model(name: str) -> ServedModel:
    """The model of this name on a server."""
    return ServedModel(name, model=name)
