"""Learning-rate schedules against those of transformers."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import transformers

from trainers.schedules import learning_rate_factor

UPDATES = 37


def rates(make: Any, **options: Any) -> list[float]:
    """The rate before each update of a scheduler over a peak of 1."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = make(optimizer, **options)
    values = []
    for _ in range(UPDATES):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return values


@pytest.mark.parametrize("warmup", [0, 1, 10, UPDATES])
@pytest.mark.parametrize(
    ("schedule", "floor", "make", "options"),
    [
        ("constant", 0.0, transformers.get_constant_schedule_with_warmup, {}),
        (
            "linear",
            0.0,
            transformers.get_linear_schedule_with_warmup,
            {"num_training_steps": UPDATES},
        ),
        (
            "cosine",
            0.0,
            transformers.get_cosine_schedule_with_warmup,
            {"num_training_steps": UPDATES},
        ),
        (
            "cosine",
            0.1,
            transformers.get_cosine_with_min_lr_schedule_with_warmup,
            {"num_training_steps": UPDATES, "min_lr_rate": 0.1},
        ),
    ],
)
def test_agrees_with_transformers(
    schedule: Any, floor: float, make: Any, options: dict[str, Any], warmup: int
) -> None:
    ours = [learning_rate_factor(u, UPDATES, schedule, warmup, floor) for u in range(UPDATES)]
    assert ours == pytest.approx(rates(make, num_warmup_steps=warmup, **options), abs=1e-12)


def test_linear_decay_to_a_floor_agrees_with_torch() -> None:
    ours = [learning_rate_factor(u, UPDATES, "linear", 0, 0.25) for u in range(UPDATES)]
    theirs = rates(
        torch.optim.lr_scheduler.LinearLR,
        start_factor=1.0,
        end_factor=0.25,
        total_iters=UPDATES,
    )
    assert ours == pytest.approx(theirs, abs=1e-12)


def test_no_warm_up_begins_at_the_peak() -> None:
    assert [learning_rate_factor(0, 1, name) for name in ("constant", "linear", "cosine")] == [  # type: ignore[arg-type]
        1.0,
        1.0,
        1.0,
    ]
