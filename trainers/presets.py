"""Presets of the objective by name: they fill settings, which can be overridden one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "grpo": {"clip_low": 0.2, "clip_high": 0.2, "aggregate": "sequence", "advantage": "group"},
    "dapo": {"clip_low": 0.2, "clip_high": 0.28, "aggregate": "token", "advantage": "group"},
    "dr-grpo": {"clip_low": 0.2, "clip_high": 0.2, "aggregate": "constant", "advantage": "none"},
    "no-clip": {"clip_low": None, "clip_high": None, "aggregate": "sequence", "advantage": "group"},
}
SUMMARIES: Mapping[str, str] = {
    "grpo": "symmetric clip, mean over tokens then over sequences (2402.03300)",
    "dapo": "clip-higher, mean over all tokens (2503.14476; without its dynamic sampling)",
    "dr-grpo": "no division by the group's deviation, tokens divided by a constant (2503.20783)",
    "no-clip": "as grpo, with the ratio unclipped: the control of the clipping-bias claim",
}
