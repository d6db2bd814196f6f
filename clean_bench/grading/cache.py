"""Cache of grades for the life of the process, bounded in memory.

Each grader has two tables: one by (gold, answer), and one by (gold, response), which makes a second
pass over the same responses one look-up each. The second table stores no response: its key has the
length and Python's keyed 64-bit hash. Two different responses of one length under one gold answer
collide with probability 2^-64, and nobody can construct a collision.

A table has two halves, young and old. New entries go into the young half. When it is full, it becomes
the old half, and the previous old half is dropped. So the latest entries are always present, and a
look-up writes nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

_HALF = 40_000_000
_ENTRY = 250
"""Bytes of half a table, and of an entry without its characters (tuples, numbers, a slot)."""

Key = TypeVar("Key", bound=Hashable)
Cached = TypeVar("Cached")


class Table(Generic[Key, Cached]):
    """A thread-safe dictionary that drops its oldest entries. Its values must be truthy."""

    def __init__(self, half: int = _HALF) -> None:
        self._half = half
        self._lock = threading.Lock()
        self._young: dict[Key, Cached] = {}
        self._old: dict[Key, Cached] = {}
        self._filled = 0

    def get(self, key: Key) -> Cached | None:
        return self._young.get(key) or self._old.get(key)

    def get_all(self, keys: Sequence[Key]) -> list[Cached | None]:
        """The value of each key or None, in order."""
        values = list(map(self._young.get, keys))
        if all(values) or not self._old:
            return values
        old = self._old.get
        return [value or old(key) for value, key in zip(values, keys, strict=True)]

    def put(self, key: Key, value: Cached, characters: int) -> None:
        """Store an entry; `characters` is the length of its texts, for the memory bound."""
        with self._lock:
            if key not in self._young:
                self._filled += _ENTRY + 4 * characters
            self._young[key] = value
            if self._filled > self._half:
                self._old, self._young, self._filled = self._young, {}, 0

    def __len__(self) -> int:
        return len(self._young) + len(self._old)


def pair_key(pair: tuple[str, str]) -> tuple[str, int, int]:
    """The key of a (gold, response), which does not store the response."""
    gold, response = pair
    return gold, len(response), hash(response)
