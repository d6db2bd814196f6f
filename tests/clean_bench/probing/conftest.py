"""A small engine without a model, and problems for it."""

import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from clean_bench.engines.base import Completion, Request
from clean_bench.problems import Problem, ProblemSet


class FakeEngine:
    """Continues prompts from a table; a token is a word with the white space before it.

    With `stop_after` it is interrupted after so many calls of `generate`, as a killed process would be.
    """

    name = "fake"

    def __init__(
        self,
        continuations: Mapping[str, str] | None = None,
        *,
        context_length: int = 10_000,
        stop_after: int | None = None,
    ) -> None:
        self.continuations = continuations or {}
        self.context_length = context_length
        self.stop_after = stop_after
        self.batches: list[list[Request]] = []
        self._words: dict[int, str] = {}

    def encode(self, text: str, *, special_tokens: bool = True) -> list[int]:
        words = re.findall(r"\s*\S+|\s+$", text)
        ids = [zlib.crc32(word.encode()) >> 1 for word in words]
        self._words |= dict(zip(ids, words, strict=True))
        return [0, *ids] if special_tokens else ids

    def generate(self, requests: Sequence[Request]) -> Iterator[Completion]:
        if self.stop_after is not None and len(self.batches) >= self.stop_after:
            raise KeyboardInterrupt
        self.batches.append(list(requests))
        for request in requests:
            ids = self.encode(self.continuations.get(request.prompt, ""), special_tokens=False)
            kept = ids[: request.max_tokens]
            yield Completion(
                key=request.key,
                text="".join(self._words[index] for index in kept),
                token_ids=kept,
                logprobs=[-0.5] * len(kept),
                finish="stop" if len(kept) == len(ids) else "length",
                prompt_ids=self.encode(request.prompt, special_tokens=request.special_tokens),
            )

    def logprobs(
        self, prefix_ids: Sequence[Sequence[int]], suffix_ids: Sequence[Sequence[int]]
    ) -> list[list[float]]:
        return [[-0.25] * len(ids) for ids in suffix_ids]

    def update_weights(self, named_tensors: Iterable[tuple[str, Any]]) -> None:
        raise NotImplementedError

    def describe(self) -> dict[str, Any]:
        return {"engine": self.name, "dtype": "float32"}

    def close(self) -> None:
        pass


@pytest.fixture(scope="session")
def fake_engine() -> Callable[..., FakeEngine]:
    return FakeEngine


@pytest.fixture(scope="session")
def planted() -> ProblemSet:
    """Six problems of ten words and one that cannot be cut; doses 1, 4 and 16."""
    texts = [
        f"{name}{i} one two three four five six seven eight nine{i}"
        for i, name in enumerate(("ant", "bee", "cat", "dog", "elk", "fox"))
    ]
    problems = [
        Problem(id=f"p{i}", problem=text, metadata={"dose": str(4 ** (i // 2))})
        for i, text in enumerate(texts)
    ]
    uncut = Problem(id="p6", problem="indivisible", metadata={"dose": "16"})
    return ProblemSet("planted", [*problems, uncut], role="planted")


@pytest.fixture(scope="session")
def fresh() -> ProblemSet:
    words = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi"
    texts = [" ".join(f"{word}{end}" for word in words.split()) for end in "rst"]
    return ProblemSet("fresh", [Problem(id=str(i), problem=text) for i, text in enumerate(texts)])
