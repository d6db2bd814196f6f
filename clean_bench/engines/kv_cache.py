"""A KV cache with room for later tokens: a decoding step writes its column in place.

The cache of `transformers` concatenates, so each step copies the keys and values of all tokens so far.
`reserve` replaces its layers once the prompt, or the first part of it, was read. Room is added in
blocks: a layer holds at most `BLOCK` columns more than there are tokens, and never more than the batch
can need.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

BLOCK = 128
"""Columns of room that are added at once."""


class _Reserved:
    """Keys and values in buffers of shape (rows, heads, room, size); mixed into a layer of transformers.

    `keys` and `values` are views of the buffers: the columns that later tokens attend to.
    """

    keys: torch.Tensor
    values: torch.Tensor

    def reserve(self, layer: Any, dtype: torch.dtype | None, columns: int, most: int) -> None:
        """Take over the contents of a layer.

        Args:
            dtype: of the buffers; None for that of the layer.
            columns: number of columns that are read before decoding begins.
            most: number of columns that will be read at most.
        """
        self.dtype, self.device = dtype or layer.keys.dtype, layer.keys.device
        self.is_initialized = True
        self._most = most
        self._buffers = [self._copied(t, columns, None) for t in (layer.keys, layer.values)]
        self._show(0, layer.keys.shape[-2])

    def _copied(
        self, tensor: torch.Tensor, columns: int, rows: torch.Tensor | None
    ) -> torch.Tensor:
        """A buffer that begins with (some rows of) a tensor, with room for `columns` and a block."""
        length = tensor.shape[-2]
        room = max(length, min(columns + BLOCK, self._most))
        shape = [len(tensor) if rows is None else len(rows), tensor.shape[1], room, tensor.shape[3]]
        buffer = torch.empty(shape, dtype=self.dtype, device=self.device)
        buffer[:, :, :length] = tensor if rows is None else tensor.index_select(0, rows)
        return buffer

    def _move(self, columns: int, rows: torch.Tensor | None = None) -> None:
        """Put the columns in use into new buffers, one after the other: the memory of one is spare."""
        for place, view in enumerate((self.keys, self.values)):
            self._buffers[place] = self._copied(view, columns, rows)
        self._show(0, self.keys.shape[-2])

    def _show(self, begin: int, end: int) -> None:
        self._begin, self._end = begin, end
        self.keys, self.values = (buffer[:, :, begin:end] for buffer in self._buffers)

    def append(self, keys: torch.Tensor, values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Write columns behind those in use; all columns in use."""
        count = keys.shape[-2]
        if self._end + count > self._buffers[0].shape[-2]:
            self._move(self._end - self._begin + count)
        for buffer, new in zip(self._buffers, (keys, values), strict=True):
            buffer[:, :, self._end : self._end + count] = new
        self._show(self._begin, self._end + count)
        return self.keys, self.values

    def reorder_cache(self, beam_idx: torch.Tensor) -> None:
        """Keep some rows."""
        self._move(self._end - self._begin, beam_idx.to(self.device))


class ReservedLayer(_Reserved, DynamicLayer):  # type: ignore[misc]
    """Full attention: all columns stay in use."""

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        return self.append(key_states, value_states)


class ReservedSlidingLayer(_Reserved, DynamicSlidingWindowLayer):  # type: ignore[misc]
    """A sliding window: a token attends to itself and to the `sliding_window - 1` columns before it."""

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        self.cumulative_length += key_states.shape[-2]
        states = self.append(key_states, value_states)
        self._show(max(self._begin, self._end - self.sliding_window + 1), self._end)
        return states


def reserve(cache: Any, dtype: torch.dtype | None, columns: int, most: int) -> Any:
    """Replace the layers of full and of sliding-window attention by layers with room.

    Layers of any other kind (linear attention, compressed or quantized keys, a model's own classes) and
    caches of any other kind stay as the model made them: they keep a state of fixed size, or grow.

    Args:
        dtype: of the keys and values; None for that in which the model made them.
        columns, most: see `_Reserved.reserve`.
    """
    layers = getattr(cache, "layers", [])
    for place, layer in enumerate(layers):
        reserved: Any
        if type(layer) is DynamicLayer and layer.keys is not None:
            reserved = ReservedLayer()
        elif (
            type(layer) is DynamicSlidingWindowLayer
            and layer.keys is not None
            and not layer.record_past
        ):
            reserved = ReservedSlidingLayer(layer.sliding_window)
            reserved.cumulative_length = layer.cumulative_length
        else:
            continue
        reserved.reserve(layer, dtype, columns, most)
        layers[place] = reserved
    return cache
