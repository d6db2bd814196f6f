"""Hashes of the settings and of the tokenizer of a checkpoint folder.

The same tensors are another model under other settings (the scaling of positions, the end tokens) or
with another tokenizer. What does not change a completion is left out: paths, versions of the library,
and the data type, which the engine chooses.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from clean_bench.checkpoints.json_files import read_object
from clean_bench.errors import UserError

SETTINGS_FILES = ("config.json", "generation_config.json")
TOKENIZER_FILES = (
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template*",
    "additional_chat_templates/*",
    "vocab*",
    "merges.txt",
    "spiece*",
    "*.model",
)
_WITHOUT_EFFECT = frozenset(
    "_name_or_path name_or_path transformers_version dtype torch_dtype _from_model_config "
    "tokenizer_file special_tokens_map_file local_files_only is_local".split()
)
_NORMALIZED = (*SETTINGS_FILES, "tokenizer_config.json")
_CODE = "auto_map"
"""The key that names code of the checkpoint, which runs with --trust-remote-code."""


def config_sha256(folder: Path) -> str:
    """SHA-256 of `config.json` and `generation_config.json`, and of code that they name.

    Raises:
        UserError: if one cannot be read.
    """
    paths = [folder / name for name in SETTINGS_FILES]
    code = sorted(folder.glob("*.py")) if any(map(_names_code, filter(Path.exists, paths))) else []
    return _sha256([*paths, *code], folder)


def tokenizer_sha256(folder: Path) -> str:
    """SHA-256 of the files of the tokenizer, its chat templates included.

    Raises:
        UserError: if one cannot be read.
    """
    paths = {path for pattern in TOKENIZER_FILES for path in folder.glob(pattern)}
    return _sha256(sorted(paths), folder)


def _sha256(paths: list[Path], folder: Path) -> str:
    state = hashlib.sha256()
    for name, data in _contents(paths, folder):
        label = json.dumps([name, len(data)]).encode()
        state.update(len(label).to_bytes(8, "little") + label + data)
    return state.hexdigest()


def _contents(paths: list[Path], folder: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file that is there."""
    for path in paths:
        if not path.exists() or path.is_dir():
            continue
        name = path.relative_to(folder).as_posix()
        if name in _NORMALIZED:
            yield name, json.dumps(_effective(_settings(path)), sort_keys=True).encode()
        elif path.is_file():
            yield name, path.read_bytes()
        else:
            raise UserError(f"{path}: expected a regular file, got another kind; remove it")


def _effective(value: Any) -> Any:
    """Settings without the keys that have no effect, at every depth."""
    if isinstance(value, dict):
        return {key: _effective(v) for key, v in value.items() if key not in _WITHOUT_EFFECT}
    return value


def _names_code(path: Path) -> bool:
    return _CODE in _settings(path)


def _settings(path: Path) -> dict[str, Any]:
    try:
        return read_object(path)
    except ValueError as error:
        raise UserError(f"{path}: expected the settings of a checkpoint ({error})") from None
