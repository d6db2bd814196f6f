r"""Extract the final answer from a response.

If the response has a `</think>`, the text after the last one is searched first, and the whole
response only if that text has no answer. Rules, in order, each with its name:

1. "box": the last complete `\boxed{...}` or `\fbox{...}` (nested braces matched; `\boxed 5` counts
   too). It decides even where it is empty: an empty last box is no answer, whatever an earlier box
   holds (as in Spurious Rewards). Boxes joined to it by commas, semicolons, `&` or "and" form one
   answer that lists each once; boxes joined by "or" form a hedge;
2. "unclosed box": without any complete box, the last unclosed one, to the end of its line. A response
   cut off at its token limit ends so;
3. "marker": whichever comes last of "answer is X", "Answer: X", a line "Final answer" above X, the
   same in Chinese, `#### X` (GSM8K) and `<answer> X </answer>` (the R1 template);
4. "program output": the last line of the last block of program output;
5. "whole response": the response itself, if it is one short line or one formula, and no sentence.

There is no fallback to the last number of the text. It would credit numbers that were never given as
an answer, and a format reward could then not tell the two apart.

Every rule takes time linear in the length of the text.
"""

from __future__ import annotations

import re

_BOX_TOKEN = re.compile(r"\\{1,2}(?:boxed|fbox)\s*\{|\\.|[{}]", re.DOTALL)
_BARE_BOX = re.compile(r"\\(?:boxed|fbox)(?:[ \t]+([^\s${}]+)|([0-9]))")
_MAX_GAP = 60
"""Most characters between two boxes of one answer."""
_JOINT = re.compile(
    r"(?:[\s,;&$]|\\[()\[\],;!: ]|\\q?quad(?![A-Za-z])|(?<![A-Za-z])(?:and|or)(?![A-Za-z])"
    r"|\\(?:text|mbox|textrm)\s*\{[\s,]*(?:and|or)?\s*\})*"
)
_CONJUNCTION = re.compile(r"[,;&]|and|or")
_HEDGE = re.compile(r"\bor\b")
_MARKER = re.compile(
    r"(?P<phrase>\banswers?(?:\*\*)?(?:\s{1,8}(?:is|are)\b|\s{0,8}[:：=])"
    r"|\bfinal\s{1,4}answer[*_:：# \t]{0,8}\n|答案\s{0,4}(?:是|为|為|[:：]))"
    r"|(?P<hashes>####[ \t]*)|(?P<tag><answer>\s*)",
    re.IGNORECASE,
)
_OUTPUT = re.compile(r"```output[^\n]*\n")
_MAX_MARKERS = 20
"""Markers that are tried, from the last."""
_MAX_AFTER = 4000
"""Characters read after a marker."""
_DELIMITERS = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"))
_STOP = re.compile(
    r"[.!?;](?=\s|$)|。|</|<\||,?\s(?:which|because|since|where|so|as|but|not|i\.e)\b"
)
_CONTINUATION = re.compile(
    r"\s{0,4}(?:(?P<percent>\\?%)"
    r"|(?:,|;|,?\s{0,4}\b(?:and|or)\b)\s{0,4}(?:\$|\\\(|[-+−]?[0-9.]|[a-z] ?=))"
)
_SHORT = 200
_COMMANDS = re.compile(
    r"\\(?:text|mbox|textrm|mathrm|textbf|operatorname)\s*\{[^{}]*\}|\\[A-Za-z]+"
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_PROSE = frozenset(
    "an answer are as be can cannot do does equal for has have if in is it know let no not of so solve "
    "that the then there therefore think this thus to was we with".split()
)
_DISPLAYS = (("$$", "$$"), ("\\[", "\\]"), ("\\begin{", "}"))
_MATH = re.compile(r"[0-9\\$]")


Extraction = tuple[str, str]
"""An answer as it stands in the response, and the name of the rule that located it."""


def extract(response: str) -> str | None:
    """The final answer of a response as it stands there, or None if there is none."""
    extraction = locate(response)
    return extraction[0] if extraction else None


def locate(response: str, bare: bool = True) -> Extraction | None:
    """The final answer of a response with its rule, or None; rule 5 only if `bare`."""
    _, think_end, conclusion = response.rpartition("</think>")
    for text in (conclusion, response) if think_end else (response,):
        extraction = _marked(text) or (_whole(text) if bare else None)
        if extraction is not None:
            return extraction if extraction[0] else None
    return None


def last_box(text: str) -> str | None:
    """The content of the last complete box ("" where it is empty), or None where there is none."""
    boxes, _ = _boxes(text)
    return _content(text, boxes[-1]) if boxes else None


def boxed_answer(text: str) -> str | None:
    """The last complete box with the boxes that are joined to it (rule 1), or None without a box."""
    boxes, _ = _boxes(text)
    return _joined(text, boxes).strip() if boxes else None


def _marked(text: str) -> Extraction | None:
    """The answer by rules 1 to 4 (its text is "" where the marked place is empty), or None."""
    boxes, unclosed = _boxes(text)
    if boxes:
        return _joined(text, boxes).strip(), "box"
    if unclosed:
        line = text[unclosed[-1] :].lstrip().split("\n", 1)[0]
        return line.rstrip("$ ").strip(), "unclosed box"
    for rule, find in (("marker", _after_marker), ("program output", _program_output)):
        answer = find(text)
        if answer is not None:
            return answer.strip(), rule
    return None


_Box = tuple[int, int, int, int]
"""A complete box: where its command starts, where its content starts and ends, where it ends."""


def _content(text: str, box: _Box) -> str:
    return text[box[1] : box[2]].strip()


def _boxes(text: str) -> tuple[list[_Box], list[int]]:
    """The complete innermost boxes in order, and the positions where unclosed boxes start.

    One pass with a stack: linear time also for thousands of unclosed boxes. Escaped braces are text.
    """
    first = min((at for at in (text.find("\\boxed"), text.find("\\fbox")) if at >= 0), default=-1)
    if first < 0:
        return [], []
    complete: list[_Box] = []
    for bare in _BARE_BOX.finditer(text, first):
        inside = bare.start(bare.lastindex or 0)
        content = bare[bare.lastindex or 0].rstrip(".,;")
        complete.append((bare.start(), inside, inside + len(content), bare.end()))
    stack: list[tuple[int, int, bool]] = []
    for token in _BOX_TOKEN.finditer(text, first):
        brace = token[0]
        if brace == "}":
            if stack:
                start, inside, is_box = stack.pop()
                if is_box:
                    complete.append((start, inside, token.start(), token.end()))
        elif brace[-1] == "{" and brace != "\\{":
            stack.append((token.start(), token.end(), brace != "{"))
    boxes: list[_Box] = []
    for box in sorted(complete):
        while boxes and boxes[-1][3] > box[0]:
            boxes.pop()
        boxes.append(box)
    return boxes, [inside for _, inside, is_box in stack if is_box]


def _joined(text: str, boxes: list[_Box]) -> str:
    """The last box together with the boxes that are joined to it."""
    last = _content(text, boxes[-1])
    if not last:
        return ""
    parts, separators = [last], [""]
    for box, later in zip(boxes[-2::-1], boxes[:0:-1], strict=True):
        between = text[box[3] : later[0]] if later[0] - box[3] <= _MAX_GAP else "no joint"
        if not (_JOINT.fullmatch(between) and _CONJUNCTION.search(between)):
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


def _after_marker(text: str) -> str | None:
    """The answer after the last marker that is followed by one, of the last few markers."""
    for match in list(_MARKER.finditer(text))[: -_MAX_MARKERS - 1 : -1]:
        rest = text[match.end() : match.end() + _MAX_AFTER]
        if match["tag"]:
            return rest.split("</answer>", 1)[0].strip()
        if match["hashes"]:
            answer, _, more = rest.partition("\n")
            answer = answer.strip(" *#")
            if not (_is_short(answer) and (_MATH.search(answer) or not more.strip())):
                answer = ""
        else:
            answer = _until_sentence_end(rest)
        if answer:
            return answer
    return None


def _until_sentence_end(rest: str) -> str:
    """The answer at the start of the text after "answer is", up to the end of the sentence."""
    rest = rest.lstrip(" \t\r\n:：*_\"'")
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
                break
    answer = rest.split("\n", 1)[0]
    stop = _STOP.search(answer)
    answer = (answer[: stop.start()] if stop else answer).strip(" *_\"'")
    if answer.count("$") == 1:
        return answer.strip("$")
    return answer.replace("$", "") if "$" in answer else answer


def _program_output(text: str) -> str | None:
    """The last line of the last block of output of a program."""
    start = text.rfind("```output")
    match = _OUTPUT.match(text, start) if start >= 0 else None
    if match is None:
        return None
    lines = text[match.end() :].split("```", 1)[0].split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), None)


def _whole(text: str) -> Extraction | None:
    """The whole text, if it is one short line or one displayed formula, and no sentence."""
    text = text.strip()
    for opening, closing in _DISPLAYS:
        if text.startswith(opening) and text.endswith(closing) and len(text) <= _SHORT:
            return text, "whole response"
    is_answer = _is_short(text) and text.strip(".$ ")
    return (text, "whole response") if is_answer else None


def _is_short(text: str) -> bool:
    """One line with at most one word, or a few that make no sentence (`12 square inches`)."""
    if not text or len(text) > _SHORT or "\n" in text:
        return False
    words = [word.lower() for word in _WORD.findall(_COMMANDS.sub(" ", text))]
    words = [word for word in words if word not in ("and", "or")]
    few = 4 if text[0] in "0123456789-−.$\\(" else 2
    return len(words) <= 1 or (len(words) <= few and _PROSE.isdisjoint(words))
