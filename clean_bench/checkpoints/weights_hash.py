"""The hash of a checkpoint's weights.

It covers the tensors alone: names in sorted order, dtypes, shapes and bytes. A checkpoint keeps its
hash when its tensors are distributed over other files, are stored in another order, or are uploaded
to the hub and downloaded. Files are read in blocks, and no tensor library is loaded.

The layout of a safetensors file: eight bytes with the header's length (little-endian), the header
(JSON: name -> dtype, shape, data_offsets), then the bytes of the tensors.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from clean_bench.errors import UserError

_BLOCK = 1 << 22
_LONGEST_HEADER = 100_000_000


@dataclass(frozen=True, slots=True)
class _Tensor:
    """The place of a tensor: `begin` and `length` in bytes, from the beginning of the file."""

    file: Path
    dtype: str
    shape: tuple[int, ...]
    begin: int
    length: int


def weights_sha256(folder: str | Path) -> str:
    """SHA-256 over the tensors of all `*.safetensors` of a checkpoint folder, in hexadecimal.

    Tied weights count as often as they are stored.

    Raises:
        UserError: if there is no such folder, it holds no safetensors, a file is damaged, or two
            files hold a tensor of the same name.
    """
    tensors = _tensors(Path(folder))
    state = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name]
        label = json.dumps([name, tensor.dtype, tensor.shape, tensor.length]).encode()
        state.update(len(label).to_bytes(8, "little") + label)
        with tensor.file.open("rb") as file:
            file.seek(tensor.begin)
            left = tensor.length
            while left:
                block = file.read(min(left, _BLOCK))
                if not block:
                    raise UserError(f"{tensor.file}: became shorter while it was read; try again")
                state.update(block)
                left -= len(block)
    return state.hexdigest()


def _tensors(folder: Path) -> dict[str, _Tensor]:
    """Every tensor of a folder by name."""
    if not folder.is_dir():
        raise UserError(f"{folder}: expected a checkpoint folder, got none")
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise UserError(f"{folder}: expected *.safetensors files, got none; convert the weights")
    tensors: dict[str, _Tensor] = {}
    for path in files:
        with path.open("rb") as file:
            try:
                header = _header(path, file)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise UserError(
                    f"{path}: expected a complete safetensors file, got one that is damaged ({error}); "
                    "copy or download it again"
                ) from None
        for name, tensor in header.items():
            if name in tensors:
                raise UserError(
                    f"{tensors[name].file} and {path.name} both hold the tensor {name}; keep the files "
                    "of one checkpoint in a folder"
                )
            tensors[name] = tensor
    return tensors


def _header(path: Path, file: BinaryIO) -> dict[str, _Tensor]:
    """The tensors of one file by name.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: if the header is damaged.
    """
    size = path.stat().st_size
    start = int.from_bytes(file.read(8), "little") + 8
    if size < 8 or start > min(size, _LONGEST_HEADER):
        raise ValueError(f"its header does not fit into {size} bytes")
    tensors = {}
    for name, entry in json.loads(file.read(start - 8)).items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        if not 0 <= begin <= end <= size - start:
            raise ValueError(f"the tensor {name} lies outside of it")
        tensors[name] = _Tensor(
            path, entry["dtype"], tuple(entry["shape"]), start + begin, end - begin
        )
    return tensors
