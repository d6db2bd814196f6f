"""The names and shapes of a checkpoint's weights, and whether new weights have them all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def shapes_of(folder: str | Path, *, tied: bool) -> dict[str, tuple[int, ...]]:
    """The name and shape of each tensor in the `*.safetensors` of a checkpoint folder.

    Args:
        tied: whether the output head is the embedding, so that a stored copy of it counts for
            nothing.
    """
    from safetensors import safe_open

    shapes: dict[str, tuple[int, ...]] = {}
    for file in sorted(Path(folder).glob("*.safetensors")):
        with safe_open(file, framework="pt") as tensors:
            names = list(tensors.keys())
            shapes |= {name: tuple(tensors.get_slice(name).get_shape()) for name in names}
    if tied:
        shapes.pop("lm_head.weight", None)
    return shapes


def check_weights(own: Mapping[str, Sequence[int]], given: Mapping[str, torch.Tensor]) -> None:
    """Compare new weights with the names and shapes of the model's.

    Raises:
        KeyError: for a name that the model does not have, or one that is missing.
        ValueError: for a tensor of another shape.
    """
    for name in given:
        if name not in own:
            raise KeyError(f"the model has no tensor {name}")
    missing = sorted(name for name in own if name not in given)
    if missing:
        raise KeyError(f"{len(missing)} tensors are missing, {missing[0]} among them")
    for name, shape in own.items():
        if tuple(given[name].shape) != tuple(shape):
            raise ValueError(
                f"{name} has the shape {tuple(given[name].shape)}, and the model's {tuple(shape)}"
            )
