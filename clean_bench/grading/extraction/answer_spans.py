"""The answer at a marked place: from the text after a marker, or inside tags.

    answer_after(" approximately 5, in total.", language("english"))     # "5"
    answer_after(" not 6 but 5.", language("english"))                   # "5"
    answer_inside("The value is 5.")                                     # "5"

The answer ends with its sentence or at a clause that adds nothing to it ("because ...", ", which ...",
" - see above"). Words before it ("approximately") and after it ("in total") are left out.
"""

from __future__ import annotations

import re

from clean_bench.grading.extraction.phrases import Language, declines, language, starts_with
from clean_bench.grading.extraction.results import result_of
from clean_bench.grading.extraction.short_answers import is_short

_DELIMITERS = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"))
_CONTINUATION = re.compile(
    r"\s{0,4}(?:(?P<percent>\\?%|percent\b|per cent\b)|=|\\approx"
    r"|(?:,|;|,?\s{0,4}\b(?:and|or)\b)\s{0,4}(?:\$|\\\(|[-+−]?[0-9.]|[a-z] ?=))"
)
_SPAN_END = re.compile(
    r"[.!?;](?=\s|$)|[。！？।；]|</|<\||,?\s(?:which|because|since|where|so|as|but|not"
    r"|rather than|instead of|i\.e|thus|hence|therefore"
    r"|given that|thanks to)\b"
)
_AFTER_COMMA = re.compile(
    r",\s{1,2}(?![\s\d$\\(\[{+−-]|[a-zA-Z]\s?=|and\b|or\b|[A-Za-z]\b)|，(?=\D)"
)
_OTHER_FORM = re.compile(r",\s(?:or|that is|i\.e\.),?\s")
_DASH = re.compile(r"\s(?:[–—]|--?)\s(?=[A-Za-z\"']{2})|[—](?=[A-Za-z]{2})")
_REMARK = re.compile(r"\s\((?=[a-z]{2,})(?!mod\b|base\b|in base\b)")
_CHOICE_PAREN = re.compile(r"\(?([A-J])\)[:.]?\s*(?=\S)")
_CHOICE_DASH = re.compile(r"\(?([A-J])\)?\s+[-–—]\s+\S|([A-J])\s+\(")
_NOT_BUT = re.compile(
    r"(?:not|no|nicht|pas)\b[^.!?\n]{1,60}?\b(?:but rather|but instead|but|sondern|sino|mais)\b\s{0,3}"
    r"|not\b[^.!?\n;,]{1,40}[;,]\s(?:it is|it's|instead|rather)\s",
    re.IGNORECASE,
)
_NOT_NUMBER = re.compile(r"not\s{1,4}[-+−$\\(]?\d", re.IGNORECASE)
_YES_NO = re.compile(r"(yes|no|true|false)\b\s?[,.;:!–—-]", re.IGNORECASE)
_HTML = re.compile(
    r"</?(?:b|strong|i|em|u|span|p|div|code|mark|br|center|font)(?: [^<>\n]{0,60})?/?>",
    re.IGNORECASE,
)
_SUPER = re.compile(r"<(sup|sub)>([^<>\n]{1,40})</\1>", re.IGNORECASE)
_STATES = re.compile(
    r"(?<!\w)(?:is|are|was|were|be|equals?|has|have|had|gets?|gives?|will|costs?|takes?|makes?|therefore|thus|hence"
    r"|so|left|remain|remains)(?!\w)",
    re.IGNORECASE,
)
_ASIDE_IN_TAGS = re.compile(r",?\s(?:which|because|since|where)\b")
_QUOTES = " \t\r\n:：*_\"'`“”‘’=≈→⇒,，、"
_MOST_LEADING = 6
_MOST_TRAILING = 3
_NUMERIC = re.compile(r"[\d\\$]")


def answer_after(rest: str, of: Language) -> str:
    """The answer at the start of the text after a marker, or "" where it has none."""
    rest = without_html(rest)
    rest = _without_leading(rest, of)
    refused = _NOT_BUT.match(rest)
    if refused:
        rest = _without_leading(rest[refused.end() :], of)
    elif _NOT_NUMBER.match(rest):
        return ""
    formula = _delimited(rest)
    if formula:
        return formula
    line = rest.split("\n", 1)[0]
    yes_no = _YES_NO.match(line)
    if yes_no:
        return yes_no[1]
    line = line.replace("**", "").replace("__", "")
    choice = _CHOICE_DASH.match(line)
    if choice:
        return choice[1] or choice[2]
    choice = _CHOICE_PAREN.match(line)
    if line.rstrip(" ,]").endswith("}") and line.count("}") > line.count("{"):
        line = line.rstrip(" ,]").removesuffix("}").rstrip(" \"'")  # the end of a JSON object
    letter = f"({choice[1]}) " if choice else ""
    line = line[choice.end() :] if choice else line
    answer = letter + _until_end(line, of)
    if answer.count("$") == 1:
        answer = answer.strip("$")
    elif "$" in answer:
        answer = answer.replace("$", "")
    if declines(answer):
        return ""
    if _is_sentence(answer):
        return "" if starts_with("plans").match(answer) else result_of(answer) or answer
    return answer


def answer_inside(content: str) -> str:
    """The answer inside tags: the content, or the result that it states if it is a sentence."""
    content = without_html(content).strip()
    content = _without_leading(content, language("english"))
    content = content.replace("**", "").strip()
    content = content[:-1] if content.endswith(".") and not content.endswith("..") else content
    aside = _ASIDE_IN_TAGS.search(content)
    if aside and _NUMERIC.search(content[: aside.start()]):
        content = content[: aside.start()]
    lines = [line for line in content.splitlines() if line.strip()]
    if not lines or is_short(content):
        return _undelimited(content.strip())
    if len(lines) > 1 and not content.startswith(("\\", "$$")):
        last = lines[-1].strip()
        return answer_inside(last) if is_short(last) else result_of(last) or content
    if declines(content):
        return ""
    return (result_of(content) or content) if _is_sentence(content) else content


def without_html(text: str) -> str:
    """The text with HTML for fonts removed, and superscripts and subscripts as in LaTeX."""
    if "<" in text:
        text = _SUPER.sub(_script, text)
        text = _HTML.sub("", text)
    return text.replace("&nbsp;", " ") if "&" in text else text


def _script(match: re.Match[str]) -> str:
    sign = "^" if match[1].lower() == "sup" else "_"
    return f"{sign}{{{match[2]}}}"


def _is_sentence(text: str) -> bool:
    return not is_short(text) and bool(_STATES.search(text))


def _undelimited(text: str) -> str:
    return text[1:-1].strip() if text[:1] == text[-1:] == "$" and text.count("$") == 2 else text


def _without_leading(rest: str, of: Language) -> str:
    """The text without quotation marks and words that are no part of the answer."""
    rest = rest.lstrip(_QUOTES)
    for _ in range(_MOST_LEADING):
        for patterns in (of.leading, language("english").leading):
            match = patterns.match(rest) if patterns else None
            if match and rest[match.end() :].strip(" .!\n"):
                rest = rest[match.end() :].lstrip(_QUOTES)
                break
        else:
            return rest
    return rest


def _delimited(rest: str) -> str:
    """The formula in math delimiters at the start, or "" where the answer does not end with it."""
    for opening, closing in _DELIMITERS:
        if rest.startswith(opening):
            end = rest.find(closing, len(opening))
            while end > 0 and closing[0] == "$" and rest[end - 1] == "\\":
                end = rest.find(closing, end + 1)
            if end > 0:
                more = _CONTINUATION.match(rest, end + len(closing))
                if more is None:
                    return rest[len(opening) : end].strip()
                if more["percent"]:
                    return rest[len(opening) : end].strip() + "\\%"
                return ""
    return ""


def _until_end(line: str, of: Language) -> str:
    """The line up to the end of the answer, without words after it that are no part of it."""
    stop = _SPAN_END.search(line)
    line = line[: stop.start()] if stop else line
    other_form = _OTHER_FORM.search(line)
    if other_form and line.find(",") == other_form.start() and "," not in line[other_form.end() :]:
        form = line[: other_form.start()]
        line = form if _NUMERIC.search(form) else line
    for pattern in (_AFTER_COMMA, _DASH, _REMARK):
        for match in pattern.finditer(line):
            if _NUMERIC.search(line[: match.start()]) or match.start() <= 1:
                line = line[: match.start()]
                break
    line = line.strip(" *_\"'`“”‘’.。,，\t\r").rstrip(" -–—")
    for _ in range(_MOST_TRAILING):
        shorter = _without_trailing(line, of)
        if shorter == line:
            break
        line = shorter
    return line


def _without_trailing(line: str, of: Language) -> str:
    lowered = line.lower()
    endings = [(text, of.spaces) for text in of.trailing]
    endings += [(text, True) for text in language("english").trailing]
    for text, spaces in endings:
        rest = line[: len(line) - len(text)]
        if (
            lowered.endswith(text)
            and rest
            and not (spaces and text[0].isalnum() and rest[-1].isalnum())
        ):
            return rest.rstrip(" ,，")
    return line
