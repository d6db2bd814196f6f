"""Hash the weights of a model in memory.

The hash is that of `clean_bench.checkpoints.weights_hash` over the files that `save_pretrained` would
write, so a checkpoint that is saved unchanged has the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import torch

DTYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}
"""The names of data types in safetensors files."""


def live_weights_sha256(model: Any) -> str:
    """SHA-256, in hexadecimal, over the tensors of a model; tied weights count once."""
    return tensors_sha256(model.state_dict().items())


def tensors_sha256(named_tensors: Iterable[tuple[str, torch.Tensor]]) -> str:
    """SHA-256, in hexadecimal, over named tensors, as if a checkpoint stored them.

    Of tensors in one place in memory, such as tied weights, the first counts.
    """
    tensors: dict[str, torch.Tensor] = {}
    stored = set()
    for name, tensor in named_tensors:
        place = (tensor.data_ptr(), tensor.shape, tensor.dtype)
        if place not in stored or not tensor.numel():
            tensors[name] = tensor
        stored.add(place)
    state = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach()
        dtype = DTYPES.get(tensor.dtype, str(tensor.dtype))
        length = tensor.numel() * tensor.element_size()
        label = json.dumps([name, dtype, list(tensor.shape), length]).encode()
        state.update(len(label).to_bytes(8, "little") + label)
        if length:
            flat = tensor.cpu().contiguous().reshape(-1).view(torch.uint8)
            state.update(flat.numpy().data)
    return state.hexdigest()
