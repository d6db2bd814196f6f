"""Texts that are an answer and no sentence, and a whole response that is one."""

from __future__ import annotations

import re

LONGEST_SHORT = 200
"""Most characters of an answer that is read without a mark."""
_TEXT_COMMANDS = re.compile(
    r"\\(?:text|mbox|textrm|mathrm|textbf|operatorname)\s*\{[^{}]*\}|\\[A-Za-z]+"
)
_LONG_WORD = re.compile(r"[^\W\d_]{2,}")
_PROSE = frozenset(
    "an answer are as be can cannot do does equal for has have if in is it know let no not of so solve "
    "that the then there therefore think this thus to was we with".split()
)
_STATING = frozenset(
    "he she it its they we you there choose chose pick select get gives equals".split()
)
"""Words that a sentence has and an answer of one word and a number has not."""
_DISPLAYS = (("$$", "$$"), ("\\[", "\\]"), ("\\begin{", "}"))
_CONNECTIVE = re.compile(
    r"(?:therefore|thus|hence|so|then|finally|consequently|accordingly|in conclusion|ergo)\b[,:]?\s+",
    re.IGNORECASE,
)
_STEP = re.compile(r"(?<=[0-9$)}]),? (?:and )?(?:so|thus|hence|therefore),? (?=\S)")
"""A word between a step in signs and the next one."""
_EAST_ASIAN_SENTENCE = re.compile(
    r"(?:[\uac00-\ud7af]|[\u3040-\u30ff\u4e00-\u9fff]{2})[^0-9\\$\n]{0,40}[0-9\\$]"
)
"""Characters of East Asia with a number after them; no spaces are between the words."""
_LABEL = re.compile(
    r"(?:(?:the\s)?(?:solution|result|total|sum|product|value|output|conclusion|choice)\s{0,2}[:=]"
    r"|ans(?:wer)?\.)\s{0,4}(?=\S)",
    re.IGNORECASE,
)


def whole_answer(text: str) -> str | None:
    """The whole text, if it is one short line or one displayed formula, and no sentence.

    A word such as "Therefore" before the answer is left out, and so is a label such as "Total:".
    """
    text = text.strip()
    for opening, closing in _DISPLAYS:
        if text.startswith(opening) and text.endswith(closing) and len(text) <= LONGEST_SHORT:
            return text
    connective = _CONNECTIVE.match(text)
    if connective:
        text = text[connective.end() :]
    if len(text) <= LONGEST_SHORT and "\n" not in text:
        text = _STEP.split(text)[-1]
    label = _LABEL.match(text)
    if label:
        text = text[label.end() :]
    is_answer = is_short(text) and "?" not in text and text.strip(".$ ")
    if is_answer and not text.isascii() and _EAST_ASIAN_SENTENCE.match(text):
        return None
    return text if is_answer else None


def is_short(text: str) -> bool:
    """One line with at most one word, or a few that make no sentence (`12 square inches`)."""
    if not text or len(text) > LONGEST_SHORT or "\n" in text:
        return False
    words = [word.lower() for word in _LONG_WORD.findall(_TEXT_COMMANDS.sub(" ", text))]
    words = [word for word in words if word not in ("and", "or")]
    few = 4 if text[0] in "0123456789-−.$\\(" else 2
    if not _STATING.isdisjoint(words):
        return False
    return len(words) <= 1 or (len(words) <= few and _PROSE.isdisjoint(words))
