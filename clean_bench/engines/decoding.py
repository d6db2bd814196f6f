"""Decoding one batch with a `transformers` model, and how large a batch may be.

Prompts are padded on the left and read in pieces of bounded size. Rows that have ended leave the
batch as soon as they are half of it, and their part of the KV cache is given back: a long tail is
paid for alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from clean_bench.engines.base import Request
from clean_bench.engines.outputs import stopped_rows
from clean_bench.engines.sampling import choose, uniforms
from clean_bench.errors import UserError

_ACTIVATIONS = 1 << 31
"""Most bytes of one layer's widest activation, or of the attention mask, while a prompt is read."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Generated ids and log-probabilities of each row, and whether it ended before its limit."""

    rows: list[list[int]]
    logprobs: list[list[float]]
    stopped: list[bool]


@torch.inference_mode()
def cache_bytes(model: Any) -> int:
    """Bytes that the KV cache takes for one token of one row, measured on one token.

    Configurations name what decides it (heads shared by queries, compressed keys, layers without
    attention) in too many ways to be read. A layer with a sliding window is taken for one without.

    Raises:
        UserError: if the model keeps no KV cache.
    """
    ids = torch.zeros(1, 1, dtype=torch.long, device=next(model.parameters()).device)
    output = model(input_ids=ids, use_cache=True, logits_to_keep=1)
    held = [
        tensor.numel() * tensor.element_size()
        for layer in getattr(getattr(output, "past_key_values", None), "layers", [])
        for tensor in (getattr(layer, "keys", None), getattr(layer, "values", None))
        if tensor is not None
    ]
    if not sum(held):
        raise UserError(
            f"a model of the kind {model.config.model_type} keeps no KV cache, and the engine "
            "transformers decodes with one"
        )
    return sum(held)


def rows_that_fit(prompts: Sequence[int], limits: Sequence[int], *, most: int, tokens: int) -> int:
    """How many of the first rows make a batch: at least one, at most `most`.

    Every row of a batch takes room for its longest prompt and its longest completion.

    Args:
        prompts: lengths of the prompts.
        limits: most tokens of the completions.
        tokens: room in the KV cache, in tokens.
    """
    longest = limit = count = 0
    for count, (prompt, room) in enumerate(zip(prompts, limits, strict=True)):
        longest, limit = max(longest, prompt), max(limit, room)
        if count and (count == most or (count + 1) * (longest + limit) > tokens):
            return count
    return count + 1


@torch.inference_mode()
def decode_batch(
    model: Any,
    tokenizer: Any,
    requests: Sequence[Request],
    prompts: Sequence[Sequence[int]],
    limits: Sequence[int],
    ends: Collection[int],
) -> Decoded:
    """Complete the prompts together.

    Args:
        prompts: token ids.
        limits: most tokens of each completion.
        ends: ids that end a completion.
    """
    device = next(model.parameters()).device
    limit = torch.tensor(limits, device=device)
    temperature = torch.tensor([request.temperature for request in requests], device=device)
    uniform = uniforms([request.seed for request in requests], max(limits)).to(device)
    end_ids = torch.tensor(sorted(ends), dtype=torch.long, device=device)
    watched = [row for row, request in enumerate(requests) if request.stop]
    written: dict[int, list[int]] = {row: [] for row in watched}

    ids, mask = _left_padded(prompts, tokenizer.pad_token_id or 0, device)
    tokens = torch.zeros(len(prompts), max(limits), dtype=torch.long, device=device)
    logps = torch.zeros(len(prompts), max(limits), device=device)
    lengths = torch.zeros(len(prompts), dtype=torch.long, device=device)
    stopped = torch.zeros(len(prompts), dtype=torch.bool, device=device)
    rows = torch.arange(len(prompts), device=device)  # what is in the batch, and of it
    alive = torch.ones_like(rows, dtype=torch.bool)  # what has not ended
    logits, cache = _read(model, ids, mask)
    position = mask.sum(dim=-1, keepdim=True)
    for step in range(max(limits)):
        token, logp = choose(logits, temperature[rows], uniform[rows, step])
        tokens[rows, step], logps[rows, step] = token, logp
        lengths[rows] += alive
        over = alive & torch.isin(token, end_ids)
        if written:
            over |= alive & _hits(tokenizer, requests, written, rows, alive, token, ends)
        stopped[rows] |= over
        alive = alive & ~over & (lengths[rows] < limit[rows])
        left = int(alive.sum())
        if not left:
            break
        if 2 * left <= len(rows):
            kept = alive.nonzero().squeeze(-1)
            cache.reorder_cache(kept)  # which, unlike batch_select_indices, every layer has
            rows, alive, token = rows[kept], alive[kept], token[kept]
            mask, position = mask[kept], position[kept]
        mask = torch.cat([mask, torch.ones_like(token[:, None])], dim=-1)
        logits, cache = _forward(model, token[:, None], mask, position, cache)
        position = position + 1
    count = lengths.tolist()
    return Decoded(
        [row[:n] for row, n in zip(tokens.tolist(), count, strict=True)],
        [row[:n] for row, n in zip(logps.tolist(), count, strict=True)],
        stopped.tolist(),
    )


def _hits(
    tokenizer: Any,
    requests: Sequence[Request],
    written: dict[int, list[int]],
    rows: torch.Tensor,
    alive: torch.Tensor,
    token: torch.Tensor,
    ends: Collection[int],
) -> torch.Tensor:
    """Which rows of the batch have just completed a stop string; notes what they wrote."""
    hits = torch.zeros(len(rows), dtype=torch.bool)
    places = []
    for place, (row, lives, index) in enumerate(
        zip(rows.tolist(), alive.tolist(), token.tolist(), strict=True)
    ):
        if lives and row in written:
            written[row].append(index)
            places.append((place, row))
    found = stopped_rows(
        tokenizer,
        [written[row] for _, row in places],
        [requests[row].stop for _, row in places],
        ends,
    )
    for (place, _), hit in zip(places, found, strict=True):
        hits[place] = hit
    return hits.to(rows.device)


def _read(model: Any, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, Any]:
    """The logits after the prompts, (rows, vocabulary), and the KV cache."""
    position = (mask.cumsum(dim=-1) - 1).clamp(min=0)
    logits, cache = None, None
    for begin, end in _pieces(model, *ids.shape):
        logits, cache = _forward(
            model, ids[:, begin:end], mask[:, :end], position[:, begin:end], cache
        )
    assert logits is not None
    return logits, cache


def _pieces(model: Any, rows: int, length: int) -> Iterator[tuple[int, int]]:
    """Column ranges that keep activations and masks within `_ACTIVATIONS`."""
    text = model.config.get_text_config()
    width = getattr(text, "intermediate_size", None) or 4 * text.hidden_size
    if isinstance(width, list | tuple):  # one for each layer
        width = max(width)
    element = next(model.parameters()).element_size()
    widest = max(int(width) * element, length * element)
    piece = max(_ACTIVATIONS // (rows * widest), 1)
    for begin in range(0, length, piece):
        yield begin, min(begin + piece, length)


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
    prompts: Sequence[Sequence[int]], pad: int, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and mask, (rows, longest), with the padding on the left."""
    length = max(map(len, prompts))
    ids = torch.full((len(prompts), length), pad)
    mask = torch.zeros(len(prompts), length, dtype=torch.long)
    for row, prompt in enumerate(prompts):
        ids[row, length - len(prompt) :] = torch.tensor(prompt)
        mask[row, length - len(prompt) :] = 1
    return ids.to(device), mask.to(device)
