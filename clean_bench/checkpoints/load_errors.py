"""Explain why a checkpoint folder cannot be loaded."""

from __future__ import annotations

from pathlib import Path


def explain_load_error(folder: str | Path, error: Exception) -> str:
    """The reason for a library's exception while it loaded a checkpoint folder.

    The most common faults are recognized, because the library's message names its own option or the
    last file it tried. Other messages are returned in one line.
    """
    message = " ".join(str(error).split()) or type(error).__name__
    folder = Path(folder)
    if "contains custom code" in message:
        return "it contains code; add --trust-remote-code to run it"
    if not any(folder.glob("*.safetensors")):
        return "it has no *.safetensors files; other weight formats are not read"
    if not any(any(folder.glob(pattern)) for pattern in ("*token*", "vocab*", "spiece*")):
        return "it has no tokenizer files"
    if "ignore_mismatched_sizes" in message:
        return "its weights have other shapes than in its config.json"
    return message[:300]
