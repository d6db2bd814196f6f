"""The oracle of packed rows: small random models, and padded rows with all logits at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MethodType
from typing import Any

import torch
import transformers
from transformers import AutoModelForCausalLM

from trainers.batching import Document

VOCABULARY = 61
_SIZES = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 128,
}
_CONFIGS: dict[str, tuple[str, dict[str, Any]]] = {
    "qwen2": ("Qwen2Config", {}),
    "qwen2-window": (
        "Qwen2Config",
        {"use_sliding_window": True, "sliding_window": 4, "max_window_layers": 1},
    ),
    "qwen3": ("Qwen3Config", {"head_dim": 8}),
    "llama": ("LlamaConfig", {"tie_word_embeddings": True}),
    "olmo2": ("Olmo2Config", {}),
    "gemma3": ("Gemma3TextConfig", {"head_dim": 8, "sliding_window": 4, "layer_types": None}),
    "gemma2": ("Gemma2Config", {"head_dim": 8, "sliding_window": 4}),
    "cohere": ("CohereConfig", {"logit_scale": 0.3}),
    "granite": ("GraniteConfig", {"logits_scaling": 3.0}),
    "phi": ("PhiConfig", {}),
    "mistral": ("MistralConfig", {"sliding_window": 4}),
}
PACKED = ("qwen2", "qwen2-window", "qwen3", "llama", "olmo2", "gemma3")


def random_model(
    family: str, *, seed: int = 0, dtype: torch.dtype = torch.float64, **settings: Any
) -> Any:
    """A random model of a family whose log-probabilities differ widely from token to token."""
    name, own = _CONFIGS[family]
    own = {key: value for key, value in own.items() if value is not None}
    if family == "gemma3":
        own["layer_types"] = ["sliding_attention", "full_attention"]
    config = getattr(transformers, name)(**{**_SIZES, "pad_token_id": 0, **own, **settings})
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = AutoModelForCausalLM.from_config(config, dtype=dtype, attn_implementation="sdpa")
        for parameter in model.parameters():
            noise = torch.randn_like(parameter)
            with torch.no_grad():
                if parameter.dim() > 1:
                    parameter.copy_(0.25 * noise)
                else:
                    parameter.add_(0.1 * noise)
    return model


def exact_norms(model: Any) -> Any:
    """The model with norms in the data type of its weights, where transformers computes in float32.

    Otherwise the gradient of a token would be rounded to float32 on its way, here and in the oracle: the
    rounded sum of two gradients is not the sum of the rounded ones.
    """

    def forward(self: Any, x: torch.Tensor) -> torch.Tensor:
        epsilon = self.eps if hasattr(self, "eps") else self.variance_epsilon
        weight = 1 + self.weight if "Gemma" in type(self).__name__ else self.weight
        return weight * x * torch.rsqrt(x.square().mean(-1, keepdim=True) + epsilon)

    for module in model.modules():
        if type(module).__name__.endswith("RMSNorm"):
            module.forward = MethodType(forward, module)
    return model


def random_documents(lengths: Sequence[tuple[int, int]], *, seed: int = 0) -> list[Document]:
    """Documents of given lengths of prompt and completion."""
    generator = torch.Generator().manual_seed(seed)

    def ids(count: int) -> list[int]:
        return torch.randint(1, VOCABULARY, (count,), generator=generator).tolist()

    return [Document(ids(prompt), ids(completion)) for prompt, completion in lengths]


@dataclass(frozen=True)
class Padded:
    """`logp` and `entropy`: per document, (completion tokens,)."""

    logp: list[torch.Tensor]
    entropy: list[torch.Tensor]


def padded_logprobs(
    model: Any, documents: Sequence[Document], *, side: str = "right", temperature: float = 1.0
) -> Padded:
    """Log-probabilities and entropy of completions in one padded batch, from the model's own logits."""
    longest = max(map(len, documents))
    ids = torch.zeros(len(documents), longest, dtype=torch.long)
    mask = torch.zeros_like(ids)
    first = [longest - len(d) if side == "left" else 0 for d in documents]
    for row, (begin, document) in enumerate(zip(first, documents, strict=True)):
        text = torch.tensor([*document.prompt, *document.completion])
        ids[row, begin : begin + len(document)] = text
        mask[row, begin : begin + len(document)] = 1
    logits = model(
        input_ids=ids,
        attention_mask=mask,
        position_ids=(mask.cumsum(-1) - 1).clamp(min=0),
        use_cache=False,
    ).logits
    all_logp = torch.log_softmax(logits / temperature, dim=-1)
    logp, entropy = [], []
    for row, (begin, document) in enumerate(zip(first, documents, strict=True)):
        end = begin + len(document)
        part = all_logp[row, end - len(document.completion) - 1 : end - 1]
        logp.append(part.gather(-1, torch.tensor(document.completion)[:, None]).squeeze(-1))
        entropy.append(-(part.exp() * part).sum(-1))
    return Padded(logp, entropy)
