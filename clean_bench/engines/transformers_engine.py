"""Engine on `transformers`, in this process, on any device.

Prompts are batched in the order of their lengths (`clean_bench.engines.decoding`). A batch has at
most `batch_size` rows, and fits into the KV cache even if every completion has its maximum length. If
the GPU runs out of memory nevertheless, the batch is halved. Given texts are read as in
`clean_bench.engines.scoring`. Weights are read from safetensors. Code in a checkpoint runs only with
`trust_remote_code`.

The model may be the live module of a learner, PEFT adapters included: `TransformersEngine(model,
tokenizer, compute_dtype=...)`. Its weights are then never copied, and it is left as it was found
(`clean_bench.engines.live_module`).

Not supported: several devices, speculative decoding, paged attention. Use vLLM for those.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch

from clean_bench.checkpoints.load_model import default_device, load_model
from clean_bench.engines.base import Completion, Request
from clean_bench.engines.counted import Reports
from clean_bench.engines.decoding import cache_bytes, decode_batch, rows_that_fit
from clean_bench.engines.live_module import (
    decoding_attention,
    inference_state,
    unwrapped,
    weights_dtype,
)
from clean_bench.engines.outputs import build_completions, overlong
from clean_bench.engines.scoring import (
    Measure,
    distribution_moments,
    score_suffixes,
    token_logprobs,
)
from clean_bench.engines.special_tokens import (
    context_length,
    encode,
    end_tokens,
    missing_begin,
    warn_of_missing_begin,
)
from clean_bench.engines.token_distributions import TokenStatistics
from clean_bench.engines.weights import check_weights
from clean_bench.errors import UserError

_CPU_CACHE_BYTES = 4 << 30
"""Bytes of the KV cache on a CPU."""

_logger = logging.getLogger(__name__)


class TransformersEngine(Reports):
    """See `clean_bench.engines.token_distributions.DistributionEngine`.

    Make one with `load`, or on a model in memory.

    Args:
        model: a `transformers` model, or one with PEFT adapters. It is not copied: what changes its
            weights changes the engine's.
        compute_dtype: dtype of the arithmetic; default that of the weights. With another, decoding runs
            under autocast, as the learner's forward passes do.
        batch_size: maximum number of rows per batch.
        cache_size: bytes of the KV cache; default 4 GiB on the CPU, half of a GPU's free memory, rounded
            down to a power of two.
    """

    name = "transformers"

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        compute_dtype: torch.dtype | None = None,
        batch_size: int = 256,
        cache_size: int | None = None,
    ) -> None:
        super().__init__()
        self.model = unwrapped(model)
        self.tokenizer = tokenizer
        self.compute_dtype = compute_dtype or weights_dtype(self.model)
        self.batch_size = batch_size
        self.cache_size = cache_size or _default_cache_bytes(self.device)
        # What free memory decides differs from run to run, and changes no more than the rounding.
        fixed = cache_size is not None or self.device.type != "cuda"
        self._described_cache = {"cache_bytes": self.cache_size} if fixed else {}
        with self.inference():
            self._token_bytes = cache_bytes(self.model)
        self.context_length = context_length(model.config, tokenizer)
        self.missing_begin = missing_begin(tokenizer, model.config)
        settings = getattr(model, "generation_config", None)
        self.ends = end_tokens(tokenizer, model.config, settings)

    @classmethod
    def load(
        cls,
        folder: str | Path,
        *,
        device: str | None = None,
        dtype: str | torch.dtype | None = None,
        trust_remote_code: bool = False,
        batch_size: int = 256,
        cache_size: int | None = None,
    ) -> TransformersEngine:
        """Load a checkpoint folder.

        Args:
            device: default CUDA if available, else the CPU.
            dtype: default bfloat16 on CUDA, float32 on the CPU.
            batch_size, cache_size: see the class.

        Raises:
            UserError: if the folder holds no checkpoint that `transformers` can load.
        """
        device = device or default_device()
        dtype = dtype or ("bfloat16" if device.startswith("cuda") else "float32")
        dtype = getattr(torch, dtype) if isinstance(dtype, str) else dtype
        model, tokenizer = load_model(
            folder, device=device, dtype=dtype, trust_remote_code=trust_remote_code
        )
        engine = cls(model.eval(), tokenizer, batch_size=batch_size, cache_size=cache_size)
        warn_of_missing_begin(engine.missing_begin, folder)
        return engine

    @property
    def device(self) -> torch.device:
        return next(self.model.parameters()).device  # type: ignore[no-any-return]

    def shares(self, model: Any) -> bool:
        """See `TrainingEngine.shares`; a PEFT wrapper around the module makes no difference."""
        return self.model is unwrapped(model)

    def sleep(self) -> None:
        """Nothing: a KV cache is held only during a call."""

    def wake(self) -> None:
        """Nothing; see `sleep`."""

    def update_adapter(self, folder: str | Path) -> None:
        """Not supported: an engine that shares the learner's module has its adapter already.

        Raises:
            UserError: always.
        """
        raise UserError(
            "LoRA with --engine transformers: expected one copy of the model, which the learner and the "
            "sampler share, got more; use --data-parallel 1, or --engine vllm"
        )

    def inference(self) -> AbstractContextManager[None]:
        """The state of the model for a forward pass: attention, dropout and dtype of the arithmetic."""
        return inference_state(self.model, self.compute_dtype)

    def encode(self, text: str, *, special_tokens: bool = True) -> list[int]:
        return encode(self.tokenizer, text, special_tokens=special_tokens)

    def generate(self, requests: Sequence[Request]) -> Iterator[Completion]:
        """See `Engine.generate`.

        Raises:
            UserError: if the GPU's memory is too small for one completion.
        """
        with self.inference():
            completions = self._completions(requests)
        yield from completions

    def _completions(self, requests: Sequence[Request]) -> list[Completion]:
        """The completions of `generate`."""
        prompts = [self.encode(r.prompt, special_tokens=r.special_tokens) for r in requests]
        limits = [
            min(request.max_tokens, self.context_length - len(ids))
            for request, ids in zip(requests, prompts, strict=True)
        ]
        results: list[Completion | None] = [None] * len(requests)
        pending = []
        for index, (request, ids) in enumerate(zip(requests, prompts, strict=True)):
            if ids and limits[index] > 0:
                pending.append(index)
            else:
                results[index] = empty = overlong(request, ids)
                self.on_completion(index, empty)
        pending.sort(key=lambda index: (len(prompts[index]), index))
        while pending:
            size = rows_that_fit(
                [len(prompts[index]) for index in pending],
                [limits[index] for index in pending],
                most=self.batch_size,
                tokens=self.cache_size // self._token_bytes,
            )
            batch, pending = pending[:size], pending[size:]
            for index, completion in self._complete(batch, requests, prompts, limits):
                results[index] = completion
        return [completion for completion in results if completion is not None]

    def _complete(
        self,
        batch: Sequence[int],
        requests: Sequence[Request],
        prompts: Sequence[Sequence[int]],
        limits: Sequence[int],
    ) -> list[tuple[int, Completion]]:
        """Complete one batch; in two halves if the GPU runs out of memory.

        Args:
            batch: the places of the rows in the other arguments.

        Returns:
            the places with their completions, as they ended.
        """
        completions: list[tuple[int, Completion]] = []
        try:
            for rows in decode_batch(
                self.model,
                self.tokenizer,
                [requests[place] for place in batch],
                [prompts[place] for place in batch],
                [limits[place] for place in batch],
                self.ends,
            ):
                places = [batch[row.row] for row in rows]
                built = build_completions(
                    [requests[place] for place in places],
                    [prompts[place] for place in places],
                    [row.token_ids for row in rows],
                    [row.logprobs for row in rows],
                    [row.stopped for row in rows],
                    self.tokenizer,
                    self.ends,
                )
                for place, completion in zip(places, built, strict=True):
                    completions.append((place, completion))
                    self.on_completion(place, completion)
        except torch.OutOfMemoryError:
            if len(batch) == 1:
                raise UserError(
                    f"one completion of {limits[batch[0]]} tokens does not fit into the GPU's memory "
                    f"after a prompt of {len(prompts[batch[0]])}: lower --max-tokens"
                ) from None
        else:
            return completions
        # Outside the handler: the exception no longer holds the tensors of the batch.
        self.cache_size //= 2  # later batches start smaller
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        half = (len(batch) + 1) // 2
        _logger.warning("out of GPU memory: halved a batch of %d completions", len(batch))
        return [
            *self._complete(batch[:half], requests, prompts, limits),
            *self._complete(batch[half:], requests, prompts, limits),
        ]

    def logprobs(
        self, prefix_ids: Sequence[Sequence[int]], suffix_ids: Sequence[Sequence[int]]
    ) -> list[list[float]]:
        """See `Engine.logprobs`."""
        rows = self._scored(prefix_ids, suffix_ids, token_logprobs)
        return [row[:, 0].tolist() for row in rows]

    def token_statistics(
        self, prefix_ids: Sequence[Sequence[int]], suffix_ids: Sequence[Sequence[int]]
    ) -> list[list[TokenStatistics]]:
        """See `DistributionEngine.token_statistics`."""
        rows = self._scored(prefix_ids, suffix_ids, distribution_moments)
        return [[TokenStatistics(*numbers) for numbers in row.tolist()] for row in rows]

    def _scored(
        self,
        prefix_ids: Sequence[Sequence[int]],
        suffix_ids: Sequence[Sequence[int]],
        measure: Measure,
    ) -> list[torch.Tensor]:
        with self.inference():
            return score_suffixes(
                self.model,
                prefix_ids,
                suffix_ids,
                measure,
                context_length=self.context_length,
                batch_size=self.batch_size,
                ended=self.on_logprobs,
            )

    @torch.no_grad()
    def update_weights(self, named_tensors: Iterable[tuple[str, torch.Tensor]]) -> None:
        """See `Engine.update_weights`; nothing to do for a model that the engine shares."""
        parameters = dict(self.model.named_parameters())
        tensors = dict(named_tensors)
        check_weights({name: parameter.shape for name, parameter in parameters.items()}, tensors)
        for name, parameter in parameters.items():
            if tensors[name] is not parameter:
                parameter.copy_(tensors[name])

    def describe(self) -> dict[str, Any]:
        """See `Engine.describe`; `dtype` is that of the arithmetic."""
        return {
            "engine": self.name,
            "device": str(self.device.type),
            "dtype": str(self.compute_dtype).removeprefix("torch."),
            "weights_dtype": str(weights_dtype(self.model)).removeprefix("torch."),
            "attention": decoding_attention(self.model),
            "batch_size": self.batch_size,
            "context_length": self.context_length,
            **self._described_cache,
        }

    def close(self) -> None:
        del self.model
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def _default_cache_bytes(device: torch.device) -> int:
    """Half of a GPU's free memory, rounded down to a power of two; 4 GiB on a CPU."""
    if device.type != "cuda":
        return _CPU_CACHE_BYTES
    free, _ = torch.cuda.mem_get_info(device)
    return 1 << max(int(free // 2).bit_length() - 1, 0)
