r"""Convert Unicode to ASCII LaTeX: signs to commands, other digits and letters to plain ones."""

from __future__ import annotations

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


def in_ascii(text: str) -> str:
    """The text with Unicode replaced by LaTeX commands and ASCII letters and digits."""
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
