"""What `verify` leaves open about a set whose items were drawn again because of files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import clean_bench as cb
from clean_bench.artifacts import Artifact
from clean_bench.experiments.scopes import scopes


@pytest.mark.parametrize(
    ("family", "options"),
    [("competition", {"groups": 2}), ("word-problems", {"steps": "2", "count": 3})],
)
@pytest.mark.parametrize("drop", [False, True])
def test_drawn_again(tmp_path: Path, family: str, options: dict[str, Any], drop: bool) -> None:
    file = tmp_path / "corpus.jsonl"
    file.write_text(json.dumps({"problem": "Add 3 and 4.", "answer": "7"}) + "\n")
    cb.generate(family, seed="x", decontaminate=file, drop=drop, out=tmp_path / "s", **options)
    artifact = Artifact.load(tmp_path / "s")
    scope = scopes()["problem-set"](artifact)
    left_open = (*scope.not_checked, *scope.alone)
    assert any("contain further items" in phrase for phrase in left_open)
    assert any("were drawn again" in phrase for phrase in left_open) is drop
