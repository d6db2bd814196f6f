"""The worked examples of the specification: the templates read them and find the same answers.

The file is not part of the project; without it these tests are skipped. Four templates print their
example in other words, since the specified ones share long runs of words with MATH: there the numbers of
the example are given to `check`.
"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from clean_bench.grading import grade
from generators.competition.algebraic import polynomial
from generators.competition.numbers import Parameters
from generators.competition.registry import templates

FILE = Path(__file__).parents[4] / "shared" / "data" / "matched_templates.jsonl"
ROWS = [json.loads(line) for line in FILE.read_text().splitlines()] if FILE.exists() else []
REWORDED: dict[str, dict[str, Any]] = {
    "image-of-a-line": {
        "u": (Fraction(1), Fraction(1)),
        "a": (Fraction(2), Fraction(8)),
        "v": (Fraction(2), Fraction(-1)),
        "b": (Fraction(-5), Fraction(4)),
        "line": polynomial("x", 3, 2),
    },
    "plane-through-points": {
        "p": tuple(map(Fraction, (1, 0, 2))),
        "q": tuple(map(Fraction, (3, -1, 1))),
        "r": tuple(map(Fraction, (0, 2, 5))),
    },
    "largest-with-remainders": {
        "ask": "largest",
        "bound": 3000,
        "a": 8,
        "r": 3,
        "b": 9,
        "s": 4,
        "c": 11,
        "t": 6,
    },
    "complete-a-power": {"ask": "smallest", "form": "times", "n": 360, "power": "cube"},
}


@pytest.mark.skipif(not ROWS, reason="the specification of the templates is not on this machine")
def test_every_specified_template_exists() -> None:
    assert {row["slug"].lower() for row in ROWS} <= templates().keys()


@pytest.mark.parametrize("row", ROWS, ids=[row["slug"] for row in ROWS])
def test_example(row: dict[str, Any]) -> None:
    template = templates()[row["slug"].lower()]
    if template.name in REWORDED:
        value = template.check(Parameters(**REWORDED[template.name]))
        answer = template.answer.print(value, {})
    else:
        answer = template.evaluate(row["ex"])
    assert grade([(row["ans"], answer)])[0].kind == "equal"
    assert row["subject"] == template.subject and row["level"] == template.level
    assert set(template.kin) >= set(row["kin"])
