r"""Prompt templates: from a problem to the prompt of a checkpoint.

Scores under two templates can differ by twenty points (Qwen2.5-Math-7B on MATH-500: 72.2 raw, 50.6
under its chat template; *Reasoning or Memorization?*, table 4), so every result names its template.

`qwen-default`, `math-problem`, `simplerl`, `sober` and `lorem` are the prompts of *Spurious Rewards*
(table 4, first version), rendered with the checkpoint's chat template. `r1` is its prompt for models
without one. `random-calculation` is the prompt of *Reasoning or Memorization?* for bare expressions.
A template passes a system message only if the table has one; some chat templates then add their own.
The table leaves open whether the lorem ipsum was the system message; here it is the start of the user
message.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter

from clean_bench.errors import UserError

AUTO = "auto"
_DATE = datetime(2024, 7, 26, tzinfo=UTC)
_PROBLEM = "{problem}"


@dataclass(frozen=True, slots=True)
class Template:
    """A prompt template.

    `text` contains `{problem}` once. With `chat`, `text` is the user message, `system` the optional
    system message, and the checkpoint's chat template renders both; otherwise `text` is the whole
    prompt. Generation stops after any string in `stop`, which stays in the completion. `gap` separates
    the prompt from a forced start of the response.
    """

    name: str
    text: str
    summary: str
    chat: bool = False
    system: str | None = None
    stop: tuple[str, ...] = ()
    gap: str = ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A rendered prompt.

    `special_tokens`: whether the tokenizer adds its beginning-of-text token; false for a rendered chat
    template, which contains it. `stop` and `gap` are those of the template. `messages`: the (role,
    content) pairs that a chat template rendered; None for raw text.
    """

    text: str
    special_tokens: bool
    stop: tuple[str, ...] = ()
    gap: str = ""
    messages: tuple[tuple[str, str], ...] | None = None


TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        name: TypeAdapter(Template).validate_python({"name": name, **fields})
        for name, fields in tomllib.loads(
            files("clean_bench").joinpath("prompts.toml").read_text("utf-8")
        ).items()
    }
)
"""The templates of `prompts.toml` by name."""


def check_template(template: str) -> None:
    """Raise `UserError` for an unknown template."""
    if template != AUTO and template not in TEMPLATES:
        names = ", ".join([AUTO, *TEMPLATES])
        raise UserError(f"no template named {template!r}: expected one of {names}")


def resolve_template(template: str, tokenizer: Any) -> str:
    """The template's name; `auto` is `chat` if the tokenizer has a chat template, else `raw`.

    Raises:
        UserError: if there is no such template, or it needs a chat template and the tokenizer has
        none.
    """
    check_template(template)
    has_chat = bool(getattr(tokenizer, "chat_template", None))
    if template == AUTO:
        return "chat" if has_chat else "raw"
    if TEMPLATES[template].chat and not has_chat:
        plain = ", ".join(name for name, other in TEMPLATES.items() if not other.chat)
        raise UserError(
            f"template {template}: the checkpoint's tokenizer has no chat template; use one of {plain}"
        )
    return template


def render_prompt(problem: str, template: str, tokenizer: Any) -> Prompt:
    """The prompt of a problem under a template (a name or `auto`).

    A chat template that writes the date, such as Llama 3's, always writes 26 July 2024, Llama 3.1's
    default: prompts of a resumed run stay the same.

    Args:
        tokenizer: a Hugging Face tokenizer, with or without a chat template.

    Raises:
        UserError: as `resolve_template`, and if the chat template rejects the messages.
    """
    chosen = TEMPLATES[resolve_template(template, tokenizer)]
    text = chosen.text.replace(_PROBLEM, problem)
    if not chosen.chat:
        return Prompt(text, True, chosen.stop, chosen.gap)
    messages = [{"role": "system", "content": chosen.system}] if chosen.system else []
    messages.append({"role": "user", "content": text})
    try:
        rendered = tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True, strftime_now=_DATE.strftime
        )
    except Exception as error:
        roles = " and a ".join(message["role"] for message in messages)
        raise UserError(
            f"template {chosen.name}: the checkpoint's chat template failed on a {roles} message "
            f"({error})"
        ) from error
    pairs = tuple((message["role"], message["content"]) for message in messages)
    return Prompt(str(rendered), False, chosen.stop, chosen.gap, pairs)


def extract_problem(prompt: str, template: str) -> str | None:
    """The problem in a prompt of a template without `chat`; None if the prompt does not match."""
    before, after = TEMPLATES[template].text.split(_PROBLEM)
    if len(prompt) < len(before) + len(after):
        return None
    if not (prompt.startswith(before) and prompt.endswith(after)):
        return None
    return prompt[len(before) : len(prompt) - len(after)]
