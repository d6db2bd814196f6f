"""Bytes of activations per token of a packed row, layer by layer, from a model's shape.

Each term stands for one tensor that autograd keeps, in the order of the layer: norms, inputs of the
linear maps, attention, gated feed-forward block. The tests compare the sums with the tensors that are
really saved and with torch's `MemTracker`.
"""

from __future__ import annotations

from dataclasses import dataclass

from trainers.planning.model_shape import ModelShape

FLOAT32, HALF = 4, 2
_MAPS = 7
"""Linear maps of a layer."""


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Bytes of a weight and of a value in the forward pass; whether only adapters are trained.

    `split` is true where attention runs document by document (on a CPU): its outputs are then
    joined, and both copies are kept.
    """

    weights: int
    compute: int
    adapters: bool
    split: bool

    @property
    def autocast(self) -> bool:
        """Whether the weights are cast for each use."""
        return self.weights != self.compute


def saved_bytes(shape: ModelShape, arithmetic: Arithmetic, rank: int = 0) -> int:
    """Bytes per token that one layer keeps for its backward pass."""
    return (
        _norms(shape, arithmetic)
        + _linear_inputs(shape, arithmetic)
        + _attention(shape, arithmetic)
        + 3 * arithmetic.compute * shape.intermediate * shape.experts
        + (FLOAT32 * _MAPS * rank if arithmetic.adapters else 0)
    )


def working_bytes(shape: ModelShape, arithmetic: Arithmetic) -> int:
    """Bytes per token that the backward pass of one layer takes beside what the layer keeps.

    The feed-forward block decides: the gradient of its product and those of both factors live at once
    while one kept tensor has been released.
    """
    inner = shape.intermediate * shape.experts
    width = 2 * arithmetic.compute * inner
    if arithmetic.adapters and arithmetic.compute < FLOAT32:
        # The adapters' part of the gradient of their input is computed in their own float32.
        width += FLOAT32 * inner
    return width + (FLOAT32 + arithmetic.compute) * shape.hidden


def passing_bytes(shape: ModelShape, arithmetic: Arithmetic) -> int:
    """Bytes per token of one layer in a pass that keeps nothing for a backward pass."""
    inner = shape.intermediate * shape.experts
    adapted = 2 * FLOAT32 * inner if arithmetic.adapters else 0
    return 3 * arithmetic.compute * inner + adapted + 3 * FLOAT32 * shape.hidden


def _norms(shape: ModelShape, arithmetic: Arithmetic) -> int:
    """The input of each norm in float32, and the normalized value where its weight is trained."""

    def normalized(width: int) -> int:
        if arithmetic.adapters:
            return 0
        return FLOAT32 if shape.float_norms else width

    total = shape.norms * (shape.hidden * (FLOAT32 + normalized(arithmetic.weights)) + FLOAT32)
    if shape.head_norms:
        heads = (shape.queries + shape.keys) // shape.head_width
        total += (shape.queries + shape.keys) * (FLOAT32 + normalized(arithmetic.compute))
        total += FLOAT32 * heads
    elif not shape.normalized_inputs:
        total += (shape.queries + shape.keys) * (FLOAT32 + normalized(FLOAT32)) + 2 * FLOAT32
    return total


def _linear_inputs(shape: ModelShape, arithmetic: Arithmetic) -> int:
    """Inputs of the linear maps, which the gradients of the weights or of the adapters need.

    Maps with one input share it, unless each casts a copy for itself.
    """
    inner = shape.intermediate * shape.experts
    casts = arithmetic.autocast or (arithmetic.adapters and arithmetic.compute < FLOAT32)
    width = FLOAT32 if arithmetic.adapters and not arithmetic.autocast else arithmetic.compute
    return width * ((5 if casts else 2) * shape.hidden + shape.queries + inner)


def _attention(shape: ModelShape, arithmetic: Arithmetic) -> int:
    """Rotated queries and keys, values, output and the logarithms of the sums."""
    separate = arithmetic.split or (arithmetic.adapters and arithmetic.compute < FLOAT32)
    outputs = shape.queries if separate else 0  # else the input of the output map
    values = shape.queries + 2 * shape.keys + outputs
    return arithmetic.compute * values + FLOAT32 * shape.heads
