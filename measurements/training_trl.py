"""One update of TRL's GRPO trainer on recorded rollouts, timed in its own training loop.

The trainer gets the rollouts through its `rollout_func`; everything else is its own: decoding, rewards,
advantages, padding, loss, gradient accumulation, clipping by norm, optimizer.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from safetensors.torch import save_file
from training_clock import Clock
from training_rollouts import WARM_UP_TOKENS, Rollouts
from transformers import TrainerCallback
from trl import GRPOConfig, GRPOTrainer


class Timer(TrainerCallback):
    """Times every step but the first, and saves the gradient of the second where a path is given."""

    def __init__(self, gradient: Path | None) -> None:
        self.clock = Clock()
        self.trainer: Any = None
        self._gradient = gradient

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.clock.start()

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self._gradient is not None and state.global_step == 1:
            parameters = self.trainer.model.named_parameters()
            save_file({n: p.grad.clone() for n, p in parameters}, self._gradient)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step > 1:  # counted already: the first is the warm-up
            self.clock.stop()


def replay_trl(
    checkpoint: Path,
    rollouts: Rollouts,
    *,
    dtype: str,
    updates: int,
    micro_batch: int | None,
    checkpointing: bool | None,
    gradient: Path | None = None,
) -> Clock:
    """The times of `updates` updates after a warm-up.

    Args:
        dtype: "float32", or "bfloat16" for autocast (TRL's default).
        micro_batch: `per_device_train_batch_size`; None leaves TRL's default of 8.
        checkpointing: `gradient_checkpointing`; None leaves TRL's default, which is on.
        gradient: file for the gradient of the first timed update. It costs time: time others.
    """
    rows = len(rollouts.prompts)
    settings: dict[str, Any] = {}
    if checkpointing is not None:
        settings["gradient_checkpointing"] = checkpointing
    micro_batch = 8 if micro_batch is None else micro_batch
    steps = 0

    def rollout(prompts: list[str], trainer: Any) -> dict[str, Any]:
        nonlocal steps
        batch = rollouts if steps else rollouts.cut(WARM_UP_TOKENS)
        steps += 1
        return {"prompt_ids": batch.prompts, "completion_ids": batch.completions, "logprobs": None}

    def reward(**_: Any) -> list[float]:
        return rollouts.rewards

    timer = Timer(gradient)
    with tempfile.TemporaryDirectory() as folder:
        config = GRPOConfig(
            output_dir=folder,
            use_cpu=not torch.cuda.is_available(),
            bf16=dtype == "bfloat16",
            report_to="none",
            save_strategy="no",
            disable_tqdm=True,
            logging_strategy="no",
            learning_rate=0.0,  # lengths and gradients are then those of the checkpoint
            max_grad_norm=1e6,  # so that gradients can be compared
            max_steps=1 + updates,
            per_device_train_batch_size=micro_batch,
            gradient_accumulation_steps=rows // micro_batch,
            num_generations=rollouts.group,
            max_completion_length=max(map(len, rollouts.completions)),
            loss_type="dapo",
            epsilon_high=0.28,
            **settings,
        )
        trainer = GRPOTrainer(
            model=str(checkpoint),
            reward_funcs=reward,
            args=config,
            train_dataset=Dataset.from_dict({"prompt": ["?"] * rows}),
            rollout_func=rollout,
            callbacks=[timer],
        )
        timer.trainer = trainer
        trainer.train()
    return timer.clock
