"""Bodies of requests to an OpenAI-compatible server, and what its answers contain: pure functions.

Answers are checked as they are read: a server of another kind, or a hostile one, gives an
`AnswerError` and not a wrong sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any

from clean_bench.engines.base import Request

CHAT = "/chat/completions"
COMPLETIONS = "/completions"
_FINISHES = {
    **dict.fromkeys(("stop", "eos", "eos_token", "end_turn", "stop_sequence"), "stop"),
    **dict.fromkeys(("length", "max_tokens"), "length"),
}
_LARGEST_ID = (1 << 31) - 1
_ROUNDING = 1e-3


class AnswerError(Exception):
    """An answer that lacks what was asked for; the message is "expected X, got Y"."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a server understands beside the common parameters.

    `extensions`: those of vLLM: token ids in answers, `top_k`, stop strings that stay in the text, a
    started response under a chat template. `seeds`: the parameter `seed`. `limit` is the name of the
    token limit. `stop_ids`: token ids that end a completion beside the server's own.
    """

    extensions: bool = False
    seeds: bool = True
    limit: str = "max_tokens"
    stop_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """One completion of an answer; token ids and log-probabilities are empty without extensions."""

    text: str
    finish: str
    prompt_ids: list[int]
    token_ids: list[int]
    logprobs: list[float]


def path_of(request: Request) -> str:
    """The path that a request is posted to."""
    return COMPLETIONS if request.messages is None else CHAT


def body_of(request: Request, model: str, dialect: Dialect, max_tokens: int) -> dict[str, Any]:
    """The body of a request.

    With the extensions of vLLM every sampling parameter is set: the server takes those that are left
    out from the model's `generation_config.json`, such as a repetition penalty of 1.05 for Qwen2.5.
    """
    body: dict[str, Any] = {"model": model, "temperature": request.temperature}
    if request.messages is None:
        body["prompt"] = request.prompt
    else:
        body["messages"] = messages_of(request.messages)
    body |= {"top_p": request.top_p, dialect.limit: max_tokens}
    if dialect.seeds and request.temperature > 0:
        body["seed"] = request.seed
    if not dialect.extensions:
        return body
    body |= {
        "top_k": request.top_k or -1,
        "min_p": 0.0,
        "repetition_penalty": 1.0,
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
        "stop": list(request.stop),
        "include_stop_str_in_output": True,
        "stop_token_ids": list(dialect.stop_ids),
        "return_token_ids": True,
    }
    if request.messages is None:
        return body | {"logprobs": 0, "add_special_tokens": request.special_tokens}
    return body | {"logprobs": True, "top_logprobs": 0, **continuation(request.messages)}


def messages_of(messages: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    """Messages in the form of the interface."""
    return [{"role": role, "content": content} for role, content in messages]


def is_started(request: Request) -> bool:
    """Whether the response of a chat prompt is started: its last message is the assistant's."""
    return request.messages is not None and request.messages[-1][0] == "assistant"


def continuation(messages: tuple[tuple[str, str], ...]) -> dict[str, bool]:
    """Parameters of vLLM that make it continue the last message, if that is the assistant's."""
    started = messages[-1][0] == "assistant"
    return {"add_generation_prompt": not started, "continue_final_message": started}


def read_answer(answer: dict[str, Any], request: Request, dialect: Dialect) -> Answer:
    """The first choice of an answer.

    A response whose reasoning the server separated is put together again, in `<think>` tags.

    Raises:
        AnswerError: for a missing part, or one of another type.
    """
    choice = _choice(answer)
    logprobs = choice.get("logprobs")
    if request.messages is None:
        text = _text(choice.get("text"), "text")
        prompt_ids = choice.get("prompt_token_ids")
        if isinstance(logprobs, dict):
            logprobs = logprobs.get("token_logprobs")
    else:
        text = _message_text(choice.get("message"))
        prompt_ids = answer.get("prompt_token_ids")
        if isinstance(logprobs, dict):
            entries = logprobs.get("content")
            logprobs = [
                entry.get("logprob") if isinstance(entry, dict) else None
                for entry in (entries if isinstance(entries, list) else ())
            ]
    finish = choice.get("finish_reason")
    finish = _FINISHES.get(finish, "unknown") if isinstance(finish, str) else "unknown"
    if not dialect.extensions:
        return Answer(text, finish, [], [], [])
    token_ids = read_ids(choice.get("token_ids"), "token_ids")
    numbers = read_logprobs(logprobs, "log-probabilities")
    if len(numbers) != len(token_ids):
        raise AnswerError(
            f"expected one log-probability for each of {len(token_ids)} tokens, got {len(numbers)}"
        )
    return Answer(text, finish, read_ids(prompt_ids, "prompt_token_ids"), token_ids, numbers)


def read_prompt_logprobs(answer: dict[str, Any], ids: list[int]) -> list[float]:
    """vLLM's log-probability of each token of the prompt given those before it; the first has none.

    Raises:
        AnswerError: as `read_answer`.
    """
    entries = _choice(answer).get("prompt_logprobs")
    if not isinstance(entries, list) or len(entries) != len(ids):
        raise AnswerError(f"expected prompt_logprobs of {len(ids)} tokens, got none")
    values = []
    for token, entry in zip(ids[1:], entries[1:], strict=True):
        value = entry.get(str(token)) if isinstance(entry, dict) else None
        values.append(value.get("logprob") if isinstance(value, dict) else None)
    return read_logprobs(values, "prompt_logprobs")


def read_echoed_logprobs(answer: dict[str, Any], ids: list[int]) -> list[float]:
    """The same from an answer that repeats the prompt with its log-probabilities (`echo`)."""
    logprobs = _choice(answer).get("logprobs")
    values = logprobs.get("token_logprobs") if isinstance(logprobs, dict) else None
    if not isinstance(values, list) or len(values) < len(ids):
        raise AnswerError(f"expected log-probabilities of {len(ids)} echoed tokens, got fewer")
    return read_logprobs(values[1 : len(ids)], "token_logprobs")


def read_next_logprob(answer: dict[str, Any], token: int) -> float:
    """The log-probability of a token at the generated position, from vLLM's `logprob_token_ids`."""
    logprobs = _choice(answer).get("logprobs")
    steps = logprobs.get("top_logprobs") if isinstance(logprobs, dict) else None
    step = steps[0] if isinstance(steps, list) and steps else None
    value = step.get(f"token_id:{token}") if isinstance(step, dict) else None
    return read_logprobs([value], "top_logprobs")[0]


def read_ids(value: object, name: str) -> list[int]:
    """A list of token ids (raises AnswerError)."""
    if not isinstance(value, list) or not all(
        type(number) is int and 0 <= number <= _LARGEST_ID for number in value
    ):
        raise AnswerError(f"expected a list of token ids in {name}, got another value")
    return value


def read_logprobs(value: object, name: str) -> list[float]:
    """A list of log-probabilities (raises AnswerError)."""
    if not isinstance(value, list) or not all(
        type(number) in (int, float) and isfinite(number) and number <= _ROUNDING
        for number in value
    ):
        raise AnswerError(f"expected a list of log-probabilities in {name}, got another value")
    return [float(number) for number in value]


def _choice(answer: dict[str, Any]) -> dict[str, Any]:
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise AnswerError("expected a choice in the answer, got none")
    return choices[0]


def _message_text(message: object) -> str:
    if not isinstance(message, dict):
        raise AnswerError("expected a message in the choice, got none")
    content = message.get("content")
    reasoning = message.get("reasoning") or message.get("reasoning_content")
    if not isinstance(reasoning, str):
        return "" if content is None else _text(content, "content")
    end = "" if content is None else "\n</think>\n\n" + _text(content, "content")
    return f"<think>\n{reasoning}{end}"


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise AnswerError(f"expected {name} to be a string, got {type(value).__name__}")
    return value
