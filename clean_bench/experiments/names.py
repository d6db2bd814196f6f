"""Short, different names of checkpoints for folders and results, derived from what a user typed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from clean_bench.errors import UserError

_SUFFIXES = re.compile(r"(\.(jsonl|json|parquet|csv|eval|gz|zst))+$")
_SAYS_NOTHING = re.compile(
    r"(checkpoints?|models?|actor|hf|huggingface|final|last|best|merged|weights|arms|scores|outputs?)"
)
"""Parts of a path that most training runs share."""
_STEP = re.compile(r"(checkpoint|ckpt|global_?step|step|iter|epoch)[-_]?\d+")
"""Parts that name a step of a run, and not the run."""


def slug(name: str) -> str:
    """A name for folders and results: the last part of a checkpoint's name."""
    return _clean(re.split(r"[/:]", name.rstrip("/"))[-1]) or "set"


def distinct_names(sources: Sequence[str], taken: Sequence[str] = ()) -> list[str]:
    """A name for each source (a path or a hub name), all different.

    The name is the last part of the source that says something (`runs/truth-1/checkpoint` is
    `truth-1`); the part before a step is added (`truth/step50` is `truth-step50`), and further parts
    until the names differ.

    Args:
        taken: names that no source may get.

    Raises:
        UserError: if a source is named twice.
    """
    for source in sources:
        if sources.count(source) > 1:
            raise UserError(f"{source}: expected each checkpoint once, got it twice")
    parts = [_parts(source) for source in sources]
    lengths = [_shortest(of_source) for of_source in parts]
    while True:
        names = [_joined(p, length) for p, length in zip(parts, lengths, strict=True)]
        longer = [
            length + (length < len(p) and (name in taken or names.count(name) > 1))
            for p, name, length in zip(parts, names, lengths, strict=True)
        ]
        if longer == lengths:
            return _numbered(names, taken)
        lengths = longer


def _parts(source: str) -> list[str]:
    """The parts of a name, the most special last; a revision belongs to the last part."""
    name, at, revision = source.rstrip("/").rpartition("@")
    if not at or "/" not in name:
        name, revision = source.rstrip("/"), ""
    parts = [_clean(part) for part in re.split(r"[/:]", _SUFFIXES.sub("", name))]
    parts = [part for part in parts if part] or ["checkpoint"]
    while len(parts) > 1 and _SAYS_NOTHING.fullmatch(parts[-1]):
        parts.pop()
    if revision:
        parts[-1] += f"-{_clean(revision)}"
    return parts


def _shortest(parts: Sequence[str]) -> int:
    """How many of the last parts make a name that says something."""
    return 2 if len(parts) > 1 and _STEP.fullmatch(parts[-1]) else 1


def _joined(parts: Sequence[str], length: int) -> str:
    kept = parts[len(parts) - length :]
    telling = [part for part in kept[:-1] if not _SAYS_NOTHING.fullmatch(part)]
    return "-".join([*telling, kept[-1]])


def _numbered(names: Sequence[str], taken: Sequence[str]) -> list[str]:
    """The names with a number where one is taken or occurs before."""
    used = list(taken)
    for name in names:
        number, free = 1, name
        while free in used:
            number += 1
            free = f"{name}-{number}"
        used.append(free)
    return used[len(taken) :]


def _clean(text: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-._")
