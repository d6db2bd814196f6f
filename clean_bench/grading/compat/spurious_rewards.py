r"""The grading rules of the code of *Spurious Rewards* (2506.10947), for comparison with its numbers.

Written from their description, faults included: an answer in words or the last number of a text
counts, `\boxed` needs no backslash and no brace, single letters that are also units vanish, a sum over
a fraction bar loses its brackets, text has no case. Three things differ. Text is never evaluated as
code (the original hands it to sympy's `parse_expr`, which does); comparisons have limits of time and
memory, and what exceeds them is a timeout; an answer of more than 5,000 characters is compared as it
stands. Where the gold answer is one of the letters A to D, as in the original, the last of these
letters in the response is the answer.
"""

from __future__ import annotations

import re

from clean_bench.grading.compat.spurious_rewards_forms import plain, stripped, textbook

_LONGEST = 5000
_NUMBER = re.compile(r"-?(?:[0-9]*\.)?[0-9]+")
_CHOICE = re.compile(r"\b[ABCD]\b")
_CHOICES = frozenset("ABCD")
_FRACTION = re.compile(r"-?[0-9]+.?/0*[1-9][0-9]*.?")
_GROUPED = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?:$|[^0-9]))")
_BRACKETS = "()[]"


def read(gold: str, response: str) -> str | None:
    """The answer in a response, normalized; None where it is empty.

    The gold answer matters only in that a letter A to D makes it a question of choice.
    """
    if gold in _CHOICES:
        letters = _CHOICE.findall(response.upper())
        return letters[-1] if letters else response.strip().strip(".")[:_LONGEST] or None
    return extract(response)


def extract(response: str) -> str | None:
    """The answer in a response, normalized; None where it is empty."""
    raw = re.sub(r"\n\s*", "", _raw(response))
    raw = raw.removeprefix(":").removesuffix(".").removesuffix("/")
    return (stripped(raw) if len(raw) <= _LONGEST else raw) or None


def _raw(text: str) -> str:
    """In order of precedence: Minerva's sentence, the last box, three phrases, the last number."""
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
    """What a box holds, given the text after its name: to the matching brace, if any, or to a $."""
    if not rest.startswith("{"):
        return rest.split("$")[0].strip()
    depth = 0
    for brace in re.finditer(r"[{}]", rest):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return rest[1 : brace.start()]
    return rest[1:]


def settle(gold: str, answer: str) -> bool | None:
    """Whether an extracted answer is right, or None where that takes algebra."""
    if max(len(gold), len(answer)) > _LONGEST:
        return gold == answer
    if textbook(gold) == textbook(answer):
        return True
    wanted, given = plain(gold), plain(answer)
    if wanted == given:
        return True
    if not given or not wanted:
        return False
    pairs = _parts(wanted, given)
    if pairs is None:
        return False
    open_questions = [pair for pair in pairs if not _by_rule(*pair)]
    if any(_by_rule(*pair) is False for pair in pairs):
        return False
    return None if open_questions else True


def equal(gold: str, answer: str) -> bool:
    """Whether an extracted answer is right; slow, to be called within limits."""
    settled = settle(gold, answer)
    if settled is not None:
        return settled
    from clean_bench.grading.compat.spurious_rewards_algebra import difference_is_zero

    pairs = _parts(plain(gold), plain(answer)) or []
    return all(_by_rule(*pair) or difference_is_zero(*pair) for pair in pairs)


def _by_rule(wanted: str, given: str) -> bool | None:
    """What the rules say of one element before any algebra: fractions and integers match as text."""
    if _FRACTION.fullmatch(wanted) and _FRACTION.fullmatch(given):
        return wanted == given
    if _is_integer(wanted) != _is_integer(given):
        return False
    return None


def _parts(wanted: str, given: str) -> list[tuple[str, str]] | None:
    """The elements to compare one by one; None where brackets or numbers of elements differ."""
    ours, theirs = _elements(wanted), _elements(given)
    if len(ours) > 1 and (wanted[0], wanted[-1]) != (given[0], given[-1]):
        return None
    return list(zip(ours, theirs, strict=True)) if len(ours) == len(theirs) else None


def _elements(text: str) -> list[str]:
    text = _GROUPED.sub("", text)
    inner = text[1:-1]
    enclosed = len(text) > 2 and text[0] in _BRACKETS and text[-1] in _BRACKETS
    if enclosed and not any(bracket in inner for bracket in _BRACKETS):
        return [element.strip() for element in inner.split(",")]
    return [text]


def _is_integer(text: str) -> bool:
    try:
        value = float(_GROUPED.sub("", text))
        return abs(value - round(value)) <= 1e-7
    except (ValueError, OverflowError):
        return False
