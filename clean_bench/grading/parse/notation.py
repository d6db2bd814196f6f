"""The tables in `notation.toml`: commands, signs, units and words of answers, rewrites of LaTeX."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

NOTATION: Mapping[str, Any] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)


def word_set(name: str) -> frozenset[str]:
    """A list of words of the section `words`."""
    return frozenset(NOTATION["words"][name].split())


def by_spelling(table: Mapping[str, str]) -> dict[str, str]:
    """The meaning of each spelling, from a table of meanings with their spellings."""
    return {
        spelling: meaning for meaning, spellings in table.items() for spelling in spellings.split()
    }
