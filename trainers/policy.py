"""The policy that is trained: how it is loaded, and its log-probabilities of completion tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from clean_bench.checkpoints import Checkpoint
from clean_bench.checkpoints.load_model import default_device, load_model


def load_policy(
    checkpoint: Checkpoint, *, device: str | None = None, trust_remote_code: bool = False
) -> tuple[Any, Any]:
    """The model to train, in float32, and its tokenizer.

    An update of 1e-6 would be rounded away in bfloat16.

    Raises:
        UserError: if the checkpoint cannot be loaded.
    """
    return load_model(
        checkpoint.folder,
        device=device or default_device(),
        dtype=torch.float32,
        trust_remote_code=trust_remote_code,
    )


@dataclass(frozen=True)
class Batch:
    """A mini-batch as tensors: prompts padded on the left, completions on the right.

    `ids` and `attention`: (rows, prompt + completion). `completion`, `mask` and `old_logp`:
    (rows, completion). `advantages`: (rows,).
    """

    ids: torch.Tensor
    attention: torch.Tensor
    completion: torch.Tensor
    mask: torch.Tensor
    old_logp: torch.Tensor
    advantages: torch.Tensor


def collate(
    prompts: Sequence[Sequence[int]],
    completions: Sequence[Sequence[int]],
    old_logps: Sequence[Sequence[float]],
    advantages: torch.Tensor,
    *,
    pad: int,
    device: torch.device,
) -> Batch:
    """Rows of token ids as one padded batch."""
    rows, left, right = len(prompts), max(map(len, prompts)), max(map(len, completions))
    ids = torch.full((rows, left + right), pad)
    attention = torch.zeros(rows, left + right, dtype=torch.long)
    mask = torch.zeros(rows, right)
    old = torch.zeros(rows, right)
    for row, (prompt, completion, logp) in enumerate(
        zip(prompts, completions, old_logps, strict=True)
    ):
        first, end = left - len(prompt), left + len(completion)
        ids[row, first:end] = torch.tensor([*prompt, *completion])
        attention[row, first:end] = 1
        mask[row, : len(completion)] = 1
        old[row, : len(completion)] = torch.tensor(logp)
    ids = ids.to(device)
    return Batch(
        ids=ids,
        attention=attention.to(device),
        completion=ids[:, left:],
        mask=mask.to(device),
        old_logp=old.to(device),
        advantages=advantages.to(device),
    )


def completion_logprobs(
    model: Any, batch: Batch, *, temperature: float = 1.0
) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-probability of each completion token and entropy of the distribution it came from.

    The logits are divided by the sampling temperature before the softmax, as they were for sampling:
    the importance ratio is then of the same two distributions.

    Returns:
        both (rows, completion), natural log; positions outside `batch.mask` are undefined. The
        entropy carries no gradient.
    """
    length = batch.completion.shape[1]
    position = (batch.attention.cumsum(dim=-1) - 1).clamp(min=0)
    logits = model(
        input_ids=batch.ids,
        attention_mask=batch.attention,
        position_ids=position,
        logits_to_keep=length + 1,
        use_cache=False,
    ).logits[:, :-1]
    logp = torch.log_softmax(logits.float() / temperature, dim=-1)
    with torch.no_grad():
        entropy = -(logp.exp() * logp).sum(dim=-1)
    return logp.gather(-1, batch.completion[..., None]).squeeze(-1), entropy
