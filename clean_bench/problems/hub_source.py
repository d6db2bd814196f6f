"""Commits, layouts and rows of hub datasets, and of folders laid out like one.

Without a network, the hub's local cache is used. The connection attempt takes at most 1.5 seconds, name
lookup included. A dataset is downloaded whole. Code of a dataset is never run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, TypeVar

from clean_bench.hub import reachable

_TIMEOUT = 10.0
"""Seconds for a request to the hub."""
Value = TypeVar("Value")


class Unreachable(Exception):
    """The hub cannot be reached or refuses the files, and its cache does not hold them."""


class RowSource(Protocol):
    """The hub, or its stand-in in a test. Every method raises `Unreachable`."""

    def newest_commit(self, hub: str) -> str:
        """The newest commit of a hub name."""
        ...

    def rows(self, hub: str, config: str, split: str, commit: str) -> list[dict[str, Any]]:
        """The rows of one subset at a commit."""
        ...


class DatasetSource(RowSource, Protocol):
    """A source of datasets whose layout is not listed in the catalog."""

    def commit_of(self, hub: str, revision: str) -> str:
        """The commit of a branch, tag or commit."""
        ...

    def configs(self, hub: str, commit: str) -> Configs:
        """The configs at a commit."""
        ...

    def splits(self, hub: str, config: str, commit: str) -> Sequence[str]:
        """The splits of a config at a commit."""
        ...


@dataclass(frozen=True, slots=True)
class Configs:
    """The configs of a dataset, and the one that is loaded unless another is asked for, if any."""

    names: Sequence[str]
    default: str | None


class HuggingFace:
    """The hub, through the file cache of huggingface_hub (respects HF_HOME and HF_HUB_OFFLINE)."""

    def __init__(self) -> None:
        self._folders: dict[tuple[str, str | None], Path] = {}

    def newest_commit(self, hub: str) -> str:
        return self._commit(hub, None)

    def commit_of(self, hub: str, revision: str) -> str:
        return self._commit(hub, revision)

    def configs(self, hub: str, commit: str) -> Configs:
        return configs_of(self._folder(hub, commit))

    def splits(self, hub: str, config: str, commit: str) -> Sequence[str]:
        return splits_of(self._folder(hub, commit), config)

    def rows(self, hub: str, config: str, split: str, commit: str) -> list[dict[str, Any]]:
        return rows_of(self._folder(hub, commit), config, split)

    def _commit(self, hub: str, revision: str | None) -> str:
        from huggingface_hub import HfApi

        if self._online:
            return str(
                _request(lambda: HfApi().dataset_info(hub, revision=revision, timeout=_TIMEOUT)).sha
            )
        return self._folder(hub, revision).name

    def _folder(self, hub: str, commit: str | None) -> Path:
        """The files of a commit (None: the newest in the cache), downloaded if necessary."""
        from huggingface_hub import snapshot_download

        def fetch() -> Path:
            local = not self._online
            return Path(
                snapshot_download(hub, repo_type="dataset", revision=commit, local_files_only=local)
            )

        if (hub, commit) not in self._folders:
            try:
                self._folders[hub, commit] = _request(fetch) if self._online else fetch()
            except OSError:  # huggingface_hub's LocalEntryNotFoundError
                raise Unreachable(
                    "the hub cannot be reached and the set is not in its cache"
                ) from None
        return self._folders[hub, commit]

    @cached_property
    def _online(self) -> bool:
        return reachable()


def configs_of(folder: Path) -> Configs:
    """The configs of a dataset folder."""
    import datasets

    def read() -> Configs:
        names = datasets.get_dataset_config_names(str(folder))
        return Configs(names, datasets.get_dataset_default_config_name(str(folder)))

    return _read(read)


def splits_of(folder: Path, config: str) -> Sequence[str]:
    """The splits of a config of a dataset folder."""
    import datasets

    return _read(lambda: datasets.get_dataset_split_names(str(folder), config))


def rows_of(folder: Path, config: str, split: str) -> list[dict[str, Any]]:
    """The rows of a split. Images and sounds stay the bytes that are stored."""
    import datasets

    return _read(lambda: datasets.load_dataset(str(folder), config, split=split).to_list())


def _read(read: Callable[[], Value]) -> Value:
    import datasets

    datasets.disable_progress_bars()
    try:
        return read()
    except Exception as error:
        raise Unreachable(f"its files cannot be read ({_line(error)})") from error


def _request(send: Callable[[], Any]) -> Any:
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        return send()
    except GatedRepoError:
        raise Unreachable(
            "the set is gated: accept its terms on its hub page and log in (HF_TOKEN)"
        ) from None
    except RevisionNotFoundError:
        raise Unreachable("the hub has no such revision of it") from None
    except (RepositoryNotFoundError, HFValidationError):
        raise Unreachable(
            "the hub has no such dataset, or it is private and needs a login (HF_TOKEN)"
        ) from None
    except Exception as error:
        raise Unreachable(f"the request to the hub failed ({_line(error)})") from error


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".split("\n", 1)[0][:200]
