"""The result that a sentence states: its last formula, number or choice letter.

    result_of("So he has 5 apples left.")            # "5"
    result_of("The share rose by 34 percent.")       # "34\\%"
    result_of("The line is y = 1/2*x + 1/3")         # "y = 1/2*x + 1/3"

A number that only qualifies another ("5 of the 12 students", "after 3 days", "Step 2") is used where
the sentence has no other. The sentence is split into tokens once, so the time is linear in its length.
"""

from __future__ import annotations

import re

from clean_bench.grading.extraction.formula_runs import VALUE, Span, formula_runs, math_spans
from clean_bench.grading.extraction.short_answers import is_short

_NUMBER_WORDS = frozenset(
    "zero two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty".split()
)
_MULTIPLIERS = ("hundred", "thousand", "million", "billion", "trillion", "dozen")
_UNITS = (
    "hours?|hrs?|h|minutes?|mins?|seconds?|secs?|days?|weeks?|months?|years?|feet|foot|ft|inch(?:es)?|in"
    "|yards?|pounds?|lbs?|ounces?|oz|dollars?|cents?|meters?|metres?|m|centimeters?|cm|kilometers?|km|kg"
    "|kilograms?|grams?|g|degrees?"
)
_COMPOUND = re.compile(
    rf"(?<![0-9])[0-9]{{1,12}}\s?(?:{_UNITS})(?:,? and |, | )[0-9]{{1,12}}\s?(?:{_UNITS})(?![a-z])",
    re.IGNORECASE,
)
_PERCENT_WORD = re.compile(
    r"\s{0,2}(?:\\?%|(?:percent|per cent|pour cent|prozent|por ciento|por cento)\b|процент)",
    re.IGNORECASE,
)
_HALF_OF_DAY = re.compile(r"\s{0,2}(?:\\text\{)?\s{0,2}([ap])\.?m\b", re.IGNORECASE)
_MULTIPLIER_WORD = re.compile(rf"\s{{1,2}}({'|'.join(_MULTIPLIERS)})\b", re.IGNORECASE)
_ASIDE = re.compile(
    r",?\s(?:where|which|because|since|when|whenever|if|given that|as required|as desired|as claimed"
    r"|as expected)\b"
    r"|\s[–—]\s(?=[A-Za-z]{2})|\s\((?=[a-z]{2,})",
)
_CLAUSE = re.compile(r"(?:if|when|since|because|as|given|after|while|although|of)\b", re.IGNORECASE)
_QUALIFIED = re.compile(
    r"\b(?:out of|of the|of these|of all|than|after|before|within|from|per|every|during|among|for all"
    r"|for every|for each|to [a-z]{2,12}|in|first|last|each of(?: the)?)[\s$(\\]{0,4}$",
    re.IGNORECASE,
)
"""Words before a number that only qualifies another."""
_RESULTING = re.compile(
    r"\b(?:results?|resulting|comes? to|amounts? to|equal to|leads? to|down to|up to|equals to"
    r"|simplif(?:y|ies) to|reduces? to) ?(?:in)?[\s$(\\]{0,4}$",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"(?:[a-zA-Zμ]{1,3}|\\(?:text|mathrm)\{[^{}]{1,20}\})(?:[/·](?:[a-zA-Z]{1,2}))?"
    r"(?:\^\{?[-−]?[0-9]\}?|[²³])"
)
_NEGATED = re.compile(
    r"(?:(?:\bnot|n't)(?: equal to)?|\bno (?:es|é|son)|\bnão é|\bnon è|\bnicht|\bpas|\bне)[\s$(\\]{1,4}$"
    r"|(?:不是|不为|不為|不等于|不等於|ではなく)\s?$",
    re.IGNORECASE,
)
_NEGATED_AFTER = re.compile(
    r"[\s$)]{0,3}(?:is|are|was)(?: not|n't)\b|\s?(?:不是|ではない|ではありません|가 아니)",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"\b(?:step|part|case|figure|fig\.?|table|equation|eq\.?|problem|question|exercise|chapter|section"
    r"|page|theorem|lemma|example|line|no\.)[\s(#]{0,3}$",
    re.IGNORECASE,
)
_CHOICE_NAMED = re.compile(
    r"(?:\b(?i:option|choice|choose|chose|pick|select|answer|alternative|statement|letter|opción|opção|réponse|antwort|вариант)s?"
    r"(?: is)?|选项?|選項?|보기)\s{0,2}[:=]?\s{0,2}\(?([A-HJ])(?:\)|(?![\w'’]))"
)
_CHOICE_BRACKETS = re.compile(r"(?<![\w)])\(([A-HJ])\)(?!\s*=)")
_CHOICE_LAST = re.compile(r"(?:\b(?:is|be|es|est|ist|é|è)|[:=是为])\s{0,2}([A-HJ])\s*[.。!]?\s*$")
_JOIN = re.compile(r"\s{0,2}(?:,|,?\s?(?:and|or|y|et|und|e|и)\s|,?\s?(?:和|或))\s{0,2}")
_LIST_START = re.compile(
    r"(?:\b(?:is|are|were|be|namely|values?|roots?|solutions?|answers?|numbers?|either|both|son|sont|sind"
    r"|são|sono)|[=:是为])[\s$\\(]{0,4}$",
    re.IGNORECASE,
)
_BOLD = re.compile(r"\*\*([^*\n]{1,200})\*\*|(?<!_)__([^_\n]{1,200})__(?!_)")
_COPULA = re.compile(
    r"(?:\b(?:is|are|was|were|be|chose|wins?|won|called|named)|[:=])[\s(\"'“]{0,3}$", re.IGNORECASE
)
_LETTER = re.compile(r"[^\W\d_]")


def result_of(sentence: str) -> str | None:
    """The result that a sentence states, or None where it has no formula, number or choice letter."""
    emphasized = _emphasized(sentence)
    if emphasized:
        return emphasized
    sentence = sentence.replace("**", "").replace("__", "")
    maths = [Span(a, d, sentence[b:c].strip()) for a, b, c, d in math_spans(sentence)]
    outside = _blanked(sentence, maths)
    main = _main_clause(sentence, outside)
    for start, end in (main, (0, len(sentence))):
        answer = _last_result(sentence, outside, maths, start, end)
        if answer:
            return answer
    return None


def _blanked(sentence: str, maths: list[Span]) -> str:
    """The sentence with formulas in delimiters replaced by as many spaces."""
    for span in maths:
        sentence = sentence[: span.start] + " " * (span.end - span.start) + sentence[span.end :]
    return sentence


def _main_clause(sentence: str, outside: str) -> tuple[int, int]:
    """Where the main clause starts and ends: without "If ...," before it and "because ..." after it."""
    start, end = 0, len(sentence)
    first = _LETTER.search(outside)
    clause = _CLAUSE.match(outside, first.start()) if first else None
    if clause:
        comma = re.compile(r",\s").search(outside, clause.end())
        start = comma.end() if comma else 0
    aside = _ASIDE.search(outside, start + 1)
    if aside:
        end = aside.start()
    return start, end


def _emphasized(sentence: str) -> str | None:
    """The last bold text, if it is an answer by itself: it has a value, or it ends the sentence."""
    bold = list(_BOLD.finditer(sentence))
    if not bold:
        return None
    last = bold[-1]
    inner = (last[1] or last[2]).strip().rstrip(".")
    if not inner or inner.endswith(":") or not is_short(inner):
        return None
    if inner.startswith("$") and inner.endswith("$") and inner.count("$") == 2:
        inner = inner[1:-1]
    if VALUE.search(inner) or inner[0] in "$\\":
        after = _PERCENT_WORD.match(sentence, last.end())
        return f"{inner}\\%" if after else inner
    ends = not sentence[last.end() :].strip(" .!。")
    named = _COPULA.search(sentence[max(0, last.start() - 20) : last.start()])
    return inner if ends and named else None


def _last_result(
    sentence: str, outside: str, maths: list[Span], start: int, end: int
) -> str | None:
    """The last candidate between two places; a qualifier only where there is nothing else."""
    compounds = list(_COMPOUND.finditer(outside, start, end))
    delimited = [span for span in maths if start <= span.start and span.end <= end]
    spans = sorted(delimited + formula_runs(outside, start, end))
    choice = _last_choice(outside, start, end, spans)
    if choice and (not spans or choice.end >= spans[-1].end):
        return choice.answer
    if compounds and spans and compounds[-1].end() >= spans[-1].end:
        return compounds[-1][0]
    valued = [span for span in spans if VALUE.search(span.answer) or "=" in span.answer]
    valued = valued or [span for span in spans if span in maths]
    valued = [span for span in valued if not _is_unit(sentence, span)] or valued
    valued = [
        span
        for span in valued
        if not _NEGATED.search(sentence[max(0, span.start - 20) : span.start])
        and not _NEGATED_AFTER.match(sentence, span.end)
    ]
    if not valued:
        return _number_word(outside[start:end])
    free = [span for span in valued if not _is_qualifier(sentence, span)]
    return _with_neighbours(sentence, free or valued, spans)


def _is_unit(sentence: str, span: Span) -> bool:
    """Whether a candidate is the unit of the number before it (`9.8 m/s^2`, `12 $\\text{cm}^2$`)."""
    before = sentence[: span.start].rstrip(" $")
    return before[-1:].isdigit() and bool(_UNIT.fullmatch(span.answer))


def _is_qualifier(sentence: str, span: Span) -> bool:
    before = sentence[max(0, span.start - 30) : span.start]
    return bool(_REFERENCE.search(before)) or (
        bool(_QUALIFIED.search(before)) and not _RESULTING.search(before)
    )


def _with_neighbours(sentence: str, valued: list[Span], spans: list[Span]) -> str:
    """The last candidate with its percent sign or multiplier, or the list that it ends."""
    last = valued[-1]
    members = [last]
    for span in reversed(spans[: spans.index(last)]):
        between = sentence[span.end : members[0].start]
        if span not in valued or not _JOIN.fullmatch(between):
            break
        members.insert(0, span)
    before = sentence[max(0, members[0].start - 20) : members[0].start]
    if len(members) > 1 and (_LIST_START.search(before) or not before.strip(" -*•")):
        return ", ".join(member.answer for member in members)
    answer = _reduced(last.answer)
    half = _HALF_OF_DAY.match(sentence, last.end)
    if half and ":" in answer + ":" * (len(answer) <= 2):
        return f"{answer} {half[1].upper()}M"
    percent = _PERCENT_WORD.match(sentence, last.end)
    if percent and "%" not in answer:
        return f"{answer}\\%"
    multiplier = _MULTIPLIER_WORD.match(sentence, last.end)
    return f"{answer} {multiplier[1]}" if multiplier else answer


def _reduced(formula: str) -> str:
    """The last side of a calculation in numbers (`25 - 7 = 18`); a formula with names stays."""
    left, equals, right = formula.rpartition("=")
    if equals and right.strip() and not _LETTER.search(re.sub(r"\\[A-Za-z]+", "", left)):
        return right.strip()
    for sign in ("\\approx", "≈"):
        left, approximately, right = formula.partition(sign)
        if approximately and not re.search(r"\d", left) and right.strip():
            return right.strip()
    return formula


def _last_choice(outside: str, start: int, end: int, spans: list[Span]) -> Span | None:
    """The last choice letter, with its content where a number or formula stands right after it."""
    last = None
    for pattern in (_CHOICE_NAMED, _CHOICE_BRACKETS, _CHOICE_LAST):
        for match in pattern.finditer(outside, start, end):
            if last is None or match.end() > last.end:
                last = Span(match.start(), match.end(), match[1])
    if last is None:
        return None
    for span in spans:
        if span.start >= last.end and not outside[last.end : span.start].strip(" :.,"):
            return Span(last.start, span.end, f"({last.answer}) {span.answer}")
    return last


def _number_word(text: str) -> str | None:
    """The last number in words (two to twenty, zero)."""
    words = re.findall(r"[A-Za-z]+", text)
    return next((word for word in reversed(words) if word.lower() in _NUMBER_WORDS), None)
