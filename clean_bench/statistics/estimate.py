"""A value with its interval."""

from __future__ import annotations

from dataclasses import dataclass


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
