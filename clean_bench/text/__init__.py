"""Placeholder until the text package lands."""


def contains_python(text: str) -> bool:
    """Whether the word python occurs, in any case."""
    return "python" in text.lower()
