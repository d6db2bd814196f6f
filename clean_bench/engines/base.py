"""What an engine is: the one interface between clean-bench and whatever runs a model.

Requests carry their own seeds, so a completion is a function of (checkpoint, prompt, seed, settings)
and not of what was generated before it. What else is in the batch moves it by rounding alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Request:
    """One completion that is asked for.

    `key` comes back on the completion. `temperature` 0 is greedy. `special_tokens` says whether the
    tokenizer adds its beginning-of-text token: yes for raw text, no for a rendered chat template,
    which already holds it.
    """

    key: str
    prompt: str
    seed: int = 0
    max_tokens: int = 512
    temperature: float = 0.0
    special_tokens: bool = True


@dataclass(frozen=True, slots=True)
class Completion:
    """What a checkpoint wrote for one request.

    `token_ids` and `logprobs` (natural log, of the distribution that was sampled from) have one entry
    per generated token, the end token included. `finish` is "stop" (the model ended), "length" (the
    limit ended it) or "overlong" (the prompt left no room, nothing was generated).
    """

    key: str
    text: str
    token_ids: list[int]
    logprobs: list[float]
    finish: str
    prompt_ids: list[int]


class Engine(Protocol):
    """A checkpoint that completes text."""

    name: str
    context_length: int

    def encode(self, text: str, *, special_tokens: bool = True) -> list[int]:
        """Token ids of a text."""
        ...

    def generate(self, requests: Sequence[Request]) -> Iterator[Completion]:
        """Completions in the order of the requests."""
        ...

    def logprobs(
        self, prefix_ids: Sequence[Sequence[int]], suffix_ids: Sequence[Sequence[int]]
    ) -> list[list[float]]:
        """Teacher-forced log-probability of each suffix token after its prefix (natural log)."""
        ...

    def update_weights(self, named_tensors: Iterable[tuple[str, torch.Tensor]]) -> None:
        """Replace weights in place."""
        ...

    def describe(self) -> dict[str, Any]:
        """Engine, device, dtype and whatever else decides what comes out."""
        ...

    def close(self) -> None:
        """Give back what the engine holds."""
        ...
