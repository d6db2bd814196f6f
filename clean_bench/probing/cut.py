r"""Cut a problem into a prefix and a suffix, without a tokenizer.

Models are comparable only on the same cuts. A cut inside a word or a formula measures how a model
continues half a token and not what it has memorized (at 60% of the characters the cut is inside a word
in 65% of the MATH-500 problems). Three protocols (`PROTOCOLS`):

    clean     between words and outside mathematics, at or before the fraction; the default
    paper     arXiv 2507.10532: from the fraction on to the end of the word, trailing space removed
    paradox   arXiv 2601.11061: at the fraction, also inside a word or a formula

In `clean` and `paper` the white space at the cut belongs to the suffix. Byte-pair tokenizers put the
space at the start of a word's token, so the tokens of the prefix are then the first tokens of the whole
text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

EMPTY = "empty"
NO_BOUNDARY = "no boundary between words outside mathematics"
NOTHING_LEFT = "no text before or after the cut"
_WORD_ENDERS = frozenset(" \n,.!?)]}")
"""Characters before which `paper` cuts. The paper does not state its rule; this one gives the five
of its six printed prefixes whose problems are at hand (figures 1 and 12 to 15)."""

_WORD_END = re.compile(r"(?<=\S)(?=\s+\S)")
_OPENERS = re.compile(
    r"""(?x)
    \\begin\{(?P<environment>[^{}]*)\}
    | \[asy\]
    | \\\[ | \\\(
    | \\.                 # an escaped character such as \$ starts no span
    | \$\$ | \$
    """,
    re.DOTALL,
)
_CLOSERS = {"[asy]": "[/asy]", "\\[": "\\]", "\\(": "\\)", "$$": "$$"}
_ENVIRONMENT = re.compile(r"\\(?P<which>begin|end)\{(?P<name>[^{}]*)\}")
_UNESCAPED_DOLLAR = re.compile(r"(?<!\\)(?:\\\\)*\$")


@dataclass(frozen=True, slots=True)
class Cut:
    """A text in two parts: `prefix + suffix` is the text, `offset` the length of the prefix.

    Where no cut is possible, `reason` says why, the prefix is the whole text and the suffix is empty.
    """

    prefix: str
    suffix: str
    offset: int
    reason: str | None = None


def cut(text: str, fraction: float, protocol: str = "clean") -> Cut:
    r"""Cut a text near a fraction of its characters.

    The cut of `clean` is the last boundary at or before `int(len(text) * fraction)`, or the first
    one after it where there is none before. A boundary is after a word, before white space that
    another word follows, and not inside `$..$`, `$$..$$`, `\(..\)`, `\[..\]`, `\begin{..}..\end{..}` or
    `[asy]..[/asy]`.

    Args:
        protocol: a name of `PROTOCOLS`.

    Raises:
        ValueError: unless 0 < fraction < 1.
        KeyError: for an unknown protocol.
    """
    if not 0 < fraction < 1:
        raise ValueError(f"expected a fraction between 0 and 1, got {fraction}")
    if not text.strip():
        return Cut(text, "", len(text), EMPTY)
    offset = PROTOCOLS[protocol](text, int(len(text) * fraction))
    if offset is None:
        return Cut(text, "", len(text), NO_BOUNDARY)
    if not text[:offset].strip() or not text[offset:].strip():
        return Cut(text, "", len(text), NOTHING_LEFT)
    return Cut(text[:offset], text[offset:], offset)


def _end_of_word(text: str, target: int) -> int:
    """The first end of a word from the target on, without the white space before it."""
    while target < len(text) and text[target] not in _WORD_ENDERS:
        target += 1
    return len(text[:target].rstrip())


def _anywhere(text: str, target: int) -> int:
    return target


def math_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of every outermost span of mathematics or drawing code, in order.

    An opener without a closer starts no span, nor does a dollar sign for money (see `_is_money`):
    "it costs $3.20, and each costs $0.40" has no mathematics.
    """
    spans, position, closers = [], 0, _Closers(text)
    while match := _OPENERS.search(text, position):
        end = closers.end_of(match)
        if end is not None:
            spans.append((match.start(), end))
        position = match.end() if end is None else end
    return spans


def _word_boundary(text: str, target: int) -> int | None:
    spans = math_spans(text)
    starts = [start for start, _ in spans]
    offsets = []
    for match in _WORD_END.finditer(text):
        index = bisect_left(starts, match.start())
        if index == 0 or spans[index - 1][1] <= match.start():
            offsets.append(match.start())
    first = offsets[0] if offsets else None
    return max((offset for offset in offsets if offset <= target), default=first)


class _Closers:
    """The ends of the spans of a text, in time linear in its length however many stay open."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._without_closer: set[str] = set()
        """Openers after which the rest of the text has no closer."""

    def end_of(self, opener: re.Match[str]) -> int | None:
        """The end of the span that an opener starts, or None where it starts no span.

        Openers are asked for in the order of the text.
        """
        symbol, start = opener.group(), opener.end()
        if opener["environment"] is not None:
            return self._environments.get(start)
        if symbol in self._without_closer:
            return None
        if symbol in _CLOSERS:
            end = self._text.find(_CLOSERS[symbol], start)
            if end >= 0:
                return end + len(_CLOSERS[symbol])
            self._without_closer.add(symbol)
        elif symbol == "$":
            closer = _UNESCAPED_DOLLAR.search(self._text, start)
            if closer is None:
                self._without_closer.add(symbol)
            else:
                content = self._text[start : closer.end() - 1]
                following = self._text[closer.end() : closer.end() + 1]
                return None if _is_money(content, following) else closer.end()
        return None

    @cached_property
    def _environments(self) -> dict[int, int]:
        r"""The end of every closed environment, by the end of its `\begin{..}`."""
        ends: dict[int, int] = {}
        opened: dict[str, list[int]] = {}
        for match in _ENVIRONMENT.finditer(self._text):
            of_name = opened.setdefault(match["name"], [])
            if match["which"] == "begin":
                of_name.append(match.end())
            elif of_name:
                ends[of_name.pop()] = match.end()
        return ends


def _is_money(content: str, following: str) -> bool:
    """Whether a dollar sign before `content` is a currency sign and not a delimiter.

    It is if `content` starts with a number and has no command, and the next dollar sign is before a
    number, or after white space with a word in between.
    """
    if not re.match(r"\.?\d", content) or re.search(r"[\\^_{]", content):
        return False
    if following.isdigit():
        return True
    return content[-1:].isspace() and re.search(r"[A-Za-z]{2}", content) is not None


PROTOCOLS: Mapping[str, Callable[[str, int], int | None]] = MappingProxyType(
    {"clean": _word_boundary, "paper": _end_of_word, "paradox": _anywhere}
)
"""The place of a cut, by the name of the protocol: of a text and a target, both in characters."""
