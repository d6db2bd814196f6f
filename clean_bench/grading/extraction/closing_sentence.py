"""The fallback: the result that the closing sentence states, where nothing marks an answer.

Only the last 2,000 characters are read, without blocks of code. From the end, sentences that state
nothing ("I hope this helps", "This is because ...", an offer) are passed over. There is no answer if the
sentence before them is a question, a refusal ("I cannot solve this") or a plan ("Let me think about 5").
A sentence ends with a full stop or a line, not inside a formula.
"""

from __future__ import annotations

import re

from clean_bench.grading.extraction.formula_runs import math_spans
from clean_bench.grading.extraction.phrases import declines, starts_with
from clean_bench.grading.extraction.results import result_of

_TAIL = 2000
_MOST_SENTENCES = 8
"""Sentences that are read, from the end."""
_MOST_WITHOUT_RESULT = 2
"""Sentences without a result that are passed over."""
_SENTENCE_END = re.compile(r"[.!?](?=[\"'”’)*\]]{0,4}(?:\s|$))|[。！？।]|\n")
_ABBREVIATION = re.compile(
    r"(?:\b(?:approx|e\.g|i\.e|vs|mr|mrs|ms|dr|st|no|fig|eq|cf|etc|ca|resp|[a-z])|(?:^|\n)\s*[0-9]{1,2})$",
    re.IGNORECASE,
)
_BULLET = re.compile(r"\s*(?:[-*•+]\s+|[0-9]{1,2}[.)]\s+(?=\D))")
_CODE = "```"
_RULE = re.compile(r"[\s*_#=~-]*")
_LEAD_IN = re.compile(
    r"\W{0,4}(?:(?:ok|okay|so|now|well|but|and|hmm|wait|then|first|next|alternatively|alright)\b"
    r"[,.: ]{1,3}){1,3}",
    re.IGNORECASE,
)


def closing_result(text: str) -> str | None:
    """The result of the closing sentence, or None."""
    reasons: list[str] = []
    without = 0
    for sentence in _sentences_from_the_end(_without_code(_tail(text))):
        question = sentence.rstrip("\"'”’)* ").endswith(("?", "？"))
        if starts_with("fillers").match(sentence):
            reasons.append(sentence)
            continue
        if question or _declines(sentence):
            return None
        result = result_of(sentence)
        if result:
            return result
        without += 1
        if without > _MOST_WITHOUT_RESULT:
            return None
    for sentence in reasons:
        if not sentence.endswith(("?", "？")):
            result = result_of(sentence)
            if result:
                return result
    return None


def _tail(text: str) -> str:
    """The end of the text, from the start of a line where it has one: half a formula misleads."""
    text = text.rstrip()
    if len(text) <= _TAIL:
        return text
    line = text.find("\n", len(text) - _TAIL)
    return text[line + 1 if line >= 0 else len(text) - _TAIL :]


def _declines(sentence: str) -> bool:
    """Whether a sentence is a refusal or announces a step."""
    start = _BULLET.sub("", sentence, count=1) if _BULLET.match(sentence) else sentence
    lead = _LEAD_IN.match(start)
    start = start[lead.end() :] if lead else start
    return declines(start) or any(starts_with(key).match(start) for key in ("no_results", "plans"))


def _without_code(text: str) -> str:
    """The text with blocks of code left out."""
    if _CODE not in text:
        return text
    parts = text.split(_CODE)
    return "\n".join(parts[::2])


def _sentences_from_the_end(text: str) -> list[str]:
    """The last sentences, the last first, each with its closing mark; a formula is never split."""
    text = text.rstrip()
    formulas = [(start, end) for start, _, _, end in math_spans(text)]
    ends = []
    at = 0
    for match in _SENTENCE_END.finditer(text):
        place = match.start()
        while at < len(formulas) and formulas[at][1] <= place:
            at += 1
        if at < len(formulas) and formulas[at][0] <= place:
            continue
        if match[0] == "." and _ABBREVIATION.search(text[max(0, place - 8) : place]):
            continue
        ends.append(match.end())
    if not ends or ends[-1] < len(text):
        ends.append(len(text))
    sentences: list[str] = []
    for start, end in zip(reversed([0, *ends[:-1]]), reversed(ends), strict=True):
        sentence = text[start:end].strip()
        if sentence and not _RULE.fullmatch(sentence) and len(sentence.strip("\"'”’)*. ")):
            sentences.append(sentence)
            if len(sentences) == _MOST_SENTENCES:
                break
    return sentences
