"""The end tokens that the files of a checkpoint state, read before any weights are loaded."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from clean_bench.engines.special_tokens import end_tokens
from clean_bench.errors import UserError
from clean_bench.foreign_files.json_text import LARGEST_CONFIG, read_json


def stated_end_tokens(tokenizer: Any, folder: Path) -> frozenset[int]:
    """As `end_tokens`, from `config.json` and `generation_config.json`.

    The classes of `transformers` have default end tokens for configurations without one. These are no
    statement of the checkpoint, and are left out.
    """
    sources = []
    for name in ("config.json", "generation_config.json"):
        path = folder / name
        stated = read_json(path, LARGEST_CONFIG) if path.exists() else {}
        sources.append(SimpleNamespace(eos_token_id=stated.get("eos_token_id")))
    return end_tokens(tokenizer, *sources)


def require_end_token(tokenizer: Any, folder: Path, name: str) -> None:
    """Check that completions of a checkpoint can end: else each has `max_tokens` tokens.

    Raises:
        UserError: if neither its tokenizer nor its settings have an end token.
    """
    if not stated_end_tokens(tokenizer, folder):
        raise UserError(
            f"{name}: expected an end token, got none in its tokenizer, config.json and "
            "generation_config.json, so no completion would end: set eos_token in "
            f"{folder / 'tokenizer_config.json'}"
        )
