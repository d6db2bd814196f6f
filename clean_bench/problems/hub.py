"""Public sets from the Hugging Face hub, pinned at their first load.

The first load of a set takes the newest commit and records it (`pins`) with the hash of the problems.
Later loads take the recorded commit and fail if the hash differs: a benchmark must not change unnoticed.

Without a network, the hub's local cache is used. The connection attempt takes at most 1.5 seconds, name
lookup included.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from clean_bench.errors import UserError
from clean_bench.hub import reachable
from clean_bench.problems import pins
from clean_bench.problems.catalog import Benchmark
from clean_bench.problems.columns import problem_from_row, unanswered, with_unique_ids
from clean_bench.problems.problem import Problem, ProblemSet

_TIMEOUT = 10.0
"""Seconds for a request to the hub."""
_logger = logging.getLogger(__name__)


class Unreachable(Exception):
    """The hub cannot be reached or refuses the files, and its cache does not hold them."""


class RowSource(Protocol):
    """The hub, or its stand-in in a test. Both methods raise `Unreachable`."""

    def newest_commit(self, hub: str) -> str:
        """The newest commit of a hub name."""
        ...

    def rows(self, hub: str, config: str, split: str, commit: str) -> list[dict[str, Any]]:
        """The rows of one subset at a commit."""
        ...


def load_benchmark(benchmark: Benchmark, source: RowSource | None = None) -> ProblemSet:
    """A public set at its recorded commit, or at the newest one on its first load.

    `about` of the set holds hub, configs, split, commit, content_sha256, license, released, and the
    number of rows left out because they have no answer.

    Raises:
        UserError: if the hub and its cache do not have the set (the message shows how to give a local
            file), or the rows differ from the recorded ones.
    """
    source = source or HuggingFace()
    key = f"{benchmark.hub}:{'+'.join(benchmark.configs)}:{benchmark.split}"
    pin = pins.find(key)
    local = f"give a local file instead: {benchmark.name}=path/to/file.jsonl"
    try:
        commit = pin.commit if pin else source.newest_commit(benchmark.hub)
        rows = [
            row
            for config in benchmark.configs
            for row in source.rows(benchmark.hub, config, benchmark.split, commit)
        ]
    except Unreachable as error:
        raise UserError(f"{benchmark.name} ({benchmark.hub}): {error}; {local}") from None
    if len(rows) != benchmark.size:
        raise UserError(
            f"{benchmark.name} ({benchmark.hub} at {commit[:12]}): expected {benchmark.size} rows, "
            f"got {len(rows)}; {local}"
        )
    problems = _problems(benchmark, rows)
    content_sha256 = ProblemSet(benchmark.name, problems).content_sha256
    if pin is None:
        pins.record(key, pins.Pin(commit, content_sha256))
        _logger.info("%s: pinned %s at commit %s", benchmark.name, benchmark.hub, commit)
    elif pin.content_sha256 != content_sha256:
        raise UserError(
            f"{benchmark.name} ({benchmark.hub} at {commit[:12]}): expected the content hash "
            f"{pin.content_sha256[:12]} of the first load, got {content_sha256[:12]}; to accept the "
            f"change, remove its entry from {pins.path()}"
        )
    about = {
        "hub": benchmark.hub,
        "configs": list(benchmark.configs),
        "split": benchmark.split,
        "commit": commit,
        "content_sha256": content_sha256,
        "license": benchmark.license,
        "released": benchmark.released,
        "left_out": len(rows) - len(problems),
    }
    return ProblemSet(benchmark.name, problems, about, "public")


def _problems(benchmark: Benchmark, rows: list[dict[str, Any]]) -> list[Problem]:
    name = f"{benchmark.hub}:{benchmark.split}"
    return with_unique_ids(
        problem_from_row(row, number, f"{name}:{number}", f"{name}:{number}", benchmark.columns)
        for number, row in enumerate(rows, start=1)
        if not (benchmark.leave_out_unanswered and unanswered(row))
    )


class HuggingFace:
    """The hub, through the file cache of huggingface_hub (respects HF_HOME and HF_HUB_OFFLINE)."""

    def __init__(self) -> None:
        self._folders: dict[tuple[str, str | None], Path] = {}

    def newest_commit(self, hub: str) -> str:
        from huggingface_hub import HfApi

        if self._online:
            return str(_request(lambda: HfApi().dataset_info(hub, timeout=_TIMEOUT)).sha)
        return self._folder(hub, None).name

    def rows(self, hub: str, config: str, split: str, commit: str) -> list[dict[str, Any]]:
        import datasets

        folder = str(self._folder(hub, commit))
        try:
            return [dict(row) for row in datasets.load_dataset(folder, config, split=split)]
        except Exception as error:
            raise Unreachable(f"its files cannot be read ({_line(error)})") from error

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


def _request(send: Callable[[], Any]) -> Any:
    from huggingface_hub.errors import GatedRepoError

    try:
        return send()
    except GatedRepoError:
        raise Unreachable(
            "the set is gated: accept its terms on its hub page and log in (HF_TOKEN)"
        ) from None
    except Exception as error:
        raise Unreachable(f"the request to the hub failed ({_line(error)})") from error


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".split("\n", 1)[0][:200]
