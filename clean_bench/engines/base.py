"""What an engine is: the one interface between clean-bench and whatever runs a model.

Requests carry their own seeds, so a completion is a function of (checkpoint, prompt, seed, settings)
and not of what was generated before it. What else is in the batch moves it by rounding alone. Two
engines agree on greedy completions up to rounding; what they sample from one seed differs, since each
has random numbers of its own.
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

    `key` comes back on the completion. `temperature` 0 is greedy: the most likely token, the lowest
    id among equals. `special_tokens` says whether the tokenizer adds its beginning-of-text token: yes
    for raw text, no for a rendered chat template, which already holds it. `stop` holds strings that
    end the completion as soon as its text contains one of them.
    """

    key: str
    prompt: str
    seed: int = 0
    max_tokens: int = 512
    temperature: float = 0.0
    special_tokens: bool = True
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Completion:
    """What a checkpoint wrote for one request.

    `token_ids` and `logprobs` (natural log, of the distribution that was sampled from: after the
    temperature, and at temperature 1 for greedy requests) have one entry per generated token, the end
    token included. `finish` is "stop" (the model ended, or wrote a stop string), "length" (the limit
    ended it) or "overlong" (the prompt is empty or left no room, nothing was generated).

    `text` has neither the end token nor other special tokens. A stop string is part of it and its
    end: a token that runs beyond the stop string is whole in `token_ids` and cut in `text`.
    """

    key: str
    text: str
    token_ids: list[int]
    logprobs: list[float]
    finish: str
    prompt_ids: list[int]


class Engine(Protocol):
    """A checkpoint that completes text.

    `context_length` is the most tokens of a prompt and its completion together.
    """

    name: str
    context_length: int
    tokenizer: Any

    def encode(self, text: str, *, special_tokens: bool = True) -> list[int]:
        """Token ids of a text."""
        ...

    def generate(self, requests: Sequence[Request]) -> Iterator[Completion]:
        """Completions in the order of the requests.

        Prompts that fill the context come back as "overlong"; a completion ends where the context
        does.
        """
        ...

    def logprobs(
        self, prefix_ids: Sequence[Sequence[int]], suffix_ids: Sequence[Sequence[int]]
    ) -> list[list[float]]:
        """Teacher-forced log-probability of each suffix token after its prefix.

        Natural logarithms at temperature 1. A suffix that does not fit into the context is cut at
        its end.

        Raises:
            ValueError: if a prefix is empty (its first token would have no distribution).
        """
        ...

    def update_weights(self, named_tensors: Iterable[tuple[str, torch.Tensor]]) -> None:
        """Replace all weights in place, under the names of the model's `named_parameters()`.

        Tensors may lie on any device and have any dtype; the engine's dtype stays. Weights that are
        tied are given once.

        Raises:
            KeyError: for a name that the model does not have, or one that is missing.
            ValueError: for a tensor of another shape. Nothing has changed in either case.
        """
        ...

    def describe(self) -> dict[str, Any]:
        """Engine, device, dtype and whatever else decides what comes out.

        It is part of an artifact's configuration: the same checkpoint opened in the same way on the
        same machine is described in the same words.
        """
        ...

    def close(self) -> None:
        """Give back what the engine holds. It cannot be used afterwards."""
        ...
