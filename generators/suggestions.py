"""Names like an unknown one, for error messages."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def close_names(name: str, known: Iterable[str]) -> list[str]:
    """At most three known names that are like a name, whatever its case: the closest first.

    A name that differs in case alone is the only one.
    """
    by_lower = {other.lower(): other for other in known}
    if name.lower() in by_lower:
        return [by_lower[name.lower()]]
    return [by_lower[lower] for lower in get_close_matches(name.lower(), by_lower, 3, cutoff=0.4)]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`: did you mean A or B?`, the end of an error; empty if no name is close."""
    close = close_names(name, known)
    return f": did you mean {' or '.join(close)}?" if close else ""
