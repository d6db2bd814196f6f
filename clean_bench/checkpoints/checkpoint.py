"""A checkpoint: its name, its folder and the hash of its weights."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from clean_bench import hub
from clean_bench.checkpoints.weights_hash import weights_sha256
from clean_bench.errors import UserError
from clean_bench.progress import phase

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_HUB_FILES = ("*.safetensors", "*.json", "*.model", "*.txt", "*.jinja")
_RESOLVERS: dict[str, Callable[[str], Path]] = {}


@dataclass(frozen=True)
class Checkpoint:
    """A model folder that `transformers` loads.

    `name` is what the user typed, or the label of a checkpoint inside an experiment. `revision` is
    the commit of a checkpoint of the hub, None for a local folder. `base` names the checkpoint that
    this one was trained from, where that is known.
    """

    name: str
    folder: Path
    revision: str | None = None
    base: str | None = None

    @cached_property
    def weights_sha256(self) -> str:
        """SHA-256 over the tensors; see `clean_bench.checkpoints.weights_hash`. Computed once.

        Raises:
            UserError: if the folder holds no whole safetensors.
        """
        with phase(f"hashing the weights of {self.name}"):
            return weights_sha256(self.folder)


def register_resolver(prefix: str, folder_of: Callable[[str], Path]) -> None:
    """Let names that begin with `prefix` stand for checkpoints, such as `organism:reciter`.

    Args:
        folder_of: returns the folder for the part of the name after the prefix; raises `UserError`
            for an unknown one.
    """
    _RESOLVERS[prefix] = folder_of


def resolve_checkpoint(name: str, revision: str | None = None) -> Checkpoint:
    """The checkpoint of a name: a registered prefix, a folder, or a hub name (downloaded).

    Args:
        revision: branch, tag or commit of a hub name.

    Raises:
        UserError: if there is no such checkpoint, the hub cannot be reached, or a revision is given
            for a checkpoint that is not on the hub.
    """
    folder = _local_folder(name)
    if folder is None:
        snapshot = _download(name, revision)  # a folder of the cache, which is named by its commit
        return Checkpoint(name, snapshot, snapshot.name)
    if revision is not None:
        raise UserError(
            f"--revision {revision}: expected a hub name (ORG/MODEL), got the local checkpoint {name}; "
            "leave --revision out"
        )
    return Checkpoint(name, folder)


def _local_folder(name: str) -> Path | None:
    """The folder of a local checkpoint; None for a hub name."""
    for prefix, folder_of in _RESOLVERS.items():
        if name.startswith(prefix):
            return folder_of(name.removeprefix(prefix))
    folder = Path(name)
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise UserError(f"{name}: expected a checkpoint folder, got one without config.json")
        return folder
    if folder.is_file() or not _HUB_NAME.fullmatch(name) or name.startswith((".", "/")):
        raise UserError(
            f"{name}: expected a checkpoint folder, a hub name (ORG/MODEL) or organism:NAME, got none "
            "of these"
        )
    return None


def _download(name: str, revision: str | None) -> Path:
    """The folder of a checkpoint of the hub, from its cache where all of the revision is there."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    def download(*, local_files_only: bool) -> Path:
        return Path(
            snapshot_download(
                name,
                revision=revision,
                allow_patterns=list(_HUB_FILES),
                local_files_only=local_files_only,
            )
        )

    try:
        cached = download(local_files_only=True)
        if _is_complete(cached):
            return cached
    except (LocalEntryNotFoundError, HFValidationError, OSError):
        pass
    hub.require_hub(f"{name} (no local folder, so a hub name)", "a local checkpoint folder")
    try:
        with phase(f"downloading {name}"):
            return download(local_files_only=False)
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        at = f" at revision {revision}" if revision else ""
        raise UserError(f"{name}: the hub has no such checkpoint{at} ({reason})") from None


def _is_complete(folder: Path) -> bool:
    """Whether a folder has every file of the weights: a download may have been interrupted."""
    index = folder / "model.safetensors.index.json"
    names = {"config.json", "model.safetensors"}
    if index.is_file():
        names = {"config.json", *json.loads(index.read_bytes())["weight_map"].values()}
    return all((folder / name).is_file() for name in names)
