r"""Find the final answer in a response.

In order:

1. the last complete `\boxed{...}` or `\fbox{...}` (nested braces matched; `\boxed 5` counts too).
   It decides even where it is empty: an empty box is no answer, whatever stood in an earlier one
   (as in Spurious Rewards, where the last box decides);
2. only where there is no complete box, the last unclosed one, to the end of its line: what a
   response cut off at its token limit leaves;
3. whichever comes last of "answer is X", `#### X` (GSM8K) and `<answer> X </answer>` (the R1
   template).

There is no fallback to the last number in the text: it would credit numbers that were never offered
as an answer, and blur what a format reward teaches. Text without any of these has no answer.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\\(?:boxed|fbox)\s*\{|\\.|[{}]", re.DOTALL)
_BARE = re.compile(r"\\(?:boxed|fbox)[ \t]+([^\s${}]+)")
_PHRASE = re.compile(
    r"(?:(?P<said>\banswer\s+is\b\s*:?\s*)|(?P<hashes>####[ \t]*)|(?P<tag><answer>\s*))(?=\S)",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?;](?=\s|$)")


def extract(response: str) -> str | None:
    """The final answer of a response as it stands there, or None where none is offered."""
    box = last_box(response)
    if box is None:
        box = _open_box(response)
    if box is None:
        box = _phrase(response)
    return (box or "").strip() or None


def last_box(text: str) -> str | None:
    """The content of the last complete box ("" where it is empty), or None where there is none."""
    boxes, _ = _boxes(text)
    start, end = boxes[-1] if boxes else (-1, -1)
    bare = _last(_BARE, text) if "boxed" in text or "fbox" in text else None
    if bare is not None and bare.start() > start:
        return bare[1].rstrip(".,;")
    return text[start:end].strip() if boxes else None


def _open_box(text: str) -> str | None:
    _, unclosed = _boxes(text)
    if not unclosed:
        return None
    return text[unclosed[-1] :].split("\n", 1)[0].rstrip("$ ")


def _boxes(text: str) -> tuple[list[tuple[int, int]], list[int]]:
    """Where the contents of complete boxes start and end, by start, and where open ones start.

    One pass with a stack, so that thousands of unclosed boxes cost no more than their length.
    Escaped braces are text.
    """
    first = min((at for at in (text.find("\\boxed"), text.find("\\fbox")) if at >= 0), default=-1)
    if first < 0:
        return [], []
    complete: list[tuple[int, int]] = []
    stack: list[tuple[int, bool]] = []
    for token in _TOKEN.finditer(text, first):
        found = token[0]
        if found == "}":
            if stack:
                start, is_box = stack.pop()
                if is_box:
                    complete.append((start, token.start()))
        elif found[-1] == "{" and found != "\\{":
            stack.append((token.end(), found != "{"))
    return sorted(complete), [start for start, is_box in stack if is_box]


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for match in pattern.finditer(text):
        found = match
    return found


def _phrase(text: str) -> str | None:
    last = _last(_PHRASE, text)
    if last is None:
        return None
    rest = text[last.end() :]
    if last["tag"]:
        return rest.split("</answer>", 1)[0]
    said = rest.split("\n", 1)[0]
    if last["hashes"]:
        return said
    said = said.strip(" *\"'")
    for opening, closing in (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]")):
        if said.startswith(opening):
            end = said.find(closing, len(opening))
            if end > 0:
                return said[len(opening) : end]
    stop = _SENTENCE_END.search(said)
    return (said[: stop.start()] if stop else said).strip(" *\"'$")
