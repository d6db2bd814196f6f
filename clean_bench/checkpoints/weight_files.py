"""The safetensors files of a checkpoint folder that hold its weights."""

from __future__ import annotations

from pathlib import Path

from clean_bench.errors import UserError
from clean_bench.foreign_files.json_text import LARGEST_CONFIG, read_json

INDEX = "model.safetensors.index.json"
_WHOLE = "model.safetensors"
_MISTRAL = "consolidated"
"""Mistral publishes the weights a second time in its own format, which is read by its own tools only."""


def weight_files(folder: Path) -> list[Path]:
    """The files, sorted by name, without those in Mistral's own format."""
    files = sorted(folder.glob("*.safetensors"))
    return [file for file in files if not file.name.startswith(_MISTRAL)]


def is_whole(folder: Path) -> bool:
    """Whether a folder has a configuration and every file of the weights."""
    return (folder / "config.json").is_file() and bool(weight_files(folder)) and not missing(folder)


def missing(folder: Path) -> list[str]:
    """The files that the index names and the folder lacks: a download or copy was interrupted."""
    return sorted(name for name in _indexed(folder) if not (folder / name).is_file())


def check_weight_files(folder: Path, name: str) -> None:
    """Raise `UserError` for shards that are missing, and for weights both in one file and in shards.

    Args:
        name: the checkpoint's name, for the message.
    """
    indexed, absent = _indexed(folder), missing(folder)
    if absent:
        raise UserError(
            f"{name}: expected {len(indexed)} weight files as in {INDEX}, got "
            f"{len(indexed) - len(absent)} ({absent[0]} is missing); complete the download or the copy"
        )
    if indexed and _WHOLE not in indexed and (folder / _WHOLE).is_file():
        raise UserError(
            f"{name}: expected one checkpoint, got both {_WHOLE} and the {len(indexed)} files of "
            f"{INDEX}; move those of the other checkpoint away"
        )


def _indexed(folder: Path) -> set[str]:
    """The names in the index; empty without one.

    Raises:
        UserError: if it is damaged.
    """
    index = folder / INDEX
    try:
        if not index.exists():
            return set()
        names = read_json(index, LARGEST_CONFIG).get("weight_map", {}).values()
        return {Path(str(name)).name for name in names}
    except AttributeError as error:
        raise UserError(f"{index}: expected a list of weight files ({error})") from None
