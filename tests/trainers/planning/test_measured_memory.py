"""The plan beside the peak that a training really takes; `measurements/memory_plan.py` has 20 shapes."""

from __future__ import annotations

import pytest

from measurements.memory_plan import LEAST, MOST, SHAPES, child, estimate

pytestmark = pytest.mark.processes


@pytest.mark.parametrize("number", [1, 9, 16], ids=["full", "autocast checkpointed", "lora"])
def test_the_estimate_covers_what_was_measured(number: int) -> None:
    planned, measured = estimate(SHAPES[number - 1])["bytes"], child(number)["bytes"]
    assert LEAST <= planned / measured <= MOST
