r"""Normalize LaTeX before the tokenizer.

Unicode becomes LaTeX (see `unicode_to_latex`), and commands with the same meaning become one command.
Formatting is removed: delimiters, sizes, spaces, fonts, boxes, final full stops. Thousands keep their
`{,}`, text keeps its `\text{...}`.
"""

from __future__ import annotations

import re

from clean_bench.grading.parse.unicode_to_latex import in_ascii

_MAX_PERIOD = 30
_CHOSEN = (
    r"(?<![A-Za-z0-9)}}\]])(?:\{{ *\}})? *[_^] *\{{?([0-9]{{1,4}})\}}? *"
    r"(?:\\text\{{{0}\}}|{0}) *_ *\{{?([0-9]{{1,4}})\}}?"
)
"""Combinations or permutations."""
_OUTER = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"), ("**", "**"), ("`", "`"))
_COMMANDS = {
    **dict.fromkeys(
        "left right big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm Bigm "
        "displaystyle textstyle scriptstyle limits nolimits boxed fbox mathstrut strut underline "
        "bf it em tiny small normalsize large Large LARGE huge Huge checkmark blacksquare qed".split(),
        "",
    ),
    **dict.fromkeys("quad qquad thinspace medspace thickspace".split(), " "),
    **dict.fromkeys(("dfrac", "tfrac", "cfrac", "nicefrac", "sfrac"), r"\frac"),
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
    **dict.fromkeys(("dots", "cdots", "dotsc"), r"\ldots "),
    **dict.fromkeys(("Rightarrow", "rightarrow", "implies", "Longrightarrow"), r"\to "),
    "neq": r"\ne ", "lt": "<", "gt": ">", "lbrace": r"\{", "rbrace": r"\}", "lbrack": "[",
    "rbrack": "]", "backslash": r"\setminus ", "ast": "*", "div": "/", "colon": ":",
    "vee": r"\lor ", "wedge": r"\land ", "prime": "'",
}  # fmt: skip
_COMMAND = re.compile(r"\\([A-Za-z]+)(?:(?<=\\left)\.|(?<=\\right)\.)?")
_FUNCTIONS = "gcd|lcm|max|min|a?(?:rc)?(?:sin|cos|tan|cot|sec|csc)h?|ln|log|exp"


def _ongoing(match: re.Match[str]) -> str:
    """0.1666... as a repeating decimal: one digit three times at the end, or several twice."""
    digits = match[2]
    for period in range(1, min(len(digits) // 2, _MAX_PERIOD) + 1):
        times = 3 if period == 1 else 2
        block = digits[-period:]
        if not digits.endswith(block * times):
            continue
        start = len(digits) - period * times
        while start and digits[start - 1] == digits[start - 1 + period]:
            start -= 1
        return f"{match[1]}{digits[:start]}\\overline{{{digits[start : start + period]}}}"
    return match[0]


_REWRITES = tuple(
    (needle, re.compile(pattern), replacement)
    for needle, pattern, replacement in (
        ("\\color", r"\\color\s*\{[A-Za-z0-9! ]{1,30}\}", ""),
        ("\\textcolor", r"\\textcolor\s*\{[A-Za-z0-9! ]{1,30}\}", ""),
        ("\\ldots", r"((?<![0-9.])[0-9]*\.)([0-9]{2,60}) *\\ldots", _ongoing),
        (
            "\\dot",
            r"(\.[0-9]*)\\dot ?\{?([0-9])\}?(?:([0-9]*)\\dot ?\{?([0-9])\}?)?",
            r"\1\\overline{\2\3\4}",
        ),
        (".(", r"(?<=[0-9]\.)\(([0-9]{1,30})\)", r"\\overline{\1}"),
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
        (
            "\\frac",
            r"(?<=[0-9]) +\\frac *\{ *([ck]?m|mi|ft) *\}\{ *(s|h|hr|min) *(\^ *\{?[23]\}?)? *\}$",
            r"\\text{ \1/\2\3}",
        ),
        ("choose", r"\{([^{}]{1,60})\\choose(?![A-Za-z])([^{}]{1,60})\}", r"\\binom{\1}{\2}"),
        ("choose", r"^([^{}]{1,60})\\choose(?![A-Za-z])([^{}]{1,60})$", r"\\binom{\1}{\2}"),
        ("\\text", r"\\text\s*\{\s*\}", " "),
        ("\\text", r"\\text\s+(?=\{)", r"\\text"),
        ("\\text", r"^\\text\{([0-9.,]+) ([^{}0-9]+)\}", r"\1\\text{ \2}"),
        ("\\text", rf"\\text\{{ *({_FUNCTIONS}) *\}}(?= *[({{\\^_|0-9A-Za-z])", r"\\\1 "),
        (".", r"(?<![A-Za-z.])(?:np|numpy|math|sympy)\.(?=a?(?:rc)?(?:sin|cos|tan))", ""),
        ("min(", r"(?<![\\A-Za-z])min(?=\()", r"\\min"),
        ("over", r"\{([^{}]{1,60})\\over(?![A-Za-z])([^{}]{1,60})\}", r"\\frac{\1}{\2}"),
        ("over", r"^([^{}]{1,60})\\over(?![A-Za-z])([^{}]{1,60})$", r"\\frac{\1}{\2}"),
        ("C", _CHOSEN.format("C"), r"\\binom{\1}{\2}"),
        ("P", _CHOSEN.format("P"), r"\\frac{\1!}{(\1-\2)!}"),
        ("", r"\s+", " "),
    )
)
_MAX_WRAPS = 10
_BREAKS = re.compile(r"(?<!\\)(?:\\\\|\\[,;:!]?)$")
_THREE_DOTS = re.compile(r"(?<!\.)\.\.\.(?!\.)")
_PLAIN = re.compile(r"[A-Za-z0-9.+/-]*")


def clean(text: str) -> str:
    """The normalized text."""
    if _PLAIN.fullmatch(text) and "..." not in text:
        return text.rstrip(".")
    if not text.isascii():
        text = in_ascii(text)
    if "..." in text:
        text = _THREE_DOTS.sub(r"\\ldots ", text)
    text = _unwrap(text.strip())
    text = _dollars(text)
    if "\\" in text:
        text = _COMMAND.sub(_command, text)
    for needle, pattern, replacement in _REWRITES:
        if needle in text:
            text = pattern.sub(replacement, text)
    return _unwrap(text.strip())


def _command(match: re.Match[str]) -> str:
    return _COMMANDS.get(match[1], match[0])


def _unwrap(text: str) -> str:
    for _ in range(_MAX_WRAPS):
        shorter = _BREAKS.sub("", text.strip().strip('"').rstrip(".,;: "))
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
    """Whether the first brace of a text closes at its end."""
    depth = 0
    for match in re.finditer(r"(?<!\\)[{}]", text):
        depth += 1 if match[0] == "{" else -1
        if not depth:
            return match.end() == len(text)
    return False


def _dollars(text: str) -> str:
    """Remove delimiters; a single dollar sign is money and stays."""
    marks = [match.start() for match in re.finditer(r"(?<!\\)\$", text)]
    if len(marks) == 1:
        return text[: marks[0]] + "\\" + text[marks[0] :]
    return re.sub(r"(?<!\\)\$", " ", text) if marks else text
