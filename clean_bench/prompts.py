r"""Prompt templates: how a problem is put to a checkpoint.

The same problem under two templates can differ by twenty points (Qwen2.5-Math-7B on MATH-500: 72.2
raw, 50.6 under its chat template; *Reasoning or Memorization?*, table 4), so the template is named
in every result. No template adds a system message; some chat templates add one of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from clean_bench.errors import UserError

AUTO = "auto"
_PROBLEM = "{problem}"
_R1 = (
    "A conversation between User and Assistant. The user asks a question, and the Assistant solves "
    "it. The assistant first thinks about the reasoning process in the mind and then provides the "
    "user with the answer. The reasoning process and answer are enclosed within <think> </think> "
    "and <answer> </answer> tags, respectively, i.e., <think> reasoning process here </think> "
    "<answer> answer here </answer>.\n\n<|user|>\n{problem}\n<|assistant|>\n<think>"
)


@dataclass(frozen=True, slots=True)
class Template:
    """A way to ask. `text` holds `{problem}` once, or is None for the tokenizer's chat template."""

    name: str
    text: str | None
    summary: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What goes to an engine.

    `special_tokens` says whether the tokenizer adds its own beginning-of-text token: a rendered
    chat template already holds it.
    """

    text: str
    special_tokens: bool


TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        template.name: template
        for template in (
            Template("raw", _PROBLEM, "the problem and nothing else"),
            Template("chat", None, "the checkpoint's own chat template, one user message"),
            Template(
                "boxed",
                _PROBLEM
                + "\nPlease reason step by step, and put your final answer within \\boxed{}.",
                "the problem, then a request to reason step by step and to box the answer",
            ),
            Template(
                "r1", _R1, "the R1 conversation with <think> and <answer> tags, for base models"
            ),
        )
    }
)


def resolve(template: str, tokenizer: Any) -> str:
    """The template's name; `auto` is `chat` where the tokenizer has a chat template, else `raw`.

    Raises:
        UserError: if there is no such template, or `chat` is asked of a tokenizer that has none.
    """
    has_chat = bool(getattr(tokenizer, "chat_template", None))
    if template == AUTO:
        return "chat" if has_chat else "raw"
    if template not in TEMPLATES:
        names = ", ".join([AUTO, *TEMPLATES])
        raise UserError(f"no template named {template!r}: choose one of {names}")
    if template == "chat" and not has_chat:
        raise UserError("template chat: the checkpoint's tokenizer has no chat template; use raw")
    return template


def render(problem: str, template: str, tokenizer: Any) -> Prompt:
    """A problem under a template (any that `resolve` takes).

    Args:
        tokenizer: a Hugging Face tokenizer; `auto` and `chat` ask it for its chat template.

    Raises:
        UserError: as `resolve`, and if the chat template refuses a single user message.
    """
    text = TEMPLATES[resolve(template, tokenizer)].text
    if text is not None:
        return Prompt(text.replace(_PROBLEM, problem), special_tokens=True)
    try:
        rendered = tokenizer.apply_chat_template(
            [{"role": "user", "content": problem}], tokenize=False, add_generation_prompt=True
        )
    except Exception as error:
        raise UserError(
            f"template chat: the checkpoint's chat template failed on one user message ({error})"
        ) from error
    return Prompt(str(rendered), special_tokens=False)
