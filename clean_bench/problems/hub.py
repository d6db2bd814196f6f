"""Public sets from the Hugging Face hub, pinned at their first load.

The first load of a set takes the newest commit and records it (`pins`) with the hash of the problems.
Later loads take the recorded commit and fail if the hash differs: a benchmark must not change unnoticed.
"""

from __future__ import annotations

from typing import Any

from clean_bench.errors import HubUnreachable, UserError
from clean_bench.problems import pins
from clean_bench.problems.catalog import Benchmark
from clean_bench.problems.columns import problem_from_row, unanswered, with_unique_ids
from clean_bench.problems.hub_source import HuggingFace, RowSource, Unreachable
from clean_bench.problems.problem import Problem, ProblemSet


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
        raise HubUnreachable(f"{benchmark.name} ({benchmark.hub}): {error}; {local}") from None
    what = f"{benchmark.name} ({benchmark.hub} at {commit[:12]})"
    if len(rows) != benchmark.size:
        raise UserError(f"{what}: expected {benchmark.size} rows, got {len(rows)}; {local}")
    problems = _problems(benchmark, rows)
    content_sha256 = ProblemSet(benchmark.name, problems).content_sha256
    pins.confirm(key, pins.Pin(commit, content_sha256), what)
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
