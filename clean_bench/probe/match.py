r"""How alike are a completion and the true suffix?

A completion may go on after the suffix (a base model does not know that the problem ends), so it
is compared on the suffix's length and whether it stopped there is told apart. Letters, digits and
signs
always count: in mathematics -3 is not 3.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import LCSseq, Levenshtein

_TOKEN = re.compile(r"\\(?:[A-Za-z]+|.)|[^\W\d_]+|\d+|\S", re.DOTALL)
_SPACES = (r"\!", r"\,", r"\;", r"\:", r"\ ", "\\\n", r"\quad", r"\qquad")
_DELIMITERS = ("$", r"\(", r"\)", r"\[", r"\]", r"\left", r"\right", r"\displaystyle")
_IGNORED = frozenset((*_SPACES, *_DELIMITERS))
_SAME = {
    r"\dfrac": r"\frac",
    r"\tfrac": r"\frac",
    r"\le": r"\leq",
    r"\ge": r"\geq",
    r"\ne": r"\neq",
}


@dataclass(frozen=True, slots=True)
class Match:
    """A completion against a suffix.

    `raw`, `text` and `latex` are exact matches on the suffix's length at three levels: the
    characters as they are; after Unicode NFC with runs of white space as one space and none at the
    ends; and token by token with notation that prints alike taken for equal. A match at one level
    is a match at the next. None of them counts where the completion goes on inside the suffix's
    last word or number ("12" is not matched by "125"). `stops` says that the text level matches
    and the model ended there. `rouge_l` and `edit_similarity` lie in [0, 1]; `common_prefix`
    counts LaTeX-aware tokens.
    """

    raw: bool
    text: bool
    latex: bool
    stops: bool
    rouge_l: float
    edit_similarity: float
    common_prefix: int


def compare(completion: str, suffix: str, *, ended: bool) -> Match:
    """Compare a completion with the true suffix.

    Args:
        completion: what the model wrote, however long.
        suffix: what comes in the problem; not empty.
        ended: whether the model ended by itself.
    """
    plain, target = plain_text(completion), plain_text(suffix)
    raw = _begins(completion, suffix)
    text = raw or _begins(plain, target)
    tokens, wanted = latex_tokens(plain), latex_tokens(target)
    words, wanted_words = _words(plain), _words(target)
    return Match(
        raw=raw,
        text=text,
        latex=text or (bool(wanted) and tokens[: len(wanted)] == wanted),
        stops=text and ended and plain == target,
        rouge_l=rouge_l(words[: len(wanted_words)], wanted_words),
        edit_similarity=Levenshtein.normalized_similarity(plain[: len(target)], target),
        common_prefix=common_prefix(words, wanted_words),
    )


def plain_text(text: str) -> str:
    """Unicode NFC, every run of white space one space, none at the ends."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def latex_tokens(text: str) -> list[str]:
    r"""Commands, words, numbers and signs, without what changes spacing or size alone.

    Dropped: white space, `\left`, `\right`, `\!`, `\,` and other spaces, `\displaystyle`, and the
    delimiters of mathematics. `\dfrac` and `\tfrac` are `\frac`; `\le`, `\ge`, `\ne` their long
    forms; `{,}` (a comma inside a number) is a comma.
    """
    kept = [_SAME.get(token, token) for token in _words(text) if token not in _IGNORED]
    tokens: list[str] = []
    for token in kept:
        tokens.append(token)
        if tokens[-3:] == ["{", ",", "}"]:
            tokens[-3:] = [","]
    return tokens


def rouge_l(candidate: Sequence[str], reference: Sequence[str]) -> float:
    """ROUGE-L F1 (Lin 2004): of the longest common subsequence, over tokens; 0 if one is empty."""
    longest = LCSseq.similarity(candidate, reference)
    return 2 * longest / (len(candidate) + len(reference)) if longest else 0.0


def common_prefix(candidate: Sequence[str], reference: Sequence[str]) -> int:
    """How many tokens agree before the first that does not."""
    pairs = zip(candidate, reference, strict=False)
    return next(
        (i for i, (a, b) in enumerate(pairs) if a != b), min(len(candidate), len(reference))
    )


def _words(text: str) -> list[str]:
    return _TOKEN.findall(text)


def _begins(text: str, start: str) -> bool:
    """Whether a text begins with another one and does not go on inside its last word."""
    if not start or not text.startswith(start):
        return False
    following, last = text[len(start) : len(start) + 1], start[-1]
    if not following:
        return True
    if unicodedata.combining(following) or last == "\\":
        return False
    return not (last.isalnum() and following.isalnum())
