"""Names and shapes of a checkpoint's weights, and the check of new weights against them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from clean_bench.checkpoints.weight_files import loaded_files

if TYPE_CHECKING:
    import torch


def stored_shapes(folder: str | Path, *, tied: bool) -> dict[str, tuple[int, ...]]:
    """The name and shape of each tensor in the weights of a checkpoint folder.

    Args:
        tied: whether the output head is the embedding; a stored copy of the head is then ignored.
    """
    from safetensors import safe_open

    shapes: dict[str, tuple[int, ...]] = {}
    for file in loaded_files(Path(folder)):
        with safe_open(file, framework="pt") as tensors:
            names = list(tensors.keys())
            shapes |= {name: tuple(tensors.get_slice(name).get_shape()) for name in names}
    if tied:
        shapes.pop("lm_head.weight", None)
    return shapes


def check_weights(shapes: Mapping[str, Sequence[int]], tensors: Mapping[str, torch.Tensor]) -> None:
    """Compare new tensors with the names and shapes of the model.

    Raises:
        KeyError: for an unknown or a missing name.
        ValueError: for a tensor of another shape.
    """
    for name in tensors:
        if name not in shapes:
            raise KeyError(f"the model has no tensor {name}")
    missing = sorted(name for name in shapes if name not in tensors)
    if missing:
        raise KeyError(f"{len(missing)} tensors are missing, such as {missing[0]}")
    for name, shape in shapes.items():
        if tuple(tensors[name].shape) != tuple(shape):
            raise ValueError(
                f"{name}: expected the shape {tuple(shape)}, got {tuple(tensors[name].shape)}"
            )
