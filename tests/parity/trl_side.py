"""Loss and gradients of TRL's own GRPO trainer on recorded rollouts.

The trainer gets the rollouts through its `rollout_func`, computes rewards, advantages, masks, old and
reference log-probabilities and the correction for the sampler itself, and then its loss.
`_generate_and_score_completions` and `_compute_loss` are private: the extra `trl` pins the version.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from recorded import GROUP, MAX_TOKENS, Recorded, move
from trl import GRPOConfig, GRPOTrainer
from trl.trainer.utils import split_tensor_dict

from trainers.config import TrainConfig

UNBOUNDED = 1e9
LOSS_TYPES = {"sequence": "grpo", "token": "dapo", "constant": "dr_grpo"}


def trl_settings(config: TrainConfig) -> dict[str, Any]:
    """Our settings of an objective in TRL's names.

    TRL's clip has no missing side, so a bound of 1e9 stands for it; its cispo has no lower bound and
    its `epsilon_high` is the bound itself. `delta` caps the ratio.
    """
    low, high = config.clip_low, config.clip_high
    settings: dict[str, Any] = {
        "loss_type": LOSS_TYPES[config.aggregate],
        "epsilon": UNBOUNDED if low is None else low,
        "epsilon_high": UNBOUNDED if high is None else high,
        "delta": config.dual_clip,
        "beta": config.kl_coefficient,
        "use_bias_correction_kl": config.kl_ratio_weighted,
        "importance_sampling_level": config.ratio,
        "scale_rewards": config.advantage,
        "entropy_coef": config.entropy_coefficient,
        "mask_truncated_completions": config.mask_truncated,
        "temperature": config.temperature,
    }
    if config.objective == "bnpo":
        settings["loss_type"] = "bnpo"
    if config.surrogate == "cispo":
        assert low is None and high is not None and config.aggregate == "token"
        settings |= {"loss_type": "cispo", "epsilon": 0.2, "epsilon_high": 1 + high}
    if config.mismatch_level != "none":
        settings |= {
            "vllm_importance_sampling_mode": f"{config.mismatch_level}_{config.mismatch_action}",
            "vllm_importance_sampling_clip_min": config.mismatch_low,
            "vllm_importance_sampling_clip_max": config.mismatch_high,
        }
    return settings


def trl_trainer(
    checkpoint: Path,
    out: Path,
    recorded: Recorded,
    *,
    accumulation: int = 1,
    corrected: bool = False,
    **settings: Any,
) -> Any:
    """A trainer whose rollouts and rewards are the recorded ones.

    Args:
        accumulation: number of micro-batches of the one mini-batch.
        corrected: whether the weights for the difference to the sampler are computed, as with vLLM.
    """
    rows = len(recorded.prompts)
    rewards = [None if r != r else r for r in recorded.rewards.flatten().tolist()]

    def rollout(prompts: list[str], trainer: Any) -> dict[str, Any]:
        return {
            "prompt_ids": recorded.prompts,
            "completion_ids": recorded.completions,
            "logprobs": sampler_logprobs(trainer, recorded),
        }

    def reward(**_: Any) -> list[float | None]:
        return rewards

    config = GRPOConfig(
        output_dir=str(out),
        use_cpu=True,
        bf16=False,
        report_to="none",
        disable_tqdm=True,
        per_device_train_batch_size=rows // accumulation,
        gradient_accumulation_steps=accumulation,
        num_generations=GROUP,
        max_completion_length=MAX_TOKENS,
        num_iterations=2,  # so that old log-probabilities are computed
        gradient_checkpointing=False,
        disable_dropout=True,
        **settings,
    )
    trainer = GRPOTrainer(
        model=str(checkpoint),
        reward_funcs=reward,
        args=config,
        train_dataset=Dataset.from_dict({"prompt": ["?"] * rows}),
        rollout_func=rollout,
    )
    trainer.model.train()
    trainer.current_gradient_accumulation_steps = accumulation  # set by the training loop
    if corrected:
        # vLLM itself is not needed: `rollout_func` samples, and there are no weights to push.
        trainer.use_vllm, trainer._last_loaded_step = True, trainer.state.global_step
    return trainer


def trl_inputs(trainer: Any, recorded: Recorded) -> dict[str, Any]:
    """What the trainer makes of the rollouts: the inputs of its loss."""
    inputs: dict[str, Any] = trainer._generate_and_score_completions(
        [{"prompt": "?"} for _ in recorded.prompts]
    )
    return inputs


def trl_gradient(
    trainer: Any, recorded: Recorded
) -> tuple[float, dict[str, torch.Tensor], dict[str, Any]]:
    """Loss and gradients of one mini-batch on moved weights, summed over its micro-batches, and the
    trainer's means of its metrics."""
    inputs = trl_inputs(trainer, recorded)
    move(trainer.model)
    loss = 0.0
    for part in split_tensor_dict(inputs, trainer.current_gradient_accumulation_steps):
        value = trainer._compute_loss(trainer.model, part)
        value.backward()
        loss += float(value.detach())
    gradients = {
        name: parameter.grad.clone() for name, parameter in trainer.model.named_parameters()
    }
    return loss, gradients, dict(trainer._metrics["train"])


@torch.no_grad()
def sampler_logprobs(trainer: Any, recorded: Recorded) -> list[list[float]]:
    """The log-probabilities that the sampler reports: the learner's, and the recorded noise."""
    values = []
    for prompt, completion, noise in zip(
        recorded.prompts, recorded.completions, recorded.noise, strict=True
    ):
        ids = torch.tensor([[*prompt, *completion]])
        logits = trainer.model(input_ids=ids, use_cache=False).logits[0, len(prompt) - 1 : -1]
        logp = (logits / trainer.args.temperature).log_softmax(-1)
        exact = logp.gather(-1, torch.tensor(completion)[:, None])[:, 0].tolist()
        values.append([a + b for a, b in zip(exact, noise, strict=True)])
    return values
