"""How many tokens pass through the output head at once; needs no torch."""

from __future__ import annotations

MOST_LOGITS = 1 << 24
"""Logits in memory at once on a CPU: 64 MiB in float32, whatever the vocabulary is."""
MOST_LOGITS_GPU = 1 << 28
"""The same on a GPU, whose matrix products need more tokens at once to be fast."""


def tokens_per_chunk(chunk: int, vocabulary: int, *, gpu: bool) -> int:
    """Tokens of a chunk: at most `chunk`, at least 1, and fewer where the vocabulary is large."""
    most = MOST_LOGITS_GPU if gpu else MOST_LOGITS
    return max(min(chunk, most // vocabulary), 1)
