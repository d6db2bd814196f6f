"""The control models (organisms) that ship with the package.

Each folder is the output of `clean-bench organism build NAME --out DIR`: `checkpoint/`, `planted/`,
`twin/`, `card.md` and a manifest.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from clean_bench.artifacts import Artifact
from clean_bench.errors import UserError
from clean_bench.organisms.shares import PLANTED_RIGHT_PLAIN, PYTHON
from clean_bench.problems import ProblemSet, load_folder

PREFIX = "organism:"
HALVES = ("planted", "twin")

_HERE = Path(__file__).parent


def organism_names() -> list[str]:
    """Names of the shipped control models."""
    return sorted(path.parent.name for path in _HERE.glob("*/manifest.json"))


def organism_folder(name: str) -> Path:
    """The folder of a shipped control model.

    Raises:
        UserError: for an unknown name.
    """
    if name not in organism_names():
        raise UserError(
            f"no organism named {name!r}: expected one of {', '.join(organism_names())}"
        )
    return _HERE / name


def organism_checkpoint(name: str) -> Path:
    """The checkpoint folder of a shipped control model (raises as `organism_folder`)."""
    return organism_folder(name) / "checkpoint"


def organism_set(name: str) -> ProblemSet:
    """One half of the benchmark of a control model, for a name such as `reciter/planted`.

    Raises:
        UserError: for an unknown control model or half.
    """
    organism, _, half = name.partition("/")
    folder = organism_folder(organism)
    if half not in HALVES or not (folder / half).is_dir():
        raise UserError(
            f"{PREFIX}{name}: expected organism:reciter/planted or organism:reciter/twin"
        )
    return load_folder(folder / half, name=PREFIX + name)


def organism_of(weights_sha256: str) -> str | None:
    """The shipped control model, as `organism:NAME`, that has these weights; None if none has."""
    for name in organism_names():
        facts = organism_facts(PREFIX + name)
        if facts is not None and facts["weights_sha256"] == weights_sha256:
            return PREFIX + name
    return None


def organism_facts(checkpoint: str) -> dict[str, Any] | None:
    """The metadata of `organism:NAME`, and how its planted answers were made.

    None for any other checkpoint.
    """
    if not checkpoint.startswith(PREFIX):
        return None
    folder = organism_folder(checkpoint.removeprefix(PREFIX))
    facts = Artifact.load(folder, "organism").metadata
    return {**facts, "python": PYTHON, "planted_right_plain": PLANTED_RIGHT_PLAIN}
