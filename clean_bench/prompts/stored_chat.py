"""Recompute prompts of chat templates that an artifact stores, without its checkpoint."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from clean_bench.prompts.chat_worker import UNAVAILABLE
from clean_bench.prompts.render import as_dicts, chat_messages
from clean_bench.prompts.templates import Template

_SCRIPT = Path(__file__).with_name("chat_worker.py")
_START_SECONDS = 60
_PROMPTS_PER_SECOND = 200
"""Slower than any real template: rendering takes some tenths of a millisecond."""


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
