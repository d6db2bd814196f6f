"""A value with its interval."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isnan
from typing import Any


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value, its 95% interval, the number of independent units behind it, and the method."""

    value: float
    low: float
    high: float
    n: int
    method: str = ""

    def as_json(self) -> dict[str, Any]:
        """The fields, with null for a value of nan (not measured), which JSON does not have."""
        return asdict(self) | {"value": None if isnan(self.value) else self.value}

    @property
    def above_zero(self) -> bool:
        return self.low > 0

    @property
    def below_zero(self) -> bool:
        return self.high < 0

    @property
    def holds_zero(self) -> bool:
        return self.low <= 0 <= self.high
