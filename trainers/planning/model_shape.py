"""The shape of a dense language model, from the values of its `config.json` alone.

    shape = ModelShape.of(json.loads(text))

No weights are needed and nothing is built. Sizes are numbers of values; bytes follow from the data
types (`trainers.planning.activations`, `trainers.planning.memory_model`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clean_bench.errors import UserError

_TIED = ("gemma", "gemma2", "gemma3", "gemma3_text")
"""Architectures whose output head is the embedding unless the configuration states the opposite."""
_QUERY_KEY_BIAS = ("qwen2",)
_NORM_OF_HEADS = ("qwen3", "gemma3", "gemma3_text")
"""Queries and keys are normalized head by head."""
_NORM_OF_QUERIES = ("olmo2", "olmo3")
"""Queries and keys are normalized over all heads, and the blocks' outputs in place of their inputs."""
_FOUR_NORMS = ("gemma2", "gemma3", "gemma3_text")
_FLOAT_NORMS = (*_NORM_OF_QUERIES, "gemma", *_FOUR_NORMS)
"""The norms multiply by their weights in float32."""
COUNTED = frozenset(
    {"llama", "mistral", "phi3", *_QUERY_KEY_BIAS, *_NORM_OF_HEADS, *_NORM_OF_QUERIES}
)
"""Architectures whose parameters follow from the configuration exactly."""


@dataclass(frozen=True, slots=True)
class ModelShape:
    """Widths and counts of a decoder with gated feed-forward blocks.

    `queries` is heads times head width, `keys` the same of the key-value heads. `norms` is the number
    of normalizations of the hidden state per layer. `experts` is the number of feed-forward blocks that
    one token passes through: 1 unless the model is a mixture of experts.
    """

    kind: str
    layers: int
    hidden: int
    intermediate: int
    queries: int
    keys: int
    heads: int
    head_width: int
    vocabulary: int
    tied: bool
    parameters: int
    norms: int
    normalized_inputs: bool
    head_norms: bool
    float_norms: bool
    experts: int = 1

    @classmethod
    def of(cls, config: Mapping[str, Any], parameters: int | None = None) -> ModelShape:
        """The shape that a configuration describes.

        Args:
            config: values of `config.json`; `text_config` of a model of several modalities is taken.
            parameters: their number where it was counted in the weights; needed for architectures
                other than `COUNTED`.

        Raises:
            UserError: for a configuration of no language model.
        """
        text = config.get("text_config") or config
        kind = str(text.get("model_type") or config.get("model_type") or "unknown")
        try:
            layers = _number(text, "num_hidden_layers", "n_layer", "num_layers")
            hidden = _number(text, "hidden_size", "n_embd")
            heads = _number(text, "num_attention_heads", "n_head")
            vocabulary = _number(text, "vocab_size")
            width = int(text.get("head_dim") or hidden // heads)
            keys = int(text.get("num_key_value_heads") or heads) * width
            experts = int(text.get("num_experts_per_tok") or 1)
            inner = text.get("moe_intermediate_size") if experts > 1 else None
            inner = inner or text.get("intermediate_size") or text.get("n_inner") or 4 * hidden
            # One width per layer: the widest decides the peak.
            intermediate = int(max(inner) if isinstance(inner, list | tuple) else inner)
            tied = config.get("tie_word_embeddings", text.get("tie_word_embeddings", kind in _TIED))
            if min(layers, hidden, heads, vocabulary, width, keys, intermediate) < 1:
                raise ValueError("a size below 1")
        except (KeyError, ValueError, TypeError, AttributeError, ArithmeticError) as error:
            raise UserError(
                f"config.json: expected the configuration of a language model, got none ({error})"
            ) from None
        shape = cls(
            kind=kind,
            layers=layers,
            hidden=hidden,
            intermediate=intermediate,
            queries=heads * width,
            keys=keys,
            heads=heads,
            head_width=width,
            vocabulary=vocabulary,
            tied=bool(tied),
            parameters=0,
            norms=4 if kind in _FOUR_NORMS else 2,
            normalized_inputs=kind not in _NORM_OF_QUERIES,
            head_norms=kind in _NORM_OF_HEADS,
            float_norms=kind in _FLOAT_NORMS,
            experts=experts,
        )
        if parameters is None:
            parameters = shape._count(bool(text.get("attention_bias")))
        return cls(**{**{f: getattr(shape, f) for f in cls.__slots__}, "parameters": parameters})

    @property
    def linear(self) -> dict[str, tuple[int, int]]:
        """Inputs and outputs of the linear maps of a layer by name."""
        return {
            "q_proj": (self.hidden, self.queries),
            "k_proj": (self.hidden, self.keys),
            "v_proj": (self.hidden, self.keys),
            "o_proj": (self.queries, self.hidden),
            "gate_proj": (self.hidden, self.intermediate),
            "up_proj": (self.hidden, self.intermediate),
            "down_proj": (self.intermediate, self.hidden),
        }

    @property
    def embedding(self) -> int:
        """Values of the embedding, and of the output head."""
        return self.vocabulary * self.hidden

    @property
    def cache_values(self) -> int:
        """Keys and values that a token adds to the KV cache of all layers."""
        return 2 * self.layers * self.keys

    def adapter_parameters(self, rank: int, targets: str = "all-linear") -> int:
        """Values of LoRA adapters: `rank` times inputs and outputs of every map that has one.

        Args:
            targets: names separated by commas; names that a layer has in another form (fused maps) are
                counted as all of them.
        """
        maps = self.linear
        named = {name.strip().rpartition(".")[2] for name in targets.split(",")}
        chosen = [maps[name] for name in named] if named <= set(maps) else list(maps.values())
        return self.layers * rank * sum(inputs + outputs for inputs, outputs in chosen)

    def _count(self, biased: bool) -> int:
        """Parameters of the architectures in `COUNTED`; of others about as many."""
        layer = sum(inputs * outputs for inputs, outputs in self.linear.values())
        layer += self.norms * self.hidden
        if self.kind in _QUERY_KEY_BIAS:
            layer += self.queries + 2 * self.keys
        elif biased:
            layer += self.queries + 2 * self.keys + self.hidden
        if self.kind in _NORM_OF_QUERIES:
            layer += self.queries + self.keys
        elif self.head_norms:
            layer += 2 * self.head_width
        return self.layers * layer + (1 if self.tied else 2) * self.embedding + self.hidden


def _number(text: Mapping[str, Any], *names: str) -> int:
    for name in names:
        if text.get(name):
            return int(text[name])
    raise KeyError(f"no {names[0]}")
