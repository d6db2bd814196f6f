"""The safetensors files that hold the weights of a checkpoint folder: those that are loaded, no others.

`transformers` loads `model.safetensors` where it is there, else the files that
`model.safetensors.index.json` names; vLLM reads every safetensors file, less those that an index leaves
out. A hash that covers other files than the library loads binds nothing. So a folder for which the two
could differ is refused: files beside those, an index that leads out of the folder or to another format,
and settings that name another file.

A file may be a symbolic link, as in the cache of the hub, if it ends inside the folder or inside the
cache of the same repository (`blobs/` beside `snapshots/`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from clean_bench.checkpoints.json_files import read_object
from clean_bench.errors import UserError

INDEX = "model.safetensors.index.json"
_WHOLE = "model.safetensors"
_SUFFIX = ".safetensors"
_MISTRAL = "consolidated"
"""Mistral publishes the weights a second time in its own format, which is read by its own tools only."""
_OTHER_FILE = "transformers_weights"
"""A key of config.json with which `transformers` loads another file."""


def has_weights(folder: Path) -> bool:
    """Whether a folder holds safetensors files, other than those in Mistral's own format."""
    return bool(_safetensors(folder))


def mistral_files(folder: Path) -> list[Path]:
    """The files in Mistral's own format, which `transformers` does not load."""
    return sorted(folder.glob(f"{_MISTRAL}*{_SUFFIX}"))


def is_whole(folder: Path) -> bool:
    """Whether a folder has a configuration and every file of the weights."""
    return (folder / "config.json").is_file() and has_weights(folder) and not missing(folder)


def missing(folder: Path) -> list[str]:
    """The files that the index names and the folder lacks: a download or copy was interrupted."""
    return sorted(name for name in set(_index(folder).values()) if not (folder / name).is_file())


def loaded_files(folder: Path, name: str | None = None) -> list[Path]:
    """The files that are loaded, sorted by name.

    Args:
        name: the checkpoint's name, for messages; the folder by default.

    Raises:
        UserError: if there are none, one is missing, or it is not certain which ones are loaded.
    """
    name = name or str(folder)
    _check_settings(folder, name)
    index, files = _index(folder), {file.name for file in _safetensors(folder)}
    named = set(index.values())
    for file in sorted(named):
        _check_name(file, name)
    absent = sorted(file for file in named if not (folder / file).is_file())
    if absent:
        raise UserError(
            f"{name}: expected {len(named)} weight files as in {INDEX}, got "
            f"{len(named) - len(absent)} ({absent[0]} is missing); complete the download or the copy"
        )
    if _WHOLE in files and named - {_WHOLE}:
        raise UserError(
            f"{name}: expected one checkpoint, got both {_WHOLE} and the {len(named)} files of "
            f"{INDEX}; move those of the other checkpoint away"
        )
    if not named and not files:
        raise UserError(f"{name}: expected *{_SUFFIX} files, got none")
    if not named and _WHOLE not in files:
        raise UserError(
            f"{name}: expected {_WHOLE}, or {INDEX} that names its files, got {min(files)} without it; "
            "save the checkpoint again with save_pretrained"
        )
    loaded = named or {_WHOLE}
    if files - loaded:
        raise UserError(
            f"{name}: expected no weights beside {_WHOLE if loaded == {_WHOLE} else INDEX}, got "
            f"{min(files - loaded)}, which some libraries load and others do not; move it away"
        )
    paths = [folder / file for file in sorted(loaded)]
    for path in paths:
        _check_link(path, folder, name)
    return paths


def check_files(folder: Path) -> None:
    """Raise `UserError` as `loaded_files`, except for a folder without any weights."""
    if has_weights(folder) or (folder / INDEX).exists():
        loaded_files(folder)


def indexed_tensors(folder: Path) -> Mapping[str, str]:
    """The file of each tensor as the index names it; empty without an index."""
    return _index(folder)


def _safetensors(folder: Path) -> list[Path]:
    files = sorted(folder.glob(f"*{_SUFFIX}"))
    return [file for file in files if not file.name.startswith(_MISTRAL)]


def _check_name(file: str, name: str) -> None:
    """Raise `UserError` for a file of the index that is not a safetensors file of the folder itself."""
    if file != Path(file).name or "\\" in file or "\0" in file:
        raise UserError(
            f"{name}: {INDEX}: expected names of files in the checkpoint's own folder, got {file!r}; "
            "move the file there and write its name into the index"
        )
    if not file.endswith(_SUFFIX):
        raise UserError(
            f"{name}: {INDEX}: expected *{_SUFFIX} files, got {file!r}, which can run code when it is "
            "loaded; save the checkpoint again with save_pretrained, which writes safetensors"
        )


def _check_settings(folder: Path, name: str) -> None:
    """Raise `UserError` if other files than these are loaded, by config.json or as an adapter's base."""
    if (folder / "adapter_config.json").is_file():
        raise UserError(
            f"{name}: expected a checkpoint or an adapter, got both (model*.safetensors and "
            "adapter_config.json); move the files of one into another folder"
        )
    path = folder / "config.json"
    try:
        other = read_object(path).get(_OTHER_FILE) if path.exists() else None
    except ValueError as error:
        raise UserError(
            f"{path}: expected the configuration of a language model ({error})"
        ) from None
    if other is not None:
        raise UserError(
            f"{name}: config.json: expected no {_OTHER_FILE}, got {other!r}; name that file {_WHOLE} "
            "and remove the key"
        )


def _check_link(path: Path, folder: Path, name: str) -> None:
    """Raise `UserError` for a link that leads out of the folder and is not one of the hub's cache."""
    if not path.is_symlink():
        return
    target, own = path.resolve(), folder.resolve()
    blobs = own.parent.parent / "blobs"
    allowed = [own, *([blobs] if own.parent.name == "snapshots" else [])]
    if target.parent not in allowed:
        raise UserError(
            f"{name}: {path.name}: expected a file of the checkpoint's folder, got a link to {target}; "
            "copy the file there"
        )


def _index(folder: Path) -> dict[str, str]:
    """The file of each tensor; empty without an index.

    Raises:
        UserError: if it is damaged.
    """
    index = folder / INDEX
    if not index.exists():
        return {}
    try:
        names = read_object(index).get("weight_map", {})
        if not isinstance(names, dict) or not all(isinstance(file, str) for file in names.values()):
            raise ValueError("weight_map is no table of file names")
    except ValueError as error:
        raise UserError(f"{index}: expected a list of weight files ({error})") from None
    return names
