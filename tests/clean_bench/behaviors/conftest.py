"""Folders of scores made by hand: what `score` would have written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from clean_bench.artifacts import Artifact
from clean_bench.samples import SCHEMA, TABLE
from clean_bench.scoring.run import KIND

Write = Callable[..., Path]

_ROW: dict[str, Any] = {
    "set": "s",
    "template": "raw",
    "mode": "greedy",
    "index": 0,
    "seed": 0,
    "gold": "1",
    "prompt": "what?",
    "response": r"so \boxed{1}",
    "finish": "stop",
    "prompt_ids": [1],
    "token_ids": [3, 4],
    "logprobs": [-0.5, -0.25],
    "grade": "equal",
    "extracted": "1",
    "extraction": "box",
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
        schema = pa.schema([field for field in SCHEMA if field.name not in without])
        sets = [
            {"name": set_name, "sha256": f"hash of {set_name}", "role": "public"}
            for set_name in dict.fromkeys(row["set"] for row in full)
        ]
        settings = {
            "temperature": 1.0,
            "max_tokens": 64,
            "weights_sha256": weights or name * 8,
            "sets": sets,
            **config,
        }
        provenance = {"checkpoint": f"model {name}"}
        with Artifact.open(tmp_path / name, KIND, settings, provenance=provenance) as artifact:
            half = (len(full) + 1) // 2
            for number, part in enumerate((full[:half], full[half:])):
                table = pa.Table.from_pylist(part, schema=schema)
                artifact.write(f"{TABLE}/{number:05d}", table)
            artifact.finish({"counts": []})
        return tmp_path / name

    return write
