"""Attention inside the documents of a packed row, registered with `transformers` under one name.

Each document attends to itself alone, causally, and inside its sliding window where the layer has one;
where documents share a prompt (`trainers.shared_prompts`), to this prompt too. On a GPU of compute
capability 8.0 or more, in bfloat16 or float16, one call of torch's variable-length attention computes
all documents. Elsewhere a loop calls `scaled_dot_product_attention` for one document, or block of short
ones, after another. No mask over the whole row is made: it would cost the square of the row's tokens.

The layers find the boundaries in the keyword arguments of `transformers`' flash attention
(`cu_seq_lens_q`, `max_length_q`), which every model that follows its attention interface hands on, and
the layout of shared prompts in `shared_prompts` beside them.
"""

from __future__ import annotations

import logging
from typing import Any, cast

import torch
from torch.nn.attention.varlen import varlen_attn
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

from clean_bench.errors import UserError
from trainers.batching import PackedRow
from trainers.shared_prompts import SharedPrompts

PACKED_ATTENTION = "clean_bench_packed"
"""Name of the attention function in `transformers`."""
_LARGEST_HEAD = 256
"""Largest dimension of a head in torch's variable-length attention."""
_LEAST_CAPABILITY = (8, 0)
"""Compute capability from which torch's variable-length attention runs."""
_LAYERS = {"full_attention", "sliding_attention"}
"""Kinds of layers, in a configuration's `layer_types`, that keep documents apart."""
_logger = logging.getLogger(__name__)
_warned: set[str] = set()


def boundaries(row: PackedRow) -> dict[str, Any]:
    """The keyword arguments of a model's forward pass that mark the documents of a row."""
    return {
        "cu_seq_lens_q": row.boundaries,
        "cu_seq_lens_k": row.boundaries,
        "max_length_q": row.longest,
        "max_length_k": row.longest,
        "shared_prompts": row.shared,
    }


def use_packed_attention(model: Any) -> None:
    """Let a model's attention layers compute packed rows; what is saved of its configuration stays.

    Raises:
        UserError: for a model whose layers are not all attention, or do not take an attention function
            by name.
    """
    name = type(model).__name__
    config = model.config.get_text_config()
    unknown = sorted({*(getattr(config, "layer_types", None) or ())} - _LAYERS)
    if unknown:
        raise UserError(
            f"{name}: expected layers of full or sliding attention, got {', '.join(unknown)}: packed "
            "documents would not be kept apart; train another model"
        )
    if model.config._attn_implementation != PACKED_ATTENTION:
        model.set_attn_implementation(PACKED_ATTENTION)
    if model.config._attn_implementation != PACKED_ATTENTION:
        raise UserError(
            f"{name}: expected a model that takes an attention function by name, got one whose "
            "attention is fixed: packed documents would not be kept apart; train another model"
        )


def packed_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    sliding_window: int | None = None,
    softcap: float | None = None,
    cu_seq_lens_q: torch.Tensor | None = None,
    max_length_q: int | None = None,
    shared_prompts: SharedPrompts | None = None,
    **others: Any,
) -> tuple[torch.Tensor, None]:
    """The attention function that `transformers` calls in each layer.

    Args:
        query: (1, heads, T, dimension); `key` and `value`: (1, key-value heads, T, dimension).
        attention_mask: None; a mask would be for other rows than packed ones.
        sliding_window: tokens that a token attends to at most, itself included.
        softcap: scores s become softcap * tanh(s / softcap).

    Returns:
        (1, T, heads, dimension), and None for the attention weights.

    Raises:
        RuntimeError: without boundaries, or with a mask, dropout or attention sinks.
    """
    if attention_mask is not None or cu_seq_lens_q is None or max_length_q is None:
        raise RuntimeError(
            "packed attention: expected boundaries of documents and no attention mask"
        )
    if dropout:
        raise RuntimeError(f"packed attention: expected no dropout, got {dropout}")
    if others.get("s_aux") is not None:
        raise RuntimeError("packed attention: attention sinks are not supported")
    if softcap is None and _has_varlen(query, value):
        window = (-1, 0) if sliding_window is None else (sliding_window - 1, 0)
        keys, longest = cu_seq_lens_q, max_length_q
        if shared_prompts is not None:
            key, value = (gathered(tensor, 2, shared_prompts.keys) for tensor in (key, value))
            keys, longest = shared_prompts.key_boundaries, shared_prompts.longest_keys
        # Rotary embeddings leave query and key in float32 where autocast made the value 16 bits wide.
        q, k, v = (tensor[0].transpose(0, 1).to(value.dtype) for tensor in (query, key, value))
        # Fewer queries than keys: causal masks and windows are aligned at the last query and key.
        out = varlen_attn(
            q,
            k,
            v,
            cu_seq_lens_q,
            keys,
            max_length_q,
            longest,
            scale=scaling,
            window_size=window,
            enable_gqa=True,
        )
        return cast(torch.Tensor, out)[None], None
    query, key = query.to(value.dtype), key.to(value.dtype)
    if shared_prompts is not None:
        parts = _blocks(query, key, value, shared_prompts, scaling, sliding_window, softcap)
    else:
        sizes = cu_seq_lens_q.diff().tolist()
        # Not slices: the backward pass would fill a tensor as long as the row for each document.
        documents = zip(*(torch.split(t, sizes, dim=2) for t in (query, key, value)), strict=True)
        parts = [_attend(q, k, v, scaling, sliding_window, softcap) for q, k, v in documents]
    return torch.cat([part.transpose(1, 2) for part in parts], dim=1), None


def gathered(tensor: torch.Tensor, dim: int, index: torch.Tensor) -> torch.Tensor:
    """Entries of a tensor, some repeatedly; the gradients of one entry are added in float32 at least."""
    wide = torch.promote_types(tensor.dtype, torch.float32)
    return tensor.to(wide).index_select(dim, index).to(tensor.dtype)


def _blocks(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    shared: SharedPrompts,
    scaling: float | None,
    window: int | None,
    softcap: float | None,
) -> list[torch.Tensor]:
    """The attention of each block of a row with shared prompts, in the order of the row."""
    pieces = list(shared.pieces)
    queries, keys, values = (torch.split(t, pieces, dim=2) for t in (query, key, value))
    parts = []
    for number, block in enumerate(shared.blocks):
        q, k, v = queries[block.piece], keys[block.piece], values[block.piece]
        mask = shared.mask(number, window, value.dtype) if block.documents > 1 else None
        if block.prompt is not None:
            k = torch.cat([keys[block.prompt], k], dim=2)
            v = torch.cat([values[block.prompt], v], dim=2)
            if block.first or mask is None:
                # A long completion alone: with the prompt's queries its attention is plainly causal.
                q = torch.cat([queries[block.prompt], q], dim=2)
        part = _attend(q, k, v, scaling, window, softcap, mask)
        if not block.first and mask is None:
            part = part[:, :, k.shape[2] - pieces[block.piece] :]
        parts.append(part)
    return parts


def _attend(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    scaling: float | None,
    window: int | None,
    softcap: float | None,
    mask: torch.Tensor | None = None,
) -> torch.Tensor:
    """Attention of one document, causal, or under a mask that is added to the scores.

    Returns:
        (1, heads, tokens, dimension).
    """
    tokens = query.shape[2]
    if mask is None and (softcap is not None or (window is not None and window < tokens)):
        place = torch.arange(tokens, device=query.device)
        distance = place[:, None] - place
        mask = (distance >= 0) & (distance < (window or tokens))
    if softcap is None:
        return scaled_dot_product_attention(
            query,
            key,
            value,
            attn_mask=mask,
            is_causal=mask is None,
            scale=scaling,
            enable_gqa=True,
        )
    groups = query.shape[1] // key.shape[1]
    key, value = (tensor.repeat_interleave(groups, dim=1) for tensor in (key, value))
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    scores = softcap * torch.tanh((query @ key.transpose(2, 3)) * scale / softcap)
    assert mask is not None
    scores = scores.masked_fill(~mask, float("-inf")) if mask.dtype == torch.bool else scores + mask
    wide = torch.promote_types(scores.dtype, torch.float32)
    return scores.softmax(dim=-1, dtype=wide).to(value.dtype) @ value


def _has_varlen(query: torch.Tensor, value: torch.Tensor) -> bool:
    """Whether torch's variable-length attention runs on these tensors; warns once for each reason."""
    if not query.is_cuda:
        return False
    capability = torch.cuda.get_device_capability(query.device)
    if capability < _LEAST_CAPABILITY:
        reason = f"a GPU of compute capability {capability[0]}.{capability[1]}, below 8.0"
    elif value.dtype not in (torch.bfloat16, torch.float16):
        reason = f"values in {str(value.dtype).removeprefix('torch.')}"
    elif query.shape[-1] > _LARGEST_HEAD:
        reason = f"heads of dimension {query.shape[-1]}, above {_LARGEST_HEAD}"
    else:
        return True
    if reason not in _warned:
        _warned.add(reason)
        _logger.warning(
            "variable-length attention does not run for %s: a slower loop over documents runs instead",
            reason,
        )
    return False


AttentionInterface.register(PACKED_ATTENTION, packed_attention)
