"""Subprocess that renders stored chat templates: they may come from anyone's artifact.

Standard input holds one JSON object: `prompts`, a list of [template, special tokens, messages]. Standard
output gets one JSON list with the SHA-256 of each rendered prompt, or null where the template failed.
transformers renders in a sandbox without access to Python objects; the sandbox bounds neither time nor
memory, so the limits of this process do. The exit status is `UNAVAILABLE` without transformers.
"""

import hashlib
import json
import resource
import sys
from datetime import UTC, datetime

UNAVAILABLE = 3
_BYTES = 4 << 30
_DATE = datetime(2024, 7, 26, tzinfo=UTC)
"""The date that `clean_bench.prompts.render` writes."""


def _main(cpu_seconds: int) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (_BYTES, _BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    try:
        from transformers.utils.chat_template_utils import render_jinja_template
    except ImportError:
        return UNAVAILABLE
    digests: list[str | None] = []
    for template, special_tokens, messages in json.load(sys.stdin)["prompts"]:
        try:
            rendered, _ = render_jinja_template(
                conversations=[messages],
                chat_template=template,
                add_generation_prompt=True,
                **{**special_tokens, "strftime_now": _DATE.strftime},
            )
            digests.append(hashlib.sha256(rendered[0].encode("utf-8", "replace")).hexdigest())
        except Exception:
            digests.append(None)
    json.dump(digests, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(_main(int(sys.argv[1])))
