"""The Porter stemmer (Porter 1980, "An algorithm for suffix stripping") of NLTK.

NLTK's variant is the one of the rouge-score package, which BenBench used. It needs no downloaded data.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache


def stem(word: str) -> str:
    """The stem of a lower-case word."""
    return _nltk_stem()(word)


@cache
def _nltk_stem() -> Callable[[str], str]:
    from nltk.stem.porter import PorterStemmer  # takes half a second to import

    stemmer: Callable[[str], str] = PorterStemmer().stem
    return stemmer
