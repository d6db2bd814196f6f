"""Public benchmarks from the Hugging Face hub, pinned at their first load.

The first load of a set resolves its commit, loads that commit and records it, with the hash of the
problems (`pins`). Every later load takes the recorded commit. It is refused if the problems have
another hash, so a change of the published rows is never silent.

The hub is tried with one connection of at most 1.5 seconds (name lookup included). Without a
network its cache is used.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from clean_bench.errors import UserError
from clean_bench.hub import reachable
from clean_bench.problems import pins
from clean_bench.problems.catalog import Benchmark
from clean_bench.problems.columns import read_problem, unanswered, with_unique_ids
from clean_bench.problems.problem import Problem, ProblemSet

_TIMEOUT = 10.0
"""Seconds for one answer of the hub."""


class Unreachable(Exception):
    """The hub cannot be reached, and its cache does not hold the files."""


class Source(Protocol):
    """A source of rows: the hub, or a replacement in tests."""

    def resolve(self, hub: str) -> str:
        """The newest commit of a data set. Raises `Unreachable`."""
        ...

    def rows(self, hub: str, config: str, split: str, commit: str) -> list[dict[str, Any]]:
        """The rows of one subset at a commit. Raises `Unreachable`."""
        ...


def load(benchmark: Benchmark, source: Source | None = None) -> ProblemSet:
    """A benchmark at its recorded commit, or at the newest one if it was never loaded before.

    `about` of the set holds hub, configs, split, commit, content_sha256, license, released and the
    number of rows without an answer that were left out.

    Raises:
        UserError: if the rows are neither on the hub nor in its cache, or are not those that were
        recorded.
    """
    source = source or HuggingFace()
    key = f"{benchmark.hub}:{'+'.join(benchmark.configs)}:{benchmark.split}"
    known = pins.find(key)
    local = f"use a local file: {benchmark.name}=path/to/file.jsonl"
    try:
        commit = known.commit if known else source.resolve(benchmark.hub)
        rows = [
            row
            for config in benchmark.configs
            for row in source.rows(benchmark.hub, config, benchmark.split, commit)
        ]
    except Unreachable as error:
        raise UserError(f"{benchmark.name} ({benchmark.hub}): {error}; {local}") from None
    if len(rows) != benchmark.size:
        raise UserError(
            f"{benchmark.name} ({benchmark.hub} at {commit[:12]}): expected {benchmark.size} rows, got "
            f"{len(rows)}; {local}"
        )
    problems = _problems(benchmark, rows)
    sha256 = ProblemSet(benchmark.name, problems).content_sha256
    if known is None:
        pins.record(key, pins.Pin(commit, sha256))
    elif known.content_sha256 != sha256:
        raise UserError(
            f"{benchmark.name}: expected the rows of the first load of {benchmark.hub} at {commit[:12]} "
            f"(content hash {known.content_sha256[:12]}), got {sha256[:12]}; to accept the change, "
            f"remove the entry from {pins.path()}"
        )
    about = {
        "hub": benchmark.hub,
        "configs": list(benchmark.configs),
        "split": benchmark.split,
        "commit": commit,
        "content_sha256": sha256,
        "license": benchmark.license,
        "released": benchmark.released,
        "left_out": len(rows) - len(problems),
    }
    return ProblemSet(benchmark.name, problems, about, "public")


def _problems(benchmark: Benchmark, rows: list[dict[str, Any]]) -> list[Problem]:
    place = f"{benchmark.hub}:{benchmark.split}"
    return with_unique_ids(
        read_problem(row, number, f"{place}:{number}", f"{place}:{number}", benchmark.columns)
        for number, row in enumerate(rows, start=1)
        if not (benchmark.leave_out_unanswered and unanswered(row))
    )


class HuggingFace:
    """The hub, through huggingface_hub and its cache (HF_HOME and HF_HUB_OFFLINE apply)."""

    def __init__(self) -> None:
        self._folders: dict[tuple[str, str | None], Path] = {}

    def resolve(self, hub: str) -> str:
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
        """The folder of a commit (of the newest one in the cache where None), downloaded if needed."""
        from huggingface_hub import snapshot_download

        def fetch() -> Path:
            return Path(
                snapshot_download(
                    hub,
                    repo_type="dataset",
                    revision=commit,
                    local_files_only=not self._online,
                )
            )

        if (hub, commit) not in self._folders:
            try:
                self._folders[hub, commit] = _request(fetch) if self._online else fetch()
            except OSError:  # huggingface_hub's LocalEntryNotFoundError
                raise Unreachable(
                    "the hub cannot be reached and its cache does not hold it"
                ) from None
        return self._folders[hub, commit]

    @cached_property
    def _online(self) -> bool:
        return reachable()


def _request(call: Callable[[], Any]) -> Any:
    """The result of a call of huggingface_hub, with `Unreachable` for every error."""
    from huggingface_hub.errors import GatedRepoError

    try:
        return call()
    except GatedRepoError:
        raise Unreachable(
            "accept its terms on its page of the hub, and log in (HF_TOKEN)"
        ) from None
    except Exception as error:
        raise Unreachable(f"the hub cannot be reached ({_line(error)})") from error


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".split("\n", 1)[0][:200]
