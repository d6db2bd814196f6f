"""Replay a stored completion: would the sampler have chosen each of its tokens?

The checkpoint reads the stored tokens (teacher forcing), and at every position the sampler is applied to
its distribution with the uniform number of that request and position. Rounding moves the boundaries
between tokens a little, so a flipped token is next to the chosen one; an invented token is not. Sampled
tokens can only be replayed where the uniform numbers are known: those of vLLM are its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from clean_bench.engines.base import Request
from clean_bench.engines.sampling import Restriction, restrict, uniforms
from clean_bench.engines.transformers_engine import TransformersEngine

_MAX_LOGITS = 1 << 26
"""Logits in memory at once."""


@dataclass(frozen=True, slots=True)
class Replay:
    """One entry per token of the completion.

    `logprobs`: natural log of its probability under the distribution that was sampled from.
    `departures`: how far it is from the token that the sampler chooses, 0 for that token itself. In nats
    of log-probability for a greedy request, in probability for a sampled one.
    """

    logprobs: list[float]
    departures: list[float]


def replay(
    engine: TransformersEngine,
    request: Request,
    prompt_ids: Sequence[int],
    token_ids: Sequence[int],
) -> Replay:
    """Replay the tokens of a completion of a request.

    Raises:
        ValueError: for no prompt, a token that the vocabulary lacks, or more than fits the context.
    """
    vocabulary = int(engine.model.get_output_embeddings().weight.shape[0])
    text = [int(token) for token in (*prompt_ids, *token_ids)]
    if not len(prompt_ids) or len(text) > engine.context_length:
        raise ValueError("expected a prompt, and tokens that fit the context")
    if not all(0 <= token < vocabulary for token in text):
        raise ValueError("expected tokens of the vocabulary")
    ids = torch.tensor([text], device=engine.device)
    uniform = uniforms([request.seed], max(len(token_ids), 1))[0].to(engine.device)
    chunk = max(_MAX_LOGITS // vocabulary, 1)
    logprobs: list[float] = []
    departures: list[float] = []
    cache, first = None, len(prompt_ids) - 1
    with engine.inference():
        for begin in range(0, len(text) - 1, chunk):
            end = min(begin + chunk, len(text) - 1)
            output = engine.model(
                input_ids=ids[:, begin:end], past_key_values=cache, use_cache=True
            )
            cache, start = output.past_key_values, max(begin, first)
            if start < end:
                rows, tokens = (
                    output.logits[0, start - begin :].float(),
                    ids[0, start + 1 : end + 1],
                )
                part = _chosen(rows, tokens, uniform[start - first : end - first], request)
                logprobs += part.logprobs
                departures += part.departures
    return Replay(logprobs, departures)


def _chosen(
    logits: torch.Tensor, tokens: torch.Tensor, uniform: torch.Tensor, request: Request
) -> Replay:
    """Shapes: logits (positions, vocabulary), the others (positions,)."""
    at = tokens[:, None]
    if request.temperature == 0:
        logp = logits.log_softmax(-1)
        own = logp.gather(-1, at).squeeze(-1)
        return Replay(own.tolist(), (logp.max(dim=-1).values - own).tolist())
    logp = (logits / request.temperature).log_softmax(-1)
    if request.top_p < 1 or request.top_k:
        top_k = torch.full_like(tokens, request.top_k or logits.shape[-1])
        top_p = torch.full(tokens.shape, request.top_p, dtype=torch.float64, device=logits.device)
        logp = restrict(logp, Restriction(top_k, top_p))
    mass = logp.double().exp()
    cumulative = mass.cumsum(dim=-1)
    high = cumulative.gather(-1, at).squeeze(-1)
    low = high - mass.gather(-1, at).squeeze(-1)
    target = uniform.double() * cumulative[:, -1]
    departure = torch.maximum(low - target, target - high).clamp(min=0)
    return Replay(logp.gather(-1, at).squeeze(-1).tolist(), departure.tolist())
