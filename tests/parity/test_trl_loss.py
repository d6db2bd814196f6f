"""Loss and gradients equal those of TRL's GRPO trainer, from rewards to gradients (`make test-parity`).

TRL computes advantages, masks, old and reference log-probabilities, the correction for the sampler
and the loss on padded rows; this project computes them on packed rows with the chunked head. float32 on
both sides, temperature 0.7, ragged lengths, weights that moved between sampling and update.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.parity
pytest.importorskip("trl", reason="TRL is not installed: `make test-parity` runs these tests")

import torch  # noqa: E402
from our_side import difference, our_gradient  # noqa: E402
from recorded import MAX_TOKENS, Recorded, record  # noqa: E402
from trl_side import trl_gradient, trl_settings, trl_trainer  # noqa: E402

from trainers.config import TrainConfig, make_config  # noqa: E402
from trainers.presets import PRESETS  # noqa: E402

LARGEST = 1e-5
KL = {"kl_coefficient": 0.04}
CORRECTED = {"objective": "dapo", "mismatch_high": 1.3}
SETTINGS: dict[str, dict[str, Any]] = {
    "grpo": {"objective": "grpo"},
    "dapo": {"objective": "dapo"},
    "dr-grpo": {"objective": "dr-grpo"},
    "bnpo": {"objective": "bnpo"},
    "gspo": {"objective": "gspo"},
    "cispo": {"objective": "cispo"},
    "gspo with a wide clip": {"objective": "gspo", "clip_low": 0.2, "clip_high": 0.28},
    "cispo with a low cap": {"objective": "cispo", "clip_high": 0.1},
    "clip-higher, sequence": {"objective": "grpo", "clip_high": 0.28},
    "clip-higher, constant": {"objective": "dr-grpo", "clip_high": 0.28, "constant_length": MAX_TOKENS},
    "no clip, token": {"objective": "dapo", "clip_low": None, "clip_high": None},
    "no clip, sequence": {"objective": "grpo", "clip_low": None, "clip_high": None},
    "clip low only": {"objective": "grpo", "clip_high": None},
    "clip high only": {"objective": "grpo", "clip_low": None},
    "dual clip": {"objective": "dapo", "dual_clip": 1.3},
    "deviation of the batch": {"objective": "grpo", "advantage": "batch"},
    "no deviation": {"objective": "grpo", "advantage": "none"},
    "kl": {"objective": "grpo", **KL},
    "kl times ratio": {"objective": "dapo", **KL, "kl_ratio_weighted": True},
    "kl times ratio, gspo": {"objective": "gspo", **KL, "kl_ratio_weighted": True},
    "kl, constant": {"objective": "dr-grpo", **KL},
    "entropy bonus": {"objective": "dapo", "entropy_coefficient": 0.02},
    "entropy penalty": {"objective": "dapo", "entropy_coefficient": -0.02, **KL},
    "truncated masked, token": {"objective": "dapo", "mask_truncated": True},
    "truncated masked, sequence": {"objective": "grpo", "mask_truncated": True, **KL},
    "truncated masked, constant": {"objective": "dr-grpo", "mask_truncated": True},
    "token truncate": {**CORRECTED, "mismatch_level": "token"},
    "token truncate from below": {**CORRECTED, "mismatch_level": "token", "mismatch_low": 0.8},
    "token mask": {
        **CORRECTED, "mismatch_level": "token", "mismatch_action": "mask", "mismatch_low": 0.7,
    },
    "sequence truncate": {**CORRECTED, "mismatch_level": "sequence", **KL},
    "sequence mask": {**CORRECTED, "mismatch_level": "sequence", "mismatch_action": "mask"},
}  # fmt: skip
WHOLE_ONLY = ("bnpo", "entropy bonus", "entropy penalty")
"""TRL averages these over each micro-batch, so that they equal ours in one micro-batch only."""


def config_of(settings: dict[str, Any]) -> TrainConfig:
    return make_config(
        {
            "reward": "truth",
            "steps": 1,
            "temperature": 0.7,
            "max_tokens": MAX_TOKENS,
            "advantage_epsilon": 1e-4,  # TRL's, which is no setting there
            **settings,
        }
    )


def both(
    checkpoint: Path,
    out: Path,
    config: TrainConfig,
    *,
    accumulation: int = 1,
    recorded: Recorded | None = None,
    **overrides: Any,
) -> tuple[float, float, dict[str, float]]:
    """|difference of the losses|, norm-relative difference of the gradients, our statistics."""
    recorded = recorded or record()
    trainer = trl_trainer(
        checkpoint,
        out,
        recorded,
        accumulation=accumulation,
        corrected=config.mismatch_level != "none",
        **{**trl_settings(config), **overrides},
    )
    theirs, their_gradient, _ = trl_gradient(trainer, recorded)
    ours, our_grad, statistics = our_gradient(checkpoint, recorded, config)
    assert sum(float(g.square().sum()) for g in their_gradient.values()) > 1e-4
    return abs(ours - theirs), difference(our_grad, their_gradient), statistics


@pytest.mark.parametrize(
    ("name", "accumulation"),
    [
        *((name, 1) for name in SETTINGS),
        *((name, 4) for name in SETTINGS if name not in WHOLE_ONLY),
    ],
)
def test_loss_and_gradients_equal_trl(
    tiny_checkpoint: Path, tmp_path: Path, name: str, accumulation: int
) -> None:
    config = config_of(SETTINGS[name])
    loss, gradient, statistics = both(tiny_checkpoint, tmp_path, config, accumulation=accumulation)
    assert loss < LARGEST
    assert gradient < LARGEST
    # The comparison would be empty if no ratio left the clip range.
    if config.surrogate == "clip" and config.ratio == "token":
        assert (statistics["clip_low"] > 0) == (config.clip_low is not None)
        assert (statistics["clip_high"] > 0) == (config.clip_high is not None)
    if config.dual_clip is not None:
        assert statistics["dual"] > 0.01
    if config.mismatch_level != "none":
        assert abs(statistics["mismatch"] - 1) > 1e-3  # mean weight


def test_unscorable_rewards_and_equal_rewards(tiny_checkpoint: Path, tmp_path: Path) -> None:
    """A reward of None on both sides, and a group without variance."""
    recorded = record(seed=3)
    recorded.rewards[0, 1] = torch.nan
    recorded.rewards[1] = 1.0
    loss, gradient, _ = both(
        tiny_checkpoint, tmp_path, config_of(SETTINGS["dapo"]), recorded=recorded
    )
    assert loss < LARGEST and gradient < LARGEST


def test_presets_that_trl_has_are_compared() -> None:
    """The others have no counterpart in its GRPO trainer, or are compared with verl."""
    others = {"rloo", "reinforce", "spurious-rewards", "random-calculation", "no-clip"}
    assert set(PRESETS) - others <= {str(settings["objective"]) for settings in SETTINGS.values()}


@pytest.mark.parametrize(
    ("name", "settings", "accumulation", "overrides"),
    [
        # `delta` caps the ratio of positive advantages too where nothing else does.
        ("dual clip without high clip", {"dual_clip": 1.3, "clip_high": None}, 1, {}),
        # The mean over the tokens of each micro-batch, averaged over micro-batches.
        ("bnpo over micro-batches", {"objective": "bnpo"}, 4, {"loss_type": "bnpo"}),
        # The entropy is a mean over tokens whatever the aggregation of the policy loss is.
        ("entropy per sequence", {"entropy_coefficient": 0.5}, 1, {}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_documented_differences_by_definition(
    tiny_checkpoint: Path,
    tmp_path: Path,
    name: str,
    settings: dict[str, Any],
    accumulation: int,
    overrides: dict[str, Any],
) -> None:
    config = config_of({"objective": "grpo", **settings})
    loss, gradient, _ = both(
        tiny_checkpoint, tmp_path, config, accumulation=accumulation, **overrides
    )
    assert loss > 1e-4 or gradient > 1e-3, f"{name}: equal to TRL"
