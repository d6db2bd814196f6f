"""The reason why a checkpoint folder cannot be loaded, in one line."""

from __future__ import annotations

from pathlib import Path


def explain_load_error(folder: str | Path, error: Exception) -> str:
    """The fault of a checkpoint folder, from the error that a library raised while it loaded it.

    The most frequent faults have their own text. The libraries describe them by one of their own
    options, by a report that is not shown, or by the file that they tried last.
    """
    folder, message = Path(folder), " ".join(str(error).split()) or type(error).__name__
    if "contains custom code" in message:
        return "it contains Python code; --trust-remote-code runs it"
    if not any(folder.glob("*.safetensors")):
        return "it has no *.safetensors, the only format that weights are read from"
    if not any(any(folder.glob(names)) for names in ("*token*", "vocab*", "spiece*")):
        return "it has no tokenizer"
    if "ignore_mismatched_sizes" in message:
        return "the shapes of its weights are not those of its config.json"
    return message[:300]
