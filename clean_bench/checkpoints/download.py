"""Download a checkpoint of the Hugging Face hub, or take it from the hub's local cache."""

from __future__ import annotations

from pathlib import Path

from clean_bench import hub
from clean_bench.checkpoints.adapters import WEIGHTS, is_adapter
from clean_bench.checkpoints.weight_files import is_whole
from clean_bench.errors import UserError
from clean_bench.progress import phase

_SMALL_FILES = ("*.json", "*.model", "*.txt", "*.jinja")
_FILES = ("*.safetensors", *_SMALL_FILES)
_NOT_READ = ("consolidated*.safetensors",)
"""Mistral's second copy of the weights, in its own format."""


def download(name: str, revision: str | None, *, weights: bool = True) -> Path:
    """The folder of a checkpoint or adapter, from the cache where all of the revision is there.

    Args:
        weights: whether the weights are needed; without them only the small files are downloaded.

    Raises:
        UserError: if the hub cannot be reached, or has no such checkpoint with safetensors weights.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
    )

    def fetch(*, local_files_only: bool) -> Path:
        return Path(
            snapshot_download(
                name,
                revision=revision,
                allow_patterns=list(_FILES if weights else _SMALL_FILES),
                ignore_patterns=list(_NOT_READ),
                local_files_only=local_files_only,
            )
        )

    try:
        cached = fetch(local_files_only=True)
        if _is_complete(cached, weights):
            return cached
    except (LocalEntryNotFoundError, HFValidationError, OSError):
        pass
    hub.require_hub(f"{name} (no local folder, so a hub name)", "a local checkpoint folder")
    at = f" at revision {revision}" if revision else ""
    try:
        with phase(f"downloading {name}"):
            folder = fetch(local_files_only=False)
    except GatedRepoError:
        raise UserError(
            f"{name}: the checkpoint is gated: accept its terms on its hub page and log in (HF_TOKEN)"
        ) from None
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise UserError(f"{name}: the hub has no such checkpoint{at} ({reason})") from None
    if not _is_complete(folder, weights):
        raise UserError(
            f"{name}: expected a checkpoint with config.json and model*.safetensors, got none{at} on "
            "the hub; GGUF and .bin are not read, but a converted copy may be at another revision, such "
            f"as {name}@refs/pr/1 (see the pull requests of its hub page)"
        )
    return folder


def _is_complete(folder: Path, weights: bool) -> bool:
    """Whether a folder has every file of the weights: a download may have been interrupted."""
    if not weights:
        return is_adapter(folder) or (folder / "config.json").is_file()
    return is_whole(folder) or (is_adapter(folder) and (folder / WEIGHTS).is_file())
