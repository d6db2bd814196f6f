"""PEFT adapters: a folder with `adapter_config.json`, merged into a copy of its base.

The copy is written once, to the cache folder, under the hash of the adapter and of the base. It is a
plain checkpoint, so every engine runs it, and its weights have a hash. It is in float32: in bfloat16
most of the update of a young adapter would be rounded away. An engine casts it to its dtype on loading.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from clean_bench.cache_folder import cache_folder
from clean_bench.checkpoints.identity import TOKENIZER_FILES
from clean_bench.checkpoints.weights_hash import weights_sha256
from clean_bench.errors import UserError
from clean_bench.foreign_files.json_text import LARGEST_CONFIG, read_json

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
_FORMAT = 1
"""To be raised when the merged copy changes for the same adapter and base."""


@dataclass(frozen=True, slots=True)
class AdapterConfig:
    """The base that an adapter names: a folder or a hub name, and its revision."""

    base: str
    revision: str | None


def is_adapter(folder: Path) -> bool:
    return (folder / CONFIG).is_file()


def read_config(folder: Path, name: str) -> AdapterConfig:
    """The base of an adapter.

    Args:
        name: the adapter's name, for messages.

    Raises:
        UserError: if the configuration is damaged, names no base, or there are no safetensors weights.
    """
    path = folder / CONFIG
    try:
        config = read_json(path, LARGEST_CONFIG)
        base, revision = config.get("base_model_name_or_path"), config.get("revision")
    except AttributeError as error:
        raise UserError(f"{path}: expected the configuration of an adapter ({error})") from None
    if not isinstance(base, str) or not base.strip():
        raise UserError(
            f"{name}: expected an adapter that names its base, got none; write base_model_name_or_path "
            f"into {path}"
        )
    if not (folder / WEIGHTS).is_file():
        got = "adapter_model.bin" if (folder / "adapter_model.bin").is_file() else "no weights"
        raise UserError(
            f"{name}: expected an adapter with {WEIGHTS}, got {got}; save it again with "
            "PeftModel.save_pretrained, which writes safetensors"
        )
    return AdapterConfig(base, revision if isinstance(revision, str) and revision else None)


def find_base(folder: Path, base: str) -> str:
    """The name of the base: the folder it names, from here or from the adapter, else itself."""
    for path in (Path(base).expanduser(), folder / base):
        if path.is_dir():
            return str(path)
    return base


def merged_copy(adapter: Path, base: Path, name: str) -> Path:
    """The folder of the merged checkpoint, written at the first use.

    Args:
        base: folder of the base, which is a plain checkpoint.
        name: the adapter's name, for messages.

    Raises:
        UserError: if the adapter does not fit the base or cannot be merged, or the copy cannot be
            written.
    """
    folder = cache_folder() / "merged" / _key(adapter, base)[:32]
    if folder.is_dir():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f"{folder.name}.lock")):
            if not folder.is_dir():
                _write_copy(adapter, base, folder, name)
    except OSError as error:
        raise UserError(
            f"{folder} cannot be written ({error.strerror or error}): expected space for a copy of the "
            "base in float32; set CLEAN_BENCH_CACHE to another folder"
        ) from None
    return folder


def _write_copy(adapter: Path, base: Path, folder: Path, name: str) -> None:
    # pyarrow, which artifacts need, and torch are loaded only for an adapter.
    from clean_bench.artifacts.atomic_files import atomic_folder

    try:
        from clean_bench.checkpoints.merge import merge_adapter
    except ImportError as error:
        raise UserError(
            f"{name}: merging an adapter needs torch, transformers and peft ({error}); pip install peft"
        ) from None
    with atomic_folder(folder) as temporary:
        try:
            merge_adapter(adapter, base, temporary, name)
            source = adapter if (adapter / "tokenizer_config.json").is_file() else base
            for file in _files(source, TOKENIZER_FILES):
                shutil.copyfile(file, temporary / file.name)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise


def _key(adapter: Path, base: Path) -> str:
    """SHA-256 of all that the copy follows from."""
    files = [
        *_files(adapter, (CONFIG, WEIGHTS, *TOKENIZER_FILES)),
        *_files(base, ("config.json", "generation_config.json", *TOKENIZER_FILES)),
    ]
    parts = {
        "format": _FORMAT,
        "base": weights_sha256(base),
        "files": [[file.parent == adapter, file.name, _sha256(file)] for file in files],
    }
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(folder: Path, patterns: tuple[str, ...]) -> list[Path]:
    paths = {path for pattern in patterns for path in folder.glob(pattern)}
    return sorted(path for path in paths if path.is_file())
