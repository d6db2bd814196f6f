r"""Prompt templates: how a problem is put to a checkpoint.

The same problem under two templates can differ by twenty points (Qwen2.5-Math-7B on MATH-500: 72.2
raw, 50.6 under its chat template; *Reasoning or Memorization?*, table 4), so the template is named
in every result.

`qwen-default`, `math-problem`, `simplerl`, `sober` and `lorem` are the prompts of *Spurious Rewards*
(table 4, first version), put through the checkpoint's chat template; `r1` is the one for models that
have none. `random-calculation` is the prompt of *Reasoning or Memorization?* for bare expressions. A
template passes a system message only where its table has one; some chat templates add one of their
own where none is passed. The table does not show for certain whether the lorem ipsum was the system
message: here it is the beginning of the user's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from clean_bench.errors import UserError

AUTO = "auto"
_DAY = datetime(2024, 7, 26, tzinfo=UTC)
_PROBLEM = "{problem}"
_BOXED = "Please reason step by step, and put your final answer within \\boxed{}."
_ASSISTANT = "You are a helpful Assistant."
_SOBER = (
    "Solve the following math problem efficiently and clearly. The last line of your response "
    "should be of the following format: 'Therefore, the final answer is: \\boxed{ANSWER}. I hope it "
    "is correct' (without quotes) where ANSWER is just the final number or expression that solves "
    "the problem. Think step by step before answering.\n\n"
)
_LOREM = (
    "Lorem ipsum dolor sit amet, consectetuer adipiscing elit. Ut purus elit, vestibulum ut, placerat "
    "ac, adipiscing vitae, felis. Curabitur dictum gravida mauris. Nam arcu libero, nonummy eget, "
    "consectetuer id, vulputate a, magna. Donec vehicula augue eu neque. Pellentesque habitant morbi "
    "tristique senectus et netus et malesuada fames ac turpis egestas. Mauris ut leo. Cras viverra "
    "metus rhoncus sem. Nulla et lectus vestibulum urna fringilla ultrices. Phasellus eu tellus sit "
    "amet tortor gravida placerat.\n\n"
)
_R1 = (
    "A conversation between User and Assistant. The user asks a question, and the Assistant solves "
    "it. The assistant first thinks about the reasoning process in the mind and then provides the "
    "user with the answer. The reasoning process and answer are enclosed within <think> </think> "
    "and <answer> </answer> tags, respectively, i.e., <think> reasoning process here </think> "
    "<answer> answer here </answer>.\n\n<|user|>\n{problem}\n<|assistant|>\n<think>"
)
_EXPRESSION = (
    "Evaluate this LaTeX numerical expression step-by-step and give the final value "
    "within \\boxed{}: "
)


@dataclass(frozen=True, slots=True)
class Template:
    """A way to ask.

    `text` holds `{problem}` once. With `chat` it is the user's message, after the `system` message
    if there is one, and the checkpoint's own chat template makes the prompt of them; else it is the
    whole prompt. Generation ends after any text of `stop`, which stays in the completion. `gap`
    stands between the prompt and a forced beginning of the response.
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
    """What goes to an engine.

    `special_tokens` says whether the tokenizer adds its own beginning-of-text token: a rendered
    chat template already holds it. `stop` and `gap` are the template's.
    """

    text: str
    special_tokens: bool
    stop: tuple[str, ...] = ()
    gap: str = ""


TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        template.name: template
        for template in (
            Template("raw", _PROBLEM, "the problem and nothing else", gap="\n"),
            Template(
                "chat", _PROBLEM, "the checkpoint's own chat template, one user message", True
            ),
            Template(
                "boxed",
                f"{_PROBLEM}\n{_BOXED}",
                "the problem, then a request to reason step by step and to box the answer",
                gap="\n",
            ),
            Template(
                "r1",
                _R1,
                "the R1 conversation with <think> and <answer> tags, for base models",
                stop=("</answer>",),
            ),
            Template(
                "qwen-default",
                _PROBLEM,
                "chat; system: reason step by step and box the answer (Qwen2.5-Math's default)",
                chat=True,
                system=_BOXED,
            ),
            Template(
                "math-problem",
                f"Math Problem: {_PROBLEM}",
                "chat; system: a helpful Assistant; user: 'Math Problem:' and the problem",
                chat=True,
                system=_ASSISTANT,
            ),
            Template(
                "simplerl",
                f"{_PROBLEM}\n{_BOXED}",
                "chat; system: a helpful Assistant; user: the problem as in boxed (SimpleRL-Zoo)",
                chat=True,
                system=_ASSISTANT,
            ),
            Template(
                "sober",
                _SOBER + _PROBLEM,
                "chat; system as qwen-default; user: how to write the last line, the problem",
                chat=True,
                system=_BOXED,
            ),
            Template(
                "lorem",
                _LOREM + _PROBLEM,
                "chat; user: a paragraph of lorem ipsum, the problem (the spurious prompt)",
                chat=True,
            ),
            Template(
                "random-calculation",
                _EXPRESSION + _PROBLEM,
                "a request to evaluate what follows, for rows that are bare expressions",
                gap="\n",
            ),
        )
    }
)


def require(template: str) -> None:
    """Raise `UserError` for a template that no tokenizer could have."""
    if template != AUTO and template not in TEMPLATES:
        names = ", ".join([AUTO, *TEMPLATES])
        raise UserError(f"no template named {template!r}: choose one of {names}")


def resolve(template: str, tokenizer: Any) -> str:
    """The template's name; `auto` is `chat` where the tokenizer has a chat template, else `raw`.

    Raises:
        UserError: if there is no such template, or it needs a chat template and the tokenizer has
            none.
    """
    require(template)
    has_chat = bool(getattr(tokenizer, "chat_template", None))
    if template == AUTO:
        return "chat" if has_chat else "raw"
    if TEMPLATES[template].chat and not has_chat:
        plain = ", ".join(name for name, other in TEMPLATES.items() if not other.chat)
        raise UserError(
            f"template {template}: the checkpoint's tokenizer has no chat template; use one of {plain}"
        )
    return template


def render(problem: str, template: str, tokenizer: Any) -> Prompt:
    """A problem under a template (any that `resolve` takes).

    Where a chat template writes the day, as Llama 3's do, it is always the 26th of July 2024, the one
    that Llama 3.1 writes: a score that is resumed tomorrow asks what it asked today.

    Args:
        tokenizer: a Hugging Face tokenizer; it is asked for its chat template.

    Raises:
        UserError: as `resolve`, and if the chat template refuses the messages.
    """
    chosen = TEMPLATES[resolve(template, tokenizer)]
    text = chosen.text.replace(_PROBLEM, problem)
    if not chosen.chat:
        return Prompt(text, True, chosen.stop, chosen.gap)
    messages = [{"role": "system", "content": chosen.system}] if chosen.system else []
    messages.append({"role": "user", "content": text})
    try:
        rendered = tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True, strftime_now=_DAY.strftime
        )
    except Exception as error:
        roles = " and a ".join(message["role"] for message in messages)
        raise UserError(
            f"template {chosen.name}: the checkpoint's chat template failed on a {roles} message "
            f"({error})"
        ) from error
    return Prompt(str(rendered), False, chosen.stop, chosen.gap)


def problem_of(prompt: str, template: str) -> str | None:
    """The problem that a prompt of a template without `chat` was made of, None where it was not."""
    before, after = TEMPLATES[template].text.split(_PROBLEM)
    if len(prompt) < len(before) + len(after):
        return None
    if not (prompt.startswith(before) and prompt.endswith(after)):
        return None
    return prompt[len(before) : len(prompt) - len(after)]
