"""How alike are a problem's completions before and after training?

Alone such a number says little: a short or forced answer is like any other one. So beside it stands
how alike two samples of the same checkpoint are (*Reasoning or Memorization?*, arXiv 2507.10532, has
the first number without the second).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import nan

from clean_bench.probe.match import latex_tokens, plain_text, rouge_l

LONGEST = 4096
"""Word tokens of a completion that are compared: the work grows with their square."""


def likeness(before: Sequence[str], after: Sequence[str]) -> dict[str, float]:
    """Likenesses of one problem's completions, each a mean over pairs; nan where there is no pair.

    Args:
        before: the completions of one checkpoint, at least one.
        after: those of the other one, at least one.

    Returns:
        `across`: mean ROUGE-L F1 of every completion before with every one after, over the first
        4,096 word tokens; `same`: the share of those pairs that are the same text; `within_before`
        and `within_after`: the mean ROUGE-L F1 of two completions of the same checkpoint.
    """
    old = [latex_tokens(plain_text(text))[:LONGEST] for text in before]
    new = [latex_tokens(plain_text(text))[:LONGEST] for text in after]
    pairs = [(a, b) for a in old for b in new]
    return {
        "across": sum(_alike(a, b) for a, b in pairs) / len(pairs),
        "same": sum(a == b for a in before for b in after) / len(pairs),
        "within_before": _within(old),
        "within_after": _within(new),
    }


def _within(texts: Sequence[list[str]]) -> float:
    pairs = list(combinations(texts, 2))
    return sum(_alike(a, b) for a, b in pairs) / len(pairs) if pairs else nan


def _alike(a: list[str], b: list[str]) -> float:
    """ROUGE-L F1; two texts without a word are alike."""
    return 1.0 if a == b else rouge_l(a, b)
