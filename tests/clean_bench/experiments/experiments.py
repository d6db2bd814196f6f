"""A small recipe, the command that runs it, and the report that it writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from clean_bench.cli.run import command
from clean_bench.results import Results
from leaderboards.report_schema import RunReport

ProblemFile = Callable[..., Path]

TRAINED = """
title = "sums"
models = [{{name = "tiny", checkpoint = "{checkpoint}"}}]
seeds = [1, 2]
data = {{source = "{data}"}}
sets = [
    {{role = "public", source = "contest={contest}"}},
    {{role = "matched", name = "newer", source = "{matched}"}},
]
arms = [{{name = "truth", reward = "truth"}}, {{name = "random", reward = "random"}}]
engine = {{engine = "transformers"}}
score = {{samples = 2, max_tokens = 4}}
probe = {{prefixes = [0.6]}}

[train]
steps = 2
prompts_per_step = 2
group_size = 2
minibatches = 2
max_tokens = 4
checkpoint_every = 1
learning_rate = 1e-3
"""


def invoke(*arguments: str | Path) -> Any:
    words = [str(argument) for argument in arguments]
    result = CliRunner().invoke(command, words, catch_exceptions=False)
    assert result.exit_code == 0
    return result


def report_of(folder: Path) -> tuple[RunReport, Results]:
    return RunReport.from_json((folder / "report.json").read_bytes()), Results.load(folder)
