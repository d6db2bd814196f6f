"""Training configurations: presets fill fields, mistakes end in one line."""

from __future__ import annotations

import pytest

from clean_bench.errors import UserError
from trainers.config import make_config, parse_settings
from trainers.presets import PRESETS, SUMMARIES

LEAST = {"reward": "truth", "steps": 3}


def test_presets_do_not_override_values() -> None:
    config = make_config({**LEAST, "objective": "dapo", "clip_low": "0.1"})
    assert (config.clip_low, config.clip_high, config.aggregate) == (0.1, 0.28, "token")
    free = make_config({**LEAST, "objective": "no-clip"})
    assert free.clip_low is None
    assert free.clip_high is None
    assert set(PRESETS) == set(SUMMARIES)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learning_rat": 1}, "the options: unknown key 'learning_rat'"),
        ({"steps": 0}, "the options: steps: .*greater than or equal to 1"),
        ({"objective": "ppo"}, "no objective named 'ppo': expected one of grpo, dapo"),
        ({"minibatches": 7}, "minibatches = 7 must divide the 512 rollouts"),
        ({"clip_low": "much"}, "clip_low: .*number"),
        ({"learning_rate": 1e300}, r"learning_rate: expected a value less than or equal to 1, got"),
        ({"learning_rate": float("inf")}, "learning_rate: expected a value"),
        ({"betas": (2.0, 0.9)}, r"betas\.0: expected a value less than 1, got 2"),
        ({"temperature": 1e-300}, "temperature: expected a value greater than or equal to 0.001"),
        ({"weight_decay": 1e300}, "weight_decay: expected a value less than or equal to 1000"),
        ({"steps": 10**30}, "steps: expected a value less than or equal to 1000000"),
        ({"seed": 10**30}, "seed: expected a value less than or equal to"),
        ({"max_tokens": 10**30}, "max_tokens: expected a value less than or equal to"),
        (
            {"group_size": 10_000, "prompts_per_step": 10_000},
            "expected at most 1,000,000 rollouts of a step, got 100,000,000",
        ),
    ],
)
def test_mistakes_are_named(change: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        make_config({**LEAST, **change})
    assert "\n" not in str(caught.value)


def test_settings_from_the_command_line() -> None:
    assert parse_settings(["learning-rate=1e-5", "clip_high=none"]) == {
        "learning_rate": "1e-5",
        "clip_high": None,
    }
    with pytest.raises(UserError, match="key=value"):
        parse_settings(["steps"])
