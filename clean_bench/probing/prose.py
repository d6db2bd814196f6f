r"""The words of a mathematical text that are neither mathematics, drawing code nor LaTeX layout."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from clean_bench.probing.cut import math_spans

_GROUP = r"\{[^{}]{0,200}\}"
LAYOUT = rf"""
    \\(?:begin|end)\s*{_GROUP}(?:(?<=\{{array\}})|(?<=\{{tabular\}}))(?:\[[^\]]{{0,20}}\])?{_GROUP}
    | \\(?:begin|end)\s*{_GROUP}
    | \\(?:[hv]space|[hv]?phantom|label|(?:eq|page)?ref|tag|cite|url|includegraphics|rule|color
        |raisebox|scalebox|resizebox|setlength|addtolength|setcounter|fontsize|cline|multirow
        |multicolumn)(?![A-Za-z])\*?(?:\s*(?:\[[^\]]{{0,200}}\]|{_GROUP}))+
    | \\(?:kern|mkern|hskip|vskip|mskip)\s*-?[0-9.]+\s*[a-z]{{2}}
    | \\\\\s*\[\s*-?[0-9.]+\s*[a-z]{{2}}\s*\]
    | https?://[^\s$]+
"""
"""Names of environments, lengths, labels and addresses: a verbose pattern without named groups."""

_LETTER = r"[^\W\d_]"
_WORD = rf"{_LETTER}+(?:['’\-]{_LETTER}+)*"
_TOKEN = re.compile(rf"{LAYOUT} | \\[A-Za-z]+ | (?P<word>(?<!\w){_WORD}(?!\w))", re.VERBOSE)
_SENTENCE_START = re.compile(r"(?:^|[.?!:]['\"”’)\]$]*\s|\n\s*\n|\\\])\s*['\"“‘(]?\Z")


@dataclass(frozen=True, slots=True)
class Word:
    """A word and where it stands: `text[start:end]`."""

    text: str
    start: int
    end: int


def words_outside_math(text: str) -> Iterator[Word]:
    r"""The words of a text, in order.

    A word is a run of letters; an apostrophe or a hyphen between letters belongs to it. Left out are
    the spans of `cut.math_spans`, LaTeX commands, the arguments of commands for layout, web addresses
    and letters that touch a digit or an underscore.
    """
    position = 0
    for start, end in [*math_spans(text), (len(text), len(text))]:
        for match in _TOKEN.finditer(text, position, start):
            if match["word"]:
                yield Word(match["word"], match.start(), match.end())
        position = end


def starts_sentence(text: str, position: int) -> bool:
    """Whether a sentence starts at a position, as far as the 12 characters before it tell."""
    return position == 0 or bool(_SENTENCE_START.search(text[max(0, position - 12) : position]))


def replaced(text: str, replacements: list[tuple[int, int, str]]) -> str:
    """A text with other spans in place of some: disjoint triples of start, end and text, in order."""
    parts, position = [], 0
    for start, end, new in replacements:
        parts += [text[position:start], new]
        position = end
    return "".join((*parts, text[position:]))
