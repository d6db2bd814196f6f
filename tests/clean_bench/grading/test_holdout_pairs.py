"""The grader on pairs and responses that were labelled and committed before it was run on them."""

import json
from pathlib import Path
from typing import Any

from clean_bench.grading import grade

PAIRS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent / "holdout_pairs.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]


def response(row: dict[str, Any]) -> str:
    found = row.get("response")
    return f"After some work, $\\boxed{{{row['answer']}}}$." if found is None else str(found)


def test_every_label_is_met() -> None:
    assert len(PAIRS) == 382
    grades = grade([(row["gold"], response(row)) for row in PAIRS])
    misses = [
        (row["gold"], response(row), result.kind)
        for row, result in zip(PAIRS, grades, strict=True)
        if (result.kind == "equal") != row["equal"]
    ]
    assert misses == []
