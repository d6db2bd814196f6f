"""Counter-based randomness: every random number is a function of labels that say what it is for.

`digest` hashes a tuple of labels with SHAKE-256. So item *i* of a set, or sample *j* of problem *p* in
run *r*, has its own stream, independent of the streams of other labels and computed without its
predecessors. (Additive seeds leak: a generator that seeds item *i* with `seed + i` makes seeds 42 and
43 share all items but one.)

`Draw` turns a digest into uniform integers. It holds the digest as one integer and takes mixed-radix
digits from it. Of 512 bits at most 256 are used, so the deviation from uniform is below 2**-256. It
raises an error rather than use more. (A draw from n counts as a whole number of bits, so the error
comes a little early.)
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


def digest(*labels: str | int | bytes, length: int = 64) -> bytes:
    """SHAKE-256 of the labels, each tagged with its type and length so that no two tuples collide.

    Args:
        labels: for example `("rollout", run_seed, step, problem_id, sample)`.
        length: number of bytes.
    """
    result: bytes = _update(hashlib.shake_256(), labels).digest(length)
    return result


def stream(*labels: str | int | bytes) -> Callable[..., bytes]:
    """`digest` with the first labels fixed: `stream(a, b)(c)` is `digest(a, b, c)`.

    The returned function takes the other labels and `length`. The first labels are hashed only once.
    """
    head = _update(hashlib.shake_256(), labels)

    def digest_under(*rest: str | int | bytes, length: int = 64) -> bytes:
        result: bytes = _update(head.copy(), rest).digest(length)
        return result

    return digest_under


def _update(state: Any, labels: tuple[str | int | bytes, ...]) -> Any:
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
    """A 63-bit seed, for libraries that take an integer."""
    return int.from_bytes(digest(*labels, length=8), "big") >> 1


class Draw:
    """Uniform integers from random bytes (see the module's docstring).

    Raises:
        ValueError: when more than half of the bits would be used.
    """

    __slots__ = ("_left", "_pool")

    def __init__(self, entropy: bytes) -> None:
        self._pool = int.from_bytes(entropy, "big")
        self._left = len(entropy) * 4

    def below(self, n: int) -> int:
        """A uniform integer in 0..n-1."""
        self._left -= (n - 1).bit_length()
        if self._left < 0:
            raise ValueError("expected to draw at most half of the random bits; give more bytes")
        self._pool, value = divmod(self._pool, n)
        return value

    def between(self, low: int, high: int) -> int:
        """A uniform integer in low..high, both included."""
        return low + self.below(high - low + 1)

    def choice(self, options: Sequence[T]) -> T:
        """A uniform element of a non-empty sequence."""
        return options[self.below(len(options))]
