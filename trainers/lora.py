"""LoRA (2106.09685) with `peft`: float32 adapters over a base whose weights never change.

    model = add_adapter(model, LoraSettings(rank=16, alpha=32, seed=config.seed))
    ... train [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    save_adapter(model, folder / "adapter", base="Qwen/Qwen2.5-Math-7B")
    save_merged(model, folder / "checkpoint")

The adapter is never merged into the base in place: in bfloat16 each merge and unmerge rounds the base.
`merged` computes merged tensors one at a time, beside it, and `base_sha256` proves that it is unchanged.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from math import sqrt
from pathlib import Path
from typing import Any

import torch
from peft import (
    LoraConfig,
    get_peft_model,
    get_peft_model_state_dict,
)
from peft.tuners.lora import LoraLayer
from safetensors.torch import save_file
from transformers.pytorch_utils import Conv1D

from clean_bench.checkpoints.adapters import WEIGHTS
from clean_bench.checkpoints.live_weights import tensors_sha256
from clean_bench.checkpoints.weight_files import INDEX
from clean_bench.errors import UserError
from clean_bench.seeds import seed_of
from trainers.tensor_files import TensorForm, form_of, write_tensors

ALL_LINEAR = "all-linear"
_ADAPTER = "default"
"""peft's name of the one adapter of a model."""
_SHARD_BYTES = 5_000_000_000
_LINEAR = (torch.nn.Linear, Conv1D)
"""Conv1D is the linear layer of GPT-2."""


@dataclass(frozen=True, slots=True)
class LoraSettings:
    """Size and place of an adapter, and the seed of its initial values.

    `targets` is "all-linear" (every linear layer but the output head) or names of linear layers,
    separated by commas: "q_proj,v_proj". The update of a layer is `alpha / rank * B A`.
    """

    rank: int = 16
    alpha: float = 32
    targets: str = ALL_LINEAR
    seed: int = 0


def add_adapter(model: Any, settings: LoraSettings) -> Any:
    """The model with an adapter that changes nothing yet (B is 0); only the adapter is trainable.

    A is a function of the seed and of the layer's name, not of torch's global generators, which an
    engine may seed. Adapters of 16-bit weights are float32.

    Returns:
        the `PeftModel` around the model, whose layers are wrapped in place.

    Raises:
        UserError: for a rank or alpha that is not positive, an unknown layer, an embedding or the
            output head as a target, or quantized weights.
    """
    if settings.rank < 1:
        raise UserError(f"lora_rank: expected a rank of at least 1, got {settings.rank}")
    if not settings.alpha > 0:
        raise UserError(f"lora_alpha: expected a number above 0, got {settings.alpha:g}")
    if getattr(model.config, "quantization_config", None) is not None:
        raise UserError(
            "tuning=lora: expected a base in floating point, got a quantized one; name the original"
        )
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=0.0,
        target_modules=_target_modules(model, settings.targets),
        fan_in_fan_out=any(isinstance(module, Conv1D) for module in model.modules()),
        task_type="CAUSAL_LM",
    )
    with torch.random.fork_rng(devices=[]):  # peft's own initial values, replaced below
        adapted = get_peft_model(model, config)
    with torch.no_grad():
        for name, layer in _lora_layers(adapted).items():
            matrix = layer.lora_A[_ADAPTER].weight
            generator = torch.Generator().manual_seed(seed_of("lora", settings.seed, name))
            initial = torch.empty(matrix.shape, dtype=torch.float32)
            torch.nn.init.kaiming_uniform_(initial, a=sqrt(5), generator=generator)
            matrix.copy_(initial)
    return adapted


def merged(model: Any) -> Iterator[tuple[str, torch.Tensor]]:
    """The parameters of the base with the adapter added, by the names of the base, one at a time.

    Weights of adapted layers are float32, others are the base's own tensors: do not change them.
    """
    layers = _lora_layers(model)
    for name, parameter in _base(model).named_parameters():
        if not _is_base(name):
            continue
        name = _base_name(name)
        module, _, kind = name.rpartition(".")
        weights = parameter.detach()
        if module in layers and kind == "weight":
            weights = weights.float() + _delta(layers[module])
        yield name, weights


def base_sha256(model: Any) -> str:
    """SHA-256 of the base's tensors: the `weights_sha256` of a checkpoint that stores the same ones."""
    tensors = _base(model).state_dict().items()
    return tensors_sha256((_base_name(name), t) for name, t in tensors if _is_base(name))


def require_base(model: Any, sha256: str) -> None:
    """Raise `UserError` if the base has other tensors than those of a hash."""
    if (now := base_sha256(model)) != sha256:
        raise UserError(
            f"expected the base weights {sha256[:12]} under the adapter, got {now[:12]}: the base was "
            "changed; rerun the same command to resume from the last checkpoint"
        )


def adapter_tensors(model: Any) -> dict[str, torch.Tensor]:
    """The adapter's tensors, by the names in peft's files; not copied."""
    tensors = get_peft_model_state_dict(model, adapter_name=_ADAPTER, save_embedding_layers=False)
    return {name: tensor.detach() for name, tensor in tensors.items()}


def save_adapter(model: Any, folder: Path, *, base: str, revision: str | None = None) -> None:
    """Write the adapter in peft's format into an existing folder.

    Args:
        base: name or folder of the base, and its revision, which the adapter's configuration names.
    """
    config = copy.deepcopy(model.peft_config[_ADAPTER])
    config.base_model_name_or_path, config.revision, config.inference_mode = base, revision, True
    if config.target_modules is not None and not isinstance(config.target_modules, str):
        config.target_modules = sorted(config.target_modules)  # a set: its order varies
    config.save_pretrained(str(folder))
    tensors = {name: t.cpu().contiguous() for name, t in adapter_tensors(model).items()}
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})


def save_merged(model: Any, folder: Path, *, shard_bytes: int = _SHARD_BYTES) -> float:
    """Write the merged checkpoint, without a tokenizer, into an existing folder, tensor by tensor.

    The sum of base and adapter is computed in float32 and rounded once to the base's data type. Only
    one layer is held in float32.

    Args:
        shard_bytes: most bytes of a file, unless one tensor has more.

    Returns:
        the norm of what was rounded away in adapted layers, as a share of the norm of the adapter's
        update. 0 for a float32 base; near 1 or above it 16 bits hold next to nothing of the update,
        so score the adapter instead.
    """
    base = _base(model)
    forms = {_base_name(name): form_of(tensor) for name, tensor in _stored(base) if _is_base(name)}
    rounding = _Rounding(model, forms)
    stream = rounding.tensors()
    shards = _shards(forms, shard_bytes)
    index: dict[str, str] = {}
    for number, names in enumerate(shards, 1):
        file = "model.safetensors"
        if len(shards) > 1:
            file = f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        part = {name: forms[name] for name in names}
        write_tensors(folder / file, part, islice(stream, len(names)), {"format": "pt"})
        index |= dict.fromkeys(names, file)
    if len(shards) > 1:
        total = sum(form.size for form in forms.values())
        text = json.dumps({"metadata": {"total_size": total}, "weight_map": index}, indent=2)
        (folder / INDEX).write_text(text + "\n")
    base.config.save_pretrained(folder)
    if getattr(base, "generation_config", None) is not None:
        base.generation_config.save_pretrained(folder)
    return rounding.share


class _Rounding:
    """Merged tensors in the data types of their forms, and what rounding takes from the update."""

    def __init__(self, model: Any, forms: Mapping[str, TensorForm]) -> None:
        self._model, self._forms = model, forms
        self._lost = self._update = 0.0

    @property
    def share(self) -> float:
        return sqrt(self._lost / self._update) if self._update else 0.0

    def tensors(self) -> Iterator[tuple[str, torch.Tensor]]:
        layers = _lora_layers(self._model)
        for name, exact in merged(self._model):
            rounded = exact.to(self._forms[name].dtype)
            module, _, kind = name.rpartition(".")
            if module in layers and kind == "weight":
                self._lost += float((rounded.float() - exact).norm()) ** 2
                self._update += float(_delta(layers[module]).norm()) ** 2
            yield name, rounded
        base = _base(self._model)
        parameters = {name for name, _ in base.named_parameters()}
        for name, tensor in _stored(base):
            if name not in parameters:
                yield _base_name(name), tensor


def _shards(forms: Mapping[str, TensorForm], most: int) -> list[list[str]]:
    """Names of consecutive tensors, of at most `most` bytes together."""
    shards: list[list[str]] = [[]]
    size = 0
    for name, form in forms.items():
        if shards[-1] and size + form.size > most:
            shards.append([])
            size = 0
        shards[-1].append(name)
        size += form.size
    return shards


def _stored(base: Any) -> Iterator[tuple[str, torch.Tensor]]:
    """Parameters, each once, then the buffers that are stored."""
    parameters = dict(base.named_parameters())
    yield from ((name, parameter.detach()) for name, parameter in parameters.items())
    every = {name for name, _ in base.named_parameters(remove_duplicate=False)}
    yield from ((name, t) for name, t in base.state_dict().items() if name not in every)


def _base(model: Any) -> Any:
    return model.get_base_model()


def _is_base(name: str) -> bool:
    return ".lora_" not in name


def _base_name(name: str) -> str:
    """The name of a tensor before its layer was wrapped."""
    return name.replace(".base_layer.", ".")


def _lora_layers(model: Any) -> dict[str, Any]:
    """The adapted layers, by name."""
    return {name: m for name, m in _base(model).named_modules() if isinstance(m, LoraLayer)}


def _delta(layer: Any) -> torch.Tensor:
    """The adapter's update of a layer's weights, in float32."""
    with torch.no_grad():
        return layer.get_delta_weight(_ADAPTER).float()  # type: ignore[no-any-return]


def _target_modules(model: Any, targets: str) -> str | list[str]:
    """`targets` as peft takes them, checked against the layers of the model."""
    if targets.strip() == ALL_LINEAR:
        return ALL_LINEAR
    names = [name.strip() for name in targets.split(",")]
    modules = dict(model.named_modules())
    head = model.get_output_embeddings()
    linear = {key for key, m in modules.items() if isinstance(m, _LINEAR) and m is not head}
    known = ", ".join(sorted({key.rpartition(".")[2] for key in linear}))
    for name in names:
        chosen = [key for key in modules if name and f".{key}".endswith(f".{name}")]
        if chosen and linear.issuperset(chosen):
            continue
        why = _why_not([modules[key] for key in chosen], head)
        raise UserError(
            f"lora_targets: expected {ALL_LINEAR} or names of linear layers ({known}), got {name!r}{why}"
        )
    return names


def _why_not(chosen: list[Any], head: Any) -> str:
    if any(module is head for module in chosen):
        return ", the output head, which is trained only by tuning=full"
    if any(isinstance(module, torch.nn.Embedding) for module in chosen):
        return ", an embedding, which is trained only by tuning=full"
    return f", a {type(chosen[0]).__name__}" if chosen else ", which the model lacks"
