r"""The words, numbers and signs of a problem's text, whatever its layout and its frame.

Two texts have the same tokens if they differ only in

- case, white space, punctuation (brackets, `$`, `&` and line breaks included);
- characters that Unicode calls compatible, those that stand for a command (`\u221e` for `\infty`, Greek
  letters, `\u00b2` for `^2`), invisible ones and HTML entities;
- LaTeX that places or dresses what it holds: spaces such as `\,` and `\quad`, `\left` and `\right`,
  `\dfrac` for `\frac` and `\frac12` for `\frac{1}{2}`, `\text{...}` and the font commands, alignment
  environments, `^\circ` and the degree sign;
- thousands separators in a number;
- the frame in which training sets put a problem: `Problem:` before it, the marks of chat templates, and
  the usual requests to reason step by step, to box the answer or how to write the last line.

Asymptote drawings (`[asy]...[/asy]`) are left out. Letters outside formulas and in them are alike:
`\sin` and `sin` are the same token.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

NUMERAL = "#"
"""What every number becomes where numbers are masked."""

_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρστυφχψω",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma "
        "tau upsilon phi chi psi omega".split(),
        strict=True,
    )
)
_COMMANDS = {
    **_GREEK, **{letter.upper(): name for letter, name in _GREEK.items()},
    "ϵ": "epsilon", "ϕ": "phi", "ϑ": "theta", "µ": "mu", "∞": "infty", "∈": "in", "∉": "notin",
    "∪": "cup", "∩": "cap", "⊂": "subset", "⊆": "subseteq", "→": "to", "∑": "sum", "∏": "prod",
    "∫": "int", "∠": "angle", "△": "triangle", "⊥": "perp", "∥": "parallel", "±": "pm",
    "≡": "equiv", "≈": "approx", "≅": "cong", "⌊": "lfloor", "⌋": "rfloor", "⌈": "lceil",
    "⌉": "rceil",
}  # fmt: skip
_FOLDED = str.maketrans(
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
_ENTITIES = {"lt": "<", "gt": ">", "le": "≤", "ge": "≥", "times": "×"}
_STEPS = (
    r"(?:(?:please|let'?s|let us)[\s,]+)?(?:think|reason)\s+step[\s-]by[\s-]step"
    r"(?:\s+before\s+answering)?"
)
_BOX = (
    r"(?:and\s+|then\s+|please\s+|make\s+sure\s+to\s+){0,3}"
    r"(?:put|output|write|place|give|present|provide|return|enclose|box)\s+(?:your|the)\s+"
    r"(?:final\s+)?answer\s+(?:with)?in(?:side)?\s+(?:a\s+)?[$`]?\\boxed\{[^{}]{0,40}\}"
)
_LAST_LINE = (
    r"the\s+last\s+line\s+of\s+your\s+response\s+should\s+be\s+of\s+the\s+(?:following\s+)?form(?:at)?"
    r"[^\n]{0,200}?(?:solves|answer\s+to)\s+the\s+problem"
)
_FRAME = re.compile(
    "|".join(
        (
            _STEPS,
            _BOX,
            _LAST_LINE,
            r"solve\s+the\s+following\s+(?:math(?:ematics|ematical)?\s+)?problem"
            r"(?:\s+step[\s-]by[\s-]step|\s+efficiently\s+and\s+clearly)?\s*[.:]",
            r"remember\s+to\s+put\s+your\s+answer\s+on\s+its\s+own\s+line\s+after\s+[\"']?answer:?[\"']?",
            r"<\|[^|<>\s]{1,40}\|>(?:\s*(?:user|assistant|system)\b)?",
            r"\[/?INST\]|</?s>",
        )
    ),
    re.IGNORECASE,
)

_SIGNS = ("step", "boxed{", "last line", "following", "own line", "<|", "inst]", "s>")
"""Each piece of a frame but its first and last words holds one of these, and few texts do."""
_BEGINNING = re.compile(
    r"\s*+(?:(?:user|human|(?:math\s+)?problem|question)\s*+:\s*+)++", re.IGNORECASE
)
# Of a text read backwards, since a search for the end would begin anew at each place.
_ENDING = re.compile(r"(?:\s*+:\s*+(?:rewsna|noitulos|tnatsissa)\b)++", re.IGNORECASE)
_DIGITS = re.compile(r"(\\[dtc]?frac)\s?([0-9])\s?([0-9])")
_PAIR = re.compile(r"((?:[\[(]|\\\{)\s?-?\s?[0-9]{1,3}),(?=[0-9]{3}(?![0-9]))")
_WORD = r"[^\W\d_]"
# Possessive, so that no text takes longer than its length.
_DRAWING = r"\[asy\](?:[^\[]++|\[(?!/?asy\]))*+\[/asy\]"
_SKIPPED = "|".join(
    (
        _DRAWING,
        r"\\\\",
        r"\\[hv]space\*?\{[^{}]*\}",
        r"\\(?:begin|end)\{(?:align|aligned|equation|gather|gathered|center|eqnarray|split)\*?\}",
        r"\\(?:left|right|middle|[bB]igg?[lrm]?|q?quad|(?:display|text|script)style|(?:no)?limits"
        r"|[lchv]?dots[bcmio]?|[lr]?[vV]ert|mid|[lr]brac[ek]|newline|par|noindent|hfill|nonumber"
        r"|mbox|text(?:bf|it|rm|sf|tt|sc)?|math(?:rm|bf|it|sf|tt|bb|cal|op)|operatorname\*?"
        r"|boldsymbol|bm|emph)(?![A-Za-z])",
        r"\^\s*+\{?+\s*+\\circ(?![A-Za-z])\s*+\}?",
        r"\\[^A-Za-z%]",
        r"-{2,}",
        rf"(?<={_WORD}{_WORD})[-–−](?={_WORD}{_WORD})",
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
    "dfrac": "frac", "tfrac": "frac", "cfrac": "frac", "leq": "le", "leqslant": "le", "≤": "le",
    "geq": "ge", "geqslant": "ge", "≥": "ge", "neq": "ne", "≠": "ne", "lt": "<", "gt": ">",
    "√": "sqrt", "rightarrow": "to", "varepsilon": "epsilon", "varphi": "phi", "vartheta": "theta",
    "dbinom": "binom", "tbinom": "binom",
}  # fmt: skip


def tokens(text: str) -> list[str]:
    """The tokens of a text, in order."""
    return [_plain(token) for token in _TOKEN.findall(folded(text)) if token]


def placed(text: str) -> Iterator[tuple[str, int, int]]:
    """The same tokens of a text that was `folded`, each with where it begins and ends."""
    for match in _TOKEN.finditer(text):
        if match[1]:
            yield _plain(match[1]), match.start(), match.end()


def folded(text: str) -> str:
    """A text without its frame, in plain characters where there are some.

    Arguments of `\\frac12` get their braces, and of two numbers behind a bracket, `(100,200)`, the comma
    is followed by a space: it separates no thousands. What is folded stays as it is when folded again.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_FOLDED))
    if "&" in text:
        text = _ENTITY.sub(lambda match: _ENTITIES.get(match[1], " "), text)
        text = _AMPERSAND.sub("&", text)
    text = _PAIR.sub(r"\1, ", _DIGITS.sub(r"\1{\2}{\3}", text))
    while (bare := _unframed(text)) != text:
        text = bare
    return text


def _unframed(text: str) -> str:
    low = text.lower()
    if any(sign in low for sign in _SIGNS):
        text = _FRAME.sub(" ", text)
    beginning = _BEGINNING.match(text)
    text = text[beginning.end() :] if beginning else text
    ending = _ENDING.match(text[::-1]) if text.rstrip().endswith(":") else None
    return text[: -ending.end()] if ending else text


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
    return "".join(c for c in _DELIMITERS.sub("", without_drawings(folded(text))) if c in "()[]")


def without_drawings(text: str) -> str:
    """A text with a space for each Asymptote drawing."""
    return _DRAWINGS.sub(" ", text)


def _plain(token: str) -> str:
    if "0" <= token[0] <= "9":
        return token if token.isdigit() else _SEPARATORS.sub("", token)
    token = token.lower().lstrip("\\")
    return _SAME.get(token, token)
