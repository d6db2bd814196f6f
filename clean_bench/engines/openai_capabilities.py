"""What an OpenAI-compatible server offers for a model, found out by a few tiny requests.

    /models             the names of the served models, and the context length where it is given
    /chat/completions   prompts of chat templates; the server renders its own template
    /completions        raw prompts: plain templates, and the probe
    /tokenize           token ids of a text (vLLM, SGLang); its address has no /v1
    prompt_logprobs     log-probabilities of a given text (vLLM), or `echo` with `logprobs` elsewhere

vLLM's extensions are recognized by the token ids that an answer contains. A server that refuses a
parameter is asked again without it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from clean_bench.engines.base import Request
from clean_bench.engines.openai_client import RefusedError, ServerClient
from clean_bench.engines.openai_messages import (
    COMPLETIONS,
    AnswerError,
    Dialect,
    body_of,
    path_of,
    read_answer,
    read_echoed_logprobs,
    read_ids,
    read_prompt_logprobs,
)
from clean_bench.engines.special_tokens import END_TOKENS, UNBOUNDED
from clean_bench.errors import UserError

PROMPT_LOGPROBS, ECHO = "prompt_logprobs", "echo"
_FEW_RETRIES = 3
_SHOWN_NAMES = 10
_LENGTHS = ("max_model_len", "context_length", "context_window", "max_context_length")
_CHAT_TEST = Request("test", "", max_tokens=16, temperature=1.0, messages=(("user", "1 + 1 ="),))
_RAW_TEST = Request("test", "1 + 1 =", max_tokens=1, temperature=1.0)
_DIALECTS = (
    Dialect(extensions=True),
    Dialect(),
    Dialect(limit="max_completion_tokens"),
    Dialect(seeds=False),
    Dialect(seeds=False, limit="max_completion_tokens"),
)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a server offers for one model.

    `chat` and `raw`: how it takes the prompts of chat templates and raw ones, None if it does not.
    `tokenize`: the address that encodes texts. `suffix_logprobs`: the parameter that gives
    log-probabilities of a given text. `refusals`: what it answered where something is not offered.
    """

    context_length: int = UNBOUNDED
    chat: Dialect | None = None
    raw: Dialect | None = None
    tokenize: str | None = None
    suffix_logprobs: str | None = None
    refusals: dict[str, str] = field(default_factory=dict)

    @property
    def tokens(self) -> bool:
        """Whether completions have token ids and log-probabilities."""
        return all(dialect.extensions for dialect in (self.chat, self.raw) if dialect)

    def dialect(self, request: Request) -> Dialect | None:
        """How the server takes a request; None if it does not."""
        return self.raw if request.messages is None else self.chat

    def describe(self) -> dict[str, Any]:
        """What is offered, for the configuration of an artifact."""
        dialects = [dialect for dialect in (self.chat, self.raw) if dialect]
        return {
            "context_length": self.context_length,
            "chat": self.chat is not None,
            "raw": self.raw is not None,
            "extensions": "vllm" if any(d.extensions for d in dialects) else None,
            "seeds": all(dialect.seeds for dialect in dialects),
            "tokens": self.tokens,
            "tokenize": self.tokenize is not None,
            "suffix_logprobs": self.suffix_logprobs,
        }


async def find_capabilities(client: ServerClient, model: str) -> Capabilities:
    """What the server offers for a model.

    Raises:
        UserError: if the server does not serve the model, offers neither kind of prompt, or fails.
    """
    length = await _served_length(client, model)
    refusals: dict[str, str] = {}
    chat = await _find_dialect(client, model, _CHAT_TEST, refusals)
    raw = await _find_dialect(client, model, _RAW_TEST, refusals)
    if chat is None and raw is None:
        reasons = "; ".join(f"{path}: {reason}" for path, reason in refusals.items())
        hint = "" if client.url.endswith("/v1") else f"; try --base-url {client.url}/v1"
        raise UserError(
            f"{client.url}: expected /chat/completions or /completions for {model}, got neither "
            f"({reasons}){hint}"
        )
    found = Capabilities(length, chat, raw, refusals=refusals)
    if raw is not None:
        found = await _with_tokens(client, model, found)
    return found


async def _served_length(client: ServerClient, model: str) -> int:
    """The context length of a served model; unbounded where the server does not state it."""
    try:
        listed: Any = (await client.get("/models", retries=_FEW_RETRIES)).get("data")
    except RefusedError:
        listed = None  # the next requests show what such a server offers
    if not isinstance(listed, list):
        _refuse_path(client, model)
        return UNBOUNDED
    entries = [entry for entry in listed if isinstance(entry, dict)]
    by_name = {entry["id"]: entry for entry in entries if isinstance(entry.get("id"), str)}
    if by_name and model not in by_name:
        near = get_close_matches(model, by_name, n=3, cutoff=0.4)
        names = near or list(by_name)[:_SHOWN_NAMES]
        more = f" and {len(by_name) - len(names)} others" if len(by_name) > len(names) else ""
        raise UserError(
            f"{model}: the server at {client.url} serves no model of this name; it serves "
            f"{', '.join(name[:100] for name in names)}{more}"
        )
    entry = by_name.get(model, {})
    lengths = [entry[name] for name in _LENGTHS if type(entry.get(name)) is int and entry[name] > 0]
    return min(lengths, default=UNBOUNDED)


def _refuse_path(client: ServerClient, model: str) -> None:
    """Raise `UserError` for a local path: it is sent only to a server that serves that name."""
    if Path(model).exists():
        raise UserError(
            f"{model}: expected the name of a model on {client.url}, which does not list its models, "
            "got a local path; name the served model"
        )


async def _find_dialect(
    client: ServerClient, model: str, test: Request, refusals: dict[str, str]
) -> Dialect | None:
    """The first dialect in which the server answers a test; else None, with its refusal."""
    path, refusal = path_of(test), ""
    for dialect in _DIALECTS:
        try:
            body = body_of(test, model, dialect, test.max_tokens)
            answer = await client.post(path, body, retries=_FEW_RETRIES)
        except RefusedError as error:
            # The refusal of the common parameters tells more than that of an extension.
            refusal = str(error) if dialect in _DIALECTS[:2] or not refusal else refusal
            if error.status in (404, 405):
                break
            continue
        for understood in (dialect, replace(dialect, extensions=False)):
            try:
                read_answer(answer, test, understood)
            except AnswerError as error:
                refusal = str(error)
            else:
                return understood
        break
    refusals[path] = refusal
    return None


async def _with_tokens(client: ServerClient, model: str, found: Capabilities) -> Capabilities:
    """The capabilities, with how texts are encoded and how given texts get log-probabilities."""
    assert found.raw is not None
    address = client.url.removesuffix("/v1") + "/tokenize"

    async def encode(text: str) -> list[int]:
        body = {"model": model, "prompt": text, "add_special_tokens": False}
        answer = await client.post(address, body, retries=_FEW_RETRIES)
        return read_ids(answer.get("tokens"), "tokens")

    try:
        ids = await encode("one two three four")
        if found.raw.extensions:
            ends = [await encode(text) for text in sorted(END_TOKENS)]
            stop_ids = tuple(sorted(end[0] for end in ends if len(end) == 1))
            raw = replace(found.raw, stop_ids=stop_ids)
            chat = replace(found.chat, stop_ids=stop_ids) if found.chat else None
            found = replace(found, raw=raw, chat=chat)
    except (RefusedError, AnswerError, UserError):
        return found
    found = replace(found, tokenize=address)
    for parameter in (PROMPT_LOGPROBS, ECHO):
        try:
            body = logprobs_body(parameter, model, ids)
            answer = await client.post(COMPLETIONS, body, retries=_FEW_RETRIES)
            read_text_logprobs(parameter, answer, ids)
        except (RefusedError, AnswerError):
            continue
        return replace(found, suffix_logprobs=parameter)
    return found


def logprobs_body(parameter: str, model: str, ids: list[int]) -> dict[str, Any]:
    """The request for the log-probabilities of given tokens; it generates one more."""
    body: dict[str, Any] = {"model": model, "prompt": ids, "max_tokens": 1, "temperature": 1.0}
    if parameter == PROMPT_LOGPROBS:
        return body | {"prompt_logprobs": 0}
    return body | {"echo": True, "logprobs": 1}


def read_text_logprobs(parameter: str, answer: dict[str, Any], ids: list[int]) -> list[float]:
    """The log-probabilities of all tokens but the first (raises AnswerError)."""
    read = read_prompt_logprobs if parameter == PROMPT_LOGPROBS else read_echoed_logprobs
    return read(answer, ids)
