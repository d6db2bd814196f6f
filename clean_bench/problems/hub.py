"""Public benchmarks from the Hugging Face hub, pinned at their first load.

The first load of a set asks the hub for its commit, loads that commit and records it, with the hash
of the problems, in a lock file (`pins`). Every later load takes the recorded commit and is refused
if its problems have another hash: a benchmark that changes quietly is no benchmark.

Without a network nothing waits: the hub is tried with one connection of at most 1.5 seconds (name
lookup included), and what the hub's own cache already holds is used.
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
from clean_bench.problems.columns import problem_of, unanswered, with_unique_ids
from clean_bench.problems.problem import Problem, ProblemSet

_REQUEST = 10.0


class Unreachable(Exception):
    """The hub cannot be reached, and its cache does not hold what was asked for."""


class Source(Protocol):
    """Where rows come from: the hub, or a stand-in for it."""

    def resolve(self, hub: str) -> str:
        """The commit that a hub name stands for now. Raises `Unreachable`."""
        ...

    def rows(self, hub: str, config: str, split: str, commit: str) -> list[dict[str, Any]]:
        """The rows of one subset at a commit. Raises `Unreachable`."""
        ...


def load(benchmark: Benchmark, source: Source | None = None) -> ProblemSet:
    """A benchmark at its recorded commit, or at the newest one if it was never loaded before.

    `about` of the set holds hub, configs, split, commit, content_sha256, license, released and how
    many rows were left out for want of an answer.

    Raises:
        UserError: if the hub cannot be reached and its cache does not help (with the way to name a
            local file), or if the rows are not those that were recorded.
    """
    source = source or HuggingFace()
    key = f"{benchmark.hub}:{'+'.join(benchmark.configs)}:{benchmark.split}"
    known = pins.find(key)
    local = f"name a local file instead: {benchmark.name}=path/to/file.jsonl"
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
            f"{benchmark.name} ({benchmark.hub} at {commit[:12]}) has {len(rows)} rows, and "
            f"{benchmark.size} are expected; {local}"
        )
    problems = _problems(benchmark, rows)
    found = ProblemSet(benchmark.name, problems).content_sha256
    if known is None:
        pins.record(key, pins.Pin(commit, found))
    elif known.content_sha256 != found:
        raise UserError(
            f"{benchmark.name}: the rows of {benchmark.hub} at {commit[:12]} are not those of the "
            f"first load (content hash {found[:12]}, recorded {known.content_sha256[:12]}); if the "
            f"change is known, remove its entry from {pins.path()}"
        )
    about = {
        "hub": benchmark.hub,
        "configs": list(benchmark.configs),
        "split": benchmark.split,
        "commit": commit,
        "content_sha256": found,
        "license": benchmark.license,
        "released": benchmark.released,
        "left_out": len(rows) - len(problems),
    }
    return ProblemSet(benchmark.name, problems, about, "public")


def _problems(benchmark: Benchmark, rows: list[dict[str, Any]]) -> list[Problem]:
    place = f"{benchmark.hub}:{benchmark.split}"
    return with_unique_ids(
        problem_of(row, number, f"{place}:{number}", f"{place}:{number}", benchmark.columns)
        for number, row in enumerate(rows, start=1)
        if not (benchmark.leave_out_unanswered and unanswered(row))
    )


class HuggingFace:
    """The hub itself, through huggingface_hub's cache of files (HF_HOME, HF_HUB_OFFLINE hold)."""

    def __init__(self) -> None:
        self._folders: dict[tuple[str, str | None], Path] = {}

    def resolve(self, hub: str) -> str:
        from huggingface_hub import HfApi

        if self._online:
            return str(_ask(lambda: HfApi().dataset_info(hub, timeout=_REQUEST)).sha)
        return self._folder(hub, None).name

    def rows(self, hub: str, config: str, split: str, commit: str) -> list[dict[str, Any]]:
        import datasets

        folder = str(self._folder(hub, commit))
        try:
            return [dict(row) for row in datasets.load_dataset(folder, config, split=split)]
        except Exception as error:
            raise Unreachable(f"its files cannot be read ({_line(error)})") from error

    def _folder(self, hub: str, commit: str | None) -> Path:
        """The files of a commit (the newest one in the cache where None), fetched where need be."""
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
                self._folders[hub, commit] = _ask(fetch) if self._online else fetch()
            except OSError:  # huggingface_hub's LocalEntryNotFoundError
                raise Unreachable(
                    "the hub cannot be reached and its cache does not hold it"
                ) from None
        return self._folders[hub, commit]

    @cached_property
    def _online(self) -> bool:
        return reachable()


def _ask(question: Callable[[], Any]) -> Any:
    from huggingface_hub.errors import GatedRepoError

    try:
        return question()
    except GatedRepoError:
        raise Unreachable(
            "the hub gives its files only to those who accepted its terms on its page and are "
            "logged in (HF_TOKEN)"
        ) from None
    except Exception as error:
        raise Unreachable(f"the hub gave no answer ({_line(error)})") from error


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".split("\n", 1)[0][:200]
