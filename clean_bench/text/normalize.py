r"""Normalization of mathematical text: which differences in spelling do not count.

There are three levels. Each is used with the view of `tokenizer` that is named beside it.

- `normalize_spaces`: Unicode NFC and single spaces. Exact match of the probe at the text level.
- `SAME_GLYPH`: LaTeX commands that print alike, `\dfrac` and `\frac`. Exact match of the probe at the
  LaTeX level, and ROUGE-L of completions (`latex_tokens`).
- `normalize` and `SAME_MEANING`: the layout and the framing in which training sets put a problem.
  Search for contamination (`content_tokens`).
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from importlib.resources import files

TABLES = tomllib.loads(files("clean_bench.text").joinpath("notation.toml").read_text("utf-8"))
SAME_GLYPH: dict[str, str] = TABLES["same_glyph"]
"""LaTeX commands that print alike but for their size."""
SAME_MEANING: dict[str, str] = SAME_GLYPH | TABLES["same_meaning"]
"""Commands and signs that mean the same. The exact match of the probe does not use this table:
`\\cdot` is not the `\\times` that was printed."""

_GREEK = dict(zip(TABLES["greek"]["letters"], TABLES["greek"]["names"].split(), strict=True))
_CAPITALS = {letter.upper(): name for letter, name in _GREEK.items()}
_COMMANDS = {**_GREEK, **_CAPITALS, **TABLES["commands"]}
_CHARACTERS = str.maketrans(
    {
        **{sign: f" \\{name} " for sign, name in _COMMANDS.items()},
        **{sign: f"^{digit}" for digit, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff"),
        **dict.fromkeys("\u2010\u2011", "-"),
        **dict.fromkeys("⋅∙", "·"),
    }
)
_ENTITY = re.compile(r"&(?:amp;)*(lt|gt|le|ge|quot|apos|nbsp|times|#39);")
_AMPERSAND = re.compile(r"&(?:amp;)+")
_FRAME = re.compile("|".join(TABLES["frame"]), re.IGNORECASE)
_FIRST_WORDS = re.compile(
    r"\s*+(?:(?:user|human|(?:math\s+)?problem|question)\s*+:\s*+)++", re.IGNORECASE
)
# Matches the reversed text: a search for the end of a text would start again at every position.
_LAST_WORDS = re.compile(r"(?:\s*+:\s*+(?:rewsna|noitulos|tnatsissa)\b)++", re.IGNORECASE)
_FRACTION_DIGITS = re.compile(r"(\\[dtc]?frac)\s?([0-9])\s?([0-9])")
_PAIR = re.compile(r"((?:[\[(]|\\\{)\s?-?\s?[0-9]{1,3}),(?=[0-9]{3}(?![0-9]))")
# Possessive quantifiers keep the time linear in the length of the text.
DRAWING = r"\[asy\](?:[^\[]++|\[(?!/?asy\]))*+\[/asy\]"
_DRAWINGS = re.compile(DRAWING)
_DELIMITERS = re.compile(r"\\[\[\]()]")


def collapse_spaces(text: str) -> str:
    """Every run of white space as one space, none at the ends."""
    return " ".join(text.split())


def normalize_spaces(text: str) -> str:
    """Unicode NFC, every run of white space as one space, none at the ends."""
    return collapse_spaces(unicodedata.normalize("NFC", text))


def normalize(text: str) -> str:
    r"""A text without its framing, in ASCII notation where possible.

    Unicode NFKC; `\infty` for `∞` and so on; invisible characters and HTML entities are resolved. The
    framing is `Problem:` before the text, marks of chat templates, and requests to reason step by
    step or to box the answer. The digits of `\frac12` get braces. In `(100,200)` a space follows the
    comma, which is not a thousands separator. Idempotent.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_CHARACTERS))
    if "&" in text:
        text = _ENTITY.sub(lambda match: TABLES["entities"].get(match[1], " "), text)
        text = _AMPERSAND.sub("&", text)
    before = ""
    while text != before:
        before = _PAIR.sub(r"\1, ", _FRACTION_DIGITS.sub(r"\1{\2}{\3}", text))
        text = _strip_frame(before)
    return text


def _strip_frame(text: str) -> str:
    lower = text.lower()
    if any(mark in lower for mark in TABLES["frame_marks"]):
        text = _FRAME.sub(" ", text)
    first = _FIRST_WORDS.match(text)
    text = text[first.end() :] if first else text
    last = _LAST_WORDS.match(text[::-1]) if text.rstrip().endswith(":") else None
    return text[: -last.end()] if last else text


def brackets(text: str) -> str:
    """The round and square brackets of a text, in order, without drawings and formula delimiters."""
    return "".join(c for c in _DELIMITERS.sub("", without_drawings(normalize(text))) if c in "()[]")


def without_drawings(text: str) -> str:
    """A text with a space in place of each Asymptote drawing."""
    return _DRAWINGS.sub(" ", text)
