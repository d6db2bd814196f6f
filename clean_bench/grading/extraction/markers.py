"""The answer at the last mark in a response: phrases of many languages, headings, `####`, tags, bold.

`phrases.toml` lists the phrases. Whichever mark comes last and has an answer decides; the last 20 are
tried. The time is linear in the length of the text.
"""

from __future__ import annotations

import re

from clean_bench.grading.extraction.answer_spans import answer_after, answer_inside
from clean_bench.grading.extraction.formula_runs import math_spans
from clean_bench.grading.extraction.phrases import Language, languages_of
from clean_bench.grading.extraction.short_answers import is_short

_TAG = re.compile(
    r"<\|?(?P<tag>(?:final[ _-]?)?(?:answer|ans))\|?(?: [^<>\n]{0,40})?>\s{0,200}"
    r"|\[(?P<square>(?:final[ _]?)?answer)\]\s{0,200}",
    re.IGNORECASE,
)
_TAG_END = re.compile(r"</|\[/|<\|", re.IGNORECASE)
_HASHES = re.compile(r"####[ \t]*")
_HEADING_BEFORE = re.compile(r"[#*_>\s]{0,12}(?:[^\W\d_]{1,12}\s){0,2}[#*_>\s]{0,4}", re.IGNORECASE)
_BOLD_LINE = re.compile(r"\*\*([^*\n]{1,200})\*\*[.。]?")
_MATH_OR_DIGIT = re.compile(r"[0-9\\$]")
_OUTPUT = re.compile(r"```output[^\n]*\n")
_MAX_MARKERS = 20
"""Markers that are tried, from the last."""
_MAX_AFTER = 4000
"""Characters read after a marker."""
_CAPITAL = re.compile(r"(?<![\w\\])[A-J](?![\w'’])")
_CHOICE_ONLY = re.compile(r"\(?([A-J])\)?(?![\w'’])[).:]?")


def marked_answer(text: str) -> str | None:
    """The answer after the last marker that is followed by one, of the last few markers."""
    marks = _marks(text)
    for match, language in marks[: -_MAX_MARKERS - 1 : -1]:
        answer = _answer_at(text, match, language).strip()
        if answer:
            return answer
    return _bold_line(text)


def choice_after(text: str, at: int) -> str | None:
    """The choice letter that a phrase after a place states ("**Answer: D**"), or None."""
    rest = text[at : at + _MAX_AFTER]
    if not _CAPITAL.search(rest):
        return None
    for match, language in reversed(_phrases(rest)[-_MAX_MARKERS:]):
        letter = _CHOICE_ONLY.fullmatch(_answer_at(rest, match, language).strip())
        if letter:
            return letter[1]
    return None


def program_output(text: str) -> str | None:
    """The last line of the last block of output of a program."""
    start = text.rfind("```output")
    match = _OUTPUT.match(text, start) if start >= 0 else None
    if match is None:
        return None
    lines = text[match.end() :].split("```", 1)[0].split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), None)


_Mark = tuple["re.Match[str]", Language | None]


def _marks(text: str) -> list[_Mark]:
    """All marks in the order of the text."""
    marks = _phrases(text)
    if "####" in text:
        marks += [(match, None) for match in _HASHES.finditer(text)]
    if "<" in text or "[" in text:
        marks += [(match, None) for match in _TAG.finditer(text)]
    marks.sort(key=_start)
    return marks


def _start(mark: _Mark) -> int:
    return mark[0].start()


def _phrases(text: str) -> list[_Mark]:
    """The phrases of all languages of which a noun occurs."""
    return [
        (match, language)
        for language in languages_of(text.lower())
        for match in language.marker.finditer(text)
    ]


def _answer_at(text: str, match: re.Match[str], language: Language | None) -> str:
    """The answer after a mark, or ""."""
    rest = text[match.end() : match.end() + _MAX_AFTER]
    if language is not None:
        if match["heading"]:
            line = text[: match.start()].rpartition("\n")[2] if match.start() < 4000 else ""
            if match.start() >= 4000:
                line = text[match.start() - 60 : match.start()].rpartition("\n")[2]
            if not _HEADING_BEFORE.fullmatch(line):
                return ""
        return answer_after(rest, language)
    if match[0].startswith("#"):
        answer, _, more = rest.partition("\n")
        answer = answer.strip(" *#")
        is_answer = is_short(answer) and (_MATH_OR_DIGIT.search(answer) or not more.strip())
        return answer if is_answer else ""
    end = _TAG_END.search(rest)
    while end and rest.startswith("</", end.start()) and _FONT_END.match(rest, end.start()):
        end = _TAG_END.search(rest, end.end())
    return answer_inside(rest[: end.start()] if end else rest)


_FONT_END = re.compile(
    r"</(?:b|strong|i|em|u|span|p|div|code|mark|sup|sub|center|font)>", re.IGNORECASE
)


def _bold_line(text: str) -> str | None:
    """The text of the last line, if it is bold as a whole and an answer by itself."""
    line = text.rstrip().rpartition("\n")[2].strip()
    match = _BOLD_LINE.fullmatch(line) if line.startswith("**") else None
    if match is None:
        return None
    inner = match[1].strip().rstrip(".")
    if not is_short(inner) or inner.endswith(":"):
        return None
    spans = math_spans(inner)
    if len(spans) == 1 and (spans[0][0], spans[0][3]) == (0, len(inner)):
        return inner[spans[0][1] : spans[0][2]].strip()
    return inner
