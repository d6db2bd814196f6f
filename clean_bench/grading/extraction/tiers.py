"""The tiers of extraction: how explicitly a response marks the answer that a rule locates.

A strict grade uses the tiers "box" and "marker". A flexible grade uses "fallback" too, where the answer
is the last number, formula or choice letter of the closing sentence and nothing marks it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Tier = Literal["box", "marker", "fallback"]

TIERS: Mapping[str, Tier] = {
    "box": "box",
    "unclosed box": "box",
    "marker": "marker",
    "program output": "marker",
    "whole response": "marker",
    "closing sentence": "fallback",
}
"""The tier of each rule of extraction."""


def tier_of(extraction: str | None) -> Tier | None:
    """The tier of a rule, "marker" for a grader with its own extraction, None without an answer."""
    return None if extraction is None else TIERS.get(extraction, "marker")
