"""Formulas in a sentence: those in math delimiters, and runs of plain numbers, operators and names.

    formula_runs("The line is y = 1/2*x + 1/3", 0, 27)    # one span, "y = 1/2*x + 1/3"

A text is split into tokens once, so the time is linear in its length.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_MATH_OPENING = re.compile(r"\\\(|\\\[|\$\$|(?<!\\)\$(?=\S)")
_MATH_CLOSING = {"\\(": "\\)", "\\[": "\\]", "$$": "$$", "$": "$"}
_LONGEST_MATH = 1000
_NO_SPACES = r"\u0e01-\u0e4e\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af"
"""Characters of scripts that write no space between a word and a number."""
_RESULT_TOKEN = re.compile(
    r"(?P<matrix>\\begin\{[a-zA-Z*]{1,12}\}[^\n]{0,300}?\\end\{[a-zA-Z*]{1,12}\})"
    r"|(?P<text>\\(?:text|mbox|textrm|mathrm|operatorname)\s?\{[^{}]{0,80}\})"
    r"|(?P<number>(?:\\?[$€£¥₹]\s?)?\.?[0-9](?:[0-9,.:]*[0-9])?"
    r"(?:[万亿萬億만억]|[eE][-+]?[0-9]{1,4}(?!\w)|\s?[xX×]\s?10\^\{?[-−]?[0-9]{1,4}\}?)?|[\d½¼¾⅓⅔]+)"
    r"|(?P<percent>\\?%|°|\^\\circ)"
    r"|(?P<command>\\[A-Za-z]+|\\[,;! ])"
    rf"|(?P<word>(?![{_NO_SPACES}])[^\W\d_][\w'’]*)"
    r"|(?P<op>[-+*/^=<>≤≥≈≠×·÷±√−–—!_|∞²³∪∩∈])"
    r"|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<comma>,)|(?P<space>\s+)|(?P<other>.)",
    re.DOTALL,
)
_FUNCTIONS = frozenset(
    "sin cos tan cot sec csc arcsin arccos arctan log ln exp sqrt pi max min gcd lcm infinity".split()
)
VALUE = re.compile(r"[\d½¼¾⅓⅔π∞]|\\(?:pi|infty|frac|sqrt|emptyset)")
"""Matches where a text holds a value: a digit, a fraction, a constant."""
_SIGNS = "-−+±√"
_GLUE = ("^", "_", "-", "²", "³")
_UNIT_LETTERS = "mghsLNJWV"


class Span(NamedTuple):
    """A candidate: its place in the sentence, and the answer that it gives."""

    start: int
    end: int
    answer: str


def math_spans(text: str) -> list[tuple[int, int, int, int]]:
    """The formulas in math delimiters: start, start and end of the content, end.

    A dollar sign closes a formula only after a character that is no space and before none that is a
    digit (as in pandoc), so that `$5 and $10` are amounts.
    """
    spans = []
    missing: set[str] = set()
    at = 0
    while (opening := _MATH_OPENING.search(text, at)) is not None:
        at = opening.end()
        closing = _MATH_CLOSING[opening[0]]
        if closing in missing:
            continue
        end = text.find(closing, at)
        while closing == "$" and end > 0 and text[end - 1] == "\\":
            end = text.find(closing, end + 1)
        if end < 0:
            missing.add(closing)
            continue
        amount = closing == "$" and (text[end - 1].isspace() or text[end + 1 : end + 2].isdigit())
        if amount or not 0 < end - at <= _LONGEST_MATH:
            continue
        spans.append((opening.start(), at, end, end + len(closing)))
        at = end + len(closing)
    return spans


def formula_runs(text: str, start: int, end: int) -> list[Span]:
    """The longest runs of numbers, operators, names and brackets that hold a value."""
    runs: list[Span] = []
    run: list[tuple[str, int, int]] = []
    depth = 0
    glued = -1  # the end of a word with what belongs to it: `cm^2`, `COVID-19`
    pending: tuple[str, int, int] | None = None

    def close() -> None:
        nonlocal depth, pending
        span = _trimmed(text, run)
        if span:
            runs.append(span)
        run.clear()
        depth, pending = 0, None

    for token in _RESULT_TOKEN.finditer(text, start, end):
        kind = str(token.lastgroup)
        place = (kind, token.start(), token.end())
        if kind == "word":
            kind = _kind_of_word(token[0])
            place = (kind, token.start(), token.end())
        if kind in ("space", "comma"):
            if run and kind == "comma" and depth == 0:
                close()
            elif run:
                pending = pending if pending and pending[0] == "comma" else place
            continue
        if token.start() == glued and (kind == "number" or token[0] in _GLUE):
            glued = token.end()
            continue
        if kind in ("word", "other"):
            close()
            glued = token.end() if kind == "word" else -1
            continue
        if pending and not (
            pending[0] == "comma"
            or depth > 0
            or kind in ("percent",)
            or _joins_across_space(text, run[-1])
            or _joins_across_space(text, place)
        ):
            close()
        if kind == "close" and depth == 0:
            close()
            continue
        pending = None
        depth += (kind == "open") - (kind == "close")
        run.append(place)
    close()
    return runs


def _kind_of_word(word: str) -> str:
    if len(word) == 1 and (word.isascii() or "α" <= word.lower() <= "ω"):
        return "name"
    return "command" if word.lower() in _FUNCTIONS else "word"


def _joins_across_space(text: str, token: tuple[str, int, int]) -> bool:
    """Whether a token continues a formula after or before a space."""
    kind, start, end = token
    return kind in ("op", "command", "text") and text[start:end] not in "!_|"


def _trimmed(text: str, run: list[tuple[str, int, int]]) -> Span | None:
    """A run without operators and lone names at its ends, if it holds a value."""
    run = list(run)
    while run:
        kind, start, end = run[-1]
        factorial = text[start:end] == "!" and len(run) > 1 and run[-2][2] == start
        if (
            kind == "open"
            or (kind == "op" and not factorial and text[start] not in "²³∞|")
            or kind in ("text",)
            or (kind == "command" and text[start:end] in ("\\,", "\\;", "\\!", "\\ "))
        ):
            run.pop()
        else:
            break
    while run:
        kind, start, end = run[0]
        signed = text[start:end] in _SIGNS and len(run) > 1 and run[1][1] == end
        if (kind == "op" and not signed and text[start] not in "∞|") or kind == "percent":
            run.pop(0)
        else:
            break
    run = _balanced(run)
    if not run:
        return None
    kinds = [kind for kind, *_ in run]
    if kinds == ["number", "name"] and text[run[1][1]] in _UNIT_LETTERS:
        run.pop()
    start, end = run[0][1], run[-1][2]
    answer = text[start:end].strip()
    if answer[:1] == "(" and answer[-1:] == ")" and "=" in answer:
        answer = answer[1:-1]
    has_value = any(kind == "number" for kind, *_ in run) or VALUE.search(answer)
    return Span(start, end, answer) if has_value else None


def _balanced(run: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """The part of a run after its last bracket that is not closed."""
    unclosed: list[int] = []
    for index, (kind, *_) in enumerate(run):
        if kind == "open":
            unclosed.append(index)
        elif kind == "close" and unclosed:
            unclosed.pop()
    return run[unclosed[-1] + 1 :] if unclosed else run
