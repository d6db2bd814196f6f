r"""The words, numbers and signs of a problem's text, whatever its layout.

Two texts have the same tokens if they differ only in case, white space, punctuation (brackets, `$`,
`&` and line breaks included) and in LaTeX that places or dresses what it holds: spaces such as `\,`
and `\quad`, `\left` and `\right`, `\dfrac` for `\frac`, `\text{...}` and the font commands, alignment
environments, `^\circ` and the degree sign. Asymptote drawings (`[asy]...[/asy]`) are left out. A
number loses its thousands separators. Letters outside formulas and in them are alike: `\sin` and
`sin` are the same token.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

NUMERAL = "#"
"""What every number becomes where numbers are masked."""

_WORD = r"[^\W\d_]"
# Possessive, so that no text takes longer than its length.
_DRAWING = r"\[asy\](?:[^\[]++|\[(?!/?asy\]))*+\[/asy\]"
_SKIPPED = "|".join(
    (
        _DRAWING,
        r"\\\\",
        r"\\[hv]space\*?\{[^{}]*\}",
        r"\\(?:begin|end)\{(?:align|aligned|equation|gather|gathered|center|eqnarray|split)\*?\}",
        r"\\(?:left|right|middle|[bB]igg?[lrm]?|q?quad|displaystyle|textstyle|limits|[lc]?dots|mbox"
        r"|text(?:bf|it|rm|sf|tt)?|math(?:rm|bf|it|sf|tt|bb)|operatorname\*?|boldsymbol|emph)"
        r"(?![A-Za-z])",
        r"\^\s*+\{?+\s*+\\circ(?![A-Za-z])\s*+\}?",
        r"\\[^A-Za-z%]",
        r"-{2,}",
        rf"(?<={_WORD}{_WORD})-(?={_WORD}{_WORD})",
    )
)
_SEPARATOR = r"(?:,\\!|,|\{,\}|\\,|\\!)"
_KEPT = "|".join(
    (
        rf"[0-9]{{1,3}}(?:{_SEPARATOR}[0-9]{{3}})+(?![0-9])(?:\.[0-9]+)?",
        r"[0-9]+(?:\.[0-9]+)?",
        r"\\[A-Za-z]+",
        rf"{_WORD}+",
        r"[-+*/^=<>%−–×·÷≤≥≠√]",
    )
)
_TOKEN = re.compile(rf"{_SKIPPED}|({_KEPT})")
_SEPARATORS = re.compile(_SEPARATOR)
_DRAWINGS = re.compile(_DRAWING)
_DELIMITERS = re.compile(r"\\[\[\]()]")
_SAME = {
    "times": "*", "cdot": "*", "×": "*", "·": "*", "div": "/", "÷": "/", "−": "-", "–": "-",
    "dfrac": "frac", "tfrac": "frac", "cfrac": "frac", "leq": "le", "≤": "le", "geq": "ge",
    "≥": "ge", "neq": "ne", "≠": "ne", "lt": "<", "gt": ">", "√": "sqrt", "π": "pi", "θ": "theta",
}  # fmt: skip


def tokens(text: str) -> list[str]:
    """The tokens of a text, in order."""
    return [_plain(token) for token in _TOKEN.findall(text) if token]


def placed(text: str) -> Iterator[tuple[str, int, int]]:
    """The same tokens, each with the characters where it begins and ends."""
    for match in _TOKEN.finditer(text):
        if match[1]:
            yield _plain(match[1]), match.start(), match.end()


def masked(found: Sequence[str]) -> list[str]:
    """Tokens with every number masked."""
    return [NUMERAL if is_numeral(token) else token for token in found]


def is_numeral(token: str) -> bool:
    return "0" <= token[0] <= "9"


def is_word(token: str) -> bool:
    """Whether a token is a word or a command: no number and no sign."""
    return token[0].isalpha()


def brackets(text: str) -> str:
    """The round and square brackets of a text, in order, drawings and formula marks left out."""
    return "".join(c for c in _DELIMITERS.sub("", without_drawings(text)) if c in "()[]")


def without_drawings(text: str) -> str:
    """A text with a space for each Asymptote drawing."""
    return _DRAWINGS.sub(" ", text)


def _plain(token: str) -> str:
    if "0" <= token[0] <= "9":
        return token if token.isdigit() else _SEPARATORS.sub("", token)
    token = token.lower().lstrip("\\")
    return _SAME.get(token, token)
