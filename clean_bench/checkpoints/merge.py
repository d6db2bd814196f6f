"""Merge a PEFT adapter into its base, in float32, with `peft`.

The saved copy is loaded again and compared: its logits on a fixed input have to be those of the base
with the adapter. Tied embeddings that the adapter changes on one side only are stored untied.
"""

from __future__ import annotations

import gc
import logging
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from peft import PeftConfig, PeftModel, get_peft_model
from safetensors import safe_open

from clean_bench.checkpoints.load_model import load_model
from clean_bench.errors import UserError

_TOLERANCE = 5e-4
"""Largest difference of logits, in parts of the largest logit: rounding in float32 is far below."""
_TOKENS = 32
_COPIES = re.compile(r"\.(modules_to_save|original_module)\.")
_logger = logging.getLogger(__name__)


def merge_adapter(adapter: Path, base: Path, out: Path, name: str) -> None:
    """Write the base with the adapter merged into it, without a tokenizer.

    Needs memory for the base in float32.

    Args:
        name: the adapter's name, for messages.

    Raises:
        UserError: if the base cannot be loaded, the adapter does not fit it, or merging is not exact.
    """
    _logger.warning("%s: merging the adapter into a copy of its base in float32, once", name)
    model, tokenizer = load_model(base, device="cpu", dtype=torch.float32)
    if getattr(model.config, "quantization_config", None) is not None:
        raise UserError(
            f"{name}: expected a base in floating point, got a quantized one; name the original in "
            "base_model_name_or_path of adapter_config.json"
        )
    shapes = _shapes(adapter / "adapter_model.safetensors", name)
    _resize_embeddings(model, shapes, name)
    # Some kinds of adapter are initialized at random before their weights are loaded.
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(0)
        adapted = _with_adapter(model, adapter, name)
        ids = torch.randint(0, len(tokenizer), (1, _TOKENS))
        expected = _logits(adapted, ids)
        _untie(model)
        merged = _merge(adapted, name)
    _tie_if_equal(merged)
    merged.save_pretrained(out)
    del model, adapted, merged
    gc.collect()
    _check_copy(out, base, expected, ids, name)


def _shapes(path: Path, name: str) -> dict[str, tuple[int, ...]]:
    try:
        with safe_open(path, framework="pt") as tensors:
            return {key: tuple(tensors.get_slice(key).get_shape()) for key in tensors.keys()}  # noqa: SIM118
    except Exception as error:
        raise UserError(
            f"{name}: {path.name}: expected a safetensors file ({_line(error)})"
        ) from None


def _resize_embeddings(model: Any, shapes: Mapping[str, tuple[int, ...]], name: str) -> None:
    """Give the base as many embeddings as the adapter holds, where it holds whole ones.

    Raises:
        UserError: if the adapter was trained with more tokens and lacks the output head for them.
    """
    names = {id(module): key for key, module in model.named_modules()}
    layers = [model.get_input_embeddings(), model.get_output_embeddings()]
    stored = [_stored_rows(shapes, names.get(id(layer), "")) for layer in layers]
    rows = next((count for count in stored if count is not None), None)
    if rows is None or rows == layers[0].weight.shape[0]:
        return
    if None in stored and not _is_tied(model):
        raise UserError(
            f"{name}: expected embeddings and output head of all {rows} tokens in the adapter, got one "
            f"of them for a base of {layers[0].weight.shape[0]} tokens; save it again with "
            "save_embedding_layers=True"
        )
    model.resize_token_embeddings(rows, mean_resizing=False)


def _stored_rows(shapes: Mapping[str, tuple[int, ...]], module: str) -> int | None:
    """The rows of a whole embedding or head in the adapter; None if there is none."""
    for key, shape in shapes.items():
        inside = f".{key}".partition(f".{module}.")[2]
        if module and len(shape) == 2 and inside.endswith("weight") and "lora_" not in inside:
            return shape[0]
    return None


def _with_adapter(model: Any, adapter: Path, name: str) -> Any:
    """The base with the adapter beside it; every tensor of the adapter has its place and the reverse."""
    try:
        config = PeftConfig.from_pretrained(str(adapter))
        config.inference_mode = True
        adapted = get_peft_model(model, config)
        if not isinstance(adapted, PeftModel) or config.is_prompt_learning:
            raise UserError(
                f"{name}: expected an adapter that can be merged, such as LoRA, got "
                f"{getattr(config.peft_type, 'value', config.peft_type)}"
            )
        loading = adapted.load_adapter(str(adapter), "default", torch_device="cpu")
    except UserError:
        raise
    # peft and torch each raise errors of their own for what does not fit.
    except Exception as error:
        raise UserError(f"{name}: the adapter does not fit its base ({_line(error)})") from None
    # peft stores a layer of modules_to_save again, as it is inside its wrapper, where tokens were added.
    extra = [key for key in loading.unexpected_keys if not _COPIES.search(key)]
    for keys, what in (
        (extra, "it holds {} tensors for modules that the base lacks, such as {}"),
        (loading.missing_keys, "it lacks {} tensors, such as {}"),
    ):
        if keys:
            raise UserError(
                f"{name}: the adapter does not fit its base: {what.format(len(keys), min(keys))}"
            )
    return adapted.eval()


def _merge(adapted: Any, name: str) -> Any:
    try:
        return adapted.merge_and_unload(safe_merge=True)
    except Exception as error:
        raise UserError(f"{name}: the adapter cannot be merged ({_line(error)})") from None


def _is_tied(model: Any) -> bool:
    head = model.get_output_embeddings()
    return head is not None and head.weight is model.get_input_embeddings().weight


def _untie(model: Any) -> None:
    """Give the output head weights of its own, so that a change of one side leaves the other."""
    head = model.get_output_embeddings()
    if head is None:
        return
    shared = {parameter.data_ptr() for parameter in model.get_input_embeddings().parameters()}
    for module in head.modules():
        for key, parameter in module.named_parameters(recurse=False):
            if parameter.data_ptr() in shared:
                copy = torch.nn.Parameter(parameter.detach().clone(), requires_grad=False)
                setattr(module, key, copy)


def _tie_if_equal(model: Any) -> None:
    """Tie embeddings and head again if the adapter left them equal, else store both."""
    head, config = model.get_output_embeddings(), model.config.get_text_config()
    if head is None or not config.tie_word_embeddings:
        return
    embeddings = model.get_input_embeddings()
    if torch.equal(head.weight, embeddings.weight):
        head.weight = embeddings.weight
    else:
        model.config.tie_word_embeddings = config.tie_word_embeddings = False


def _check_copy(
    out: Path, base: Path, expected: torch.Tensor, ids: torch.Tensor, name: str
) -> None:
    from transformers import AutoModelForCausalLM

    copy = AutoModelForCausalLM.from_pretrained(
        str(out), dtype=torch.float32, use_safetensors=True, local_files_only=True
    )
    difference = (_logits(copy, ids) - expected).abs().max().item()
    if not difference <= _TOLERANCE * expected.abs().max().item():
        raise UserError(
            f"{name}: expected the same logits from the merged copy as from {base} with the adapter, "
            f"got a difference of {difference:.2g}; merge it with the tool that trained it"
        )


def _logits(model: Any, ids: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return model(input_ids=ids).logits.float()  # type: ignore[no-any-return]


def _line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
