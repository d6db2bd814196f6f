"""Log-probabilities and entropy from hidden states, without the logits of all tokens at once.

The output head runs on chunks of tokens. The backward pass computes each chunk's logits again, so
memory holds chunk x vocabulary numbers and never tokens x vocabulary. The gradient of the head's
weights is summed over the chunks in float32 (float64 where the hidden states are).

Some models transform the logits after the head: Cohere multiplies them by `logit_scale`, Granite
divides them by `logits_scaling`, Falcon-H1 multiplies by `lm_head_multiplier`, Gemma bounds them with
`final_logit_softcapping`, Phi adds a bias. `HeadTransform.of` reads these from the configuration, and
refuses by name what is not computed here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from clean_bench.errors import UserError


@dataclass(frozen=True)
class HeadTransform:
    """What a model does to logits z after the output head: softcap * tanh(multiplier * z / softcap)."""

    multiplier: float = 1.0
    softcap: float | None = None

    @classmethod
    def of(cls, model: Any) -> HeadTransform:
        """The transform of a causal language model, from its configuration.

        Raises:
            UserError: for a transform that is known by name and not computed here, an output head that
                is no plain linear layer (an adapter on it would be ignored), or none at all.
        """
        name = type(model).__name__
        head = model.get_output_embeddings()
        if type(head) is not torch.nn.Linear:
            raise UserError(
                f"{name}: expected an output head that is a plain linear layer, got "
                f"{'none' if head is None else type(head).__name__}: an adapter on the head is not "
                "trained; leave the head out of lora_targets"
            )
        config = model.config.get_text_config()
        refused = [key for key in _REFUSED if getattr(config, key, None) not in (None, 1, 1.0)]
        if refused:
            raise UserError(
                f"{name}: expected logits that are computed from the output head alone, got the setting "
                f"{refused[0]} = {getattr(config, refused[0])}, which training does not compute; train "
                "another model"
            )
        multiplier = float(getattr(config, "logit_scale", None) or 1.0)
        multiplier /= float(getattr(config, "logits_scaling", None) or 1.0)
        multiplier *= float(getattr(config, "lm_head_multiplier", None) or 1.0)
        softcap = getattr(config, "final_logit_softcapping", None)
        return cls(multiplier, None if softcap is None else float(softcap))


_REFUSED = (
    "output_multiplier",
    "output_multiplier_scale",
    "logits_soft_cap",
    "output_logit_soft_cap",
)
"""Settings of models with code of their own, whose place in the computation is theirs to define."""


class HeadLogprobs(torch.autograd.Function):
    """Log-probability of each target and entropy of its distribution; see `head_logprobs`.

    With p the softmax of the transformed logits z / temperature, the gradient of the loss with respect
    to them is -p (g + e (log p + entropy)), plus g at the target, where g and e are the gradients with
    respect to the log-probability and to the entropy.
    """

    @staticmethod
    def forward(
        ctx: Any,
        hidden: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        target: torch.Tensor,
        transform: HeadTransform,
        temperature: float,
        chunk: int,
        compute: torch.dtype,
        in_place: bool,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        wide = _wide(hidden.dtype)
        logp = torch.empty(len(target), dtype=wide, device=hidden.device)
        entropy = torch.empty_like(logp)
        matrix = weight.to(compute)
        with torch.autocast(hidden.device.type, enabled=False):
            for part in _chunks(len(target), chunk):
                z = _logits(hidden[part].to(compute), matrix, bias, transform, wide)
                z = _log_softmax(z.div_(temperature))
                logp[part] = z.gather(-1, target[part, None]).squeeze(-1)
                entropy[part] = z.exp().mul_(z).sum(-1).neg_()
        ctx.set_materialize_grads(False)  # the entropy is often only logged
        ctx.save_for_backward(hidden, weight, bias, target, entropy)
        ctx.settings = transform, temperature, chunk, compute
        ctx.leaf = weight if in_place and ctx.needs_input_grad[1] else None
        return logp, entropy

    @staticmethod
    def backward(  # type: ignore[override]
        ctx: Any, g_logp: torch.Tensor | None, g_entropy: torch.Tensor | None
    ) -> tuple[torch.Tensor | None, ...]:
        hidden, weight, bias, target, entropy = ctx.saved_tensors
        transform, temperature, chunk, compute = ctx.settings
        wide = entropy.dtype
        d_hidden = torch.empty_like(hidden) if ctx.needs_input_grad[0] else None
        d_weight = None
        if ctx.leaf is not None:
            if ctx.leaf.grad is None:
                ctx.leaf.grad = torch.zeros_like(ctx.leaf)
            d_weight = ctx.leaf.grad
        elif ctx.needs_input_grad[1]:
            d_weight = torch.zeros_like(weight, dtype=wide)
        d_bias = (
            torch.zeros_like(bias, dtype=wide)
            if bias is not None and ctx.needs_input_grad[2]
            else None
        )
        matrix = weight.to(compute)
        with torch.autocast(hidden.device.type, enabled=False):
            for part in _chunks(len(target), chunk):
                narrow = hidden[part].to(compute)
                z = _logits(narrow, matrix, bias, transform, wide)
                slope = None if transform.softcap is None else 1 - (z / transform.softcap).square_()
                z = _log_softmax(z.div_(temperature))
                g = torch.zeros_like(entropy[part]) if g_logp is None else g_logp[part]
                dz = z.exp()
                if g_entropy is None:
                    dz.mul_(-g[:, None])
                else:
                    inner = z.add_(entropy[part, None]).mul_(g_entropy[part, None]).add_(g[:, None])
                    dz.mul_(inner).neg_()
                del z
                dz.scatter_add_(-1, target[part, None], g[:, None])
                dz.mul_(1 / temperature)
                if slope is not None:
                    dz.mul_(slope)
                if d_bias is not None:
                    d_bias.add_(dz.sum(0), alpha=transform.multiplier)
                dz.mul_(transform.multiplier)
                low = dz.to(compute)
                if d_hidden is not None:
                    d_hidden[part] = (low @ matrix).to(hidden.dtype)
                if d_weight is not None:
                    _add_product(d_weight, dz, low, hidden[part], narrow)
                del dz, low, slope  # before the logits of the next chunk
        if ctx.leaf is not None:
            d_weight = None
        elif d_weight is not None:
            d_weight = d_weight.to(weight.dtype)
        if d_bias is not None:
            d_bias = d_bias.to(bias.dtype)
        return d_hidden, d_weight, d_bias, *(None,) * 6


def head_logprobs(
    hidden: torch.Tensor,
    weight: torch.Tensor,
    target: torch.Tensor,
    *,
    bias: torch.Tensor | None = None,
    transform: HeadTransform | None = None,
    temperature: float = 1.0,
    chunk: int = 512,
    compute_dtype: torch.dtype | None = None,
    in_place: bool = False,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-probability of each target token and entropy of the distribution that it came from.

    The logits are divided by the temperature before the softmax, as they are for sampling. Gradients
    flow to `hidden`, `weight` and `bias` from both results.

    Args:
        hidden: (N, hidden size).
        weight: (vocabulary, hidden size); `bias`: (vocabulary,).
        target: (N,) int64.
        chunk: tokens whose logits are in memory at once.
        compute_dtype: of the matrix products; by default that of `hidden`.
        in_place: whether the backward pass adds the gradient of `weight`, which is then a leaf, to
            `weight.grad` itself, where that has the type of the sums. A tied embedding then waits for no
            second matrix of this size. `torch.autograd.grad` does not see such a gradient.

    Returns:
        both (N,), natural logarithms, in float32; in float64 where `hidden` is.

    Raises:
        ValueError: for a chunk below 1.
    """
    if chunk < 1:
        raise ValueError(f"chunk: expected at least 1 token, got {chunk}")
    logp, entropy = HeadLogprobs.apply(  # type: ignore[no-untyped-call]
        hidden,
        weight,
        bias,
        target,
        transform or HeadTransform(),
        temperature,
        chunk,
        compute_dtype or hidden.dtype,
        in_place and weight.is_leaf and weight.dtype == _wide(hidden.dtype),
    )
    return logp, entropy


def _wide(dtype: torch.dtype) -> torch.dtype:
    """The type of sums over the vocabulary and over tokens."""
    return torch.promote_types(dtype, torch.float32)


def _chunks(length: int, chunk: int) -> Iterator[slice]:
    return (slice(begin, begin + chunk) for begin in range(0, length, chunk))


def _logits(
    hidden: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    transform: HeadTransform,
    wide: torch.dtype,
) -> torch.Tensor:
    """Transformed logits of a chunk at temperature 1, in the wide type."""
    if hidden.is_cuda and hidden.dtype != wide:
        z = torch.mm(hidden, weight.T, out_dtype=wide)  # a sum in float32 that is not rounded
    else:
        z = (hidden @ weight.T).to(wide)
    if bias is not None:
        z.add_(bias)
    if transform.multiplier != 1:
        z.mul_(transform.multiplier)
    if transform.softcap is not None:
        z.div_(transform.softcap).tanh_().mul_(transform.softcap)
    return z


def _log_softmax(z: torch.Tensor) -> torch.Tensor:
    """In place."""
    return z.sub_(z.logsumexp(-1, keepdim=True))


def _add_product(
    total: torch.Tensor,
    dz: torch.Tensor,
    low: torch.Tensor,
    hidden: torch.Tensor,
    narrow: torch.Tensor,
) -> None:
    """Add dz.T @ hidden to a wide total, without rounding the product to 16 bits.

    A GPU multiplies the narrow tensors with a wide result; a CPU has no such product, and multiplies
    the wide tensors.
    """
    if low.dtype == total.dtype:
        total.addmm_(dz.T, narrow)
    elif dz.is_cuda:
        total.add_(torch.mm(low.T, narrow, out_dtype=total.dtype))
    else:
        total.addmm_(dz.T, hidden.to(total.dtype))
