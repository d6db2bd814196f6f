"""Why a folder cannot be loaded, in words for people."""

from __future__ import annotations

from pathlib import Path


def reason(folder: str | Path, error: Exception) -> str:
    """What is wrong with a checkpoint folder, from what a library raised when it met it.

    The commonest faults have words of their own: the libraries name them by an option of theirs, by
    a report that was not shown, or by the file that they tried last.
    """
    words = " ".join(str(error).split()) or type(error).__name__
    there = Path(folder)
    if "contains custom code" in words:
        return "it brings code along, which --trust-remote-code runs"
    if not any(there.glob("*.safetensors")):
        return "it has no *.safetensors, and weights are read from no other files"
    if not any(any(there.glob(names)) for names in ("*token*", "vocab*", "spiece*")):
        return "it has no tokenizer"
    if "ignore_mismatched_sizes" in words:
        return "its weights have other shapes than its config.json says"
    return words[:300]
