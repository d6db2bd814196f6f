"""Decode one batch with a `transformers` model; limit the batch by the KV cache.

Prompts are padded on the left and prefilled in chunks of bounded size; equal prompts, as those of
several samples, are read once. As soon as half of the rows have ended, they are removed from the batch
and the KV cache, so a few long completions do not pay for all rows. Steps write into a cache with room
(`clean_bench.engines.kv_cache`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import torch

from clean_bench.engines.base import Request
from clean_bench.engines.kv_cache import reserve
from clean_bench.engines.outputs import stopped_rows
from clean_bench.engines.sampling import Restriction, choose_tokens, uniforms
from clean_bench.errors import UserError

_MAX_ACTIVATION_BYTES = 1 << 31
"""Limit on one layer's widest activation, and on the attention mask, during the prefill."""


@dataclass(frozen=True, slots=True)
class DecodedRow:
    """Generated ids and log-probabilities of a row of a batch; whether it ended before its limit."""

    row: int
    token_ids: list[int]
    logprobs: list[float]
    stopped: bool


def cache_bytes(model: Any) -> int:
    """Bytes of the KV cache per token and row, measured on one token.

    Measured, because configurations describe grouped queries, compressed keys and layers without
    attention in too many ways. A sliding window is counted as full attention.

    Raises:
        UserError: if the model has no KV cache.
    """
    ids = torch.zeros(1, 1, dtype=torch.long, device=next(model.parameters()).device)
    output = model(input_ids=ids, use_cache=True, logits_to_keep=1)
    cache = reserve(getattr(output, "past_key_values", None), _cache_dtype(ids.device), 1, 1)
    sizes = [
        tensor.numel() * tensor.element_size()
        for layer in getattr(cache, "layers", [])
        for tensor in (getattr(layer, "keys", None), getattr(layer, "values", None))
        if tensor is not None
    ]
    if not sum(sizes):
        raise UserError(
            f"model type {model.config.model_type}: expected a model with a KV cache, got one without; "
            "use --engine vllm"
        )
    return sum(sizes)


def rows_that_fit(prompts: Sequence[int], limits: Sequence[int], *, most: int, tokens: int) -> int:
    """Number of leading rows that form a batch: at least one, at most `most`.

    Every row takes the cache of the longest prompt and the longest completion in the batch.

    Args:
        prompts: prompt lengths.
        limits: maximum completion lengths.
        tokens: capacity of the KV cache, in tokens.
    """
    longest = limit = count = 0
    for count, (prompt, completion) in enumerate(zip(prompts, limits, strict=True)):
        longest, limit = max(longest, prompt), max(limit, completion)
        if count and (count == most or (count + 1) * (longest + limit) > tokens):
            return count
    return count + 1


def decode_batch(
    model: Any,
    tokenizer: Any,
    requests: Sequence[Request],
    prompts: Sequence[Sequence[int]],
    limits: Sequence[int],
    ends: Collection[int],
) -> Iterator[list[DecodedRow]]:
    """Complete the prompts of one batch; yields the rows that ended at a step, every row once.

    Args:
        prompts: token ids.
        limits: maximum completion length of each row.
        ends: ids of end tokens.
    """
    device = next(model.parameters()).device
    limit = torch.tensor(limits, device=device)
    temperature = torch.tensor([request.temperature for request in requests], device=device)
    uniform = uniforms([request.seed for request in requests], max(limits)).to(device)
    restriction = _restriction(requests, device)
    end_ids = torch.tensor(sorted(ends), dtype=torch.long, device=device)
    # Generated ids of the rows with stop strings.
    generated: dict[int, list[int]] = {
        row: [] for row, request in enumerate(requests) if request.stop
    }

    ids, mask = _left_padded(prompts, tokenizer.pad_token_id or 0, max(limits), device)
    tokens = torch.zeros(len(prompts), max(limits), dtype=torch.long, device=device)
    logps = torch.zeros(len(prompts), max(limits), device=device)
    lengths = torch.zeros(len(prompts), dtype=torch.long, device=device)
    stopped = torch.zeros(len(prompts), dtype=torch.bool, device=device)
    rows = torch.arange(len(prompts), device=device)  # rows that are still in the batch
    active = torch.ones_like(rows, dtype=torch.bool)  # those that have not ended
    logits, cache = _prefill_distinct(model, prompts, ids, mask)
    length = ids.shape[1]
    position = mask[:, :length].sum(dim=-1, keepdim=True)
    remaining = len(prompts)
    for step in range(max(limits)):
        token, logp = choose_tokens(
            logits,
            temperature[rows],
            uniform[rows, step],
            restriction.of(rows) if restriction else None,
        )
        # Their sum is examined with one transfer from the device: NaN and infinity remain in it.
        if not isfinite(float(logp.sum())):
            raise UserError(
                "the model gives no probabilities, only NaN or infinity: its weights are damaged, or "
                "its training diverged; choose another checkpoint, or train with a smaller learning_rate"
            )
        tokens[rows, step], logps[rows, step] = token, logp
        lengths[rows] += active
        ended = active & torch.isin(token, end_ids)
        if generated:
            ended |= active & _stop_hits(tokenizer, requests, generated, rows, active, token, ends)
        stopped[rows] |= ended
        before, active = active, active & ~ended & (lengths[rows] < limit[rows])
        left, remaining = remaining, int(active.sum())
        if remaining < left:
            done = rows[before & ~active]
            yield _decoded_rows(done, tokens, logps, lengths, stopped)
        if not remaining:
            break
        if 2 * remaining <= len(rows):
            kept = active.nonzero().squeeze(-1)
            cache.reorder_cache(kept)  # not batch_select_indices, which some layers lack
            rows, active, token = rows[kept], active[kept], token[kept]
            mask, position = mask[kept], position[kept]
        length += 1
        logits, cache = _forward(model, token[:, None], mask[:, :length], position, cache)
        position = position + 1


def _decoded_rows(
    rows: torch.Tensor,
    tokens: torch.Tensor,
    logps: torch.Tensor,
    lengths: torch.Tensor,
    stopped: torch.Tensor,
) -> list[DecodedRow]:
    """The given rows, up to their lengths."""
    counts = lengths[rows].tolist()
    longest = max(counts)
    columns = (rows, tokens[rows, :longest], logps[rows, :longest], stopped[rows])
    return [
        DecodedRow(row, ids[:n], row_logps[:n], end)
        for n, row, ids, row_logps, end in zip(
            counts, *(column.tolist() for column in columns), strict=True
        )
    ]


def _restriction(requests: Sequence[Request], device: torch.device) -> Restriction | None:
    """Top-k and top-p of each request; None if no request that is sampled has one."""
    if all(r.temperature == 0 or (r.top_p >= 1 and not r.top_k) for r in requests):
        return None
    no_limit = torch.iinfo(torch.long).max
    return Restriction(
        torch.tensor([request.top_k or no_limit for request in requests], device=device),
        torch.tensor([request.top_p for request in requests], dtype=torch.float64, device=device),
    )


def _stop_hits(
    tokenizer: Any,
    requests: Sequence[Request],
    generated: dict[int, list[int]],
    rows: torch.Tensor,
    active: torch.Tensor,
    token: torch.Tensor,
    ends: Collection[int],
) -> torch.Tensor:
    """Append the new tokens to `generated`; (rows,), true where they completed a stop string."""
    hits = torch.zeros(len(rows), dtype=torch.bool)
    checked = []
    for place, (row, is_active, token_id) in enumerate(
        zip(rows.tolist(), active.tolist(), token.tolist(), strict=True)
    ):
        if is_active and row in generated:
            generated[row].append(token_id)
            checked.append((place, row))
    stopped = stopped_rows(
        tokenizer,
        [generated[row] for _, row in checked],
        [requests[row].stop for _, row in checked],
        ends,
    )
    for (place, _), hit in zip(checked, stopped, strict=True):
        hits[place] = hit
    return hits.to(rows.device)


def _prefill_distinct(
    model: Any, prompts: Sequence[Sequence[int]], ids: torch.Tensor, mask: torch.Tensor
) -> tuple[torch.Tensor, Any]:
    """The same as `_prefill`, but equal prompts are read once; their logits and cache are copied."""
    places: dict[tuple[int, ...], int] = {}
    distinct: list[int] = []
    copies: list[int] = []
    for row, prompt in enumerate(prompts):
        key = tuple(prompt)
        if key not in places:
            places[key] = len(distinct)
            distinct.append(row)
        copies.append(places[key])
    if len(distinct) == len(prompts):
        return _prefill(model, ids, mask)
    logits, cache = _prefill(model, ids[distinct], mask[distinct])
    rows = torch.tensor(copies, device=ids.device)
    cache.reorder_cache(rows)
    return logits[rows], cache


def _prefill(model: Any, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, Any]:
    """The logits after the prompts, (rows, vocabulary), and the KV cache.

    Args:
        mask: (rows, columns): of the prompts, and of what can follow them.
    """
    position = (mask.cumsum(dim=-1) - 1).clamp(min=0)
    logits, cache = None, None
    for begin, end in _prefill_chunks(model, *ids.shape):
        logits, cache = _forward(
            model, ids[:, begin:end], mask[:, :end], position[:, begin:end], cache
        )
        if begin == 0:
            cache = reserve(cache, _cache_dtype(ids.device), ids.shape[1], mask.shape[1])
    assert logits is not None
    return logits, cache


def _cache_dtype(device: torch.device) -> torch.dtype | None:
    """The dtype of keys and values: under autocast that in which attention reads them.

    Rotary embeddings leave the keys of a float32 model in float32. Kept so, all of them would be cast at
    every step.
    """
    if not torch.is_autocast_enabled(device.type):
        return None
    return torch.get_autocast_dtype(device.type)


def _prefill_chunks(model: Any, rows: int, length: int) -> Iterator[tuple[int, int]]:
    """Column ranges that keep activations and masks within `_MAX_ACTIVATION_BYTES`."""
    text = model.config.get_text_config()
    width = getattr(text, "intermediate_size", None) or 4 * text.hidden_size
    if isinstance(width, list | tuple):  # one per layer
        width = max(width)
    element = next(model.parameters()).element_size()
    widest = max(int(width) * element, length * element)
    chunk = max(_MAX_ACTIVATION_BYTES // (rows * widest), 1)
    for begin in range(0, length, chunk):
        yield begin, min(begin + chunk, length)


def _forward(
    model: Any, ids: torch.Tensor, mask: torch.Tensor, position: torch.Tensor, cache: Any
) -> tuple[torch.Tensor, Any]:
    output = model(
        input_ids=ids,
        attention_mask=mask,
        position_ids=position,
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
    )
    return output.logits[:, -1], output.past_key_values


def _left_padded(
    prompts: Sequence[Sequence[int]], pad: int, more: int, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids, (rows, longest), padded on the left, and their attention mask with `more` columns."""
    length = max(map(len, prompts))
    ids = torch.full((len(prompts), length), pad)
    mask = torch.ones(len(prompts), length + more, dtype=torch.long)
    for row, prompt in enumerate(prompts):
        ids[row, length - len(prompt) :] = torch.tensor(prompt)
        mask[row, : length - len(prompt)] = 0
    return ids.to(device), mask.to(device)
