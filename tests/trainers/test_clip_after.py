"""The clip fractions that an optimizer step leaves, measured on a part of its mini-batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from clean_bench.checkpoints import resolve_checkpoint
from clean_bench.problems import Problem, ProblemSet
from trainers import update
from trainers.config import make_config
from trainers.train import train

PROBLEMS = ProblemSet("p", [Problem(str(i), f"What is {i}+1?", str(i + 1)) for i in range(4)])


@pytest.mark.parametrize(("share", "most"), [(0.25, 512), (0.5, 512), (1.0, 40)])
def test_the_pass_after_a_step_has_a_share_of_its_tokens(
    tiny_checkpoint: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    share: float,
    most: int,
) -> None:
    monkeypatch.setattr(update, "AFTER_SHARE", share)
    monkeypatch.setattr(update, "AFTER_TOKENS", most)
    sound = update._logprobs
    trained, after = [], []

    def counting(policy: Any, row: Any, config: Any) -> Any:
        (trained if torch.is_grad_enabled() else after).append(row)
        return sound(policy, row, config)

    monkeypatch.setattr(update, "_logprobs", counting)
    settings = {
        "reward": "random", "steps": 1, "prompts_per_step": 4, "group_size": 4, "max_tokens": 8,
        "minibatches": 1, "learning_rate": 0.5, "old_logprobs": "recorded",
    }  # fmt: skip
    base = resolve_checkpoint(str(tiny_checkpoint))
    artifact = train(base, PROBLEMS, make_config(settings), tmp_path / "o")
    [row] = after
    longest = max(int(row.boundaries.diff().max()) for row in trained)
    tokens = sum(row.ids.numel() for row in trained)
    assert longest < row.ids.numel() <= max(longest, min(most, share * tokens)) < tokens
    # So large a step carries most ratios out of the clip range, which its own loss did not see.
    [record] = artifact.rows("updates")
    assert record["clip_fraction_low"] == record["clip_fraction_high"] == 0
    assert record["clip_fraction_low_after"] + record["clip_fraction_high_after"] > 0.1
