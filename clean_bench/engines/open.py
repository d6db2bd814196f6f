"""Which engine runs a checkpoint.

`auto` takes vLLM where it is installed and a GPU is there, and `transformers` everywhere else: on a
CPU vLLM takes most of a minute to start. Nothing heavy is imported before an engine is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from clean_bench.engines.base import Completion, Engine, Request
from clean_bench.errors import UserError

AUTO = "auto"
TRANSFORMERS = "transformers"
VLLM = "vllm"
ENGINES = (AUTO, TRANSFORMERS, VLLM)


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """What a user asks for: an engine's name or `auto`, and over how many devices it is spread.

    `tensor_parallel` devices share the layers of one copy of the model; there are `data_parallel`
    copies.
    """

    name: str = AUTO
    tensor_parallel: int = 1
    data_parallel: int = 1


def resolve(choice: EngineChoice) -> tuple[str, str]:
    """The engine's name and the reason for it, which ends a sentence.

    Raises:
        UserError: for a name that is no engine, vLLM where it is not installed, and tensor
            parallelism without vLLM.
    """
    if choice.name not in ENGINES:
        raise UserError(f"--engine {choice.name}: choose one of {', '.join(ENGINES)}")
    installed = find_spec("vllm") is not None
    if choice.name == VLLM and not installed:
        raise UserError(
            "--engine vllm: vLLM is not installed here; pip install 'clean-bench[vllm]', or on a "
            "CPU `make setup-vllm` and .venv-vllm/bin/clean-bench"
        )
    if choice.name != AUTO:
        name, reason = choice.name, "as asked"
    elif not installed:
        name, reason = TRANSFORMERS, "vLLM is not installed"
    elif not _gpu():
        name, reason = TRANSFORMERS, "no GPU is there; --engine vllm takes vLLM all the same"
    else:
        name, reason = VLLM, "vLLM is installed and a GPU is there"
    if choice.tensor_parallel > 1 and name == TRANSFORMERS:
        raise UserError(
            f"--tensor-parallel {choice.tensor_parallel} needs vLLM, and the engine is {name} "
            f"({reason})"
        )
    return name, reason


def open_engine(
    folder: str | Path,
    choice: EngineChoice | None = None,
    *,
    trust_remote_code: bool = False,
    batch_size: int = 256,
    memory: float = 0.9,
    say: Callable[[str], None] = lambda line: None,
) -> Engine:
    """Load a checkpoint folder into the engine of the user's choice.

    Args:
        batch_size: most completions decoded together.
        memory: share of a GPU's memory that vLLM may take, with its weights and its KV cache.
        say: is told in one line which engine it is and why, at its first work: a mistake that is
            found before stays the only line.

    Raises:
        UserError: see `resolve`; also for a folder that the engine cannot load.
    """
    choice = choice or EngineChoice()
    name, reason = resolve(choice)
    load: Callable[[], Engine]
    options: dict[str, Any] = {"trust_remote_code": trust_remote_code, "batch_size": batch_size}
    if name == VLLM:
        from clean_bench.engines.vllm_engine import VllmEngine

        options |= {"tensor_parallel": choice.tensor_parallel, "memory": memory}
        load = partial(VllmEngine.load, folder, **options)
    else:
        from clean_bench.engines.transformers_engine import TransformersEngine

        load = partial(TransformersEngine.load, folder, **options)
    if choice.data_parallel > 1:
        from clean_bench.engines.replicas import Replicas

        load = partial(Replicas, load, choice.data_parallel, devices=choice.tensor_parallel)
    return _Announced(load(), partial(say, f"engine: {name} ({reason})"))


class _Announced:
    """An engine that says what it is before its first work."""

    def __init__(self, engine: Engine, say: Callable[[], None]) -> None:
        self.name = engine.name
        self.context_length = engine.context_length
        self.tokenizer = engine.tokenizer
        self.encode = engine.encode
        self.update_weights = engine.update_weights
        self.describe = engine.describe
        self.close = engine.close
        self._engine = engine
        self._say = say
        self._said = False

    def generate(self, requests: Sequence[Request]) -> Iterator[Completion]:
        self._announce()
        return self._engine.generate(requests)

    def logprobs(
        self, prefix_ids: Sequence[Sequence[int]], suffix_ids: Sequence[Sequence[int]]
    ) -> list[list[float]]:
        self._announce()
        return self._engine.logprobs(prefix_ids, suffix_ids)

    def _announce(self) -> None:
        if not self._said:
            self._said = True
            self._say()


def _gpu() -> bool:
    import torch

    return torch.cuda.is_available()
