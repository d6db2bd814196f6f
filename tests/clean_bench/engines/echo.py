"""An engine that repeats its prompts, light enough for many processes; some prompts are orders."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from clean_bench.engines.base import Completion, Request
from clean_bench.errors import UserError


class Echo:
    name = "echo"
    context_length = 8
    tokenizer = None

    def generate(self, requests: Sequence[Request]) -> Iterator[Completion]:
        for request in requests:
            if request.prompt == "die":
                os.kill(os.getpid(), signal.SIGKILL)
            if request.prompt == "sleep":
                time.sleep(3600)
            yield Completion(request.key, request.prompt, [], [], "stop", [os.getpid()])

    def logprobs(
        self, prefix_ids: Sequence[Sequence[int]], suffix_ids: Sequence[Sequence[int]]
    ) -> list[list[float]]:
        return []

    def encode(self, text: str, *, special_tokens: bool = True) -> list[int]:
        return []

    def update_weights(self, named_tensors: Iterable[tuple[str, Any]]) -> None: ...

    def describe(self) -> dict[str, Any]:
        return {"engine": self.name}

    def close(self) -> None: ...


def load() -> Echo:
    return Echo()


def refuse() -> Echo:
    raise UserError("here is no checkpoint")
