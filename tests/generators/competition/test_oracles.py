"""Answers of templates beside a third calculation, mostly with sympy, from the values of the text."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from clean_bench.seeds import digest
from generators.competition.numbers import Parameters
from generators.competition.registry import templates

Oracle = Callable[[Parameters], Any]
FOLDER = Path(__file__).parent / "oracles"
ORACLES: dict[str, Oracle] = {}
for path in sorted(FOLDER.glob("[a-z]*.py")):
    ORACLES |= import_module(f"oracles.{path.stem}").ORACLES


def test_sixty_templates_have_one() -> None:
    assert len(ORACLES.keys() & templates().keys()) >= 60


@pytest.mark.parametrize("name", list(ORACLES))
def test_oracle_agrees(name: str) -> None:
    template, number = templates()[name], 0
    for attempt in range(50_000):
        p = template.draw(digest("oracle", attempt, length=128))
        if p is None:
            continue
        words = template.draw_words(digest("oracle", "words", attempt, length=256))
        item = template.item(p, number % len(template.texts), words)
        q, _ = template.read(item.problem)
        value = ORACLES[name](q)
        text = value if isinstance(value, str) else template.answer.print(value, words)
        assert text == item.answer, item.problem
        number += 1
        if number == 25:
            return
    raise AssertionError(f"{number} nice draws")
