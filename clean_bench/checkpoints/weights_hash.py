"""Hash the weights of a checkpoint.

The hash covers only tensors, all those of the files that are loaded
(`clean_bench.checkpoints.weight_files`): names in sorted order, dtypes, shapes and bytes. It does not
depend on sharding, on the order in a file or on file metadata, so a checkpoint keeps its hash when it
is resharded or copied to the hub and back. Files are read in blocks, without a tensor library.

A safetensors file has eight bytes with the length of its header (little-endian), the header (JSON:
name -> dtype, shape, data_offsets), then the bytes of the tensors.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from clean_bench.checkpoints.weight_files import indexed_tensors, loaded_files
from clean_bench.errors import UserError
from clean_bench.foreign_files.json_text import decode_json
from clean_bench.foreign_files.regular_file import open_regular

_BLOCK_BYTES = 1 << 22
_MAX_HEADER_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class Tensor:
    """Location of a tensor; `begin` and `length` in bytes, from the start of the file."""

    file: Path
    dtype: str
    shape: tuple[int, ...]
    begin: int
    length: int


def weights_sha256(folder: str | Path) -> str:
    """SHA-256, in hexadecimal, over the tensors of the files of a folder that are loaded.

    Mistral's second copy of its weights (`consolidated.safetensors`) is not read. A tensor that no
    model reads counts too: loading it gives a warning.

    Tied weights are hashed as stored, usually once.

    Raises:
        UserError: if there is no such folder, it is not certain which files are loaded, a file is
            damaged, two files hold tensors of the same name, or a tensor is not in the file that the
            index names.
    """
    tensors = tensors_of(Path(folder))
    state = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name]
        label = json.dumps([name, tensor.dtype, tensor.shape, tensor.length]).encode()
        state.update(len(label).to_bytes(8, "little") + label)
        with tensor.file.open("rb") as file:
            file.seek(tensor.begin)
            remaining = tensor.length
            while remaining:
                block = file.read(min(remaining, _BLOCK_BYTES))
                if not block:
                    raise UserError(f"{tensor.file} was truncated during reading: run again")
                state.update(block)
                remaining -= len(block)
    return state.hexdigest()


def tensor_shapes(folder: str | Path) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor of a checkpoint folder, from the headers of its files.

    Raises:
        UserError: as `weights_sha256`.
    """
    return {name: tensor.shape for name, tensor in tensors_of(Path(folder)).items()}


def tensors_of(folder: Path) -> dict[str, Tensor]:
    """The tensors of a folder by name, from the headers of its files (raises as `weights_sha256`)."""
    if not folder.is_dir():
        raise UserError(f"{folder}: no such checkpoint folder")
    tensors: dict[str, Tensor] = {}
    for path in loaded_files(folder):
        with open_regular(path) as file:
            try:
                in_file = _header(path, file)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise UserError(f"{path}: expected a safetensors file ({error})") from None
        for name, tensor in in_file.items():
            if name in tensors:
                raise UserError(
                    f"{tensors[name].file} and {path.name} both hold the tensor {name}: "
                    "expected one checkpoint per folder; move the files of the other one away"
                )
            tensors[name] = tensor
    for name, named in indexed_tensors(folder).items():
        if name not in tensors or tensors[name].file.name != named:
            raise UserError(
                f"{folder}: the index of its weights places {name} in {named}, which lacks it; "
                "complete the download or save the checkpoint again"
            )
    return tensors


def _header(path: Path, file: BinaryIO) -> dict[str, Tensor]:
    size = path.stat().st_size
    start = int.from_bytes(file.read(8), "little") + 8
    if size < 8 or start > min(size, _MAX_HEADER_BYTES):
        raise ValueError(f"the header does not fit into {size} bytes")
    tensors = {}
    for name, entry in decode_json(file.read(start - 8), str(path)).items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        if not 0 <= begin <= end <= size - start:
            raise ValueError(f"the tensor {name} is outside of it")
        tensors[name] = Tensor(
            path, entry["dtype"], tuple(entry["shape"]), start + begin, end - begin
        )
    return tensors
