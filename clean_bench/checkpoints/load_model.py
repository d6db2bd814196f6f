"""Load the model and the tokenizer of a checkpoint folder with `transformers`."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

from clean_bench.checkpoints.load_errors import explain_load_error
from clean_bench.checkpoints.weight_files import check_files
from clean_bench.errors import UserError

_MOST_NAMED = 5
_logger = logging.getLogger(__name__)

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()


def default_device() -> str:
    """CUDA where there is a GPU, else the CPU."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def load_model(
    folder: str | Path, *, device: str, dtype: torch.dtype, trust_remote_code: bool = False
) -> tuple[Any, Any]:
    """The model and the tokenizer. Weights are read from safetensors only.

    Tensors that the model does not read give a warning: they are part of the hash of the weights, so a
    set that is bound to the checkpoint depends on them.

    Raises:
        UserError: if the folder holds no checkpoint that `transformers` can load, or it could load other
            files than those that the hash of the weights covers.
    """
    check_files(Path(folder))
    options = {"trust_remote_code": trust_remote_code, "local_files_only": True}
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder), **options)
        model, loading = AutoModelForCausalLM.from_pretrained(
            str(folder), dtype=dtype, use_safetensors=True, output_loading_info=True, **options
        )
        model = model.to(device)
    # A damaged file raises whatever the library that reads it first defines: safetensors, tokenizers,
    # huggingface_hub and torch each have errors of their own.
    except Exception as error:
        raise UserError(
            f"{folder}: expected a checkpoint that transformers can load, got one it cannot "
            f"({explain_load_error(folder, error)})"
        ) from None
    if loading["missing_keys"]:
        # transformers would initialize them at random.
        raise UserError(
            f"{folder}: the weights lack {len(loading['missing_keys'])} tensors of the model, such as "
            f"{min(loading['missing_keys'])}"
        )
    unread = sorted(loading["unexpected_keys"])
    if unread:
        named = ", ".join(unread[:_MOST_NAMED]) + (", ..." if len(unread) > _MOST_NAMED else "")
        _logger.warning(
            "%s: the model does not read %d tensors of its weights, which its hash covers: %s",
            folder,
            len(unread),
            named,
        )
    return model, tokenizer
