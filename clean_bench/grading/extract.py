r"""Find the final answer in a response.

What follows the last `</think>` is read first, and the rest only where that offers nothing. In order:

1. the last complete `\boxed{...}` or `\fbox{...}` (nested braces matched; `\boxed 5` counts too).
   It decides even where it is empty: an empty box is no answer, whatever stood in an earlier one
   (as in Spurious Rewards, where the last box decides). Boxes joined to it by commas, semicolons, `&`
   or "and" are one answer that lists them all, once each; joined by "or" they stay a hedge;
2. only where there is no complete box, the last unclosed one, to the end of its line: what a
   response cut off at its token limit leaves;
3. whichever comes last of "answer is X", "Answer: X", a line "Final answer" above X, the same in
   Chinese, `#### X` (GSM8K) and `<answer> X </answer>` (the R1 template);
4. the last line of the last block of output of a program;
5. the whole response, where it is one short line or one formula, and no sentence.

There is no fallback to the last number in the text: it would credit numbers that were never offered
as an answer, and blur what a format reward teaches. Text without any of these has no answer.

Every step takes time linear in the length of the text.
"""

from __future__ import annotations

import re

_BOX_TOKEN = re.compile(r"\\{1,2}(?:boxed|fbox)\s*\{|\\.|[{}]", re.DOTALL)
_BARE_BOX = re.compile(r"\\(?:boxed|fbox)(?:[ \t]+([^\s${}]+)|([0-9]))")
_BETWEEN = 60
"""Characters that may stand between two boxes of one answer."""
_JOINT = re.compile(
    r"(?:[\s,;&$]|\\[()\[\],;!: ]|\\q?quad(?![A-Za-z])|(?<![A-Za-z])(?:and|or)(?![A-Za-z])"
    r"|\\(?:text|mbox|textrm)\s*\{[\s,]*(?:and|or)?\s*\})*"
)
_JOINS = re.compile(r"[,;&]|and|or")
_HEDGE = re.compile(r"\bor\b")
_OFFER = re.compile(
    r"(?P<said>\banswers?(?:\*\*)?(?:\s{1,8}(?:is|are)\b|\s{0,8}[:：=])"
    r"|\bfinal\s{1,4}answer[*_:：# \t]{0,8}\n|答案\s{0,4}(?:是|为|為|[:：]))"
    r"|(?P<hashes>####[ \t]*)|(?P<tag><answer>\s*)",
    re.IGNORECASE,
)
_OUTPUT = re.compile(r"```output[^\n]*\n")
_OFFERS = 20
"""Phrases that are tried, from the last."""
_READ_ON = 4000
"""Characters read after a phrase."""
_DELIMITERS = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"))
_STOP = re.compile(
    r"[.!?;](?=\s|$)|。|</|<\||,?\s(?:which|because|since|where|so|as|but|not|i\.e)\b"
)
_GOES_ON = re.compile(
    r"\s{0,4}(?:(?P<percent>\\?%)"
    r"|(?:,|;|,?\s{0,4}\b(?:and|or)\b)\s{0,4}(?:\$|\\\(|[-+−]?[0-9.]|[a-z] ?=))"
)
_SHORT = 200
_SETTING = re.compile(r"\\(?:text|mbox|textrm|mathrm|textbf|operatorname)\s*\{[^{}]*\}|\\[A-Za-z]+")
_WORD = re.compile(r"[^\W\d_]{2,}")
_PROSE = frozenset(
    "an answer are as be can cannot do does equal for has have if in is it know let no not of so solve "
    "that the then there therefore think this thus to was we with".split()
)
_DISPLAYS = (("$$", "$$"), ("\\[", "\\]"), ("\\begin{", "}"))
_MATHS = re.compile(r"[0-9\\$]")


def extract(response: str) -> str | None:
    """The final answer of a response as it stands there, or None where none is offered."""
    found = None
    _, thought, conclusion = response.rpartition("</think>")
    if thought:
        found = _marked(conclusion)
        if found is None:
            found = _bare(conclusion)
    if found is None:
        found = _marked(response)
    if found is None:
        found = _bare(response)
    return (found or "").strip() or None


def marked(response: str) -> str | None:
    """The answer that the response marks as one (1 to 4), or None; bare text is none."""
    _, thought, conclusion = response.rpartition("</think>")
    found = _marked(conclusion) if thought else None
    if found is None:
        found = _marked(response)
    return (found or "").strip() or None


def last_box(text: str) -> str | None:
    """The content of the last complete box ("" where it is empty), or None where there is none."""
    boxes, _ = _boxes(text)
    return _content(text, boxes[-1]) if boxes else None


def _marked(text: str) -> str | None:
    """The answer marked in a text, "" where what is marked is empty, None where nothing is."""
    boxes, unclosed = _boxes(text)
    if boxes:
        return _joined(text, boxes)
    if unclosed:
        return text[unclosed[-1] :].lstrip().split("\n", 1)[0].rstrip("$ ")
    said = _phrase(text)
    return said if said is not None else _output(text)


_Box = tuple[int, int, int, int]
"""A complete box: where its command starts, where its content starts and ends, where it ends."""


def _content(text: str, box: _Box) -> str:
    return text[box[1] : box[2]].strip()


def _boxes(text: str) -> tuple[list[_Box], list[int]]:
    """The complete boxes that hold no other, in order, and where the contents of open ones start.

    One pass with a stack, so that thousands of unclosed boxes cost no more than their length.
    Escaped braces are text.
    """
    first = min((at for at in (text.find("\\boxed"), text.find("\\fbox")) if at >= 0), default=-1)
    if first < 0:
        return [], []
    found: list[_Box] = []
    for bare in _BARE_BOX.finditer(text, first):
        inside = bare.start(bare.lastindex or 0)
        content = bare[bare.lastindex or 0].rstrip(".,;")
        found.append((bare.start(), inside, inside + len(content), bare.end()))
    stack: list[tuple[int, int, bool]] = []
    for token in _BOX_TOKEN.finditer(text, first):
        brace = token[0]
        if brace == "}":
            if stack:
                start, inside, is_box = stack.pop()
                if is_box:
                    found.append((start, inside, token.start(), token.end()))
        elif brace[-1] == "{" and brace != "\\{":
            stack.append((token.start(), token.end(), brace != "{"))
    boxes: list[_Box] = []
    for box in sorted(found):
        while boxes and boxes[-1][3] > box[0]:
            boxes.pop()
        boxes.append(box)
    return boxes, [inside for _, inside, is_box in stack if is_box]


def _joined(text: str, boxes: list[_Box]) -> str:
    """The last box, and before it those that are joined to it."""
    last = _content(text, boxes[-1])
    if not last:
        return ""
    parts, separators = [last], [""]
    for box, later in zip(boxes[-2::-1], boxes[:0:-1], strict=True):
        between = text[box[3] : later[0]] if later[0] - box[3] <= _BETWEEN else "no joint"
        if not (_JOINT.fullmatch(between) and _JOINS.search(between)):
            break
        parts.append(_content(text, box))
        separators.append(" or " if _HEDGE.search(between) else ", ")
    separators.append(separators.pop(0))
    pieces: list[str] = []
    seen = set()
    for part, separator in zip(reversed(parts), reversed(separators), strict=True):
        if part and part not in seen:
            pieces += [separator if pieces else "", part]
            seen.add(part)
    return "".join(pieces)


def _phrase(text: str) -> str | None:
    """What follows the last phrase that something follows, of the last few."""
    for match in list(_OFFER.finditer(text))[: -_OFFERS - 1 : -1]:
        rest = text[match.end() : match.end() + _READ_ON]
        if match["tag"]:
            said = rest.split("</answer>", 1)[0].strip()
        elif match["hashes"]:
            said, _, more = rest.partition("\n")
            said = said.strip(" *#")
            if not (_is_short(said) and (_MATHS.search(said) or not more.strip())):
                said = ""
        else:
            said = _sentence(rest)
        if said or match["tag"]:
            return said
    return None


def _sentence(rest: str) -> str:
    """The answer at the start of what follows "answer is": up to the end of the sentence."""
    rest = rest.lstrip(" \t\r\n:：*_\"'")
    for opening, closing in _DELIMITERS:
        if rest.startswith(opening):
            end = rest.find(closing, len(opening))
            while end > 0 and closing[0] == "$" and rest[end - 1] == "\\":
                end = rest.find(closing, end + 1)
            if end > 0:
                more = _GOES_ON.match(rest, end + len(closing))
                if more is None:
                    return rest[len(opening) : end].strip()
                if more["percent"]:
                    return rest[len(opening) : end].strip() + "\\%"
                break
    said = rest.split("\n", 1)[0]
    stop = _STOP.search(said)
    said = (said[: stop.start()] if stop else said).strip(" *_\"'")
    if said.count("$") == 1:
        return said.strip("$")
    return said.replace("$", "") if "$" in said else said


def _output(text: str) -> str | None:
    """The last line of the last block of output of a program."""
    start = text.rfind("```output")
    match = _OUTPUT.match(text, start) if start >= 0 else None
    if match is None:
        return None
    lines = text[match.end() :].split("```", 1)[0].split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), None)


def _bare(text: str) -> str | None:
    """The whole text, where it is one short line or one displayed formula, and no sentence."""
    text = text.strip()
    for opening, closing in _DISPLAYS:
        if text.startswith(opening) and text.endswith(closing) and len(text) <= _SHORT:
            return text
    return text if _is_short(text) and text.strip(".$ ") else None


def _is_short(text: str) -> bool:
    """One line with at most one word, or a few that make no sentence (`12 square inches`)."""
    if not text or len(text) > _SHORT or "\n" in text:
        return False
    words = [word.lower() for word in _WORD.findall(_SETTING.sub(" ", text))]
    words = [word for word in words if word not in ("and", "or")]
    few = 4 if text[0] in "0123456789-−.$\\(" else 2
    return len(words) <= 1 or (len(words) <= few and _PROSE.isdisjoint(words))
