"""Training configurations: presets fill fields, mistakes end in one line."""

from __future__ import annotations

import pytest

from clean_bench.errors import UserError
from trainers.config import make_config, parse_settings
from trainers.presets import CATALOG, PRESETS

LEAST = {"reward": "truth", "steps": 3}


def test_presets_do_not_override_values() -> None:
    config = make_config({**LEAST, "objective": "dapo", "clip_low": "0.1"})
    assert (config.clip_low, config.clip_high, config.aggregate) == (0.1, 0.28, "token")
    free = make_config({**LEAST, "objective": "no-clip"})
    assert free.clip_low is None
    assert free.clip_high is None
    assert list(PRESETS) == [preset.name for preset in CATALOG if preset.summary]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learning_rat": 1}, "the options: unknown key 'learning_rat'"),
        ({"steps": 0}, "the options: steps: .*greater than or equal to 1"),
        ({"objective": "ppo"}, "no objective named 'ppo': expected one of grpo, dr-grpo, dapo"),
        ({"minibatches": 7}, "minibatches = 7 must divide the 512 rollouts"),
        ({"clip_low": "much"}, "clip_low: .*number"),
        ({"advantage": "rank"}, "advantage: expected 'group', .* or 'raw', got 'rank'"),
        ({"aggregate": "a\nb"}, r"aggregate: expected .*, got 'a\\nb'"),
        ({"clip_low": 1.5}, "clip_low: expected a value less than 1, got 1.5"),
        ({"clip_high": -0.1}, "clip_high: expected a value greater than 0, got -0.1"),
        ({"dual_clip": 0.5}, "dual_clip: expected a value greater than 1, got 0.5"),
        (
            {"surrogate": "cispo", "clip_high": None},
            "surrogate = cispo needs an upper bound of its weights: set clip_high",
        ),
        (
            {"surrogate": "reinforce"},
            "reinforce has no ratio to clip: set clip_low = none and clip_high = none",
        ),
        ({"objective": "rloo", "clip_high": 0.2}, "reinforce has no ratio to clip"),
        (
            {"objective": "rloo", "ratio": "sequence"},
            "reinforce has no ratio: leave ratio at token",
        ),
        ({"objective": "cispo", "dual_clip": 3}, "dual_clip bounds the surrogate clip, got cispo"),
        ({"constant_length": 100}, "constant_length is for aggregate = constant, got sequence"),
        ({"kl_ratio_weighted": True}, "kl_ratio_weighted has no effect at kl_coefficient = 0"),
        ({"kl_estimator": "k2"}, "kl_estimator = k2 has no effect at kl_coefficient = 0"),
        (
            {"kl_coefficient": 0.1, "kl_estimator": "k4"},
            "kl_estimator: .*'k1', 'k2', 'k3' or 'abs'",
        ),
        ({"mismatch_low": 0.5}, "mismatch_low = 0.5 has no effect at mismatch_level = none"),
        ({"mismatch_high": 3}, "mismatch_high = 3.0 has no effect at mismatch_level = none"),
        ({"mismatch_action": "mask"}, "mismatch_action = mask has no effect at mismatch_level"),
        ({"mismatch_statistic": "k3"}, "mismatch_statistic = k3 has no effect"),
        (
            {"mismatch_level": "token", "old_logprobs": "recorded"},
            "mismatch_level = token corrects nothing where old_logprobs = recorded",
        ),
        ({"mismatch_level": "any"}, "mismatch_level = any only rejects, got truncate"),
        (
            {"mismatch_level": "token", "mismatch_statistic": "k1"},
            "mismatch_action = truncate bounds the ratio itself, got k1",
        ),
        (
            {"mismatch_level": "token", "mismatch_high": None},
            "mismatch_action = truncate needs a bound: set mismatch_low or mismatch_high",
        ),
        (
            {"mismatch_level": "sequence", "mismatch_low": 2},
            "mismatch_low: expected less than mismatch_high = 2, got 2",
        ),
        (
            {"mismatch_level": "token", "mismatch_low": -1},
            "mismatch_low: expected 0 or more for the statistic ratio, got -1",
        ),
        (
            {"mismatch_level": "token", "mismatch_high": 0},
            "mismatch_high: expected more than 0 for the statistic ratio, got 0",
        ),
        (
            {"learning_rate_floor": 0.1},
            "learning_rate_floor has no effect at learning_rate_schedule",
        ),
        (
            {"warmup_updates": 25},
            "warmup_updates: expected at most the 24 updates of this training, got 25",
        ),
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


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_a_valid_configuration(name: str) -> None:
    config = make_config({**LEAST, "objective": name})
    assert {key: getattr(config, key) for key in PRESETS[name]} == dict(PRESETS[name])


def test_none_is_a_value_of_settings_that_have_it() -> None:
    typed = parse_settings(["advantage=none", "mismatch_level=none", "clip_low=none"])
    config = make_config({**LEAST, **typed})
    assert (config.advantage, config.mismatch_level, config.clip_low) == ("none", "none", None)


def test_a_bound_of_k1_may_be_negative() -> None:
    """k1 = -d: from below it bounds the ratio from above."""
    values = {"mismatch_level": "token", "mismatch_action": "mask", "mismatch_statistic": "k1"}
    config = make_config({**LEAST, **values, "mismatch_low": -0.7, "mismatch_high": 0.7})
    assert config.mismatch_low == -0.7


def test_settings_from_the_command_line() -> None:
    assert parse_settings(["learning-rate=1e-5", "clip_high=none"]) == {
        "learning_rate": "1e-5",
        "clip_high": None,
    }
    with pytest.raises(UserError, match="key=value"):
        parse_settings(["steps"])
