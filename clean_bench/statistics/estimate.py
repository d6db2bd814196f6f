"""A value with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value, its 95% interval, the number of independent units behind it, and the method."""

    value: float
    low: float
    high: float
    n: int
    method: str = ""

    @property
    def above_zero(self) -> bool:
        return self.low > 0

    @property
    def below_zero(self) -> bool:
        return self.high < 0

    @property
    def holds_zero(self) -> bool:
        return self.low <= 0 <= self.high


UNKNOWN_GAIN = Estimate(nan, -1.0, 1.0, 0, "no item")
"""The difference of two means in [0, 1] where there is no item: anything is possible."""
