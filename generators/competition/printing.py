"""The typographic styles of MATH, and their removal before a text is read.

MATH has two editors' styles. Intermediate Algebra and Precalculus put blanks around + and - in formulas,
the comma after a formula inside of the dollar signs, a line break before a display, two blanks between
sentences, and glue the next word to a display (`\\]Find`). The other subjects are printed plainly.
`Style` holds these choices for one problem; `undress` maps every style of a text to the same
characters, so that reading does not depend on it. Templates are written in the plain style.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

NUMERIC = "\ue000-\ue0ff"
"""Stand-ins of numeric placeholders, which `undress` treats as digits (see `texts`)."""
OTHER = "\ue100-\ue1ff"
"""Stand-ins of the other placeholders."""
PERHAPS_BLANK = "\ue200"
"""Between a LaTeX command and a stand-in: a blank, if a letter is printed there."""

_MATH = re.compile(r"(?<!\\)\$\$(.+?)(?<!\\)\$\$|(?<!\\)\$(.+?)(?<!\\)\$|\\\[(.+?)\\\]", re.DOTALL)
_TOKEN = re.compile(
    rf"\\\\|(\\[a-zA-Z]+)\s*(?:([a-zA-Z])|([{NUMERIC}{OTHER}]))?|\\.|\s+|.", re.DOTALL
)
_BARE = re.compile(rf"-?(?:\\\$)?(?:\d+(?:\.\d+)?|[{NUMERIC}])(?:\\%|\^\\circ)?")
_PROSE_NUMBER = re.compile(
    r"(?<![\w.,\\$^{])(\\\$)?(\d+(?:\.\d+)?)(\\%)?(?![\w{]|\.\d|,\d|\\|-[a-z])(?!\$)"
)
_OPERATOR = re.compile(
    r"(?<=[0-9A-Za-z)}\]])(\+|-|=|<|>|\\(?:leq?|geq?|lt|gt|equiv|neq?)(?![a-zA-Z]))\s*(?=[^\s}])"
)
_BETWEEN_SENTENCES = re.compile(r"(?:(?<=[.?!])|(?<=[.?!]\$)) (?=[A-Z$])")


class Style(NamedTuple):
    """How one problem is printed.

    blanks: blanks around binary operators and relations in formulas.
    dollars: numbers in prose are set in dollar signs.
    commas: a comma or full stop after a formula goes inside of the dollar signs.
    glued: no blank after a display.
    breaks: a line break before a display.
    wide: two blanks between sentences.
    paragraphs: a blank line before the last sentence.
    """

    blanks: bool = False
    dollars: bool = False
    commas: bool = False
    glued: bool = False
    breaks: bool = False
    wide: bool = False
    paragraphs: bool = False


PLAIN = Style()


def dress(text: str, style: Style) -> str:
    """Print a text of the plain style in another style."""
    if style.dollars:
        text = _in_prose(text, lambda prose: _PROSE_NUMBER.sub(r"$\1\2\3$", prose))
    if style.blanks:
        text = _MATH.sub(lambda match: _blanks(match[0]), text)
    if style.commas:
        text = re.sub(r"(?<!\\)(\$[^$]*[^$\\])\$([,.])(?=\s|$)", _comma_inside, text)
    if style.glued:
        text = re.sub(r"\\\] (?=\w)", r"\\]", text)
    if style.breaks:
        text = text.replace(r" \[", "\n\\[")
    ends = [match.start() for match in _BETWEEN_SENTENCES.finditer(text)]
    if style.paragraphs and ends:
        text = f"{text[: ends[-1]]}\n\n{text[ends[-1] + 1 :]}"
    return _BETWEEN_SENTENCES.sub("  ", text) if style.wide else text


def undress(text: str) -> str:
    """The characters of a text without its style: no blanks in formulas, bare numbers without dollar
    signs, punctuation after formulas, one blank between words."""
    pieces: list[str] = []
    end = 0
    for match in _MATH.finditer(text):
        pieces.append(" ".join(text[end : match.start()].replace("\n", " ").split(" ")))
        body = _without_blanks(match[1] or match[2] or match[3])
        kept = body.rstrip(",.;:?")
        tail = body[len(kept) :]
        if match[2] is None:
            pieces.append(rf" \[{kept}\]{tail} ")
        elif _BARE.fullmatch(kept):
            pieces.append(kept + tail)
        else:
            pieces.append(f"${kept}${tail}")
        end = match.end()
    pieces.append(text[end:].replace("\n", " "))
    return re.sub(r" +(?=[,.;:?]( |$))", "", re.sub(r"\s+", " ", "".join(pieces))).strip()


def _without_blanks(math: str) -> str:
    def token(match: re.Match[str]) -> str:
        if match[1]:
            if match[2]:
                return f"{match[1]} {match[2]}"
            return match[1] + (PERHAPS_BLANK + match[3] if match[3] else "")
        return "" if match[0].isspace() else match[0]

    return _TOKEN.sub(token, math)


def _in_prose(text: str, change: Callable[[str], str]) -> str:
    """Change what lies outside of formulas."""
    pieces, end = [], 0
    for match in _MATH.finditer(text):
        pieces += [change(text[end : match.start()]), match[0]]
        end = match.end()
    return "".join([*pieces, change(text[end:])])


def _blanks(math: str) -> str:
    """Blanks around operators outside of exponents, indices and words."""
    pieces = re.split(r"([\^_]\{[^{}]*\}|\\text\{[^{}]*\}|\\begin\{[^{}]*\}(?:\{[^{}]*\})?)", math)
    for place in range(0, len(pieces), 2):
        # A sign that begins an environment belongs to its number.
        opened = place and pieces[place - 1].startswith(r"\begin")
        before = "" if opened or not place else pieces[place - 1][-1:]
        spaced = _OPERATOR.sub(r" \1 ", before + pieces[place])
        pieces[place] = spaced[len(before) :]
    return "".join(pieces)


def _comma_inside(match: re.Match[str]) -> str:
    inside = match[1][1:]
    return match[0] if _BARE.fullmatch(inside) else f"${inside}{match[2]}$"
