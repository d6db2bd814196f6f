"""The panel of open checkpoints on which the difficulty of the templates was measured, if it was.

`make calibrate-matched STORE=1` writes panel.toml: the checkpoints, those of them on which the matched
set was shown to be about as difficult as the benchmark, and the mean accuracy of each template over
the panel. Without it the difficulty of a matched set is not calibrated, and comparisons of levels carry
a note.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("panel.toml")
MARGIN = 0.06
"""Two one-sided tests show a difference to be smaller than this. A standard error of about 2 points, as
expected of 4 to 8 checkpoints, gives a power of 0.85 to 0.89."""

NOT_CALIBRATED = "The difficulty is not calibrated on open checkpoints."


@cache
def panel() -> Mapping[str, Any] | None:
    """The stored panel, or None before the calibration.

    `checkpoints` are names, and `within_margin` those of them whose difference between the benchmark
    and the matched set is shown to be within `MARGIN` of the mean of the others; `templates` is the
    accuracy by name of the template.
    """
    return tomllib.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else None


def checkpoints() -> list[str]:
    """The names of the checkpoints of the panel; none before the calibration."""
    return list((panel() or {}).get("checkpoints", []))


def difficulty(names: Sequence[str], shown: Sequence[str] | None = None) -> str:
    """The state of the calibration of difficulty, in words.

    Args:
        names: of the panel's checkpoints; empty before the calibration.
        shown: those whose difference is within the margin; by default those of the stored panel.
    """
    if not names:
        return NOT_CALIBRATED
    if shown is None:
        shown = (panel() or {}).get("within_margin", [])
    within = ", ".join(shown) if shown else "none of them"
    return (
        f"The difficulty was measured on a panel of open checkpoints ({', '.join(names)}). Benchmark "
        "minus matched set, relative to the rest of the panel, is shown to be within "
        f"{100 * MARGIN:.0f} points for {within}."
    )
