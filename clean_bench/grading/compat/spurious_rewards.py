r"""Replica of the grader in the code of *Spurious Rewards* (2506.10947).

Written from a description of its rules, faults included: an answer in words or the last number of a
text counts, `\boxed` needs no backslash and no brace, single letters that are also units vanish, a
sum over a fraction bar loses its brackets, text has no case. If the gold answer is one of the letters
A to D, the last of these letters in the response is the answer. Three differences from the original:
text is never evaluated as code (the original passes it to sympy's `parse_expr`, which does that);
comparisons have limits of time and memory; an answer of more than 5,000 characters is equal only
character by character.
"""

from __future__ import annotations

import re

from clean_bench.grading.compat.spurious_rewards_forms import (
    GROUPED,
    integer,
    stripped,
    textbook,
    without_latex,
)

_MAX_CHARACTERS = 5000
_NUMBER = re.compile(r"-?(?:[0-9]*\.)?[0-9]+")
_CHOICE = re.compile(r"\b[ABCD]\b")
_CHOICES = frozenset("ABCD")
_FRACTION = re.compile(r"-?[0-9]+.?/0*[1-9][0-9]*.?")
_BRACKETS = "()[]"


def extract(response: str, gold: str = "") -> str | None:
    """The answer in a response, normalized; None if it is empty.

    A gold answer A to D makes the question multiple-choice; it has no other effect.
    """
    if gold in _CHOICES:
        letters = _CHOICE.findall(response.upper())
        return letters[-1] if letters else response.strip().strip(".")[:_MAX_CHARACTERS] or None
    return answer_in(response)


def answer_in(response: str, *, keep_units: bool = False) -> str | None:
    """The answer in a response by the rules for open answers, normalized; None if it is empty."""
    raw = re.sub(r"\n\s*", "", _raw(response))
    raw = raw.removeprefix(":").removesuffix(".").removesuffix("/")
    return (stripped(raw, keep_units) if len(raw) <= _MAX_CHARACTERS else raw) or None


def _raw(text: str) -> str:
    """By precedence: Minerva's sentence, the last box, three phrases, the last number."""
    if "final answer is $" in text and "$. I hope" in text:
        return text.split("final answer is $", 1)[1].split("$. I hope", 1)[0].strip()
    if "boxed" in text:
        return _boxed(text.rpartition("boxed")[2])
    for phrase in ("he answer is", "final answer is"):
        if phrase in text:
            return text.rpartition(phrase)[2].strip()
    if "答案是" in text:
        return text.split("答案是")[1].strip().split("\n\n")[0].strip()
    numbers = _NUMBER.findall(text.replace(",", ""))
    return numbers[-1] if numbers else ""


def _boxed(rest: str) -> str:
    """The content of a box, from the text after its name: to the matching brace or to a $."""
    if not rest.startswith("{"):
        return rest.split("$")[0].strip()
    depth = 0
    for brace in re.finditer(r"[{}]", rest):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return rest[1 : brace.start()]
    return rest[1:]


def equal_fast(gold: str, answer: str) -> bool | None:
    """Whether an extracted answer is correct, or None where only algebra decides."""
    if max(len(gold), len(answer)) > _MAX_CHARACTERS:
        return gold == answer
    if textbook(gold) == textbook(answer):
        return True
    gold, answer = without_latex(gold), without_latex(answer)
    if gold == answer:
        return True
    pairs = _element_pairs(gold, answer) if gold and answer else None
    if pairs is None:
        return False
    results = [_equal_by_rule(*pair) for pair in pairs]
    return False if False in results else None if None in results else True


def equal(gold: str, answer: str) -> bool:
    """Whether an extracted answer is correct; slow, so only for the worker."""
    decided = equal_fast(gold, answer)
    if decided is not None:
        return decided
    from clean_bench.grading.compat.spurious_rewards_algebra import difference_is_zero

    pairs = _element_pairs(without_latex(gold), without_latex(answer)) or []
    return all(_equal_by_rule(*pair) or difference_is_zero(*pair) for pair in pairs)


def _equal_by_rule(gold: str, answer: str) -> bool | None:
    """Compare one element without algebra: fractions and integers match as text."""
    if _FRACTION.fullmatch(gold) and _FRACTION.fullmatch(answer):
        return gold == answer
    whole, other_whole = (integer(GROUPED.sub("", side)) for side in (gold, answer))
    return None if (whole is None) == (other_whole is None) else False


def _element_pairs(gold: str, answer: str) -> list[tuple[str, str]] | None:
    """The elements to compare one by one; None if brackets or numbers of elements differ."""
    golds, answers = _elements(gold), _elements(answer)
    if len(golds) > 1 and (gold[0], gold[-1]) != (answer[0], answer[-1]):
        return None
    return list(zip(golds, answers, strict=True)) if len(golds) == len(answers) else None


def _elements(text: str) -> list[str]:
    text = GROUPED.sub("", text)
    inner = text[1:-1]
    enclosed = len(text) > 2 and text[0] in _BRACKETS and text[-1] in _BRACKETS
    if enclosed and not any(bracket in inner for bracket in _BRACKETS):
        return [element.strip() for element in inner.split(",")]
    return [text]
