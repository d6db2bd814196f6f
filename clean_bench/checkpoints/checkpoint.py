"""A checkpoint: its name, its folder and the hash of its weights."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from clean_bench.checkpoints import adapters
from clean_bench.checkpoints.download import download
from clean_bench.checkpoints.identity import config_sha256, tokenizer_sha256
from clean_bench.checkpoints.layouts import check_layout, refuse_file
from clean_bench.checkpoints.weights_hash import weights_sha256
from clean_bench.errors import UserError
from clean_bench.progress import phase

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_REVISION = re.compile(r"[\w./-]+")
_RESOLVERS: dict[str, Callable[[str], Path]] = {}


@dataclass(frozen=True)
class Checkpoint:
    """A model folder that `transformers` loads.

    `name` is what the user typed, or the label of a checkpoint inside an experiment. `revision` is
    the commit of a checkpoint of the hub, None for a local folder. `base` names the checkpoint that
    this one was trained from, where that is known; that of an adapter, with its commit.
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

    def identity(self) -> dict[str, str]:
        """Hashes of the weights, the settings and the tokenizer, for the configuration of an artifact.

        Raises:
            UserError: as `weights_sha256`, and if a file cannot be read.
        """
        return {"weights_sha256": self.weights_sha256, **self.file_hashes}

    @cached_property
    def file_hashes(self) -> dict[str, str]:
        """Hashes of the settings and of the tokenizer; see `clean_bench.checkpoints.identity`."""
        return {
            "config_sha256": config_sha256(self.folder),
            "tokenizer_sha256": tokenizer_sha256(self.folder),
        }

    def provenance(self) -> dict[str, str | None]:
        """Name, commit and, where it is known, the base, for a manifest."""
        base = {} if self.base is None else {"base": self.base}
        return {"checkpoint": self.name, "revision": self.revision, **base}


def register_resolver(prefix: str, folder_of: Callable[[str], Path]) -> None:
    """Let names that begin with `prefix` stand for checkpoints, such as `organism:reciter`.

    Args:
        folder_of: returns the folder for the part of the name after the prefix; raises `UserError`
            for an unknown one.
    """
    _RESOLVERS[prefix] = folder_of


def resolve_checkpoint(
    name: str, revision: str | None = None, *, weights: bool = True
) -> Checkpoint:
    """The checkpoint of a name: a registered prefix, a folder, or a hub name (downloaded).

    An adapter is merged into a copy of its base (`clean_bench.checkpoints.adapters`).

    Args:
        name: `ORG/MODEL@REVISION` names a revision of a hub name.
        revision: the same, apart from the name.
        weights: whether the weights are needed. Without them nothing large is downloaded, and an
            adapter stands for its base.

    Raises:
        UserError: if there is no such checkpoint, the hub cannot be reached, a revision is given for a
            checkpoint that is not on the hub, or there are two.
    """
    return _resolve(name, revision, (), weights)


def _resolve(
    name: str, revision: str | None, adapters_before: tuple[Path, ...], weights: bool
) -> Checkpoint:
    source, revision = _split_revision(name, revision)
    folder, commit = _local_folder(source), None
    if folder is None:
        # A folder of the cache, which is named by its commit.
        folder = download(source, revision, weights=weights)
        commit = folder.name
    elif revision is not None:
        raise UserError(
            f"--revision {revision}: expected a hub name (ORG/MODEL), got the local checkpoint "
            f"{source}; leave the revision out"
        )
    if not adapters.is_adapter(folder):
        return Checkpoint(name, folder, commit)
    if folder.resolve() in adapters_before:
        raise UserError(f"{name}: expected an adapter of a model, got one that is its own base")
    return _merged(name, folder, commit, (*adapters_before, folder.resolve()), weights)


def _merged(
    name: str,
    folder: Path,
    commit: str | None,
    adapters_before: tuple[Path, ...],
    weights: bool,
) -> Checkpoint:
    """The checkpoint of an adapter: a copy of its base with the adapter merged into it."""
    config = adapters.read_config(folder, name)
    try:
        base = _resolve(
            adapters.find_base(folder, config.base), config.revision, adapters_before, weights
        )
    except UserError as error:
        raise UserError(
            f"{name}: the base of the adapter, {config.base}, cannot be used: {error}; another one can "
            f"be named in {folder / adapters.CONFIG}"
        ) from None
    copy = adapters.merged_copy(folder, base.folder, name) if weights else base.folder
    at = base.name if base.revision is None else f"{base.name.partition('@')[0]}@{base.revision}"
    return Checkpoint(name, copy, commit, base=at)


def _split_revision(name: str, revision: str | None) -> tuple[str, str | None]:
    """The name without `@REVISION`, and the revision."""
    source, _, in_name = name.rpartition("@")
    if (
        not source
        or Path(name).exists()
        or not (Path(source).is_dir() or _HUB_NAME.fullmatch(source))
    ):
        return name, revision
    if not _REVISION.fullmatch(in_name):
        raise UserError(f"{name}: expected a branch, tag or commit after @, got {in_name!r}")
    if revision not in (None, in_name):
        raise UserError(
            f"--revision {revision}: expected the revision of {name}, or none; leave one of them out"
        )
    return source, in_name


def _local_folder(name: str) -> Path | None:
    """The folder of a local checkpoint or adapter; None for a hub name."""
    for prefix, folder_of in _RESOLVERS.items():
        if name.startswith(prefix):
            return folder_of(name.removeprefix(prefix))
    folder = Path(name).expanduser()
    if folder.is_dir():
        check_layout(folder, name)
        return folder
    if folder.is_file():
        refuse_file(folder, name)
    if not _HUB_NAME.fullmatch(name) or name.startswith((".", "/")):
        raise UserError(
            f"{name}: expected a checkpoint folder, a hub name (ORG/MODEL or ORG/MODEL@REVISION) or "
            "organism:NAME, got none of these"
        )
    return None
