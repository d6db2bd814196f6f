"""Whether labels are equal to the gold answers, by our grader."""

from __future__ import annotations

from collections.abc import Sequence

from clean_bench.grading import read_gold, same_answers


def verdicts(pairs: Sequence[tuple[str, str | None]]) -> list[bool | None]:
    """For each (gold answer, label) whether the label is right.

    A gold answer may have several acceptable forms; a label is one answer, as a sample gave it. None
    without a label, and where the grader did not decide within its limits.
    """
    compared = [
        (number, gold, label)
        for number, (text, label) in enumerate(pairs)
        if label is not None
        for gold in read_gold(text)
    ]
    same = same_answers([(gold, label) for _, gold, label in compared])
    forms: dict[int, list[bool | None]] = {}
    for (number, _, _), equal in zip(compared, same, strict=True):
        forms.setdefault(number, []).append(equal)
    return [_any(forms.get(number, [None])) for number in range(len(pairs))]


def _any(equal: Sequence[bool | None]) -> bool | None:
    return True if True in equal else None if None in equal else False
