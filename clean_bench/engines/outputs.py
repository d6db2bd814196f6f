"""Build completions from generated tokens: text, stop-string cut, finish reason.

Every engine uses this module, so the same tokens give the same text in all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from clean_bench.engines import special_tokens
from clean_bench.engines.base import Completion, Request


def stop_end(text: str, stops: Sequence[str]) -> int | None:
    """The end index of the stop string that is complete first; None if the text has none."""
    ends = [at + len(stop) for stop in stops if (at := text.find(stop)) >= 0]
    return min(ends, default=None)


def stopped_rows(
    tokenizer: Any,
    rows: Sequence[Sequence[int]],
    stops: Sequence[Sequence[str]],
    ends: Collection[int],
) -> list[bool]:
    """For each row of token ids, whether its text contains a stop string.

    Assumes that only the last token is new, so the tail of a row is searched first. A token has at
    least one byte and a character at most four, so a string of n characters lies within 4n tokens; 8
    more leave room for tokens without text.
    """
    tails = [
        row[-(4 * max(map(len, strings), default=0) + 8) :]
        for row, strings in zip(rows, stops, strict=True)
    ]
    texts = special_tokens.decode(tokenizer, tails, ends)
    hits = [any(s in text for s in strings) for text, strings in zip(texts, stops, strict=True)]
    candidates = [index for index, hit in enumerate(hits) if hit]
    texts = special_tokens.decode(tokenizer, [rows[index] for index in candidates], ends)
    for index, text in zip(candidates, texts, strict=True):
        hits[index] = stop_end(text, stops[index]) is not None
    return hits


def build_completions(
    requests: Sequence[Request],
    prompts: Sequence[Sequence[int]],
    rows: Sequence[Sequence[int]],
    logprobs: Sequence[Sequence[float]],
    stopped: Sequence[bool],
    tokenizer: Any,
    ends: Collection[int],
) -> list[Completion]:
    """The completions of a batch.

    Args:
        prompts: token ids of the prompts.
        rows: generated token ids, including the end token.
        logprobs: one per generated token.
        stopped: whether the row ended before its token limit.
        ends: ids of the end tokens.
    """
    texts = special_tokens.decode(tokenizer, rows, ends)
    built = []
    for request, prompt, row, logps, ended, text in zip(
        requests, prompts, rows, logprobs, stopped, texts, strict=True
    ):
        cut = stop_end(text, request.stop)
        built.append(
            Completion(
                key=request.key,
                text=text if cut is None else text[:cut],
                token_ids=list(row),
                logprobs=list(logps),
                finish="stop" if ended or cut is not None else "length",
                prompt_ids=list(prompt),
            )
        )
    return built


def overlong(request: Request, prompt: Sequence[int]) -> Completion:
    """The empty completion of a prompt that is empty or leaves no room in the context."""
    return Completion(request.key, "", [], [], "overlong", list(prompt))
