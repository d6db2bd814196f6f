"""The names of a checkpoint's weights, and whether new weights have them all."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path


def names_of(folder: str | Path, *, tied: bool) -> set[str]:
    """The names of the tensors in the `*.safetensors` of a checkpoint folder.

    Args:
        tied: whether the output head is the embedding, so that a stored copy of it counts for
            nothing.
    """
    from safetensors import safe_open

    names: set[str] = set()
    for file in sorted(Path(folder).glob("*.safetensors")):
        with safe_open(file, framework="pt") as tensors:
            names.update(tensors.keys())
    return names - {"lm_head.weight"} if tied else names


def check_names(own: Collection[str], given: Collection[str]) -> None:
    """Compare the names of new weights with those of the model.

    Raises:
        KeyError: for a name that the model does not have, or one that is missing.
    """
    for name in given:
        if name not in own:
            raise KeyError(f"the model has no tensor {name}")
    missing = sorted(name for name in own if name not in given)
    if missing:
        raise KeyError(f"{len(missing)} tensors are missing, {missing[0]} among them")
