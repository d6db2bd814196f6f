"""The weights in a vLLM engine: sleep between rollouts, replacement in place, adapters.

While the engine sleeps, a learner on the same GPU has its memory. The order of a step is: sleep, update
of the learner, wake the weights, replace them, wake the KV cache, empty the prefix cache.
"""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from clean_bench.engines.vllm_process import death_as_user_error
from clean_bench.engines.vllm_settings import FULL_SLEEP, SamplerSettings
from clean_bench.engines.weights import check_weights


class VllmWeights:
    """The weights of an `LLM`.

    Args:
        shapes: names and shapes of all tensors of the checkpoint.
        sampler: whether the engine can sleep and takes adapters. Without a GPU it never sleeps.
    """

    def __init__(
        self,
        llm: Any,
        shapes: dict[str, tuple[int, ...]],
        sampler: SamplerSettings,
        *,
        device: str,
        tensor_parallel: int,
    ) -> None:
        self.adapter: Any = None
        """The `LoRARequest` that goes with each request, or None."""
        self._llm = llm
        self._shapes = shapes
        self._sampler = sampler
        self._device = device
        self._tensor_parallel = tensor_parallel
        self._asleep = False
        self._adapters = 0

    @property
    def takes_adapters(self) -> bool:
        """Whether vLLM was loaded for adapters, with or without one now."""
        return self._sampler.lora_rank > 0

    def require_awake(self) -> None:
        """Raise `RuntimeError` if the engine sleeps."""
        if self._asleep:
            raise RuntimeError("expected wake() before the engine runs, got an engine that sleeps")

    def sleep(self) -> None:
        """See `TrainingEngine.sleep`. Level 2 for full fine-tuning: the weights are dropped."""
        if self._sampler.sleep_level and self._device == "cuda" and not self._asleep:
            # Level 1 keeps the weights in the host's memory, level 2 drops them.
            self._llm.sleep(level=self._sampler.sleep_level)
            self._asleep = True
            _release_cached_memory()

    def wake(self) -> None:
        """See `TrainingEngine.wake`."""
        if not self._asleep:
            return
        if self._sampler.sleep_level == FULL_SLEEP:
            raise RuntimeError("expected update_weights() after sleep(): the weights were dropped")
        _release_cached_memory()
        self._llm.wake_up()
        self._asleep = False
        self.reset_prefix_cache()

    def update(self, tensors: dict[str, torch.Tensor]) -> None:
        """Replace all weights; see `Engine.update_weights`. An adapter is dropped."""
        # Of a fused layer, vLLM would take some parts and leave the others uninitialized.
        check_weights(self._shapes, tensors)
        with self._replacing():
            if self._tensor_parallel == 1:
                self._llm.collective_rpc(
                    "reload_weights", kwargs={"weights_iterator": list(tensors.items())}
                )
            else:
                self._reload_from_folder(tensors)
            self.adapter = None  # vLLM drops it
            if self._device == "cpu":
                self._llm.apply_model(_repack_tied_weights)

    def update_adapter(self, folder: str | Path) -> None:
        """See `TrainingEngine.update_adapter`.

        vLLM would go on with the old adapter under an id that it has, and keys its prefix cache by the
        name: both are new at each call.
        """
        if not self.takes_adapters:
            raise RuntimeError("expected an engine loaded with lora_rank, got one without adapters")
        from vllm.lora.request import LoRARequest

        with self._replacing():
            number = self._adapters + 1
            adapter = LoRARequest(f"adapter-{number}", number, str(folder))
            # The files are read here, and not at the first request: the folder may be removed.
            if not self._llm.llm_engine.add_lora(adapter):
                raise RuntimeError(f"expected an adapter that vLLM can load, got {folder}")
            self.adapter, self._adapters = adapter, number

    @contextmanager
    def _replacing(self) -> Iterator[None]:
        """Weights awake, and the KV cache after them; at the end the prefix cache is empty.

        The KV cache wakes last: it and what the replacement needs are never in memory together.
        """
        with death_as_user_error():
            if self._asleep:
                _release_cached_memory()
                self._llm.wake_up(["weights"])
            yield
            if self._asleep:
                _release_cached_memory()
                self._llm.wake_up(["kv_cache"])
                self._asleep = False
            self.reset_prefix_cache()

    def reset_prefix_cache(self) -> None:
        """Forget all prefixes. Raises `RuntimeError` if a running request holds some."""
        if not self._llm.reset_prefix_cache():
            raise RuntimeError("expected no running request, got one that holds the prefix cache")

    def _reload_from_folder(self, tensors: dict[str, torch.Tensor]) -> None:
        """Write the weights to a file; each worker process reads its shard."""
        from safetensors.torch import save_file

        with tempfile.TemporaryDirectory(prefix="clean-bench-weights-") as folder:
            save_file(
                {name: tensor.cpu().contiguous() for name, tensor in tensors.items()},
                Path(folder) / "model.safetensors",
            )
            self._llm.collective_rpc("reload_weights", kwargs={"weights_path": folder})


def _release_cached_memory() -> None:
    """Give memory that torch keeps for reuse back to the GPU, where vLLM's pools need it."""
    if torch.cuda.is_available():
        gc.collect()
        torch.cuda.empty_cache()


def _repack_tied_weights(model: Any) -> None:
    """Update the packed copies of tied weights.

    On a CPU, vLLM multiplies with packed copies of the weights. A reload does not update the copy of
    an output head that is tied to the embedding.
    """
    for module in model.modules():
        if hasattr(module, "cpu_linear") and getattr(module, "weight", torch.empty(0)).numel():
            module.quant_method.process_weights_after_loading(module)
