r"""Answers that may be text instead of arithmetic: words, acronyms, numerals, formulas, scores, ranges.

`written_form` gives the signs of such an answer beside its value (`Value.written`): the letters of `xy`,
`cat` and `XI`, the figures of `3-2` and `6/10/21`, the letters and figures of `A4`. `same_form` decides
by them whether the answer may have the value of the gold answer:

* letters: a permutation is the same product (`xy`, `yx`), unless either text is all capitals, a Roman
  numeral, a short English word or a chemical formula;
* figures and codes: a published gold answer is simplified, so these signs are a score, a range or a
  name, and the answer must have the same ones. The signs of the answer alone decide nothing: `20-6`
  is 14.
"""

from __future__ import annotations

import re

from clean_bench.grading.parse.latex_lexer import Token
from clean_bench.grading.parse.notation import NOTATION, word_set

_WORDS = word_set("anagrams")
_ELEMENTS = frozenset(NOTATION["words"]["elements"].split())
_ELEMENT_RUN = re.compile(r"(?:[A-Z][a-z]?)+")
_NUMERAL = re.compile("(?=.*i)x{0,3}(?:ix|iv|v?i{0,3})")
_MAX_TOKENS = 12


def written_form(text: list[Token]) -> str:
    """The letters or figures of an answer that may be text; empty for any other answer."""
    if not 1 < len(text) <= _MAX_TOKENS:
        return ""
    first = text[0]
    if first.kind == "symbol" and len(first.text) == 1:
        return _letters(text)
    return _figures(text) if first.kind == "number" else ""


def _letters(text: list[Token]) -> str:
    """The letters without a space between them; figures may follow a capital letter: A4, CO2."""
    if any(token.spaced for token in text[1:]):
        return ""
    if all(token.kind == "symbol" and len(token.text) == 1 for token in text):
        return "".join(token.text for token in text)
    if not text[0].text.isupper():
        return ""
    named = all(
        token.text.isdigit() if token.kind == "number" else token.kind == "symbol" for token in text
    )
    run = "".join(token.text for token in text)
    return run if named and run.isalnum() and run.isascii() else ""


def _figures(text: list[Token]) -> str:
    """Numbers joined by dashes (a score, a range), or three and more joined by slashes."""
    joint = text[1].text
    if joint not in ("-", "/") or text[-1].kind != "number":
        return ""
    numbers: list[str] = []
    expected = True
    for at, token in enumerate(text):
        if token.kind == "number":
            if not expected:
                return ""
            numbers.append(token.text.lstrip("0") or "0")
            expected = False
        elif token.text != joint or (expected and text[at - 1].text != "-"):
            return ""
        else:
            expected = True
    return joint.join(numbers) if joint == "-" or len(numbers) > 2 else ""


def same_form(gold: str, answer: str) -> bool | None:
    """Whether the written forms are equal, or None where the values decide. Either may be empty."""
    if not gold:
        return None
    if gold == answer or (gold.lower() in _WORDS and gold.lower() == answer.lower()):
        return True
    if not gold.isalpha():
        return False
    if answer.isalpha() and (_is_text(gold) or _is_text(answer)):
        return False
    return None


def _is_text(letters: str) -> bool:
    if letters.isupper() or letters.lower() in _WORDS or _NUMERAL.fullmatch(letters):
        return True
    if not _ELEMENT_RUN.fullmatch(letters):
        return False
    return all(part in _ELEMENTS for part in re.findall("[A-Z][a-z]?", letters))
