"""What the tests of experiments share: JSON lines of small problems, and progress that is not shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from clean_bench.progress import Bar, silent

ProblemFile = Callable[..., Path]


@pytest.fixture(scope="session")
def bar() -> Bar:
    return silent


@pytest.fixture(scope="session")
def problem_file(tmp_path_factory: pytest.TempPathFactory) -> ProblemFile:
    """Writes a JSON lines file of sums and returns its path; `first` is the first summand."""

    def write(name: str, count: int, first: int = 0) -> Path:
        path = tmp_path_factory.mktemp("problems") / f"{name}.jsonl"
        rows = [
            {
                "problem": f"Ann has {first + i} red apples and {i % 3 + 1} green ones. How many?",
                "answer": str(first + i + i % 3 + 1),
                "level": i % 2,
            }
            for i in range(count)
        ]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path

    return write
