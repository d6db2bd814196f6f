r"""The three normal forms in the code of *Spurious Rewards* (2506.10947).

`stripped` is applied to an extracted answer (from the evaluation code of Qwen2.5-Math). `textbook` and
`without_latex` are applied to both sides of a comparison (from the graders of MATH and PRM800K).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clean_bench.grading.parse.notation import by_spelling

_TABLES: Mapping[str, Any] = tomllib.loads(
    Path(__file__).with_name("spurious_rewards.toml").read_text(encoding="utf-8")
)
_UNITS = [*_TABLES["units"].split(), *_TABLES["units_of_several_words"]]
_UNITS += [unit + "s" for unit in _UNITS]
_WORDS = _TABLES["number_words"]
_SCALES = _TABLES["scales"]
_PREFIXES = [f"{name}{sign}" for sign in ("=", "\\in", "\\to") for name in "xyz"]
_TEXT_UNIT = [
    re.compile(rf"{unit}(?:es)?s? *(?:\^[0-9]+)?") for unit in _TABLES["text_units"].split()
]
_SYMBOLS = by_spelling(_TABLES["symbols"])
GROUPED = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?:$|[^0-9]))")
"""A comma that separates thousands."""
_BLACKBOARD = str.maketrans("CNPQRZ", "ℂℕℙℚℝℤ")


def stripped(text: str, keep_units: bool = False) -> str:
    """An answer as extraction leaves it: without units, dollars, degrees, percent, text, spaces.

    `keep_units` leaves the words of the table of units in the text, as Qwen2.5-Math's evaluation does
    for Minerva.
    """
    text = text.strip().replace("\n", "").rstrip(".").replace("\\!", "")
    text = re.sub(r"\\begin\{array\}\{[^}]*\}", r"\\begin{pmatrix}", text)
    text = text.replace("\\end{array}", "\\end{pmatrix}").replace("bmatrix", "pmatrix")
    text = text.replace("tfrac", "frac").replace("dfrac", "frac")
    for longer, shorter in (("\\neq", "\\ne"), ("\\leq", "\\le"), ("\\geq", "\\ge")):
        text = text.replace(longer, shorter)
    text = text.replace("\\left", "").replace("\\right", "")
    text = text.replace("\\{", "{").replace("\\}", "}")
    if text.endswith("}") and "\\text" in text:
        text = text[: text.index("\\text")].strip() or text
    text = text if keep_units else _without_units(text)
    text = text.replace("^{\\circ}", "").replace("^\\circ", "")
    for mark in ("\\$", "$", "\\(", "\\)"):
        text = text.replace(mark, "")
    text = _number_of_words(text)
    text = re.sub(r"\\text\{([^}]*)\}", r"\1", text)
    for prefix in _PREFIXES:
        text = text.replace(prefix, "")
    text = text.replace("\\emptyset", "{}").replace("(-\\infty,\\infty)", "\\mathbb{R}")
    text = text.replace("\\%", "").replace("%", "")
    text = text.replace(" .", " 0.").replace("{.", "{0.").replace("infinity", "\\infty")
    if "\\infty" not in text:
        text = text.replace("inf", "\\infty")
    text = text.replace("and", "").replace("\\mathbf", "")
    text = re.sub(r"\\mbox\{[^}]*\}", "", text)
    if "i" not in text:
        text = text.replace("j", "i")
    text = re.sub(r"(?<=[0-9])\.0*(?=[^0-9]|$)", "", text)
    if not text:
        return ""
    text = _right_side("0" + text if text[0] == "." else text, r"\\sqrt(\w+)")
    return _slash(_shorthand(text))


def _without_units(text: str) -> str:
    for _ in range(2):
        for unit in _UNITS:
            if unit in text:
                text = re.sub(rf"(^|\W){unit}($|\W)", r"\1\2", text) or text
    return text


def _number_of_words(text: str) -> str:
    """The number written in words anywhere in the text, or else the text itself."""
    if text.isdecimal():
        return str(int(text)) if len(text) < 4000 else text
    words = text.replace("-", " ").lower().split()
    words = [word for word in words if word in _WORDS or word in _SCALES or word == "point"]
    if not words:
        return text
    if "point" in words:
        at = words.index("point")
        whole = _count(words[:at]) if at else 0
        return f"{whole}.{''.join(str(_WORDS.get(word, '')) for word in words[at + 1 : 50])}"
    return str(_count(words))


def _count(words: list[str]) -> int:
    total, current = 0, 0
    for word in words[:50]:
        if word in _WORDS:
            current += _WORDS[word]
        elif word == "hundred":
            current = max(current, 1) * 100
        else:
            total, current = total + max(current, 1) * _SCALES[word], 0
    return total + current


def textbook(text: str) -> str:
    """The form that MATH's own grader compares: LaTeX without formatting."""
    text = text.strip()
    inner = re.fullmatch(r"\\text\{(.+?)\}", text)
    text = inner[1].strip() if inner else text
    text = text.replace("\n", "").replace("\\!", "").replace("\\\\", "\\")
    text = text.replace("tfrac", "frac").replace("dfrac", "frac")
    text = text.replace("\\left", "").replace("\\right", "")
    text = text.replace("^{\\circ}", "").replace("^\\circ", "").replace("\\$", "")
    if text.count("\\text{ ") == 1:
        text = text.split("\\text{ ")[0]
    text = text.replace("\\%", "").replace(" .", " 0.").replace("{.", "{0.")
    if not text:
        return ""
    text = _right_side("0" + text if text[0] == "." else text, r"\\sqrt(\w)")
    text = _shorthand(text)
    return "\\frac{1}{2}" if text == "0.5" else _slash(text)


def without_latex(text: str) -> str:
    """The form for algebra: text without LaTeX, in lower case, integers as integers."""
    inner = re.match(r"\\text\{(.+?)\}$", text)
    text = inner[1] if inner else text
    for mark in ("\\%", "\\$", "$", "%"):
        text = text.replace(mark, "")
    text = text.replace(" or ", " , ").replace(" and ", " , ")
    for word, power in (("million", 6), ("billion", 9), ("trillion", 12)):
        text = text.replace(word, f"*10^{power}")
    for unit in _TEXT_UNIT:
        text = unit.sub("", text)
    text = re.sub(r"\^ *\\circ", "", text)
    if text.startswith("{") and text.endswith("}"):
        text = text[1:-1]
    text = re.sub(r",\\! *", "", text)
    text = integer(text) or text
    if "\\" in text:
        text = _without_latex(text)
    text = re.sub(r"- *", "-", text)
    text = re.sub(r"([0-9]) +([0-9])", r"\1+\2", text)
    text = text.replace(" ", "").replace("{", "").replace("}", "").lower()
    return integer(GROUPED.sub("", text)) or text


def integer(text: str) -> str | None:
    """The text as an integer if its value is within 1e-7 of one, or else None."""
    try:
        value = float(text)
        return str(round(value)) if abs(value - round(value)) <= 1e-7 else None
    except (ValueError, OverflowError):
        return None


def _without_latex(text: str) -> str:
    r"""LaTeX as plain text: `\frac{a}{b}` as a/b without brackets, as in the original's library."""
    text = re.sub(r"\\mathbb\{([A-Z])\}", lambda letter: letter[1].translate(_BLACKBOARD), text)
    text = re.sub(r"\\begin\{[a-z]*matrix\}", "[ ", text)
    if "[ " in text:
        text = re.sub(r"\\end\{[a-z]*matrix\}", " ]", text).replace("\\\\", "; ").replace("&", " ")
    text = re.sub(r"\\[dt]?frac(?![A-Za-z])", r" \\frac", text)
    text = re.sub(r"\\sqrt(?![A-Za-z])(?:\[[^\]]*\])?", r"\\sqrt", text)
    pieces: list[str] = []
    # Text to insert when a group closes: a bracket after a root, a slash after a numerator.
    after_group: list[list[str]] = [[]]
    pending: list[str] = []
    for token in re.finditer(r"\\[A-Za-z]+\s*|\\.|[{}]|\s+|.", text, re.DOTALL):
        word = token[0].strip() or " "
        if word == "\\frac":
            pending = ["/", "", *pending]
        elif word == "\\sqrt":
            pieces.append("sqrt(")
            pending = [")", *pending]
        elif word == "{":
            after_group.append(pending)
            pending = []
        elif word == "}":
            pending = after_group.pop() if len(after_group) > 1 else []
            if pending:
                pieces.append(pending.pop(0))
        else:
            if word.startswith("\\"):
                name = word[1:]
                word = _SYMBOLS.get(name, name if len(name) == 1 and name in "{}$%&_#" else "")
            pieces.append(word)
            if pending and word != " ":
                pieces.append(pending.pop(0))
    return "".join(pieces).strip()


def _right_side(text: str, root: str) -> str:
    """The text after `k =`, with braces after roots and without spaces."""
    left, equals, right = text.partition("=")
    if equals and "=" not in right and len(left) <= 2:
        text = right
    return re.sub(root, r"\\sqrt{\1}", text).replace(" ", "")


def _shorthand(text: str) -> str:
    r"""`\frac12` and `\frac1{72}` with all their braces."""
    return re.sub(r"\\frac([^{])(?:([^{])|(?=\{))", _braced, text)


def _braced(match: re.Match[str]) -> str:
    below = f"{{{match[2]}}}" if match[2] else ""
    return f"\\frac{{{match[1]}}}{below}"


def _slash(text: str) -> str:
    """A lone a/b of integers or roots as a fraction."""
    above, stroke, below = text.partition("/")
    if not stroke or "/" in below:
        return text
    for side in (above, below):
        if "sqrt" not in side and not re.fullmatch(r"-?(?:0|[1-9][0-9]*)", side):
            return text
    return f"\\frac{{{above}}}{{{below}}}"
