r"""The rules of extraction in their order, and the parts of a response that each of them reads.

`docs/extraction.md` is the policy; each line of it is a test. `tiers.py` gives the tier of each rule.
"""

from __future__ import annotations

import re

from clean_bench.grading.extraction.boxes import (
    answer_boxes,
    boxes_of,
    joined_boxes,
    without_boxes,
)
from clean_bench.grading.extraction.closing_sentence import closing_result
from clean_bench.grading.extraction.markers import choice_after, marked_answer, program_output
from clean_bench.grading.extraction.short_answers import whole_answer

Extraction = tuple[str, str]
"""An answer as it stands in the response, and the name of the rule that located it."""

_THOUGHTS_END = (
    "</think>",
    "</thinking>",
    "</thought>",
    "</thoughts>",
    "</reasoning>",
    "<|end_of_thought|>",
    "<|channel|>final<|message|>",
    "[/THINK]",
    "◁/think▷",
)
_CHOICE = re.compile(
    r"(?:\\[a-z]+\s?\{)?[({\s]{0,3}(?:(?i:option|choice)\s)?[({\s]{0,3}[A-Z](?:[)}\s.]*$|\s?[).:},])"
)
"""The start of an answer with the letter of a choice: `B`, `(B) 5`, `\\text{B. } 5`."""
_THOUGHTS_START = (
    "<think>",
    "<thinking>",
    "<thought>",
    "<reasoning>",
    "<|begin_of_thought|>",
    "<|channel|>analysis",
    "[THINK]",
    "◁think▷",
)


def extract(response: str) -> str | None:
    """The final answer of a response as it stands there, or None if there is none."""
    extraction = locate(response)
    return extraction[0] if extraction else None


def locate(response: str, bare: bool = True) -> Extraction | None:
    """The final answer of a response with its rule, or None.

    Args:
        bare: also use text that nothing marks: the rules "whole response" and "closing sentence".
    """
    conclusion, finished = _conclusion(response)
    for text in (conclusion,) if conclusion is response else (conclusion, response):
        extraction = _marked(text, bare)
        if extraction is not None:
            return extraction if extraction[0] else None
    if bare and finished and (result := closing_result(conclusion)):
        return result, "closing sentence"
    return None


def _conclusion(response: str) -> tuple[str, bool]:
    """The text after the thoughts (all of it where there are none), and False where they do not end."""
    if "<" not in response and "[/THINK]" not in response and "◁" not in response:
        return response, True
    end, mark = max((response.rfind(mark), mark) for mark in _THOUGHTS_END)
    conclusion = response[end + len(mark) :] if end >= 0 else response
    return conclusion, not any(start in conclusion for start in _THOUGHTS_START)


def _marked(text: str, bare: bool) -> Extraction | None:
    """The answer by the rules of the tiers "box" and "marker" (its text is "" where a box is empty)."""
    boxes, unclosed = boxes_of(text)
    answers = answer_boxes(text, boxes)
    if answers:
        boxed = joined_boxes(text, answers).strip()
        if boxed and not _is_choice(boxed):
            letter = choice_after(text, answers[-1][3])
            if letter:
                return letter, "marker"
        return boxed, "box"
    if unclosed and not boxes:
        line = text[unclosed[-1] :].lstrip().split("\n", 1)[0]
        return line.rstrip("$ ").strip(), "unclosed box"
    if boxes:
        text = without_boxes(text, boxes)
    for rule, find in (("marker", marked_answer), ("program output", program_output)):
        answer = find(text)
        if answer is not None:
            return answer.strip(), rule
    whole = whole_answer(text) if bare else None
    return (whole, "whole response") if whole else None


def _is_choice(boxed: str) -> bool:
    """Whether a boxed answer has the letter of a choice."""
    return _CHOICE.match(boxed) is not None
