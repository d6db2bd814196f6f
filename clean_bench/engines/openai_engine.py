"""Engine on a server with OpenAI's interface: vLLM's, another engine's, or a provider's.

The server has the weights and renders its own chat template, so chat prompts are sent as messages.
Requests run many at a time and in any order; each is repeated after a fault of the connection or the
server. A server batches as the load decides, so two runs agree only up to rounding.

With vLLM the completions have tokens and log-probabilities, and texts are encoded and scored. Its
log-probabilities are those of temperature 1 unless it runs with `--logprobs-mode processed_logprobs`.
Other servers give texts: stop strings are then applied here, because an answer does not tell whether a
string or the model ended it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from clean_bench.engines.base import Completion, Request
from clean_bench.engines.openai_capabilities import (
    PROMPT_LOGPROBS,
    Capabilities,
    find_capabilities,
    logprobs_body,
    read_text_logprobs,
)
from clean_bench.engines.openai_client import RETRIES, RefusedError, ServerClient
from clean_bench.engines.openai_messages import (
    COMPLETIONS,
    AnswerError,
    Dialect,
    body_of,
    continuation,
    is_started,
    messages_of,
    path_of,
    read_answer,
    read_ids,
    read_next_logprob,
)
from clean_bench.engines.outputs import overlong, stop_end
from clean_bench.errors import UserError

if TYPE_CHECKING:
    import torch

MIN_TEMPERATURE = 0.01
"""Lowest temperature at which vLLM samples."""
_CACHED_TEXTS = 1 << 14
_CONTEXT = re.compile(
    r"context (length|window|size)|maximum (model|context|input|sequence)|max_model_len|too long|"
    r"exceeds? .{0,40}(context|length)",
    re.IGNORECASE,
)
_FILTERED = ("content_filter", "content_policy_violation")


class ServerTokenizer:
    """Stands for the server's tokenizer where prompts are rendered.

    The server applies its chat template, which is not known here: a chat prompt is shown as its
    messages in JSON.
    """

    served = True

    def __init__(self, *, chat: bool) -> None:
        self.chat_template = "the server's" if chat else None

    @property
    def special_tokens_map(self) -> dict[str, str]:
        """The tokens that a chat template of a file may name; such a template cannot be sent."""
        raise UserError(
            "--template: expected a plain template (.txt) or one of the server's chat templates, got a "
            "chat template in a file; the server renders messages itself"
        )

    def apply_chat_template(self, messages: Sequence[Mapping[str, str]], **_: Any) -> str:
        return json.dumps(list(messages), ensure_ascii=False)


class OpenAIEngine:
    """See `clean_bench.engines.base.ServedEngine`; make one with `load`."""

    name = "openai"

    def __init__(self, client: ServerClient, model: str, capabilities: Capabilities) -> None:
        self.context_length = capabilities.context_length
        self.tokenizer: Any = ServerTokenizer(chat=capabilities.chat is not None)
        self._client, self._model, self._capabilities = client, model, capabilities
        self._encoded: dict[tuple[str, bool], list[int]] = {}
        self.on_completion: Callable[[int, Completion], None] = _ignore
        self.on_logprobs: Callable[[int, int], None] = _ignore
        """Get the place of a row, and the completion or the number of tokens, as soon as it has come."""

    @classmethod
    def load(
        cls,
        model: str,
        *,
        base_url: str,
        key_name: str = "OPENAI_API_KEY",
        concurrency: int = 32,
        timeout: float = 1200.0,
        retries: int = RETRIES,
    ) -> OpenAIEngine:
        """Connect to a server, and find out what it offers.

        Args:
            model: the name under which the server serves the model.
            base_url, key_name, concurrency, timeout, retries: see `ServerClient`.

        Raises:
            UserError: as `ServerClient` and `find_capabilities`.
        """
        client = ServerClient(
            base_url, key_name=key_name, concurrency=concurrency, timeout=timeout, retries=retries
        )
        try:
            return cls(client, model, client.run(find_capabilities(client, model)))
        except BaseException:
            client.close()
            raise

    def check_requests(self, requests: Iterable[Request]) -> None:
        """See `ServedEngine.check_requests`."""
        where = f"{self._model} at {self._client.url}"
        for request in requests:
            dialect = self._capabilities.dialect(request)
            if dialect is None:
                path = path_of(request)
                needed = "raw prompts (the probe, and plain templates such as raw)"
                remedy = "use a chat template (--template chat)"
                if request.messages is not None:
                    needed, remedy = "chat templates", "use a plain template (--template raw)"
                raise UserError(
                    f"{where} does not offer {path}, which {needed} need "
                    f"({self._capabilities.refusals.get(path, 'no answer')}); {remedy}"
                )
            if dialect.extensions:
                if 0 < request.temperature < MIN_TEMPERATURE:
                    raise UserError(
                        f"--temperature {request.temperature}: vLLM samples from {MIN_TEMPERATURE} on; "
                        "raise it, or decode greedily"
                    )
            elif request.top_k:
                raise UserError(
                    f"--top-k {request.top_k}: {where} does not offer top-k sampling (vLLM does); "
                    "leave it out"
                )
            elif is_started(request):
                raise UserError(
                    f"--force-start: {where} cannot continue a started response under a chat template "
                    "(vLLM can); use a plain template (--template raw), or leave it out"
                )

    def generate(self, requests: Sequence[Request]) -> Iterator[Completion]:
        """See `Engine.generate`.

        Raises:
            UserError: as `check_requests`, before anything is sent; and for a server that fails or
                refuses a request.
        """
        self.check_requests(requests)
        yield from self._client.map(self._complete, requests, self.on_completion)

    async def _complete(self, request: Request) -> Completion:
        dialect = self._capabilities.dialect(request)
        assert dialect is not None
        if request.messages is None and not request.prompt:
            return overlong(request, [])
        try:
            try:
                answer = await self._post(request, dialect, request.max_tokens)
            except RefusedError as error:
                if not _is_context_error(error):
                    raise
                room, ids = await self._room(request, dialect)
                if room <= 0:
                    return overlong(request, ids)
                answer = await self._post(request, dialect, room)
        except RefusedError as error:
            if error.code in _FILTERED:
                return Completion(request.key, "", [], [], "unknown", [])
            raise UserError(
                f"{self._client.url}{path_of(request)}: the server refused a request ({error}); "
                f"request {request.key[:200]}"
            ) from None
        return self._completion(request, dialect, answer)

    async def _post(self, request: Request, dialect: Dialect, max_tokens: int) -> dict[str, Any]:
        body = body_of(request, self._model, dialect, max_tokens)
        return await self._client.post(path_of(request), body)

    async def _room(self, request: Request, dialect: Dialect) -> tuple[int, list[int]]:
        """The number of tokens that a prompt leaves in the context, and those of the prompt.

        Zero, and none, if the server does not count them and refuses the prompt with any limit.

        Raises:
            UserError: if the prompt fits but its tokens cannot be counted.
        """
        if self._capabilities.tokenize is not None and dialect.extensions:
            if request.messages is None:
                ids = await self._encode(request.prompt, request.special_tokens)
            else:
                messages = {"messages": messages_of(request.messages)}
                ids = await self._tokenize(messages | continuation(request.messages))
            return self.context_length - len(ids), ids
        try:
            await self._post(request, dialect, 1)
        except RefusedError as error:
            if _is_context_error(error):
                return 0, []
            raise
        raise UserError(
            f"{self._model} at {self._client.url} has no room for {request.max_tokens} tokens after a "
            f"prompt ({request.key[:200]}); lower --max-tokens, or leave the longest problems out"
        )

    def _completion(self, request: Request, dialect: Dialect, answer: dict[str, Any]) -> Completion:
        try:
            parts = read_answer(answer, request, dialect)
            if len(parts.token_ids) > request.max_tokens:
                raise AnswerError(
                    f"expected at most {request.max_tokens} tokens, got {len(parts.token_ids)}"
                )
        except AnswerError as error:
            raise self._answer_error(path_of(request), error) from None
        end = stop_end(parts.text, request.stop)
        return Completion(
            request.key,
            parts.text[:end],
            parts.token_ids,
            parts.logprobs,
            parts.finish if end is None else "stop",
            parts.prompt_ids,
        )

    def encode(self, text: str, *, special_tokens: bool = True) -> list[int]:
        """See `Engine.encode`.

        Raises:
            UserError: if the server does not encode texts.
        """
        return self._client.run(self._encode(text, special_tokens))

    def encode_ahead(self, texts: Iterable[str]) -> None:
        """See `ServedEngine.encode_ahead`."""
        if self._capabilities.tokenize is not None:
            for _ in self._client.map(self._encode, list(dict.fromkeys(texts))):
                pass

    async def _encode(self, text: str, special_tokens: bool = True) -> list[int]:
        key = text, special_tokens
        if key not in self._encoded:
            ids = await self._tokenize({"prompt": text, "add_special_tokens": special_tokens})
            if len(self._encoded) >= _CACHED_TEXTS:
                self._encoded.clear()
            self._encoded[key] = ids
        return list(self._encoded[key])

    async def _tokenize(self, body: dict[str, Any]) -> list[int]:
        address = self._capabilities.tokenize
        if address is None:
            raise UserError(
                f"{self._model} at {self._client.url}: the server does not encode texts (no /tokenize)"
            )
        try:
            answer = await self._client.post(address, {"model": self._model, **body})
            return read_ids(answer.get("tokens"), "tokens")
        except (RefusedError, AnswerError) as error:
            raise self._answer_error(address, error) from None

    def logprobs(
        self, prefix_ids: Sequence[Sequence[int]], suffix_ids: Sequence[Sequence[int]]
    ) -> list[list[float]]:
        """See `Engine.logprobs`.

        Raises:
            UserError: if the server does not give log-probabilities of given texts.
        """
        if any(not prefix for prefix in prefix_ids):
            raise ValueError("expected a prefix of at least one token, got an empty one")
        if self._capabilities.suffix_logprobs is None:
            raise UserError(
                f"{self._model} at {self._client.url}: the server does not give log-probabilities of "
                "given texts (vLLM does)"
            )
        pairs = list(zip(prefix_ids, suffix_ids, strict=True))

        def report(place: int, values: list[float]) -> None:
            self.on_logprobs(place, len(pairs[place][0]) + len(values))

        return list(self._client.map(self._suffix_logprobs, pairs, report))

    async def _suffix_logprobs(self, pair: tuple[Sequence[int], Sequence[int]]) -> list[float]:
        """As in `VllmEngine.logprobs`: a text that fills the context leaves no room for a token."""
        prefix, suffix = pair
        ids = [*prefix, *suffix][: self.context_length]
        if len(ids) <= len(prefix):
            return []
        parameter = self._capabilities.suffix_logprobs
        assert parameter is not None
        filled = len(ids) == self.context_length and parameter == PROMPT_LOGPROBS
        body = logprobs_body(parameter, self._model, ids[:-1] if filled else ids)
        if filled:
            body |= {
                "logprobs": 1,
                "logprob_token_ids": [ids[-1]],
                "return_tokens_as_token_ids": True,
            }
        try:
            answer = await self._client.post(COMPLETIONS, body)
            if filled:
                logps = read_text_logprobs(parameter, answer, ids[:-1])
                logps.append(read_next_logprob(answer, ids[-1]))
            else:
                logps = read_text_logprobs(parameter, answer, ids)
        except (RefusedError, AnswerError) as error:
            raise self._answer_error(COMPLETIONS, error) from None
        return logps[len(prefix) - 1 :]

    def _answer_error(self, path: str, error: Exception) -> UserError:
        where = path if "://" in path else self._client.url + path
        return UserError(f"{where}: {error}; is this an OpenAI-compatible server?")

    def update_weights(self, named_tensors: Iterable[tuple[str, torch.Tensor]]) -> None:
        raise UserError("--engine openai: the weights of a served model cannot be replaced")

    def describe(self) -> dict[str, Any]:
        """See `Engine.describe`. The address is left out: a server may move between two runs."""
        return {"engine": self.name, "model": self._model, **self._capabilities.describe()}

    def close(self) -> None:
        self._client.close()


def _ignore(place: int, row: object) -> None:
    pass


def _is_context_error(error: RefusedError) -> bool:
    """Whether a request was refused because prompt and token limit exceed the context."""
    return error.code == "context_length_exceeded" or (
        error.status in (400, 413, 422) and _CONTEXT.search(error.message) is not None
    )
