r"""The boxed answer of a response: the last complete box that is an answer, and the boxes joined to it.

A box is `\boxed{...}` or one of the other commands of `_BOX`, braces matched, also with a doubled or a
lost backslash (`boxed{5}`, or a backspace where JSON read `\b` as one). `\boxed 5` counts too.

No answer is a box that quotes the instruction: a placeholder (`\boxed{answer}`), or an empty box after
or before a word such as "in" ("put it in \boxed{}"). Any other empty box decides where it is the last:
the response then has no boxed answer, whatever an earlier box holds (as in Spurious Rewards).

Every function takes time linear in the length of the text.
"""

from __future__ import annotations

import re

from clean_bench.grading.extraction.phrases import words_of

_COMMANDS_OF_BOX = r"[bB]oxed|fbox|framebox|ovalbox|doublebox|shadowbox|bbox"
_OPTIONS = r"\s*(?:\[[^\[\]{}\n]{0,40}\]){0,2}\s{0,4}\{"
_BOX_TOKEN = re.compile(
    rf"\\\\?(?:{_COMMANDS_OF_BOX}){_OPTIONS}|\x08oxed{_OPTIONS}|\x0c(?:ramebox|box){_OPTIONS}"
    rf"|\\\\?f?colorbox(?:\{{[A-Za-z!0-9]{{1,12}}\}}){{1,2}}{_OPTIONS}"
    rf"|b(?<![A-Za-z\\]b)oxed{_OPTIONS}|f(?<![A-Za-z\\]f)(?:box|ramebox){_OPTIONS}"
    r"|o(?<![A-Za-z\\\x08]o)xed\{|\\.|\{|\}",
    re.DOTALL,
)
"""Every alternative begins with a literal character, which `re` searches fast."""
_BARE_BOX = re.compile(
    r"\\(?:boxed|fbox|framebox)(?:\s?(\\[A-Za-z]+(?:\{[^{}\n]{0,80}\}){1,3})|[ \t]+([^\s${}\\]+)"
    r"|([0-9]+)|\\\{([^{}\\\n]{1,80})\\\}|\(([^()\n]{1,80})\)|\[([^\[\]{}\n]{1,80})\])"
)
_STANDARD = re.compile(r"\\(?:boxed|fbox)")
_WORD_ONLY = re.compile(r"[A-Za-z]{2,}[.,;:!?)\"'`*]*|[aI]")
_MAX_GAP = 60
"""Most characters between two boxes of one answer."""
_NAME = (
    r"(?:\\[A-Za-z]{2,8}|[A-Za-zα-ωΑ-Ω])(?:_\{[A-Za-z0-9]{1,8}\}|_?[0-9A-Za-z])?(?:\([a-z0-9]\))?"
)
_JOINT = re.compile(
    r"(?:[\s,;&$]|\\[()\[\],;!: ]|\\q?quad(?![A-Za-z])"
    r"|(?<![A-Za-z])(?:and|or|also|as well as|both|either)(?![A-Za-z])"
    r"|(?:the )?(?:other|second|third|next|remaining|last)"
    r"(?: (?:root|solution|value|one|answer|number|zero))?(?: is| are)?(?![A-Za-z])"
    rf"|{_NAME}\s{{0,4}}=|\\(?:text|mbox|textrm)\s*\{{[\s,]*(?:and|or)?\s*\}})*"
)
_NOUN_AND = re.compile(r"\$?\s{1,2}(?!is|was|are|were|then|but)([a-z]{3,14}),?\s{1,2}and\s{1,2}\$?")
_NOUN = re.compile(r"\$?\s{1,2}([a-z]{3,14})(?![a-z])")
_CONJUNCTION = re.compile(r"[,;&]|and|or|as well as")
_HEDGE = re.compile(r"\bor\b")
_NAMED = re.compile(rf"(?<![A-Za-z\\])({_NAME})\s{{0,4}}=[\s$]{{0,4}}$")
_PLACEHOLDER = re.compile(
    r"(?:\\(?:text|mbox|textrm|textbf|mathrm|mathbf)\{)?[\s<\[({$*\"'_]*"
    r"(?:(?:the|your|my|insert|put|write|place|only|give|enter|final|correct|numerical|numeric)[\s_-]{1,3}){0,4}"
    r"(?:answer|answers|result|solution|answer letter|answer choice|answer value|response)"
    r"(?:[\s_-]{1,3}(?:here|goes|go|in|letter|value|only|this|box)){0,3}[\s>\])}$*\"'_.]*"
    r"|\.{2,4}|[…_?#\s]+|\\[lc]?dots|\\text\{\s*(?:\.\.\.|…)\s*\}|\\_+|\\square|\\cdots|xxx+|答案|정답|答え|ответ|respuesta|réponse",
    re.IGNORECASE,
)
_LAST_WORD = re.compile(r"([^\W\d_]+)[\s$`\"'(*\\\[“‘:]*$")
_NEXT_WORD = re.compile(r"[\s$`\"')*\\\]”’]*([^\W\d_]+)")
_CJK = "\u2e80"
"""The first character of the scripts of East Asia, which write no spaces between words."""
_VALUE_START = "0123456789-"
"""First characters of contents that are an answer for certain."""
_PROSE_OF_BOX = re.compile(
    r"\b(?:you|your|please|(?:see|shown|given|as) (?:above|below)|let me|i hope|hence proved|box|boxed"
    r"|format)\b",
    re.IGNORECASE,
)
_DIGIT_OR_MATH = re.compile(r"[0-9=^_+<>]|\\(?!text|mbox|textbf|mathrm|textrm| )")
_TEXT_WORD = re.compile(r"[A-Za-z]{2,}")


_Box = tuple[int, int, int, int]
"""A complete box: where its command starts, where its content starts and ends, where it ends."""


def last_box(text: str) -> str | None:
    r"""The content of the last complete `\boxed` or `\fbox` ("" where it is empty), or None without one.

    This is the literal box of reward functions and gold solutions: placeholders count.
    """
    complete, _ = boxes_of(text)
    for box in reversed(complete):
        if _STANDARD.match(text, box[0] + (text[box[0] : box[0] + 2] == "\\\\")):
            return content(text, box)
    return None


def boxed_answer(text: str) -> str | None:
    """The last complete box that is an answer, with the boxes joined to it.

    "" where the last box is empty, and None without a box that is an answer.
    """
    complete, _ = boxes_of(text)
    answers = answer_boxes(text, complete)
    return joined_boxes(text, answers).strip() if answers else None


def content(text: str, box: _Box) -> str:
    return text[box[1] : box[2]].strip()


def boxes_of(text: str) -> tuple[list[_Box], list[int]]:
    """The complete innermost boxes in order, and the positions where unclosed boxes start.

    One pass with a stack: linear time also for thousands of unclosed boxes. Escaped braces are text.
    """
    first = _first_box(text)
    if first < 0:
        return [], []
    complete: list[_Box] = []
    for bare in _BARE_BOX.finditer(text, first):
        inside = bare.start(bare.lastindex or 0)
        inner = bare[bare.lastindex or 0].rstrip(".,;")
        if bare.lastindex != 2 or not _WORD_ONLY.fullmatch(inner):
            complete.append((bare.start(), inside, inside + len(inner), bare.end()))
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


def _first_box(text: str) -> int:
    """A position at or before the first box, or -1 where no box can be."""
    at = text.find("box")
    if at < 0:
        at = text.find("oxed{")
    for character in "\x08\x0c":
        if character in text:
            escaped = text.find(character)
            at = escaped if at < 0 else min(at, escaped)
    return max(0, at - 8) if at >= 0 else -1


def answer_boxes(text: str, boxes: list[_Box]) -> list[_Box]:
    """The boxes up to the last that is an answer, those that quote the instruction left out."""
    return [box for box in boxes if text[box[1]] in _VALUE_START or not _is_quoted(text, box)]


def _is_quoted(text: str, box: _Box) -> bool:
    """Whether a box is part of the instruction, or a remark, and no answer."""
    inner = content(text, box)
    if inner:
        if len(inner) > 120:
            return False
        return bool(_PLACEHOLDER.fullmatch(inner)) or _is_remark(inner)
    before = _LAST_WORD.search(text[max(0, box[0] - 24) : box[0]])
    after = _NEXT_WORD.match(text[box[3] : box[3] + 24])
    words = words_of("before_box")
    if before and (
        before[1].lower() in words or (before[1][-1] >= _CJK and before[1][-1] in words)
    ):
        return True
    if not after:
        return False
    next_word, words = after[1].lower(), words_of("after_box")
    return next_word in words or (
        next_word[0] >= _CJK and any(next_word.startswith(word) for word in words)
    )


def _is_remark(inner: str) -> bool:
    """Whether a content is a sentence to the reader: no digit, no formula, such as "see above"."""
    return (
        not _DIGIT_OR_MATH.search(inner)
        and bool(_PROSE_OF_BOX.search(inner))
        and len(_TEXT_WORD.findall(inner)) >= 2
    )


def joined_boxes(text: str, boxes: list[_Box]) -> str:
    """The last box together with the boxes that are joined to it by commas, words or names.

    Names are kept where they are different letters (`x=1, y=2`), and left out of a list of roots.
    """
    last = content(text, boxes[-1])
    if not last:
        return ""
    if len(boxes) == 1:
        return last
    counted = _counted(text, *boxes[-2:])
    if counted:
        return counted
    members, separators = [boxes[-1]], [""]
    for box, later in zip(boxes[-2::-1], boxes[:0:-1], strict=True):
        between = text[box[3] : later[0]] if later[0] - box[3] <= _MAX_GAP else "no joint"
        if not (_JOINT.fullmatch(between) and _CONJUNCTION.search(between)):
            break
        members.append(box)
        separators.append(" or " if _HEDGE.search(between) else ", ")
    if len(members) == 1:
        return last
    separators.append(separators.pop(0))
    names = [_NAMED.search(text[max(0, box[0] - 24) : box[0]]) for box in reversed(members)]
    named = [name[1] if name else "" for name in names]
    letters = {name[:1] for name in named}
    # "x = 0 or x = 5" is the list of both solutions, and "0 or 5" a hedge: the names tell them apart.
    alternatives = any(_HEDGE.search(separator) for separator in separators)
    keep = "" not in letters and (len(letters) == len(named) or alternatives)
    pieces: list[str] = []
    seen = set()
    for box, separator, name in zip(reversed(members), reversed(separators), named, strict=True):
        part = content(text, box)
        part = f"{name}={part}" if keep and part else part
        if part and part not in seen:
            pieces += [separator if pieces else "", part]
            seen.add(part)
    return "".join(pieces)


def _counted(text: str, first: _Box, last: _Box) -> str | None:
    r"""Two boxes that count things, with the things: `\boxed{3} hours and \boxed{20} minutes`."""
    between = (
        _NOUN_AND.fullmatch(text[first[3] : last[0]]) if last[0] - first[3] <= _MAX_GAP else None
    )
    after = _NOUN.match(text, last[3]) if between else None
    if not between or not after:
        return None
    return f"{content(text, first)} {between[1]} and {content(text, last)} {after[1]}"


def without_boxes(text: str, boxes: list[_Box]) -> str:
    """The text without some boxes, in order."""
    pieces, at = [], 0
    for start, _, _, end in boxes:
        pieces.append(text[at:start])
        at = end
    return "".join([*pieces, text[at:]])
