"""The number of parameters of a checkpoint and the types they are stored in, from the headers alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import prod
from pathlib import Path

from clean_bench.checkpoints.weights_hash import tensors_of

_INTEGERS = ("BOOL", "I8", "I16", "I32", "I64", "U8", "U16", "U32", "U64")
"""Types of buffers and of quantized weights, whose elements are not parameters one by one."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """`count` floating-point numbers; `dtype` is the type of most of them, as safetensors names it."""

    count: int
    dtype: str


def parameters_of(folder: str | Path) -> Parameters | None:
    """The parameters in all `*.safetensors` files of a folder; tied weights count as stored.

    None where integers are stored: the number of elements of quantized weights is not that of
    parameters.

    Raises:
        UserError: if there is no such folder or no safetensors file, or a file is damaged.
    """
    counts: Counter[str] = Counter()
    for tensor in tensors_of(Path(folder)).values():
        counts[tensor.dtype] += prod(tensor.shape)
    quantized = any(counts[dtype] > 1_000_000 for dtype in _INTEGERS)
    floating = {dtype: n for dtype, n in counts.items() if dtype not in _INTEGERS}
    if quantized or not floating:
        return None
    return Parameters(sum(floating.values()), max(floating, key=lambda dtype: floating[dtype]))
