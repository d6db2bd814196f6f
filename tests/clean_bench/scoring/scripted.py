"""An engine without a model, and sets of problems for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import Checkpoint
from clean_bench.engines.base import Completion, Request
from clean_bench.problems import Problem, ProblemSet
from clean_bench.progress import Advance, uncounted
from clean_bench.scoring.config import ScoreConfig
from clean_bench.scoring.run import score


def without_weights(name: str = "some") -> Checkpoint:
    """A checkpoint that no engine loads, with a weights hash of zeros."""
    checkpoint = Checkpoint(name, Path("nowhere"))
    checkpoint.__dict__["weights_sha256"] = "0" * 64
    return checkpoint


CHECKPOINT = without_weights()


class Scripted:
    """An engine that answers problem n with n where the request's seed is even, or greedily."""

    name, context_length, tokenizer = "scripted", 100, None

    def __init__(self, tokenizer: Any = None) -> None:
        self.tokenizer = tokenizer
        self.asked: list[Request] = []
        self.calls: list[list[Request]] = []

    def generate(self, requests: Sequence[Request]) -> Iterator[Completion]:
        self.calls.append(list(requests))
        for request in requests:
            self.asked.append(request)
            yield Completion(request.key, self.text(request), [1, 2], [-0.5, -0.25], "stop", [7])

    def text(self, request: Request) -> str:
        number = request.prompt.partition("what is ")[2].split()[0]
        return rf"so \boxed{{{number if request.seed % 2 == 0 else 'x'}}}"

    def describe(self) -> dict[str, Any]:
        return {"engine": self.name}


def problems(name: str, n: int) -> ProblemSet:
    return ProblemSet(
        name, [Problem(id=str(i), problem=f"what is {i}", answer=str(i)) for i in range(n)]
    )


def scored(out: Path, engine: Any, *, progress: Advance = uncounted, **config: Any) -> Artifact:
    """Seven problems of set a, three of set b, under the raw template if none is named."""
    sets = [problems("a", 7), problems("b", 3)]
    settings = ScoreConfig(**{"templates": ("raw",), **config})
    return score(engine, sets, out, settings, checkpoint=CHECKPOINT, progress=progress)
