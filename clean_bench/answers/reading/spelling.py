r"""One spelling for what can be written in several ways.

Unicode signs become LaTeX commands, look-alike digits and letters become ASCII, and what only
changes the looks of a formula goes: delimiters, sizes, spaces, fonts, boxes, final full stops.
Thousands keep their `{,}`, text keeps its `\text{...}`.
"""

from __future__ import annotations

import re
import unicodedata

_SIGNS = {
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "×": r"\times ", "✕": r"\times ",
    "·": r"\cdot ", "⋅": r"\cdot ", "∙": r"\cdot ", "•": r"\cdot ", "∗": "*", "÷": "/", "⁄": "/",
    "∕": "/", "√": r"\sqrt ", "∛": r"\sqrt[3] ", "∜": r"\sqrt[4] ", "∞": r"\infty ",
    "°": r"^\circ ", "º": r"^\circ ", "≤": r"\le ", "⩽": r"\le ", "≥": r"\ge ", "⩾": r"\ge ",
    "≠": r"\ne ", "≈": r"\approx ", "≃": r"\approx ", "∪": r"\cup ", "∩": r"\cap ",
    "∈": r"\in ", "∅": r"\emptyset ", "⌀": r"\emptyset ", "±": r"\pm ", "∓": r"\mp ",
    "⟨": r"\langle ", "⟩": r"\rangle ", "〈": r"\langle ", "〉": r"\rangle ", "∖": r"\setminus ",
    "∨": r"\lor ", "∧": r"\land ", "ℝ": r"\mathbb{R}", "ℤ": r"\mathbb{Z}", "ℚ": r"\mathbb{Q}",
    "ℕ": r"\mathbb{N}", "ℂ": r"\mathbb{C}", "→": r"\to ", "⇒": r"\to ", "′": "'", "’": "'",
    "‘": "'", "″": "''", "“": '"', "”": '"', "∶": ":", "、": ",", "٫": ".", "٬": "{,}", "٪": "%",
    "…": r"\ldots ", "⋯": r"\ldots ", "⌊": r"\lfloor ", "⌋": r"\rfloor ", "⌈": r"\lceil ",
    "⌉": r"\rceil ", "￥": "¥", "＄": r"\$",
}  # fmt: skip
_GREEK = {
    chr(code): rf"\{name} "
    for code, name in zip(
        range(0x3B1, 0x3CA),
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho "
        "varsigma sigma tau upsilon phi chi psi omega".split(),
        strict=True,
    )
} | {
    letter: rf"\{name} "
    for letter, name in zip(
        "ΓΔΘΛΞΠΣΦΨΩϕϑϵ",
        "Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega phi theta epsilon".split(),
        strict=True,
    )
}
_SUPERSCRIPTS = {
    **dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True)),
    "⁺": "+", "⁻": "-", "⁽": "(", "⁾": ")", "ⁿ": "n", "ⁱ": "i",
}  # fmt: skip
_SUBSCRIPTS = {**dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True)), "₊": "+", "₋": "-"}

_OUTER = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"), ("**", "**"), ("`", "`"))
_TEXT = (
    "text|textbf|textit|textrm|textsf|textnormal|texttt|textup|mbox|hbox|mathrm|mathsf|mathit|"
    "operatorname|rm|emph|mathop"
)
_REWRITES = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r",\s*\\!\s*", "{,}"),
        (r"(?<=\d)\{\\,\}(?=\d)", "{,}"),
        (r"\\\\\s*\[[^\]\[]{0,12}\]", r"\\\\ "),
        (r"(?<!\\)\\[()\[\]]", " "),
        (r"\\!", ""),
        (r"(?<!\\)\\[,;:> ]|~|\\q?quad(?![A-Za-z])|\\(?:thin|med|thick)space(?![A-Za-z])", " "),
        (r"\\(?:left|right|[bB]igg?[lrm]?)(?![A-Za-z])\.?", ""),
        (r"\\(?:display|text|script)style(?![A-Za-z])|\\(?:no)?limits(?![A-Za-z])", ""),
        (r"\\(?:boxed|fbox|mathstrut|strut)(?![A-Za-z])", ""),
        (r"\\[dtc]frac(?![A-Za-z])", r"\\frac"),
        (r"\\[dt]binom(?![A-Za-z])", r"\\binom"),
        (rf"\\(?:{_TEXT})\s*(?=\{{)", r"\\text"),
        (r"\\(?:leq|leqslant|leqq)(?![A-Za-z])", r"\\le "),
        (r"\\(?:geq|geqslant|geqq)(?![A-Za-z])", r"\\ge "),
        (r"\\neq(?![A-Za-z])", r"\\ne "),
        (r"\\lt(?![A-Za-z])", "<"),
        (r"\\gt(?![A-Za-z])", ">"),
        (r"\\(?:lbrace)(?![A-Za-z])", r"\\{"),
        (r"\\(?:rbrace)(?![A-Za-z])", r"\\}"),
        (r"\\(?:lbrack)(?![A-Za-z])", "["),
        (r"\\(?:rbrack)(?![A-Za-z])", "]"),
        (r"\\(?:lvert|rvert|vert|mid)(?![A-Za-z])", "|"),
        (r"\\(?:varnothing|O)(?![A-Za-z])", r"\\emptyset "),
        (r"\\backslash(?![A-Za-z])", r"\\setminus "),
        (r"\\(?:ast)(?![A-Za-z])", "*"),
        (r"\\div(?![A-Za-z])", "/"),
        (r"\\(?:colon)(?![A-Za-z])", ":"),
        (r"\\(?:vee)(?![A-Za-z])", r"\\lor "),
        (r"\\(?:wedge)(?![A-Za-z])", r"\\land "),
        (r"\{([^{}]{1,60})\\choose(?![A-Za-z])([^{}]{1,60})\}", r"\\binom{\1}{\2}"),
        (r"\\(?:degree|degrees)(?![A-Za-z])|\^\s*\{\s*\\circ\s*\}", r"^\\circ "),
        (r"\\(?:prime)(?![A-Za-z])", "'"),
        (r"\^\s*\{\s*('+)\s*\}|\^\s*(')", r"\1\2"),
        (r"\\%", "%"),
        (r"\{\s*([-+=<>*])\s*\}", r"\1"),
        (r"\*\*", "^"),
        (r"\\(?:simeq|cong|doteq)(?![A-Za-z])", r"\\approx "),
        (r"\\(?:Rightarrow|rightarrow|implies|Longrightarrow)(?![A-Za-z])", r"\\to "),
        (r"\\(?:text)\{\s*\}", " "),
        (r"\s+", " "),
    )
)
_REWRITTEN = re.compile(r"[\\~* ^{]")
_PLAIN = re.compile(r"[A-Za-z0-9.+/-]*")


def clean(text: str) -> str:
    """The text in the one spelling that the tokenizer knows."""
    if _PLAIN.fullmatch(text):
        return text.rstrip(".")
    if not text.isascii():
        text = _ascii(text)
    text = _unwrap(text.strip())
    text = _dollars(text)
    if _REWRITTEN.search(text):
        for pattern, replacement in _REWRITES:
            text = pattern.sub(replacement, text)
    return _unwrap(text.strip())


def _unwrap(text: str) -> str:
    while True:
        shorter = text.strip().strip('"').rstrip(".,;: ")
        for opening, closing in _OUTER:
            inner = shorter[len(opening) : -len(closing)]
            if (
                len(shorter) > len(opening) + len(closing)
                and shorter.startswith(opening)
                and shorter.endswith(closing)
                and opening not in inner
                and closing not in inner
                and not inner.endswith("\\")
            ):
                shorter = inner
        if shorter == text:
            return text
        text = shorter


def _dollars(text: str) -> str:
    """Delimiters go; a single dollar sign is money."""
    marks = [match.start() for match in re.finditer(r"(?<!\\)\$", text)]
    if len(marks) == 1:
        return text[: marks[0]] + "\\" + text[marks[0] :]
    return re.sub(r"(?<!\\)\$", " ", text) if marks else text


def _ascii(text: str) -> str:
    parts: list[str] = []
    script: dict[str, str] = {}
    for sign in text:
        if script and sign not in script:
            parts.append("}")
            script = {}
        if sign < "\x80":
            parts.append(sign)
        elif sign in _SUPERSCRIPTS or sign in _SUBSCRIPTS:
            if not script:
                script = _SUPERSCRIPTS if sign in _SUPERSCRIPTS else _SUBSCRIPTS
                parts.append("^{" if script is _SUPERSCRIPTS else "_{")
            parts.append(script[sign])
        elif sign in _SIGNS:
            parts.append(_SIGNS[sign])
        elif sign in _GREEK:
            parts.append(_GREEK[sign])
        else:
            parts.append(_one(sign))
    if script:
        parts.append("}")
    return "".join(parts)


def _one(sign: str) -> str:
    digit = unicodedata.decimal(sign, None)
    if digit is not None:
        return str(digit)
    category = unicodedata.category(sign)
    if category in ("Cf", "Cc"):
        return ""
    if category == "Zs":
        return " "
    if unicodedata.decomposition(sign).startswith("<fraction>"):
        above, _, below = unicodedata.normalize("NFKC", sign).partition("⁄")
        return rf"\frac{{{above}}}{{{below}}}" if below else sign
    plain = unicodedata.normalize("NFKC", sign)
    return "".join(_SIGNS.get(part) or _GREEK.get(part) or part for part in plain)
