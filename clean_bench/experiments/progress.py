"""From totals to steps: work reports how far it is, a bar wants to know how much further."""

from __future__ import annotations

from collections.abc import Callable


def up_to(advance: Callable[[int, str], None]) -> Callable[[int, str], None]:
    """A function of (completed, note) that moves a bar to `completed`, wherever it stood."""
    done = 0

    def move(completed: int, note: str) -> None:
        nonlocal done
        advance(completed - done, note)
        done = completed

    return move
