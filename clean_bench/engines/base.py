"""The engine interface: everything that generates or scores text with a model goes through it.

Each request has its own seed, so a completion is a function of (checkpoint, prompt, seed, settings),
not of earlier requests. The rest of the batch affects it only by rounding. Two engines agree on
greedy completions up to rounding. Their samples differ for the same seed: each has its own random
numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Request:
    """A request for one completion.

    `key` is copied to the completion. `temperature` 0 is greedy: the most likely token, the lowest id
    among ties. `special_tokens`: whether the tokenizer adds its beginning-of-text token (true for raw
    text, false for a rendered chat template, which contains it). Generation ends as soon as the text
    contains one of the strings in `stop`.

    `top_k` and `top_p` restrict sampling to the `top_k` most likely tokens (0: to all), and of these to
    the fewest whose probabilities sum to at least `top_p`. Greedy requests ignore both.

    `messages` are the (role, content) pairs of a chat prompt, for engines that send messages in place
    of a rendered prompt; None for raw text. A last message of the role `assistant` is the forced
    beginning of the response.
    """

    key: str
    prompt: str
    seed: int = 0
    max_tokens: int = 512
    temperature: float = 0.0
    special_tokens: bool = True
    stop: tuple[str, ...] = ()
    top_p: float = 1.0
    top_k: int = 0
    messages: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """The completion of one request.

    `token_ids` and `logprobs` have one entry per generated token, including the end token. `logprobs`
    are natural logarithms under the sampling distribution: after the temperature, renormalized over
    the tokens that top-k and top-p keep, and at temperature 1 over all tokens for greedy requests. Both
    are empty where a server does not give them. `finish` is "stop" (end token or stop string), "length"
    (token limit), "overlong" (the prompt is empty or leaves no room in the context; nothing is
    generated) or "unknown" (a server gave another reason).

    `text` has no special tokens. It ends with the stop string, if there is one: `text` is cut after
    it, `token_ids` keeps the whole last token.
    """

    key: str
    text: str
    token_ids: list[int]
    logprobs: list[float]
    finish: str
    prompt_ids: list[int]


class Engine(Protocol):
    """Generates and scores text with one checkpoint.

    `context_length` is the maximum number of tokens of a prompt and its completion together.
    """

    name: str
    context_length: int
    tokenizer: Any

    def encode(self, text: str, *, special_tokens: bool = True) -> list[int]:
        """Token ids of a text."""
        ...

    def generate(self, requests: Sequence[Request]) -> Iterator[Completion]:
        """Completions in the order of the requests.

        A prompt that fills the context gives an "overlong" completion. A completion ends at the end of
        the context at the latest.
        """
        ...

    def logprobs(
        self, prefix_ids: Sequence[Sequence[int]], suffix_ids: Sequence[Sequence[int]]
    ) -> list[list[float]]:
        """Teacher-forced log-probability of each suffix token given the tokens before it.

        Natural logarithms at temperature 1. A suffix is truncated to the context.

        Raises:
            ValueError: if a prefix is empty, because the first suffix token has no distribution then.
        """
        ...

    def update_weights(self, named_tensors: Iterable[tuple[str, torch.Tensor]]) -> None:
        """Replace all weights in place, by the names of the model's `named_parameters()`.

        Tensors may have any device and dtype; the engine keeps its own. Tied weights are passed once.

        Raises:
            KeyError: for an unknown or a missing name; no weight is changed.
            ValueError: for a tensor of another shape; no weight is changed.
        """
        ...

    def describe(self) -> dict[str, Any]:
        """Engine, device, dtype and every other setting that affects completions.

        Part of an artifact's configuration: the same checkpoint, options and machine give the same
        description.
        """
        ...

    def close(self) -> None:
        """Release memory and processes. The engine cannot be used afterwards."""
        ...


@runtime_checkable
class TrainingEngine(Engine, Protocol):
    """An engine that samples rollouts beside a learner, and follows its weights.

    completions = engine.generate(requests)
    engine.sleep()
    ...  # updates of the learner
    engine.update_weights(...) or engine.update_adapter(...), or nothing where it shares the model
    engine.wake()
    """

    def shares(self, model: Any) -> bool:
        """Whether the engine runs on this very module: then its weights need no update."""
        ...

    def sleep(self) -> None:
        """Release memory that the learner needs, where the engine was loaded for it."""
        ...

    def wake(self) -> None:
        """End the sleep; nothing to do after an update, which ends it by itself.

        Raises:
            RuntimeError: if the weights were dropped, and no new ones followed.
        """
        ...

    def update_adapter(self, folder: str | Path) -> None:
        """Run the base with a LoRA adapter, as peft saves it, from now on in place of the one before.

        The base does not change. The folder is read before the call returns.
        """
        ...


@runtime_checkable
class ServedEngine(Protocol):
    """An engine whose model runs behind a server, which may offer less than `Engine` promises.

    Its `describe` has the entries `tokens` (completions have token ids), `tokenize` (`encode` works)
    and `suffix_logprobs` (`logprobs` works).
    """

    def describe(self) -> dict[str, Any]:
        """See `Engine.describe`."""
        ...

    def check_requests(self, requests: Iterable[Request]) -> None:
        """Raise `UserError` for a request that the server cannot fulfil; nothing is sent."""
        ...

    def encode_ahead(self, texts: Iterable[str]) -> None:
        """Encode texts together, with special tokens, for the calls of `encode` that follow."""
        ...


def check_requests(engine: Engine, requests: Iterable[Request]) -> None:
    """Raise `UserError` for a request that a served model cannot fulfil, before any is run."""
    if isinstance(engine, ServedEngine):
        engine.check_requests(requests)
