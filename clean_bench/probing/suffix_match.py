r"""Comparison of a completion with the true suffix of a problem.

A base model does not stop where the problem ends, so the completion is compared on the length of the
suffix, and `stops` is a separate measure. Digits and signs always count: -3 is not 3. Case counts except
at the folded level: SmolLM2-135M continues the Declaration of Independence word for word in another
case.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from clean_bench.engines.base import Completion
from clean_bench.grading import Grade
from clean_bench.samples import storable
from clean_bench.text.normalize import normalize_spaces
from clean_bench.text.similarity import common_prefix, edit_similarity, rouge_l
from clean_bench.text.tokenizer import latex_tokens, notation_tokens

EXTRACTION = "suffix"
"""The rule of extraction of a prefix's sample: the whole completion is compared."""


@dataclass(frozen=True, slots=True)
class SuffixMatch:
    """A completion compared with a suffix.

    `raw`, `text`, `folded` and `latex` are exact matches on the length of the suffix: of the characters;
    after `normalize_spaces`; after that and Unicode case folding; of `latex_tokens`. A match at `raw` is
    one at `text`, and a match at `text` is one at the two others. There is no match where the
    completion continues the last word or number of the suffix ("125" for "12"). `stops`: the text
    level matches and the model ended there. `rouge_l` and `edit_similarity` are in [0, 1];
    `common_prefix` counts `notation_tokens`.
    """

    raw: bool
    text: bool
    folded: bool
    latex: bool
    stops: bool
    rouge_l: float
    edit_similarity: float
    common_prefix: int


def compare_suffix(completion: str, suffix: str, *, ended: bool) -> SuffixMatch:
    """Compare a completion with the true suffix.

    Args:
        completion: the model's text, of any length.
        suffix: the rest of the problem; not empty.
        ended: whether the model ended by itself.
    """
    plain, target = normalize_spaces(completion), normalize_spaces(suffix)
    raw = _starts_with(completion, suffix)
    text = raw or _starts_with(plain, target)
    latex, latex_target = latex_tokens(plain), latex_tokens(target)
    tokens, target_tokens = notation_tokens(plain), notation_tokens(target)
    return SuffixMatch(
        raw=raw,
        text=text,
        folded=text or _starts_with(plain.casefold(), target.casefold()),
        latex=text or (bool(latex_target) and latex[: len(latex_target)] == latex_target),
        stops=text and ended and plain == target,
        rouge_l=rouge_l(tokens[: len(target_tokens)], target_tokens),
        edit_similarity=edit_similarity(plain[: len(target)], target),
        common_prefix=common_prefix(tokens, target_tokens),
    )


def graded_suffix(completion: Completion, suffix: str) -> Grade:
    """The grade of the completion of a prefix: its exact match at the text level."""
    text = storable(completion.text)
    return grade_of(compare_suffix(text, suffix, ended=completion.finish == "stop"), text)


def grade_of(match: SuffixMatch, completion: str) -> Grade:
    """The grade of a completion."""
    return Grade("equal" if match.text else "different", completion, EXTRACTION)


def _starts_with(text: str, start: str) -> bool:
    """Whether a text starts with another one and does not continue its last word or command."""
    if not start or not text.startswith(start):
        return False
    following, last = text[len(start) : len(start) + 1], start[-1]
    if not following:
        return True
    if unicodedata.combining(following) or last == "\\":
        return False
    return not (last.isalnum() and following.isalnum())
