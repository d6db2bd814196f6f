"""Peak memory of a training by part: a closed form of the model's shape and the settings.

    instants = training_instants(shape, setup)     # {"forward": {"weights": bytes, ...}, ...}

An instant is a moment of the step at which memory can be largest; its parts live at the same time. The
peak is the instant with the largest sum. Parts of different instants are never added. Nothing here
needs torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trainers.head_chunks import tokens_per_chunk
from trainers.planning.activations import (
    FLOAT32,
    Arithmetic,
    passing_bytes,
    saved_bytes,
    working_bytes,
)
from trainers.planning.model_shape import ModelShape

Parts = dict[str, int]
"""Bytes by part."""

GIB = 1 << 30
PROCESS = 530_000_000
"""Resident bytes of a process on a CPU with torch, transformers and this project, without a model: 486
MB were measured beside a tiny one, and rows, logs and the command line take some more."""
NARROW_PROCESS = 30_000_000
"""Resident bytes of the code that a CPU's library for 16-bit products generates."""
CONTEXT = 2 * GIB
"""A CUDA context with its libraries, and what the allocator holds beyond the tensors."""
VLLM_ASLEEP = 1 * GIB
"""Graphs and buffers of vLLM that stay while it sleeps."""
VLLM_AWAKE = 3 * GIB
"""Graphs, activations and buffers of vLLM while it generates, beside its weights and KV cache."""
PREFILL = 1 << 31
"""Bytes of a layer's widest activation while the `transformers` engine reads prompts."""
_CHOICE = 24
"""Bytes per logit while the `transformers` engine draws a token: two in float32, two in float64."""
_STAGING = 2


@dataclass(frozen=True, slots=True)
class Setup:
    """The settings that decide memory, all resolved.

    `tokens` are those of the largest packed row, `rows` the packed rows of a mini-batch, `kept` the
    completion tokens of a row, `copied` those of shared prompts that attention copies for the keys and
    values of the completions, `longest` the tokens of the longest prompt with its completion,
    `prompt` those of the longest prompt. `together` is the number of rollouts that are decoded
    together. `reference` is true where a frozen copy of the weights gives the log-probabilities of a KL
    term.
    """

    gpu: bool
    full: bool
    weights: int
    compute: int
    masters_on_host: bool
    checkpointing: bool
    tokens: int
    kept: int
    copied: int
    rows: int
    chunk: int
    rank: int
    targets: str
    reference: bool
    vllm: bool
    sampler: int
    longest: int
    prompt: int
    together: int

    @property
    def arithmetic(self) -> Arithmetic:
        """The data types of a layer."""
        return Arithmetic(self.weights, self.compute, not self.full, not self.gpu)

    @property
    def has_masters(self) -> bool:
        """Whether float32 masters stand beside 16-bit weights."""
        return self.full and self.weights < FLOAT32

    def trained(self, shape: ModelShape) -> int:
        """Parameters that are trained."""
        return shape.parameters if self.full else shape.adapter_parameters(self.rank, self.targets)


def peak(instants: Mapping[str, Parts]) -> tuple[str, Parts]:
    """The instant with the largest sum."""
    return max(instants.items(), key=lambda item: sum(item[1].values()))


def resident(shape: ModelShape, setup: Setup) -> Parts:
    """What stays on the device from the first update on: weights, optimizer state, the process."""
    trained = setup.trained(shape)
    parts = {"weights": setup.weights * shape.parameters}
    if not setup.full:
        parts["adapters"] = FLOAT32 * trained
    if setup.reference and setup.full:
        parts["reference model"] = setup.weights * shape.parameters
    if not (setup.has_masters and setup.masters_on_host):
        if setup.has_masters:
            parts["masters"] = FLOAT32 * trained
        parts["moments"] = 2 * FLOAT32 * trained
    if setup.gpu:
        parts["context and allocator"] = CONTEXT + (VLLM_ASLEEP if setup.vllm else 0)
    else:
        parts["process"] = PROCESS + (NARROW_PROCESS if setup.compute < FLOAT32 else 0)
    return parts


def training_instants(shape: ModelShape, setup: Setup) -> dict[str, Parts]:
    """Parts on the device at each instant of an update, the sampler asleep or without a cache."""
    arithmetic, tokens = setup.arithmetic, setup.tokens
    state = resident(shape, setup)
    gradients = FLOAT32 * setup.trained(shape)
    earlier = gradients if setup.rows > 1 else 0
    layers, last, recomputed = _activations(shape, setup)
    activations = layers + last
    copies, layer_copies = _weight_copies(shape, setup)
    head, head_gradient = _head(shape, setup)
    hidden = tokens * shape.hidden
    # The gradient of a float32 head is added to that of earlier rows as it is computed. That of a 16-bit
    # head is a tensor of its own, and waits for the gradient of a tied embedding.
    added = setup.full and setup.weights == FLOAT32
    waiting = head_gradient if shape.tied and not added else 0
    largest = _largest_tensor(shape, setup)
    return {
        "log-probabilities without gradient": {
            **state,
            "activations": tokens * passing_bytes(shape, arithmetic),
            "16-bit copies of the weights": layer_copies,
            "head chunk": head,
        },
        "forward": {
            **state,
            "gradients": earlier,
            "activations": activations + hidden * arithmetic.compute,
            "16-bit copies of the weights": copies,
            "head chunk": head,
        },
        "backward of the head": {
            **state,
            "gradients": max(earlier, head_gradient if added else 0),
            "activations": activations + 2 * hidden * arithmetic.compute,
            "16-bit copies of the weights": 0 if setup.checkpointing else copies,
            "head chunk": head,
            "gradient of the head": 0 if added else head_gradient,
        },
        "backward of the layers": {
            **state,
            "gradients": max(earlier, head_gradient if added or not shape.tied else 0),
            "activations": layers + recomputed + tokens * working_bytes(shape, arithmetic),
            "16-bit copies of the weights": layer_copies if setup.checkpointing else copies,
            "gradient of the head": waiting,
        },
        "backward of the embedding": {
            **state,
            "gradients": gradients,
            "activations": 2 * hidden * FLOAT32,
            "gradient of the head": waiting,
            "gradient of the embedding": setup.weights * shape.embedding if setup.full else 0,
        },
        "optimizer step": {
            **state,
            "gradients": gradients,
            "optimizer work": _STAGING * FLOAT32 * largest,
        },
    }


def generation_parts(shape: ModelShape, setup: Setup, cache: int) -> Parts:
    """Parts on the device while rollouts are sampled.

    Args:
        cache: bytes of the KV cache.
    """
    parts = resident(shape, setup)
    if setup.vllm:
        parts["sampler's weights"] = setup.sampler * shape.parameters
        parts["sampler's graphs and buffers"] = VLLM_AWAKE
    else:
        parts["16-bit copies of the weights"] = _weight_copies(shape, setup)[1]
        widest = shape.intermediate * shape.experts * setup.sampler
        parts["sampler's activations"] = max(
            3 * min(setup.together * setup.prompt * widest, max(PREFILL, setup.together * widest)),
            setup.together * shape.vocabulary * (_CHOICE + setup.sampler),
        )
    parts["KV cache"] = cache
    return parts


def cache_token_bytes(shape: ModelShape, setup: Setup) -> int:
    """Bytes of the KV cache for one token."""
    return shape.cache_values * setup.sampler


def host_parts(shape: ModelShape, setup: Setup, sleep_level: int) -> Parts:
    """Parts in the host's memory beside a GPU."""
    parts = {"process": 2 * GIB}
    if setup.has_masters and setup.masters_on_host:
        trained = setup.trained(shape)
        parts["masters"] = FLOAT32 * trained
        parts["moments"] = 2 * FLOAT32 * trained
        parts["staging"] = FLOAT32 * _largest_tensor(shape, setup)
    if sleep_level == 1:
        parts["sampler's weights asleep"] = setup.sampler * shape.parameters
    return parts


def _activations(shape: ModelShape, setup: Setup) -> tuple[int, int, int]:
    """Bytes kept by all layers in the forward pass, behind them, and by a layer that is recomputed."""
    arithmetic, tokens = setup.arithmetic, setup.tokens
    layer = tokens * saved_bytes(shape, arithmetic, setup.rank)
    layer += setup.copied * 2 * shape.keys * arithmetic.compute
    # The last norm's input and result, positions, and the hidden states that predict completions.
    last = tokens * shape.hidden * (FLOAT32 + 2 * arithmetic.weights)
    last += 4 * FLOAT32 * tokens * shape.head_width + setup.kept * shape.hidden * arithmetic.weights
    if not setup.checkpointing:
        return shape.layers * layer, last, 0
    return shape.layers * tokens * shape.hidden * arithmetic.weights, last, layer


def _weight_copies(shape: ModelShape, setup: Setup) -> tuple[int, int]:
    """Bytes of 16-bit copies that autocast makes: of all layers, and of one.

    Trained weights are copied once per forward pass. Frozen ones are copied for each use, and kept only
    by layers that are not recomputed.
    """
    if not setup.arithmetic.autocast:
        return 0, 0
    layer = setup.compute * sum(inputs * outputs for inputs, outputs in shape.linear.values())
    kept = setup.full or not setup.checkpointing
    return (shape.layers if kept else 1) * layer, layer


def _head(shape: ModelShape, setup: Setup) -> tuple[int, int]:
    """Bytes of the chunks of the output head, and of the gradient of its weights.

    A chunk takes its logits twice, in float32, and once more in 16 bits. The backward pass frees the
    gradient of a chunk's logits after those of the next one are computed.
    """
    narrow = setup.compute if setup.compute < FLOAT32 else 0
    tokens = tokens_per_chunk(setup.chunk, shape.vocabulary, gpu=setup.gpu)
    copies = 2 if tokens >= setup.kept else 3
    chunk = min(tokens, setup.kept) * shape.vocabulary * (copies * FLOAT32 + narrow)
    if setup.arithmetic.autocast:
        chunk += setup.compute * shape.embedding
    rounded = setup.weights if setup.weights < FLOAT32 else 0
    return chunk, (FLOAT32 + rounded) * shape.embedding if setup.full else 0


def _largest_tensor(shape: ModelShape, setup: Setup) -> int:
    """Values of the largest tensor that is trained."""
    if setup.full:
        return max(
            shape.embedding, *(inputs * outputs for inputs, outputs in shape.linear.values())
        )
    return setup.rank * max(max(sizes) for sizes in shape.linear.values())
