"""What a checkpoint's weights are, as one hash.

The hash covers tensors and nothing else: names in order, dtypes, shapes and bytes. How tensors are
spread over files, in which order a file holds them and what its header says besides do not matter,
so a checkpoint keeps its hash when it is sharded anew or copied to the hub and back. Files are read
in blocks and no tensor library is loaded.

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
    """Where a tensor lies: `begin` and `length` in bytes, from the beginning of the file."""

    file: Path
    dtype: str
    shape: tuple[int, ...]
    begin: int
    length: int


def weights_sha256(folder: str | Path) -> str:
    """SHA-256 over the tensors of all `*.safetensors` of a checkpoint folder, in hexadecimal.

    Tied weights count as they are stored: once where the file holds them once.

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
                    raise UserError(f"{tensor.file} became shorter while it was read")
                state.update(block)
                left -= len(block)
    return state.hexdigest()


def _tensors(folder: Path) -> dict[str, _Tensor]:
    if not folder.is_dir():
        raise UserError(f"there is no checkpoint folder {folder}")
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise UserError(f"{folder} holds no *.safetensors file: models are loaded from safetensors")
    tensors: dict[str, _Tensor] = {}
    for path in files:
        with path.open("rb") as file:
            try:
                found = _header(path, file)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise UserError(f"{path} is no whole safetensors file ({error})") from None
        for name, tensor in found.items():
            if name in tensors:
                raise UserError(
                    f"{tensors[name].file} and {path.name} both hold the tensor {name}: "
                    "a checkpoint folder holds one checkpoint"
                )
            tensors[name] = tensor
    return tensors


def _header(path: Path, file: BinaryIO) -> dict[str, _Tensor]:
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
