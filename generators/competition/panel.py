"""The panel of open checkpoints on which the difficulty of the templates was measured, if it was.

`make calibrate-matched` writes panel.toml: the checkpoints, and the mean accuracy of each template
over them. Without it the difficulty of a matched set is not calibrated, and comparisons of levels carry
a note.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("panel.toml")
NOT_CALIBRATED = "The difficulty is not calibrated on open checkpoints."


@cache
def panel() -> Mapping[str, Any] | None:
    """`checkpoints` (names) and `templates` (accuracy by name), or None before the calibration."""
    return tomllib.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else None


def checkpoints() -> list[str]:
    """The names of the checkpoints of the panel; none before the calibration."""
    return list((panel() or {}).get("checkpoints", []))


def difficulty(names: Sequence[str]) -> str:
    """The state of the calibration of difficulty, as a sentence.

    Args:
        names: of the panel's checkpoints; empty before the calibration.
    """
    if not names:
        return NOT_CALIBRATED
    return f"The difficulty was measured on a panel of open checkpoints ({', '.join(names)})."
