"""Open a policy: settle what its settings leave to `auto`, then load it."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from clean_bench.checkpoints import Checkpoint
from clean_bench.checkpoints.load_model import default_device
from clean_bench.checkpoints.model_size import model_size
from trainers.lora import LoraSettings
from trainers.policy import Policy
from trainers.policy_settings import (
    CHECKPOINTED_FROM,
    HOST_FROM,
    LORA_FROM,
    SINGLE_BELOW,
    PolicySettings,
)


@dataclass(frozen=True, slots=True)
class Resolved:
    """The settings of a policy without `auto`."""

    device: str
    compute_dtype: torch.dtype
    weights_dtype: torch.dtype
    lora: LoraSettings | None
    gradient_checkpointing: bool
    masters_on_host: bool


def resolve(
    settings: PolicySettings,
    parameters: int,
    *,
    device: str | None = None,
    sampler_dtype: str | None = None,
    seed: int = 0,
) -> Resolved:
    """Settle the settings for a model of a size.

    Args:
        sampler_dtype: data type of the sampler's arithmetic; default bfloat16 on CUDA, else float32.
        seed: of the adapters' initial values.
    """
    device = device or default_device()
    default = "bfloat16" if device.startswith("cuda") else "float32"
    compute = _or(settings.compute_dtype, sampler_dtype or default)
    tuning = _or(settings.tuning, "lora" if parameters >= LORA_FROM else "full")
    single = tuning == "full" and parameters < SINGLE_BELOW
    weights = _or(settings.weights_dtype, "float32" if single else compute)
    checkpointing = _or(
        settings.gradient_checkpointing, "on" if parameters >= CHECKPOINTED_FROM else "off"
    )
    on_host = "host" if tuning == "full" and parameters >= HOST_FROM else "device"
    lora = LoraSettings(settings.lora_rank, settings.lora_alpha, settings.lora_targets, seed)
    return Resolved(
        device=device,
        compute_dtype=getattr(torch, compute),
        weights_dtype=getattr(torch, weights),
        lora=lora if tuning == "lora" else None,
        gradient_checkpointing=checkpointing == "on",
        masters_on_host=_or(settings.masters, on_host) == "host",
    )


def open_policy(
    checkpoint: Checkpoint,
    settings: PolicySettings,
    *,
    device: str | None = None,
    sampler_dtype: str | None = None,
    seed: int = 0,
    trust_remote_code: bool = False,
) -> Policy:
    """Load the policy of a checkpoint under its settings; see `resolve`.

    Raises:
        UserError: if the checkpoint cannot be loaded, or cannot be trained under the settings.
    """
    resolved = resolve(
        settings,
        model_size(checkpoint.folder).parameters,
        device=device,
        sampler_dtype=sampler_dtype,
        seed=seed,
    )
    policy = Policy.load(
        checkpoint,
        device=resolved.device,
        compute_dtype=resolved.compute_dtype,
        weights_dtype=resolved.weights_dtype,
        lora=resolved.lora,
        gradient_checkpointing=resolved.gradient_checkpointing,
        trust_remote_code=trust_remote_code,
    )
    if resolved.masters_on_host:
        policy.master_device = torch.device("cpu")
    return policy


def _or(setting: str, automatic: str) -> str:
    return automatic if setting == "auto" else setting
