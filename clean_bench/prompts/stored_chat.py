"""Store the chat template of a checkpoint in an artifact, and recompute prompts from it.

An artifact of an earlier version has only the prompts. What stands around the problem is then the same
in all of them (`ChatFrames`).
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from clean_bench.prompts.chat_worker import UNAVAILABLE
from clean_bench.prompts.render import as_dicts, chat_messages
from clean_bench.prompts.templates import Template

_SCRIPT = Path(__file__).with_name("chat_worker.py")
_START_SECONDS = 60
_PROMPTS_PER_SECOND = 200
"""Slower than any real template: rendering takes some tenths of a millisecond."""


KEY = "chat_template"
"""Key of the metadata that holds a checkpoint's chat template."""


def chat_metadata(tokenizer: Any, templates: Iterable[Template]) -> dict[str, Any]:
    """The chat template of a checkpoint, for the metadata; empty where no prompt was made with it."""
    if getattr(tokenizer, "served", False):
        return {}  # a server renders the messages with a template of its own
    if not any(template.chat and not template.chat_template for template in templates):
        return {}
    text = getattr(tokenizer, "chat_template", None)
    if isinstance(text, dict):
        text = text.get("default")
    tokens = getattr(tokenizer, "special_tokens_map", None)
    if not isinstance(text, str) or tokens is None:
        return {}
    special = {
        name: list(map(str, token)) if isinstance(token, list) else str(token)
        for name, token in tokens.items()
    }
    return {KEY: {"text": text, "special_tokens": special}}


def with_chat(template: Template, metadata: Mapping[str, Any]) -> Template:
    """A template with the stored chat template of the checkpoint, where it has none of its own."""
    stored = metadata.get(KEY)
    if stored is None or not template.chat or template.chat_template:
        return template
    return replace(
        template, chat_template=stored["text"], special_tokens=dict(stored["special_tokens"])
    )


class ChatFrames:
    """What stands around the problems in prompts of chat templates that are not stored.

    Args:
        served: whether a server rendered the prompts. They are then stored as their messages in JSON.
    """

    def __init__(self, *, served: bool = False) -> None:
        self._served = served
        self._frames: dict[str, tuple[str, str]] = {}

    def difference(self, template: Template, problem: str, prompt: str) -> str:
        """How a prompt differs from the earlier ones of its template; empty if it does not."""
        messages = chat_messages(problem, template)
        if self._served:
            sent = json.dumps(as_dicts(messages), ensure_ascii=False)
            return "" if prompt == sent else f"has other messages than those of {template.name}"
        message = messages[-1][1].strip()
        before, found, after = prompt.rpartition(message)
        if not found:
            return f"has a prompt of the template {template.name} without its problem"
        if self._frames.setdefault(template.name, (before, after)) != (before, after):
            return (
                f"has a prompt of the template {template.name} with another text around the problem "
                "than the first one"
            )
        return ""


def chat_prompts_agree(
    prompts: Sequence[tuple[str, Template, str]], *, start_seconds: int = _START_SECONDS
) -> list[bool] | None:
    """Whether each prompt is what its template makes of its problem.

    The templates are rendered in another process with limits of time and memory.

    Args:
        prompts: problem, complete template with `chat_template` and `special_tokens`, stored prompt.

    Returns:
        None if transformers is not installed. All False if the process exceeded its limits.
    """
    if not prompts:
        return []
    jobs = [
        (
            template.chat_template,
            dict(template.special_tokens or {}),
            as_dicts(chat_messages(problem, template)),
        )
        for problem, template, _ in prompts
    ]
    seconds = start_seconds + len(prompts) // _PROMPTS_PER_SECOND
    try:
        finished = subprocess.run(
            [sys.executable, "-P", str(_SCRIPT), str(seconds)],
            input=json.dumps({"prompts": jobs}).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=2 * seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return [False] * len(prompts)
    if finished.returncode == UNAVAILABLE:
        return None
    if finished.returncode:
        return [False] * len(prompts)
    digests = json.loads(finished.stdout)
    return [
        digest == hashlib.sha256(stored.encode("utf-8", "replace")).hexdigest()
        for (_, _, stored), digest in zip(prompts, digests, strict=True)
    ]
