r"""Where to cut a problem in two, without a tokenizer.

Models are comparable only on the same cuts, and a cut inside a word or a formula measures how a
model meets half a token rather than what it stores (a cut at 60% of the characters lands inside a
word in 65% of the MATH-500 problems). So the protocol `words` cuts between words and outside
mathematics.

The white space at the cut belongs to the suffix. Byte-pair tokenizers carry the space at the front
of a word's token, so the prefix then ends with a token that also ends there in the whole text, and
the model begins with the token it would begin with anyway.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Protocol = Literal["words", "characters"]

NO_BOUNDARY = "no boundary between words outside mathematics"
NOTHING_LEFT = "nothing is left after the cut"

_WORD_END = re.compile(r"(?<=\S)(?=\s+\S)")
_STOPPERS = " \n,.!?)]}"

_OPENERS = re.compile(
    r"""(?x)
    \\begin\{(?P<environment>[^{}]*)\}
    | \[asy\]
    | \\\[ | \\\(
    | \\.                 # an escaped character, \$ among them, opens nothing
    | \$\$ | \$
    """,
    re.DOTALL,
)
_CLOSERS = {"[asy]": "[/asy]", "\\[": "\\]", "\\(": "\\)", "$$": "$$"}
_UNESCAPED_DOLLAR = re.compile(r"(?<!\\)(?:\\\\)*\$")


@dataclass(frozen=True, slots=True)
class Cut:
    """A text in two parts: `prefix + suffix` is the text, `offset` the length of the prefix.

    Where no cut is possible, `reason` says why, the prefix is the whole text and the suffix is
    empty.
    """

    prefix: str
    suffix: str
    offset: int
    reason: str | None = None


def cut(text: str, fraction: float, protocol: Protocol = "words") -> Cut:
    r"""Cut a text near a fraction of its characters.

    The target is `int(len(text) * fraction)`.

    `words`: the last boundary at or before the target, or the first one after it where there is
    none before. A boundary lies after a word and before white space that another word follows, and
    not inside `$..$`, `$$..$$`, `\(..\)`, `\[..\]`, `\begin{..}..\end{..}` or `[asy]..[/asy]`.

    `characters`: the rule that reproduces the prefixes printed in arXiv 2507.10532 (version 3):
    from the target on to the next of " \n,.!?)]}", white space before the cut left to the suffix.

    Args:
        text: a problem.
        fraction: between 0 and 1, both excluded.
        protocol: which rule.

    Raises:
        ValueError: if the fraction or the protocol is none of these.
    """
    if not 0 < fraction < 1:
        raise ValueError(f"the fraction {fraction} is not between 0 and 1")
    target = int(len(text) * fraction)
    if protocol == "words":
        return _at(text, _word_boundary(text, target), NO_BOUNDARY)
    if protocol == "characters":
        return _at(text, _character_boundary(text, target), NOTHING_LEFT)
    raise ValueError(f"the protocol {protocol!r} is neither 'words' nor 'characters'")


def math_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of every span of mathematics or drawing code, outermost ones only, in order.

    An opener that is never closed opens nothing. Neither does a dollar sign that is money (see
    `_is_money`): "it costs $3.20, and each costs $0.40" holds no mathematics.
    """
    spans, position = [], 0
    while match := _OPENERS.search(text, position):
        end = _end_of(text, match)
        if end is not None:
            spans.append((match.start(), end))
        position = match.end() if end is None else end
    return spans


def _at(text: str, offset: int | None, reason: str) -> Cut:
    if offset is None:
        return Cut(text, "", len(text), reason)
    return Cut(text[:offset], text[offset:], offset)


def _word_boundary(text: str, target: int) -> int | None:
    spans = math_spans(text)
    chosen, index = None, 0
    for match in _WORD_END.finditer(text):
        offset = match.start()
        while index < len(spans) and spans[index][1] <= offset:
            index += 1
        if index < len(spans) and spans[index][0] < offset:
            continue
        if offset > target and chosen is not None:
            break
        chosen = offset
        if offset > target:
            break
    return chosen


def _character_boundary(text: str, target: int) -> int | None:
    end = target
    while end < len(text) and text[end] not in _STOPPERS:
        end += 1
    offset = len(text[:end].rstrip())
    return offset if offset and text[offset:].strip() else None


def _end_of(text: str, opener: re.Match[str]) -> int | None:
    """Where the span ends that an opener begins, or None where it begins none."""
    found, start = opener.group(), opener.end()
    if opener["environment"] is not None:
        return _end_of_environment(text, start, opener["environment"])
    if found in _CLOSERS:
        end = text.find(_CLOSERS[found], start)
        return None if end < 0 else end + len(_CLOSERS[found])
    if found == "$":
        closer = _UNESCAPED_DOLLAR.search(text, start)
        if closer and not _is_money(text[start : closer.end() - 1], text[closer.end() :][:1]):
            return closer.end()
    return None


def _end_of_environment(text: str, start: int, name: str) -> int | None:
    depth = 1
    for match in re.finditer(rf"\\(begin|end)\{{{re.escape(name)}\}}", text[start:]):
        depth += 1 if match[1] == "begin" else -1
        if depth == 0:
            return start + match.end()
    return None


def _is_money(content: str, following: str) -> bool:
    """Whether a dollar sign before `content` is a currency sign and no delimiter.

    So it is where a number comes first, no command follows, and the next dollar sign stands before
    a number or after a space and a word in between.
    """
    if not re.match(r"\.?\d", content) or re.search(r"[\\^_{]", content):
        return False
    if following.isdigit():
        return True
    return content[-1:].isspace() and re.search(r"[A-Za-z]{2}", content) is not None
