"""Counter-based randomness: every random number is a function of what it is for.

`digest` hashes a tuple of labels with SHAKE-256, so that item *i* of a set, or sample *j* of problem
*p* in run *r*, has its own stream that is reached without its predecessors and that shares nothing
with the stream of a neighbouring label. (Additive seeds leak: a generator that seeds item *i* with
`seed + i` makes seeds 42 and 43 share all items but one.)

`Draw` turns such a digest into uniform integers. It holds the digest as one large integer and takes
mixed-radix digits from it; with 512 bits and at most 256 consumed, the deviation from uniform is
below 2**-256. It refuses to go further than that rather than lose uniformity in silence (a draw from
n counts as the whole bits that it fills, so the refusal comes a little early).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


def digest(*labels: str | int | bytes, length: int = 64) -> bytes:
    """SHAKE-256 over the labels, each tagged with its type and length so that no two tuples collide.

    Args:
        labels: what the stream is for, for example `("rollout", run_seed, step, problem_id, sample)`.
        length: number of bytes returned.
    """
    found: bytes = _labelled(hashlib.shake_256(), labels).digest(length)
    return found


def stream(*labels: str | int | bytes) -> Callable[..., bytes]:
    """`digest` with the first labels given beforehand: `stream(a, b)(c)` is `digest(a, b, c)`.

    What is returned takes the other labels and `length`; it is for many streams under one head.
    """
    head = _labelled(hashlib.shake_256(), labels)

    def digest_under(*rest: str | int | bytes, length: int = 64) -> bytes:
        found: bytes = _labelled(head.copy(), rest).digest(length)
        return found

    return digest_under


def hash64(text: str) -> int:
    """A 64-bit hash of a text, the same on every machine; any two texts share it once in 2^64."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def _labelled(state: Any, labels: tuple[str | int | bytes, ...]) -> Any:
    for label in labels:
        if isinstance(label, bytes):
            tag, data = b"b", label
        elif isinstance(label, int):
            tag, data = b"i", b"%d" % label
        else:
            tag, data = b"s", label.encode()
        state.update(tag + len(data).to_bytes(8, "big") + data)
    return state


def seed_of(*labels: str | int | bytes) -> int:
    """A 63-bit integer seed for libraries that want one."""
    return int.from_bytes(digest(*labels, length=8), "big") >> 1


class Draw:
    """Uniform integers from a byte string (see the module's docstring).

    Raises:
        ValueError: when more than half of the bits have been consumed.
    """

    __slots__ = ("_left", "_pool")

    def __init__(self, words: bytes) -> None:
        self._pool = int.from_bytes(words, "big")
        self._left = len(words) * 4

    def below(self, n: int) -> int:
        """A uniform integer in 0..n-1."""
        self._left -= (n - 1).bit_length()
        if self._left < 0:
            raise ValueError("this item needs more random words than it was given")
        self._pool, value = divmod(self._pool, n)
        return value

    def between(self, low: int, high: int) -> int:
        """A uniform integer in low..high, both included."""
        return low + self.below(high - low + 1)

    def choice(self, options: Sequence[T]) -> T:
        """A uniform element of a non-empty sequence."""
        return options[self.below(len(options))]
