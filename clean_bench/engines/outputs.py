"""From generated tokens to completions: the text, where a stop string cuts it, and why it ended.

Every engine ends its completions here, so the same tokens have the same text everywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from clean_bench.engines import special_tokens
from clean_bench.engines.base import Completion, Request


def stop_end(text: str, stops: Sequence[str]) -> int | None:
    """Where the stop string that is complete first ends in the text; None where there is none."""
    ends = [at + len(stop) for stop in stops if (at := text.find(stop)) >= 0]
    return min(ends, default=None)


def stopped_rows(
    tokenizer: Any,
    rows: Sequence[Sequence[int]],
    stops: Sequence[Sequence[str]],
    ends: Collection[int],
) -> list[bool]:
    """Which rows' texts hold a stop string, for rows whose last token has just been generated.

    Only the last tokens of a row are looked at first. A token has a byte or more and a character
    four at most, so a string of n characters lies within 4n tokens; a few more leave room for
    tokens without text.
    """
    tails = [
        row[-(4 * max(map(len, strings), default=0) + 8) :]
        for row, strings in zip(rows, stops, strict=True)
    ]
    texts = special_tokens.decode(tokenizer, tails, ends)
    found = [any(s in text for s in strings) for text, strings in zip(texts, stops, strict=True)]
    candidates = [index for index, hit in enumerate(found) if hit]
    whole = special_tokens.decode(tokenizer, [rows[index] for index in candidates], ends)
    for index, text in zip(candidates, whole, strict=True):
        found[index] = stop_end(text, stops[index]) is not None
    return found


def completions(
    requests: Sequence[Request],
    prompts: Sequence[Sequence[int]],
    rows: Sequence[Sequence[int]],
    logprobs: Sequence[Sequence[float]],
    stopped: Sequence[bool],
    tokenizer: Any,
    ends: Collection[int],
) -> list[Completion]:
    """Completions from what was generated.

    Args:
        prompts: token ids of the prompts.
        rows: generated token ids, the end token included.
        logprobs: one for each generated token.
        stopped: whether something other than the limit ended the row.
        ends: ids of the end tokens.
    """
    texts = special_tokens.decode(tokenizer, rows, ends)
    made = []
    for request, prompt, row, logps, end, text in zip(
        requests, prompts, rows, logprobs, stopped, texts, strict=True
    ):
        cut = stop_end(text, request.stop)
        made.append(
            Completion(
                key=request.key,
                text=text if cut is None else text[:cut],
                token_ids=list(row),
                logprobs=list(logps),
                finish="stop" if end or cut is not None else "length",
                prompt_ids=list(prompt),
            )
        )
    return made


def overlong(request: Request, prompt: Sequence[int]) -> Completion:
    """The completion of a prompt that leaves no room."""
    return Completion(request.key, "", [], [], "overlong", list(prompt))
