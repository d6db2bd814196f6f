"""What was graded before, kept for the life of the process and bounded in memory.

Two tables a grader: one by (gold, answer), and one by (gold, response) that makes a second pass over
the same responses one look-up each. The second keeps no response: a response is known by its length
and by Python's keyed 64-bit hash, so two different ones of one length under one gold answer are taken
for each other with probability 2^-64, and no text can be made to collide.

A table has two halves, young and old. New entries go into the young half; when that is full it
becomes the old one, and what was in the old one is forgotten. So the latest entries are always there,
and a look-up writes nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

_HALF = 40_000_000
_ENTRY = 250
"""Bytes of half a table, and of an entry beside its characters (two tuples, numbers, a slot)."""

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Table(Generic[Key, Value]):
    """A dictionary that forgets its oldest entries; safe in threads. Its values count as true."""

    def __init__(self, half: int = _HALF) -> None:
        self._half = half
        self._lock = threading.Lock()
        self._young: dict[Key, Value] = {}
        self._old: dict[Key, Value] = {}
        self._filled = 0

    def get(self, key: Key) -> Value | None:
        found = self._young.get(key)
        return found if found is not None else self._old.get(key)

    def get_all(self, keys: Sequence[Key]) -> list[Value | None]:
        """What is known of each key, in order."""
        found = list(map(self._young.get, keys))
        if all(found) or not self._old:
            return found
        old = self._old.get
        return [value or old(key) for value, key in zip(found, keys, strict=True)]

    def put(self, key: Key, value: Value, characters: int) -> None:
        """Keep an entry that holds so many characters."""
        with self._lock:
            if key not in self._young:
                self._filled += _ENTRY + 4 * characters
            self._young[key] = value
            if self._filled > self._half:
                self._old, self._young, self._filled = self._young, {}, 0

    def __len__(self) -> int:
        return len(self._young) + len(self._old)


def pair_key(pair: tuple[str, str]) -> tuple[str, int, int]:
    """How a (gold, response) is known without keeping the response."""
    gold, response = pair
    return gold, len(response), hash(response)
