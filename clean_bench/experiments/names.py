"""From what a user types to a checkpoint folder or a problem set.

`organism:NAME` is a control model that ships with the package, and `organism:NAME/planted` and
`organism:NAME/twin` are the two halves of its benchmark. Everything else belongs to the ground floor.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from clean_bench import hub
from clean_bench.checkpoints import weights_sha256
from clean_bench.errors import UserError
from clean_bench.organisms.shipped import PREFIX, organism_folder
from clean_bench.problems import ProblemSet, load_folder, load_problems
from clean_bench.problems.stream import Stream, of, stream

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")


def checkpoint_folder(name: str) -> Path:
    """The local folder of a checkpoint: a folder, `organism:NAME`, or a hub name (downloaded).

    Raises:
        UserError: if there is no such checkpoint, or the hub is not reached.
    """
    if name.startswith(PREFIX):
        return organism_folder(name.removeprefix(PREFIX)) / "checkpoint"
    folder = Path(name)
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise UserError(f"{name}: the folder holds no checkpoint (no config.json)")
        return folder
    if folder.is_file() or not _HUB_NAME.fullmatch(name) or name.startswith((".", "/")):
        raise UserError(
            f"{name}: no such checkpoint folder (or give ORG/MODEL of the hub, or organism:reciter)"
        )
    return _download(name)


def _download(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    patterns = ["*.safetensors", "*.json", "*.model", "*.txt", "*.jinja"]
    try:
        return Path(snapshot_download(name, allow_patterns=patterns, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError):
        hub.require(f"{name} (no folder here; taken for a hub name)", "a local checkpoint folder")
    try:
        return Path(snapshot_download(name, allow_patterns=patterns))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        first = str(error).strip().splitlines()[0]
        raise UserError(f"{name}: the hub gave no such checkpoint ({first})") from None


def weights_of(names: Sequence[str]) -> dict[str, str]:
    """The weights hash of each checkpoint named; all are found before the first is hashed.

    Raises:
        UserError: if there is no such checkpoint, or it holds no weights.
    """
    folders = {name: checkpoint_folder(name) for name in names}
    return {name: weights_sha256(folder) for name, folder in folders.items()}


def problem_set(name: str) -> ProblemSet:
    """The problems of a name; see `--on` in the README.

    Raises:
        UserError: if there is no such set.
    """
    if name.startswith(PREFIX):
        organism, slash, half = name.removeprefix(PREFIX).partition("/")
        if not slash or half not in ("planted", "twin"):
            raise UserError(
                f"{name}: write organism:{organism}/planted or organism:{organism}/twin"
            )
        return load_folder(organism_folder(organism) / half, name=name)
    return load_problems(name)


def problem_stream(name: str) -> Stream:
    """The same problems one at a time, for a training set that may be larger than memory.

    Raises:
        UserError: if there is no such set.
    """
    return of(problem_set(name)) if name.startswith(PREFIX) else stream(name)
