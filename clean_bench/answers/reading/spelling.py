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
_COMMANDS = {
    **dict.fromkeys(
        "left right big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm Bigm "
        "displaystyle textstyle scriptstyle limits nolimits boxed fbox mathstrut strut".split(),
        "",
    ),
    **dict.fromkeys("quad qquad thinspace medspace thickspace".split(), " "),
    **dict.fromkeys(("dfrac", "tfrac", "cfrac"), r"\frac"),
    **dict.fromkeys(("dbinom", "tbinom"), r"\binom"),
    **dict.fromkeys(
        "textbf textit textrm textsf textnormal texttt textup mbox hbox mathrm mathsf mathit "
        "operatorname rm emph mathop".split(),
        r"\text",
    ),
    **dict.fromkeys(("leq", "leqslant", "leqq"), r"\le "),
    **dict.fromkeys(("geq", "geqslant", "geqq"), r"\ge "),
    **dict.fromkeys(("lvert", "rvert", "vert", "mid"), "|"),
    **dict.fromkeys(("varnothing", "O"), r"\emptyset "),
    **dict.fromkeys(("degree", "degrees"), r"^\circ "),
    **dict.fromkeys(("simeq", "cong", "doteq"), r"\approx "),
    **dict.fromkeys(("Rightarrow", "rightarrow", "implies", "Longrightarrow"), r"\to "),
    "neq": r"\ne ", "lt": "<", "gt": ">", "lbrace": r"\{", "rbrace": r"\}", "lbrack": "[",
    "rbrack": "]", "backslash": r"\setminus ", "ast": "*", "div": "/", "colon": ":",
    "vee": r"\lor ", "wedge": r"\land ", "prime": "'",
}  # fmt: skip
_COMMAND = re.compile(r"\\([A-Za-z]+)(?:(?<=\\left)\.|(?<=\\right)\.)?")
_REWRITES = tuple(
    (needle, re.compile(pattern), replacement)
    for needle, pattern, replacement in (
        ("\\!", r",\s*\\!\s*", "{,}"),
        ("\\,", r"(?<=\d)\{\\,\}(?=\d)", "{,}"),
        ("\\\\", r"\\\\\s*\[[^\]\[]{0,12}\]", r"\\\\ "),
        ("\\", r"(?<!\\)\\[()\[\]]", " "),
        ("\\!", r"\\!", ""),
        ("\\", r"(?<!\\)\\[,;:> ]", " "),
        ("~", "~", " "),
        ("\\circ", r"\^\s*\{\s*\\circ\s*\}", r"^\\circ "),
        ("\\circ", r"(\^\\circ) *([CF])(?![A-Za-z])", r"\1\\text{\2}"),
        ("U", r"(?<=[)\]}]) *U *(?=[(\[\\{])", r"\\cup "),
        ("'", r"\^\s*\{\s*('+)\s*\}|\^\s*(')", r"\1\2"),
        ("\\%", r"\\%", "%"),
        ("{", r"\{\s*([-+=<>*])\s*\}", r"\1"),
        ("**", r"\*\*", "^"),
        (
            "\\frac{\\text",
            r"\\frac\{\\text\{([^{}]*)\}\}\{\\text\{([^{}]*)\}(\^[23])?\}",
            r"\\text{\1/\2\3}",
        ),
        ("choose", r"\{([^{}]{1,60})\\choose(?![A-Za-z])([^{}]{1,60})\}", r"\\binom{\1}{\2}"),
        ("choose", r"^([^{}]{1,60})\\choose(?![A-Za-z])([^{}]{1,60})$", r"\\binom{\1}{\2}"),
        ("\\text", r"\\text\s*\{\s*\}", " "),
        ("\\text", r"\\text\s+(?=\{)", r"\\text"),
        (" ", r"\s+", " "),
    )
)
_MOST_WRAPS = 10
_PLAIN = re.compile(r"[A-Za-z0-9.+/-]*")


def clean(text: str) -> str:
    """The text in the one spelling that the tokenizer knows."""
    if _PLAIN.fullmatch(text):
        return text.rstrip(".")
    if not text.isascii():
        text = _ascii(text)
    text = _unwrap(text.strip())
    text = _dollars(text)
    if "\\" in text:
        text = _COMMAND.sub(_command, text)
    for needle, pattern, replacement in _REWRITES:
        if needle in text:
            text = pattern.sub(replacement, text)
    return _unwrap(text.strip())


def _command(match: re.Match[str]) -> str:
    found = _COMMANDS.get(match[1])
    return match[0] if found is None else found


def _unwrap(text: str) -> str:
    for _ in range(_MOST_WRAPS):
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
        if shorter.startswith("{") and shorter.endswith("}") and _one_group(shorter):
            shorter = shorter[1:-1]
        if shorter == text:
            break
        text = shorter
    return text


def _one_group(text: str) -> bool:
    """Whether the brace that opens a text is closed at its end."""
    depth = 0
    for match in re.finditer(r"(?<!\\)[{}]", text):
        depth += 1 if match[0] == "{" else -1
        if not depth:
            return match.end() == len(text)
    return False


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
