"""What vLLM is loaded with: options, files, and the description of what decides its numbers."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clean_bench.checkpoints.weight_files import INDEX, check_files, mistral_files
from clean_bench.engines import special_tokens as tokens
from clean_bench.errors import UserError

_MAX_LOGITS = 1 << 28
"""Maximum number of logits in one step, all in memory during `logprobs`: 1 GiB in float32."""

_LORA_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""The maximum ranks that vLLM can be loaded with."""

FULL_SLEEP = 2
"""Sleep level at which the weights are dropped: new ones must follow."""

ADAPTER_SLEEP = 1
"""Sleep level at which the weights are kept in the host's memory."""


@dataclass(frozen=True, slots=True)
class SamplerSettings:
    """What an engine needs beside a learner on the same GPU.

    Args:
        cache_bytes: bytes of the KV cache, so that its number of blocks does not depend on what memory
            was free; None for a share of the GPU's memory.
        sleep: whether the GPU's memory is released between rollouts (`VllmEngine.sleep`).
        lora_rank: rank of the adapters that `update_adapter` gets; 0 for full fine-tuning.
    """

    cache_bytes: int | None = None
    sleep: bool = False
    lora_rank: int = 0

    @property
    def sleep_level(self) -> int:
        """0 if the engine never sleeps.

        Adapters need level 1: at level 2 the base and the buffers of the adapters would be lost.
        """
        if not self.sleep:
            return 0
        return ADAPTER_SLEEP if self.lora_rank else FULL_SLEEP


def lora_options(rank: int) -> dict[str, Any]:
    """One adapter at a time, of at most this rank; the one before it is evicted.

    Raises:
        UserError: for a rank that vLLM does not offer.
    """
    if not rank:
        return {}
    fitting = [offered for offered in _LORA_RANKS if offered >= rank]
    if not fitting:
        raise UserError(
            f"lora_rank = {rank}: expected at most {_LORA_RANKS[-1]} with vLLM; lower it"
        )
    return {
        "enable_lora": True,
        "max_lora_rank": fitting[0],
        "max_loras": 1,
        "max_cpu_loras": 1,
    }


def step_limits(
    vocabulary: int, batch_size: int, context_length: int, *, gpu: bool
) -> dict[str, Any]:
    """Maximum number of tokens in one step; whether prompts may be split (chunked prefill).

    Not on a CPU: vLLM rewinds the random generator after a partial prompt, and CPU generators cannot
    be rewound.
    """
    most = max(batch_size, min(_MAX_LOGITS // vocabulary, 8192))
    if gpu:
        return {"max_num_batched_tokens": most}
    return {
        "max_num_batched_tokens": max(most, context_length % tokens.UNBOUNDED),
        "enable_chunked_prefill": False,
    }


def describe_llm(llm: Any, cache_bytes: int | None) -> dict[str, Any]:
    """What vLLM chose by itself and decides its numbers: runner, blocks, steps, attention.

    The number of blocks is left out where free memory decided it: it differs from run to run.
    """
    import vllm

    config = llm.llm_engine.vllm_config
    cache, scheduler = config.cache_config, config.scheduler_config
    return {
        "vllm": vllm.__version__,
        "runner": "v2" if config.use_v2_model_runner else "v1",
        "eager": bool(config.model_config.enforce_eager),
        "attention": _attention(llm),
        "kv_cache_dtype": str(cache.cache_dtype),
        "block_size": int(cache.block_size),
        "prefix_caching": bool(cache.enable_prefix_caching),
        "max_num_batched_tokens": int(scheduler.max_num_batched_tokens),
        "chunked_prefill": bool(scheduler.enable_chunked_prefill),
        "async_scheduling": bool(scheduler.async_scheduling),
        "batch_invariant": os.environ.get("VLLM_BATCH_INVARIANT", "0") not in ("", "0"),
        "max_lora_rank": config.lora_config.max_lora_rank if config.lora_config else 0,
        **({} if cache_bytes is None else {"kv_blocks": int(cache.num_gpu_blocks)}),
    }


def _attention(llm: Any) -> str:
    """The attention backends of the model's layers."""
    return ", ".join(sorted(set(llm.collective_rpc(_attention_backends)[0])))


def _attention_backends(worker: Any) -> list[str]:
    layers = worker.vllm_config.compilation_config.static_forward_context.values()
    backends = (getattr(layer, "attn_backend", None) for layer in layers)
    return [backend.get_name() for backend in backends if backend is not None]


def generation_settings(folder: str | Path) -> Any:
    """The contents of `generation_config.json`, or None."""
    if not (Path(folder) / "generation_config.json").is_file():
        return None
    from transformers import GenerationConfig

    return GenerationConfig.from_pretrained(str(folder), local_files_only=True)


def check_loaded_files(folder: Path) -> None:
    """Raise `UserError` for files that vLLM would load beside the weights, or instead of them."""
    check_files(folder)
    second = mistral_files(folder)
    if second and not (folder / INDEX).is_file():
        raise UserError(
            f"{folder}: expected model.safetensors alone, got {second[0].name} beside it, which vLLM "
            "loads too; move it away"
        )
