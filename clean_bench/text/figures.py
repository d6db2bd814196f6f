"""Problems that no text-only set can match."""

from __future__ import annotations

import re

_FIGURE = re.compile(r"\[asy\]|\\begin\{(?:tabular|array)\}|\\includegraphics")


def has_figure(text: str) -> bool:
    """Whether a text has a drawing (Asymptote or a picture) or a table."""
    return _FIGURE.search(text) is not None
