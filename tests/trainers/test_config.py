"""Training configurations: presets fill fields, mistakes end in one line."""

from __future__ import annotations

import pytest

from clean_bench.errors import UserError
from trainers.config import PRESETS, SUMMARIES, make_config, parse_settings

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
