"""The organisms that come with the package.

A folder here is what `clean-bench organism build NAME --out DIR` wrote: `checkpoint/`, `planted/`,
`twin/`, `card.md` and a manifest.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from clean_bench.artifacts import Artifact
from clean_bench.errors import UserError

PREFIX = "organism:"
"""A checkpoint of this prefix is a shipped organism."""

_HERE = Path(__file__).parent


def organism_names() -> list[str]:
    """Names of the shipped organisms."""
    return sorted(path.parent.name for path in _HERE.glob("*/manifest.json"))


def organism_folder(name: str) -> Path:
    """The folder of a shipped organism.

    Raises:
        UserError: for an unknown name; the known ones are listed.
    """
    if name not in organism_names():
        raise UserError(
            f"no organism named {name!r}: the shipped ones are {', '.join(organism_names())}"
        )
    return _HERE / name


def organism_facts(checkpoint: str) -> dict[str, Any] | None:
    """What the manifest of `organism:NAME` says of it; None for any other checkpoint."""
    if not checkpoint.startswith(PREFIX):
        return None
    return Artifact.load(organism_folder(checkpoint.removeprefix(PREFIX)), "organism").metadata
