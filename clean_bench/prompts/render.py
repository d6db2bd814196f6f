"""From a problem to the prompt of a checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from clean_bench.errors import UserError
from clean_bench.prompts.fewshot import SEPARATOR, Example, example_response
from clean_bench.prompts.templates import AUTO, PROBLEM, TEMPLATES, Template, template_named

_DATE = datetime(2024, 7, 26, tzinfo=UTC)

Messages = tuple[tuple[str, str], ...]
"""The (role, content) pairs of a chat prompt."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A rendered prompt.

    `special_tokens`: whether the tokenizer adds its beginning-of-text token; false for a rendered chat
    template, which contains it. `stop` and `gap` are those of the template. `messages` are those that
    the chat template rendered, None for a plain prompt.
    """

    text: str
    special_tokens: bool
    stop: tuple[str, ...] = ()
    gap: str = ""
    messages: Messages | None = None


def resolve_template(template: str | Template, tokenizer: Any) -> str:
    """The template's name; `auto` is `chat` if the tokenizer has a chat template, else `raw`.

    Raises:
        UserError: if there is no such template, or it needs a chat template and the tokenizer has
        none.
    """
    has_chat = bool(getattr(tokenizer, "chat_template", None))
    if template == AUTO:
        return "chat" if has_chat else "raw"
    chosen = template_named(template)
    if chosen.chat and not chosen.chat_template and not has_chat:
        plain = ", ".join(name for name, other in TEMPLATES.items() if not other.chat)
        raise UserError(
            f"template {chosen.name}: the checkpoint's tokenizer has no chat template; use one of "
            f"{plain}"
        )
    return chosen.name


def render_prompt(problem: str, template: str | Template, tokenizer: Any) -> Prompt:
    """The prompt of a problem under a template (a name, `auto` or a `Template`).

    A chat template that writes the date, such as Llama 3's, always writes 26 July 2024, Llama 3.1's
    default: prompts of a resumed run stay the same.

    Args:
        tokenizer: a Hugging Face tokenizer, with or without a chat template.

    Raises:
        UserError: as `resolve_template`, and if the chat template rejects the messages.
    """
    name = resolve_template(template, tokenizer)
    chosen = template if isinstance(template, Template) else TEMPLATES[name]
    if not chosen.chat:
        return Prompt(plain_prompt(problem, chosen), True, chosen.stop, chosen.gap)
    messages = chat_messages(problem, chosen)
    try:
        rendered = tokenizer.apply_chat_template(
            as_dicts(messages),
            chat_template=chosen.chat_template,
            tokenize=False,
            add_generation_prompt=True,
            strftime_now=_DATE.strftime,
        )
    except Exception as error:
        roles = " and a ".join(dict.fromkeys(role for role, _ in messages))
        whose = "its" if chosen.chat_template else "the checkpoint's"
        raise UserError(
            f"template {chosen.name}: {whose} chat template failed on a {roles} message ({error})"
        ) from error
    return Prompt(str(rendered), False, chosen.stop, chosen.gap, messages)


def plain_prompt(problem: str, template: Template) -> str:
    """The prompt of a problem under a template without `chat`."""
    blocks = [
        template.text.replace(PROBLEM, example.problem) + _response(template, example)
        for example in template.examples
    ]
    return SEPARATOR.join([*blocks, template.text.replace(PROBLEM, problem)])


def chat_messages(problem: str, template: Template) -> Messages:
    """The messages of a problem under a template with `chat`; examples are earlier turns."""
    messages = [("system", template.system)] if template.system else []
    for example in template.examples:
        messages.append(("user", template.text.replace(PROBLEM, example.problem)))
        messages.append(("assistant", _response(template, example).strip()))
    return (*messages, ("user", template.text.replace(PROBLEM, problem)))


def as_dicts(messages: Messages) -> list[dict[str, str]]:
    """Messages as chat templates and servers take them."""
    return [{"role": role, "content": content} for role, content in messages]


def _response(template: Template, example: Example) -> str:
    return example_response(template.response or f"{template.gap}{{worked}}", example)
