"""Decode with the module that a learner trains, and leave it as it was.

The learner and the engine then share one copy of the weights. While the engine computes, the module is
in evaluation mode, its attention builds masks, and float32 weights are cast to the compute dtype once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS


def unwrapped(model: Any) -> Any:
    """The `transformers` model inside a PEFT wrapper, whose adapters stay in it; or the model itself."""
    inner = getattr(model, "get_base_model", None)
    return model if inner is None else inner()


def weights_dtype(model: Any) -> torch.dtype:
    """The dtype of the model's own weights. Adapters may have another: the embedding has none."""
    embedding = getattr(model.get_input_embeddings(), "weight", None)
    weight = embedding if embedding is not None else next(model.parameters())
    return weight.dtype  # type: ignore[no-any-return]


def decoding_attention(model: Any) -> str:
    """The attention implementation to decode with.

    The model's own where it builds masks. The learner's attention over packed rows has none, and would
    read the padding of a batch: `sdpa` takes its place, or `eager` in models without it.
    """
    current = str(getattr(model.config, "_attn_implementation", ""))
    if current in ALL_MASK_ATTENTION_FUNCTIONS.valid_keys() or not current:
        return current
    return "sdpa" if model._supports_sdpa else "eager"


@contextmanager
def inference_state(model: Any, compute_dtype: torch.dtype) -> Iterator[None]:
    """Evaluation mode, an attention with masks, no gradients, and autocast if the dtypes differ.

    Autocast caches its cast of a weight until the outermost autocast ends, but only of weights that
    require gradients, and not in inference mode. So frozen weights (those below an adapter) require
    gradients here, no gradient is computed, and every weight is cast once and not once per token.
    """
    training = [module for module in model.modules() if module.training]
    current = str(getattr(model.config, "_attn_implementation", ""))
    attention = decoding_attention(model)
    with ExitStack() as stack:
        stack.callback(_set_training, training)
        model.eval()
        if attention != current:
            stack.callback(model.set_attn_implementation, current)
            model.set_attn_implementation(attention)
        if compute_dtype == weights_dtype(model):
            stack.enter_context(torch.inference_mode())
        else:
            frozen = [
                parameter
                for parameter in model.parameters()
                if parameter.is_floating_point() and not parameter.requires_grad
            ]
            stack.callback(_set_requires_grad, frozen, False)
            _set_requires_grad(frozen, True)
            device = next(model.parameters()).device.type
            stack.enter_context(torch.autocast(device, compute_dtype))
            stack.enter_context(torch.no_grad())
        yield


def _set_training(modules: list[torch.nn.Module]) -> None:
    for module in modules:
        module.training = True


def _set_requires_grad(parameters: list[torch.nn.Parameter], required: bool) -> None:
    for parameter in parameters:
        parameter.requires_grad_(required)
