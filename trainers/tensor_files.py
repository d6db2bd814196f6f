"""Write safetensors files tensor by tensor, in pieces.

The library's own writer needs every tensor of a file in host memory at once. Here a tensor may be on a
GPU, or be computed when its turn comes; one piece of it at a time is copied to the host.

A file has eight bytes with the length of its header (little-endian), the header (JSON: name -> dtype,
shape, data_offsets), then the bytes of the tensors.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import BinaryIO

import torch

from clean_bench.checkpoints.live_weights import DTYPES

_PIECE = 1 << 22
"""Elements that are copied to the host at a time."""


@dataclass(frozen=True, slots=True)
class TensorForm:
    """Data type and shape of a tensor to be written."""

    dtype: torch.dtype
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Bytes."""
        return prod(self.shape) * self.dtype.itemsize


def form_of(tensor: torch.Tensor) -> TensorForm:
    return TensorForm(tensor.dtype, tuple(tensor.shape))


def write_tensors(
    path: Path,
    forms: Mapping[str, TensorForm],
    tensors: Iterable[tuple[str, torch.Tensor]],
    metadata: Mapping[str, str],
) -> None:
    """Write a safetensors file.

    Args:
        forms: of every tensor.
        tensors: in any order; cast to the data type of their form.

    Raises:
        ValueError: if the tensors are not those of the forms.
        OSError: if the file cannot be written, such as on a full disk.
    """
    # Wide types first: each tensor then begins at a multiple of its element's size.
    ordered = sorted(forms, key=lambda name: -forms[name].dtype.itemsize)
    header: dict[str, object] = {"__metadata__": dict(metadata)}
    begin, offsets = 0, {}
    for name in ordered:
        form = forms[name]
        offsets[name] = begin
        header[name] = {
            "dtype": DTYPES[form.dtype],
            "shape": list(form.shape),
            "data_offsets": [begin, begin + form.size],
        }
        begin += form.size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        start = file.tell()
        for name, tensor in tensors:
            if name not in offsets or tuple(tensor.shape) != forms[name].shape:
                raise ValueError(f"{name}: expected {forms.get(name)}, got {form_of(tensor)}")
            file.seek(start + offsets.pop(name))
            _write_tensor(file, tensor.detach(), forms[name].dtype)
    if offsets:
        raise ValueError(f"expected {len(forms)} tensors, got none for {min(offsets)}")


def _write_tensor(file: BinaryIO, tensor: torch.Tensor, dtype: torch.dtype) -> None:
    for piece in tensor.reshape(-1).split(_PIECE):  # type: ignore[no-untyped-call]
        # Cast on its device: a GPU sends half of the bytes for a 16-bit type.
        held = piece.to(dtype).cpu().contiguous()
        file.write(held.view(torch.uint8).numpy().data)
