"""Advantages equal those that TRL computes for `scale_rewards` group, batch and none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.parity
pytest.importorskip("trl", reason="TRL is not installed: `make test-parity` runs these tests")

import torch  # noqa: E402
from recorded import record  # noqa: E402
from trl_side import trl_inputs, trl_trainer  # noqa: E402

from trainers.advantages import advantages  # noqa: E402

EPSILON = 1e-4
"""TRL adds it to the deviation; it is no setting there."""


@pytest.mark.parametrize("kind", ["group", "batch", "none"])
def test_advantages(tiny_checkpoint: Path, tmp_path: Path, kind: Any) -> None:
    recorded = record(seed=5)
    recorded.rewards[0, 2] = torch.nan
    recorded.rewards[1] = 0.5
    trainer = trl_trainer(tiny_checkpoint, tmp_path, recorded, scale_rewards=kind)
    expected = trl_inputs(trainer, recorded)["advantages"].reshape(recorded.rewards.shape)
    result = advantages(recorded.rewards, kind=kind, epsilon=EPSILON)
    torch.testing.assert_close(result.float(), expected, rtol=1e-5, atol=1e-5)
    assert result[0, 2] == 0 and not result[1].any()
