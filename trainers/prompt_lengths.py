"""Check that every training prompt leaves room for a response."""

from __future__ import annotations

from typing import Any, Protocol

from clean_bench import prompts
from clean_bench.errors import UserError
from clean_bench.problems import ProblemSet


class Encoder(Protocol):
    """An engine, or a checkpoint whose weights are not loaded."""

    context_length: int

    def encode(self, text: str, *, special_tokens: bool = True) -> list[int]: ...


def check_prompt_lengths(
    encoder: Encoder, problems: ProblemSet, template: str, tokenizer: Any
) -> None:
    """Raise `UserError` naming the first problem whose prompt leaves no room for an answer."""
    for problem in problems:
        prompt = prompts.render_prompt(problem.problem, template, tokenizer)
        length = len(encoder.encode(prompt.text, special_tokens=prompt.special_tokens))
        if length >= encoder.context_length:
            raise UserError(
                f"{problem.source or problem.id}: its prompt has {length} tokens, expected fewer than "
                f"the context of {encoder.context_length}; leave the row out"
            )
