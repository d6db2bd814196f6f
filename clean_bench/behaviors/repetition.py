"""Repetition inside one text."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

from clean_bench.text.similarity import ngrams

SHORTEST, LONGEST, REPEATS = 10, 256, 10
_WINDOW = SHORTEST
_STRIDE = SHORTEST * (REPEATS - 1) - _WINDOW + 1


def repeats(text: str) -> bool:
    """Whether some string of 10 to 256 characters occurs ten times or more in a row.

    The condition of the "no repetition" reward of *Spurious Rewards* (arXiv 2506.10947). A string of
    p characters occurs r times in a row exactly where p (r - 1) consecutive characters equal those p
    characters later. Every such run covers a window of ten characters that starts at a multiple of 81
    and occurs again p characters later. So only those distances are tried, each at most once: 100
    thousand hostile characters take a fraction of a second.
    """
    tried: set[int] = set()
    codes: npt.NDArray[np.uint32] | None = None
    for start in range(0, len(text) - _WINDOW, _STRIDE):
        window = text[start : start + _WINDOW]
        end = start + LONGEST + _WINDOW
        position = text.find(window, start + SHORTEST, end)
        while position >= 0:
            distance = position - start
            if distance not in tried:
                tried.add(distance)
                if codes is None:
                    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
                if _longest_run(codes, distance) >= distance * (REPEATS - 1):
                    return True
            position = text.find(window, position + 1, end)
    return False


def repeated_ngrams(words: Sequence[Hashable], n: int) -> float:
    """The share of n-grams that occurred before in the text: 1 - distinct / all; 0 for no n-gram.

    For n = 4 it is seq-rep-4 (Welleck et al. 2020, "Neural text generation with unlikelihood
    training", section 6); 1 minus it is distinct-n (Li et al. 2016).
    """
    grams = list(ngrams(words, n))
    return 1 - len(set(grams)) / len(grams) if grams else 0.0


def _longest_run(codes: npt.NDArray[np.uint32], distance: int) -> int:
    """The largest number of consecutive characters that equal those `distance` later."""
    breaks = np.flatnonzero(codes[:-distance] != codes[distance:])
    edges = np.concatenate(([-1], breaks, [len(codes) - distance]))
    return int(np.diff(edges).max()) - 1
