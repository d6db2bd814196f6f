"""Prompts as verl renders them: the whole text as one user message of a chat template of our own.

So every template of clean-bench gives the same token ids there; `render_prompts` checks it for each
prompt with the checkpoint's tokenizer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

from clean_bench import prompts
from clean_bench.engines.stated_ends import stated_end_tokens
from clean_bench.errors import UserError
from clean_bench.foreign_files.json_text import LARGEST_CONFIG, read_json
from clean_bench.problems import Problem

_CONTENT = "{{ messages[0]['content'] }}"
CHAT_TEMPLATES = (_CONTENT, "{{ bos_token }}" + _CONTENT)
"""The text as it is, and behind the beginning-of-text token where the tokenizer gives raw text one."""


class Reader(Protocol):
    """A checkpoint's tokenizer, as `clean_bench.engines.without_weights.WithoutWeights` reads it."""

    tokenizer: Any
    context_length: int

    def encode(self, text: str, *, special_tokens: bool = True) -> list[int]: ...


@dataclass(frozen=True, slots=True)
class Prompts:
    """The prompts of problems by id, the chat template that renders them, and the longest in tokens."""

    texts: Mapping[str, str]
    chat_template: str
    longest: int


def render_prompts(problems: Iterable[Problem], template: str, reader: Reader) -> Prompts:
    """The prompts of problems under a template.

    Raises:
        UserError: for a template with stop texts, and for a prompt that verl would tokenize differently.
    """
    stop = prompts.template_named(template).stop
    if stop:
        raise UserError(
            f"template = {template}: verl passes no stop texts to its sampler, and this template ends "
            f"responses at {', '.join(map(repr, stop))}; set another template"
        )
    texts: dict[str, str] = {}
    longest = 0
    candidates = list(CHAT_TEMPLATES)
    for problem in problems:
        prompt = prompts.render_prompt(problem.problem, template, reader.tokenizer)
        texts[problem.id] = prompt.text
        ids = reader.encode(prompt.text, special_tokens=prompt.special_tokens)
        longest = max(longest, len(ids))
        candidates = [c for c in candidates if _ids(reader.tokenizer, c, prompt.text) == ids]
        if not candidates:
            raise UserError(
                f"{problem.source or problem.id}: verl would tokenize its prompt in another way than "
                "clean-bench does; leave the row out or set another template"
            )
    return Prompts(texts, candidates[0], longest)


def _ids(tokenizer: Any, chat_template: str, text: str) -> list[int]:
    """The token ids of a user message as verl makes them."""
    rendered = tokenizer.apply_chat_template(
        [{"role": "user", "content": text}],
        chat_template=chat_template,
        add_generation_prompt=True,
        tokenize=True,
        return_dict=False,
    )
    return [int(index) for index in rendered]


def unlisted_end_tokens(tokenizer: Any, folder: Path) -> list[str]:
    """Tokens that end a completion in clean-bench and not in vLLM.

    vLLM ends at the end token of the tokenizer and those of `generation_config.json`; without that file
    at those of `config.json`.
    """
    config = SimpleNamespace(**read_json(folder / "config.json", LARGEST_CONFIG))
    path = folder / "generation_config.json"
    generation = SimpleNamespace(**read_json(path, LARGEST_CONFIG)) if path.exists() else None
    ours = stated_end_tokens(tokenizer, folder)
    theirs = _ids_of(tokenizer) | _ids_of(generation or config)
    return sorted(tokenizer.convert_ids_to_tokens(list(ours - theirs)))


def _ids_of(source: Any) -> set[int]:
    """The end tokens that a tokenizer or a configuration lists."""
    listed = getattr(source, "eos_token_id", None)
    return set() if listed is None else {listed} if isinstance(listed, int) else set(listed)
