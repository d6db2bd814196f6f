r"""Convert Unicode to ASCII LaTeX: signs to commands, other digits and letters to plain ones."""

from __future__ import annotations

import unicodedata

from clean_bench.grading.parse.notation import NOTATION, by_spelling

_SIGNS = by_spelling(NOTATION["signs"])
_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱ", "0123456789+-()ni", strict=True))
_SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋", "0123456789+-", strict=True))


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
        else:
            parts.append(_SIGNS.get(sign) or _one(sign))
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
    return "".join(_SIGNS.get(part, part) for part in plain)
