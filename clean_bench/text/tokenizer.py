r"""One tokenizer of mathematical text, with four views.

A `Tokenizer` cuts a text into LaTeX commands, words, numbers and signs in one pass. Its options are the
places where the uses need different tokens; published numbers depend on them:

| view | use | letter case | numbers | signs |
|---|---|---|---|---|
| `notation_tokens` | ROUGE-L and common prefix of the probe | kept | digits | all, `\{` is one |
| `latex_tokens` | exact match at the LaTeX level, behaviors | kept | digits | all but layout |
| `content_tokens` | overlap with training sets | folded | `1{,}000` is 1000 | operators |
| `bag_tokens` | mutual information | folded | digits | all, `\` apart |
| `arithmetic_tokens` | decontamination of generated sets | folded | `2,500.5` is one | `+ - * / ^` |
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from clean_bench.text.normalize import DRAWING, SAME_GLYPH, SAME_MEANING, TABLES, normalize

NUMERAL = "#"
"""Stands for every number in masked tokens."""

_LETTER = r"[^\W\d_]"
_CJK = r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
_SEPARATOR = r"(?:,\\!|,|\{,\}|\\,|\\!)"
_SEPARATORS = re.compile(_SEPARATOR)
_LAYOUT = "|".join((DRAWING, *TABLES["layout"]))
_SPACES = (r"\!", r"\,", r"\;", r"\:", r"\ ", "\\\n", r"\quad", r"\qquad")
_DELIMITERS = ("$", r"\(", r"\)", r"\[", r"\]", r"\left", r"\right", r"\displaystyle")
_SPACING = frozenset((*_SPACES, *_DELIMITERS))
_SAME_COMMAND = {rf"\{name}": rf"\{same}" for name, same in SAME_GLYPH.items()}
_OPERATORS = {
    rf"\{name}" if name.isalpha() else name: same
    for name, same in SAME_MEANING.items()
    if same in ("*", "/", "-")
}
_FRACTION = re.compile(r"\\[dt]?frac\{([^{}]{1,40})\}\{([^{}]{1,40})\}")


class Tokenizer:
    r"""Cuts a text into commands, words, numbers and signs; everything else makes no token.

    A command is `\` with letters, and a word is a run of letters.
    """

    def __init__(
        self,
        *,
        numbers: str,
        signs: str,
        escapes: bool = False,
        cjk: bool = False,
        skipped: str | None = None,
    ) -> None:
        r"""Compile the pattern.

        Args:
            numbers: pattern of a number.
            signs: pattern of a one-character token.
            escapes: a backslash and the next character are one token, such as `\{`.
            cjk: every Chinese, Japanese or Korean character is a word, as there are no spaces.
            skipped: pattern of what makes no token; it is tried first.
        """
        words = rf"{_CJK}|(?:(?!{_CJK}){_LETTER})+" if cjk else rf"{_LETTER}+"
        escaped = r"|\\." if escapes else ""
        kept = rf"(\\[A-Za-z]+{escaped}|{words}|{numbers}|{signs})"
        self._pattern = re.compile(f"{skipped}|{kept}" if skipped else kept, re.DOTALL)
        self._skips = skipped is not None

    def tokens(self, text: str) -> list[str]:
        """The tokens of a text, in order."""
        tokens: list[str] = self._pattern.findall(text)
        return list(filter(None, tokens)) if self._skips else tokens

    def spans(self, text: str) -> Iterator[tuple[str, int, int]]:
        """The same tokens, each with its start and end in the text."""
        for match in self._pattern.finditer(text):
            if match[1]:
                yield match[1], match.start(), match.end()


_NOTATION = Tokenizer(numbers=r"\d+", signs=r"\S", escapes=True)
_BAG = Tokenizer(numbers=r"\d+", signs=r"[^\s\w]", cjk=True)
_CONTENT = Tokenizer(
    numbers=rf"[0-9]{{1,3}}(?:{_SEPARATOR}[0-9]{{3}})+(?![0-9])(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?",
    signs="[-+*/^=<>%−–×·÷≤≥≠√]",
    skipped=_LAYOUT,
)
_ARITHMETIC = Tokenizer(
    numbers=r"[0-9]+(?:[.,][0-9]+)*", signs="[-+*/^−×·÷]", skipped=r"\\(?:left|right)(?![a-z])"
)


def notation_tokens(text: str) -> list[str]:
    r"""Commands, words, numbers and every other character: the LaTeX source, token by token.

    The backslash of `\{` and `\,` belongs to the token.
    """
    return _NOTATION.tokens(text)


def latex_tokens(text: str) -> list[str]:
    r"""`notation_tokens` without spacing, size and math delimiters; `SAME_GLYPH` is one spelling.

    Dropped are `\left`, `\right`, `\!`, `\,` and other spaces, `\displaystyle`, `$` and the like.
    `{,}` (a comma inside a number) is a comma.
    """
    tokens: list[str] = []
    for token in notation_tokens(text):
        if token not in _SPACING:
            tokens.append(_SAME_COMMAND.get(token, token))
            if tokens[-3:] == ["{", ",", "}"]:
                tokens[-3:] = [","]
    return tokens


def bag_tokens(text: str) -> list[str]:
    r"""Lower-case tokens for a bag of words; every CJK character is a word.

    The backslash of `\{` is a token by itself, as in the published estimates of mutual information:
    they count pairs of tokens, so another split would change them.
    """
    return _BAG.tokens(text.lower())


def content_tokens(text: str) -> list[str]:
    r"""Lower-case words, numbers and operators of a text, whatever its layout and its framing.

    Two texts have the same tokens if they differ only in

    - what `normalize` removes, and spellings of one meaning (`SAME_MEANING`);
    - letter case, white space, punctuation (brackets, `$`, `&` and line breaks included);
    - LaTeX for spacing, size, fonts and alignment: `\,`, `\left`, `\text{...}`, `align`, `^\circ`;
    - thousands separators in a number;
    - Asymptote drawings (`[asy]...[/asy]`).

    Letters in formulas and in words are not distinguished: `\sin` and `sin` are the same token.
    """
    return [_content(token) for token in _CONTENT.tokens(normalize(text))]


def content_spans(text: str) -> Iterator[tuple[str, int, int]]:
    """`content_tokens` of a text that is already normalized, each with its start and end."""
    for token, start, end in _CONTENT.spans(text):
        yield _content(token), start, end


def arithmetic_tokens(text: str) -> list[str]:
    r"""Lower-case words, numbers and arithmetic operators; `\frac{1}{2}` is `1/2`.

    Numbers keep their separators and "times" stays a word, unlike in `content_tokens`: the recorded
    hits of a generated set consist of these tokens.
    """
    text = _FRACTION.sub(r" \1/\2 ", text).lower()
    return [_OPERATORS.get(token) or token.lstrip("\\") for token in _ARITHMETIC.tokens(text)]


def mask_numerals(tokens: Sequence[str]) -> list[str]:
    """Tokens with `NUMERAL` in place of every number."""
    return [NUMERAL if is_numeral(token) else token for token in tokens]


def is_numeral(token: str) -> bool:
    """Whether a token is a number."""
    return "0" <= token[0] <= "9"


def is_word(token: str) -> bool:
    """Whether a token is a word or a command: no number and no sign."""
    return token[0].isalpha()


def _content(token: str) -> str:
    if is_numeral(token):
        return token if token.isdigit() else _SEPARATORS.sub("", token)
    token = token.lower().lstrip("\\")
    return SAME_MEANING.get(token, token)
