"""The engine that runs anywhere: `transformers`, in this process.

Prompts are padded on the left and decoded together, at most `batch_size` at a time, in the order of
their lengths; a batch ends when all of its rows have ended. Weights come from safetensors, and code
that a checkpoint brings along is run only where the caller says so.

What it leaves out: tensor parallelism, speculative decoding, paged attention. Take vLLM for those.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

from clean_bench.engines.base import Completion, Request
from clean_bench.engines.sampling import choose, uniforms
from clean_bench.engines.tokens import context_length, decode, encode, end_tokens
from clean_bench.errors import UserError

_LOGITS = 1 << 28
"""Most logits held at once when text is scored: 1 GiB in float32."""

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()


class TransformersEngine:
    """See `clean_bench.engines.base.Engine`; make one with `load`."""

    name = "transformers"

    def __init__(self, model: Any, tokenizer: Any, *, batch_size: int = 256) -> None:
        self.model = model.eval()
        self.tokenizer = tokenizer
        self.batch_size = batch_size
        self.context_length = context_length(model.config, tokenizer)
        settings = getattr(model, "generation_config", None)
        self._ends = end_tokens(tokenizer, model.config, settings)

    @classmethod
    def load(
        cls,
        folder: str | Path,
        *,
        device: str | None = None,
        dtype: torch.dtype | None = None,
        trust_remote_code: bool = False,
        batch_size: int = 256,
    ) -> TransformersEngine:
        """Load a checkpoint folder.

        Args:
            device: CUDA where there is one, else the CPU.
            dtype: bfloat16 on CUDA, float32 on the CPU.

        Raises:
            UserError: if the folder holds no checkpoint that `transformers` can load.
        """
        device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        dtype = dtype or (torch.bfloat16 if device.startswith("cuda") else torch.float32)
        options = {"trust_remote_code": trust_remote_code, "local_files_only": True}
        try:
            tokenizer = AutoTokenizer.from_pretrained(str(folder), **options)
            model, loading = AutoModelForCausalLM.from_pretrained(
                str(folder), dtype=dtype, use_safetensors=True, output_loading_info=True, **options
            )
        # What a damaged file raises depends on the library that meets it first: safetensors,
        # tokenizers, huggingface_hub and torch each have errors of their own.
        except Exception as error:
            first = (
                str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            )
            raise UserError(
                f"{folder}: no checkpoint that transformers can load ({first})"
            ) from None
        if loading["missing_keys"]:
            # transformers would go on with random numbers in their place.
            raise UserError(
                f"{folder}: the weights lack {len(loading['missing_keys'])} tensors of the model, "
                f"{min(loading['missing_keys'])} among them"
            )
        return cls(model.to(device), tokenizer, batch_size=batch_size)

    @property
    def device(self) -> torch.device:
        return next(self.model.parameters()).device  # type: ignore[no-any-return]

    def encode(self, text: str, *, special_tokens: bool = True) -> list[int]:
        return encode(self.tokenizer, text, special_tokens=special_tokens)

    def generate(self, requests: Sequence[Request]) -> Iterator[Completion]:
        prompts = [self.encode(r.prompt, special_tokens=r.special_tokens) for r in requests]
        done: list[Completion | None] = [None] * len(requests)
        fits = []
        for index, (request, ids) in enumerate(zip(requests, prompts, strict=True)):
            if len(ids) < self.context_length and ids:
                fits.append(index)
            else:
                done[index] = Completion(request.key, "", [], [], "overlong", ids)
        fits.sort(key=lambda index: (len(prompts[index]), index))
        for start in range(0, len(fits), self.batch_size):
            batch = fits[start : start + self.batch_size]
            completions = self._decode([requests[i] for i in batch], [prompts[i] for i in batch])
            for index, completion in zip(batch, completions, strict=True):
                done[index] = completion
        yield from (completion for completion in done if completion is not None)

    @torch.inference_mode()
    def _decode(
        self, requests: Sequence[Request], prompts: Sequence[Sequence[int]]
    ) -> list[Completion]:
        """One batch, from prompts to completions."""
        device, rows = self.device, len(requests)
        longest = max(map(len, prompts))
        limits = torch.tensor(
            [
                min(request.max_tokens, self.context_length - len(ids))
                for request, ids in zip(requests, prompts, strict=True)
            ],
            device=device,
        )
        horizon = int(limits.max())
        temperatures = torch.tensor([r.temperature for r in requests], device=device)
        uniform = uniforms([r.seed for r in requests], horizon).to(device)

        ids, mask = _left_padded(prompts, longest, self.tokenizer.pad_token_id or 0, device)
        position = (mask.cumsum(dim=-1) - 1).clamp(min=0)
        tokens = torch.zeros(rows, horizon, dtype=torch.long, device=device)
        logps = torch.zeros(rows, horizon, device=device)
        lengths = torch.zeros(rows, dtype=torch.long, device=device)
        ended = torch.zeros(rows, dtype=torch.bool, device=device)
        alive = torch.ones(rows, dtype=torch.bool, device=device)
        ends = torch.tensor(sorted(self._ends), device=device)
        cache = None
        for step in range(horizon):
            output = self.model(
                input_ids=ids,
                attention_mask=mask,
                position_ids=position,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
            cache = output.past_key_values
            token, logp = choose(output.logits[:, -1], temperatures, uniform[:, step])
            tokens[:, step], logps[:, step] = token, logp
            lengths += alive
            ended |= alive & torch.isin(token, ends)
            alive &= ~ended & (lengths < limits)
            if not alive.any():
                break
            ids, position = token[:, None], position[:, -1:] + 1
            mask = torch.cat([mask, torch.ones_like(ids)], dim=-1)
        return self._completions(requests, prompts, tokens, logps, lengths, ended)

    def _completions(
        self,
        requests: Sequence[Request],
        prompts: Sequence[Sequence[int]],
        tokens: torch.Tensor,
        logps: torch.Tensor,
        lengths: torch.Tensor,
        ended: torch.Tensor,
    ) -> list[Completion]:
        kept = [row[:n] for row, n in zip(tokens.tolist(), lengths.tolist(), strict=True)]
        texts = decode(self.tokenizer, kept, self._ends)
        return [
            Completion(
                key=request.key,
                text=text,
                token_ids=row,
                logprobs=logp[: len(row)],
                finish="stop" if end else "length",
                prompt_ids=list(prompt),
            )
            for request, text, row, logp, end, prompt in zip(
                requests, texts, kept, logps.tolist(), ended.tolist(), prompts, strict=True
            )
        ]

    @torch.inference_mode()
    def logprobs(
        self, prefix_ids: Sequence[Sequence[int]], suffix_ids: Sequence[Sequence[int]]
    ) -> list[list[float]]:
        """See `Engine.logprobs`. A suffix that does not fit into the context is cut at its end.

        Raises:
            ValueError: if a prefix is empty (its first token would have no distribution).
        """
        if any(not prefix for prefix in prefix_ids):
            raise ValueError("a prefix needs at least one token")
        lengths = [
            min(len(prefix) + len(suffix), self.context_length)
            for prefix, suffix in zip(prefix_ids, suffix_ids, strict=True)
        ]
        result: list[list[float]] = [[] for _ in prefix_ids]
        for batch in self._scoring_batches(lengths):
            texts = [[*prefix_ids[i], *suffix_ids[i]][: self.context_length] for i in batch]
            longest = max(map(len, texts))
            ids = torch.zeros(len(batch), longest, dtype=torch.long)
            mask = torch.zeros_like(ids)
            for row, text in enumerate(texts):
                ids[row, : len(text)] = torch.tensor(text)
                mask[row, : len(text)] = 1
            ids, mask = ids.to(self.device), mask.to(self.device)
            logits = self.model(input_ids=ids, attention_mask=mask).logits[:, :-1].float()
            logp = logits.log_softmax(-1).gather(-1, ids[:, 1:, None]).squeeze(-1)
            for row, index in enumerate(batch):
                first = len(prefix_ids[index]) - 1
                result[index] = logp[row, first : len(texts[row]) - 1].tolist()
        return result

    def _scoring_batches(self, lengths: Sequence[int]) -> Iterator[list[int]]:
        """Indices by length, at most `batch_size` rows and `_LOGITS` logits a batch."""
        tokens = max(_LOGITS // int(self.model.config.vocab_size), 1)
        batch: list[int] = []
        for index in sorted(range(len(lengths)), key=lambda i: (lengths[i], i)):
            if batch and (
                len(batch) == self.batch_size or (len(batch) + 1) * lengths[index] > tokens
            ):
                yield batch
                batch = []
            batch.append(index)
        if batch:
            yield batch

    @torch.no_grad()
    def update_weights(self, named_tensors: Iterable[tuple[str, torch.Tensor]]) -> None:
        """Copy tensors into the parameters of the same names.

        Raises:
            KeyError: for a name that the model does not have.
        """
        own = dict(self.model.named_parameters())
        for name, tensor in named_tensors:
            own[name].copy_(tensor)

    def describe(self) -> dict[str, Any]:
        parameter = next(self.model.parameters())
        return {
            "engine": self.name,
            "device": str(parameter.device.type),
            "dtype": str(parameter.dtype).removeprefix("torch."),
            "attention": str(getattr(self.model.config, "_attn_implementation", "")),
            "batch_size": self.batch_size,
            "context_length": self.context_length,
        }

    def close(self) -> None:
        del self.model


def _left_padded(
    prompts: Sequence[Sequence[int]], length: int, pad: int, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and mask, (rows, length), with the padding on the left."""
    ids = torch.full((len(prompts), length), pad)
    mask = torch.zeros(len(prompts), length, dtype=torch.long)
    for row, prompt in enumerate(prompts):
        ids[row, length - len(prompt) :] = torch.tensor(prompt)
        mask[row, length - len(prompt) :] = 1
    return ids.to(device), mask.to(device)
