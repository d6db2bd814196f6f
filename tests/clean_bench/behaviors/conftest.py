"""Folders of scores made by hand: what `score` would have written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from clean_bench.artifacts import Artifact
from clean_bench.scoring.run import KIND, TABLE

Write = Callable[..., Path]

_ROW: dict[str, Any] = {
    "set": "s",
    "template": "raw",
    "mode": "greedy",
    "sample": 0,
    "prompt": "what?",
    "response": r"so \boxed{1}",
    "finish": "stop",
    "gold": "1",
    "verdict": "equal",
    "token_ids": [3, 4],
    "logprobs": [-0.5, -0.25],
}
_TYPES = {
    "sample": pa.int32(),
    "seed": pa.int64(),
    "token_ids": pa.list_(pa.int32()),
    "logprobs": pa.list_(pa.float32()),
}


@pytest.fixture
def write_scores(tmp_path: Path) -> Write:
    """Write a finished `scores` folder; a row needs its `problem_id` and what is not usual."""

    def write(
        name: str,
        rows: Sequence[Mapping[str, Any]],
        *,
        weights: str = "",
        without: Sequence[str] = (),
        **config: Any,
    ) -> Path:
        full = [{**_ROW, **row} for row in rows]
        optional = [key for key in ("seed",) if any(key in row for row in rows)]
        names = [key for key in ("problem_id", *_ROW, *optional) if key not in without]
        schema = pa.schema([(key, _TYPES.get(key, pa.string())) for key in names])
        settings = {"temperature": 1.0, "weights_sha256": weights or name * 8, **config}
        with Artifact.open(tmp_path / name, KIND, settings) as artifact:
            half = (len(full) + 1) // 2
            for number, part in enumerate((full[:half], full[half:])):
                table = pa.Table.from_pylist(part, schema=schema)
                artifact.write(f"{TABLE}/{number:05d}", table)
            artifact.finish({"sets": {}})
        return tmp_path / name

    return write
