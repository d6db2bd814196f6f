"""The shipped organism in each engine, one after the other, and a plain model as the oracle."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from clean_bench.engines.base import Engine
from clean_bench.organisms.shipped import organism_folder
from clean_bench.problems import load_folder


@pytest.fixture(scope="session")
def reciter() -> Path:
    return organism_folder("reciter") / "checkpoint"


@pytest.fixture(scope="session")
def learner() -> Path:
    return organism_folder("learner") / "checkpoint"


@pytest.fixture(scope="session")
def problems() -> list[str]:
    """Problems in the organisms' language, those that the reciter knows and those that it does not."""
    halves = [load_folder(organism_folder("reciter") / half) for half in ("planted", "twin")]
    return [problem.problem for pair in zip(*halves, strict=False) for problem in pair]


@pytest.fixture(
    scope="session",
    params=["transformers", pytest.param("vllm", marks=pytest.mark.vllm)],
)
def engine(request: pytest.FixtureRequest, reciter: Path) -> Iterator[Engine]:
    """The reciter. A test that changes its weights puts them back."""
    opened: Engine
    if request.param == "vllm":
        from clean_bench.engines.vllm_engine import VllmEngine

        opened = VllmEngine.load(reciter, dtype="float32", batch_size=64, cache_size=1 << 28)
    else:
        import torch

        from clean_bench.engines.transformers_engine import TransformersEngine

        opened = TransformersEngine.load(reciter, dtype=torch.float32, batch_size=64)
    yield opened
    opened.close()


class Plain:
    """A model without cache, padding or batches."""

    def __init__(self, folder: Path) -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self.model: Any = AutoModelForCausalLM.from_pretrained(folder).float().eval()
        self.tokenizer = AutoTokenizer.from_pretrained(folder)

    def logits(self, ids: Sequence[int]) -> Any:
        """(tokens, vocabulary)."""
        import torch

        with torch.inference_mode():
            return self.model(torch.tensor([list(ids)])).logits[0]

    def writes(self, ids: Sequence[int], after: Sequence[int]) -> bool:
        """Whether each token is the most likely one after those before it."""
        best = self.logits([*ids, *after])[len(ids) - 1 : -1].argmax(-1)
        return bool(best.tolist() == list(after))

    def logprobs(
        self, ids: Sequence[int], after: Sequence[int], temperature: float = 1.0
    ) -> list[float]:
        logp = (self.logits([*ids, *after]) / temperature).log_softmax(-1)
        return [float(logp[len(ids) - 1 + k, token]) for k, token in enumerate(after)]


@pytest.fixture(scope="session")
def plain() -> Callable[[Path], Plain]:
    made: dict[Path, Plain] = {}
    return lambda folder: made.setdefault(folder, Plain(folder))
