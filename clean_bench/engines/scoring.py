"""Read given texts with a `transformers` model, and measure the next-token distributions of their ends.

Texts are padded on the right and read in batches of similar lengths, long ones in chunks. Equal texts,
such as one problem after several of its prefixes, are read once. The batches depend on the texts and
not on their order, so neither do the values.

Logits are computed only for the tokens that are measured. With a small model and a large vocabulary they
are most of the work, and prefixes are often the longer part of a text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

MAX_LOGITS = 1 << 28
"""Maximum number of logits in memory: 1 GiB in float32."""

_MEASURED_CPU, _MEASURED_GPU = 1 << 20, 1 << 26
"""Logits measured at a time. On a CPU they stay in its cache; a GPU is faster with more."""

_NO_LOGPROB = -1000.0
"""A log-probability whose probability is 0 in float32; minus infinity would give NaN in a mean."""

Measure = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""Numbers of float32 logits (n, vocabulary), which it may overwrite, and tokens (n,): (n, numbers)."""


def token_logprobs(logits: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    """Natural log-probability of each token, (n, 1)."""
    return logits.log_softmax(-1).gather(-1, tokens[:, None])


def distribution_moments(logits: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    """The fields of `TokenStatistics`, (n, 3).

    With u the logits less their maximum and s the sum of exp(u), log p = u - log s: so the deviation of
    log p is that of u. The logits are overwritten.
    """
    own = logits.gather(-1, tokens[:, None]).squeeze(-1)
    top = logits.amax(-1)
    u = logits.sub_(top[:, None]).clamp_(min=_NO_LOGPROB)
    p = u.exp()
    total = p.sum(-1)
    # No dot products: autocast would take them in 16 bits.
    mean = (p * u).sum(-1) / total
    variance = u.sub_(mean[:, None]).square_().mul_(p).sum(-1) / total
    log_total = total.log()
    return torch.stack([own - top - log_total, mean - log_total, variance.sqrt()], dim=-1)


def score_suffixes(
    model: Any,
    prefix_ids: Sequence[Sequence[int]],
    suffix_ids: Sequence[Sequence[int]],
    measure: Measure,
    *,
    context_length: int,
    batch_size: int,
    ended: Callable[[int, int], None],
) -> list[torch.Tensor]:
    """Measure the distribution before each suffix token, given the tokens before it.

    Args:
        context_length: the texts (prefix and suffix) are truncated to this.
        batch_size: maximum number of texts read together.
        ended: called with the place of a row and the number of tokens of its text when it was read.

    Returns:
        one tensor per row, (tokens of the suffix, numbers of `measure`), float32 on the CPU.

    Raises:
        ValueError: if a prefix is empty.
    """
    if any(not len(prefix) for prefix in prefix_ids):
        raise ValueError("expected a prefix of at least one token, got an empty one")
    results = [torch.empty(0, 1) for _ in prefix_ids]
    places: dict[tuple[int, ...], list[int]] = {}
    for place, (prefix, suffix) in enumerate(zip(prefix_ids, suffix_ids, strict=True)):
        text = (*prefix, *suffix)[:context_length]
        if len(text) > len(prefix):
            places.setdefault(text, []).append(place)
    texts = sorted(places, key=lambda text: (len(text), text))
    firsts = [min(len(prefix_ids[place]) for place in places[text]) for text in texts]
    most = max(MAX_LOGITS // int(model.get_output_embeddings().weight.shape[0]), 1)
    for start, stop in batches(list(map(len, texts)), rows=batch_size, tokens=most):
        read = _read(model, texts[start:stop], firsts[start:stop], measure, most)
        for text, first, numbers in zip(texts[start:stop], firsts[start:stop], read, strict=True):
            for place in places[text]:
                results[place] = numbers[len(prefix_ids[place]) - first :]
                ended(place, len(text))
    return results


def batches(lengths: Sequence[int], *, rows: int, tokens: int) -> Iterator[tuple[int, int]]:
    """Ranges of ascending lengths that form a batch: at least one, at most `rows`.

    Args:
        tokens: maximum number of rows times the longest length; a longer text is a batch of its own.
    """
    start = 0
    for stop, length in enumerate(lengths):
        if stop > start and (stop - start == rows or (stop - start + 1) * length > tokens):
            yield start, stop
            start = stop
    if lengths:
        yield start, len(lengths)


def _read(
    model: Any,
    texts: Sequence[Sequence[int]],
    firsts: Sequence[int],
    measure: Measure,
    most: int,
) -> list[torch.Tensor]:
    """The numbers of each text's tokens from `firsts` on, as `score_suffixes`.

    Args:
        most: maximum number of tokens in a forward pass.
    """
    device = next(model.parameters()).device
    longest = max(map(len, texts))
    ids = torch.zeros(len(texts), longest, dtype=torch.long)
    mask = torch.zeros_like(ids)
    measured = torch.zeros_like(ids, dtype=torch.bool)  # at the token before
    for row, (text, first) in enumerate(zip(texts, firsts, strict=True)):
        ids[row, : len(text)] = torch.tensor(text)
        mask[row, : len(text)] = 1
        measured[row, first - 1 : len(text) - 1] = True
    ids, mask, measured = ids.to(device), mask.to(device), measured.to(device)
    chunk = max(most // len(texts), 1)
    cache, parts, places = None, [], []
    for begin in range(0, longest - 1, chunk):
        end = min(begin + chunk, longest - 1)
        here = measured[:, begin:end]
        with _head_at(model, here):
            output = model(
                input_ids=ids[:, begin:end],
                attention_mask=mask[:, :end],
                past_key_values=cache,
                use_cache=chunk < longest - 1,
            )
        cache = output.past_key_values
        parts.append(_measured(output.logits, here, ids[:, begin + 1 : end + 1][here], measure))
        rows, columns = here.nonzero(as_tuple=True)
        places.append(rows * longest + columns + begin)
    # Text by text, each in its order, whatever the chunks were.
    order = torch.cat(places).argsort()
    numbers = torch.cat([part for part in parts if len(part)])[order].cpu()
    counts = [len(text) - first for text, first in zip(texts, firsts, strict=True)]
    return list(torch.split(numbers, counts))


def _measured(
    logits: torch.Tensor, at: torch.Tensor, tokens: torch.Tensor, measure: Measure
) -> torch.Tensor:
    """The numbers at the positions `at`, (rows, columns), of which there are as many as tokens."""
    # As one row (see `_head_at`), or those of all positions of a model with another kind of head.
    logits = logits[at] if logits.shape[:2] == at.shape else logits[0]
    most = _MEASURED_CPU if logits.device.type == "cpu" else _MEASURED_GPU
    at_once = max(most // logits.shape[-1], 1)
    parts = [
        measure(logits[begin : begin + at_once].float(), tokens[begin : begin + at_once])
        for begin in range(0, len(tokens), at_once)
    ]
    return torch.cat(parts) if parts else logits.new_empty(0, 1)


@contextmanager
def _head_at(model: Any, at: torch.Tensor) -> Iterator[None]:
    """Inside, the model's output head gets the hidden states of the positions `at`, as one row.

    The logits are then (1, positions, vocabulary). What a model does to them after the head (scaling,
    softcapping) is done to each by itself, so it stays as it is.

    Args:
        at: (rows, columns), true where the logits are needed.
    """

    def select(head: Any, arguments: tuple[Any, ...]) -> Any:
        hidden, *rest = arguments or (None,)
        if isinstance(hidden, torch.Tensor) and hidden.shape[:-1] == at.shape:
            return (hidden[at][None], *rest)
        return None

    handle = model.get_output_embeddings().register_forward_pre_hook(select)
    try:
        yield
    finally:
        handle.remove()
