r"""Replica of the grader in the evaluation code of *Qwen2.5-Math* (2409.12122).

Many papers report its numbers. It is written from a description of its rules, faults included:

* extraction: Minerva's sentence, the last box, "he answer is", the last number of the text; units,
  dollars, percent signs and text commands are removed from the answer;
* two numbers are equal within a relative difference of 10^-4, and also if one is a hundred times the
  other (a percent sign is ignored);
* brackets and braces count for nothing where the texts are otherwise equal: `(1,2)` is `[1,2]`, and
  elements of two bracketed texts are compared one by one;
* equations are compared as differences of their sides, and a name of one or two characters before a
  single equals sign is dropped: `x=5` is `y=5`;
* else both are parsed as LaTeX, and are equal if sympy shows it or if their values agree within 10^-4.
  The LaTeX parser reads the `e` of `1e-10` as Euler's number. A gold answer in e-notation therefore
  equals only an answer in e-notation (or a decimal), and never `10^{-10}`.

The evaluation keeps units for Minerva (`qwen2.5-math-minerva`) and removes them for the other sets
(`qwen2.5-math`).

Differences from the original: the parser is latex2sympy2_extended alone (the original tries sympy's
`parse_latex`, then `parse_expr`, which evaluates text as Python, then latex2sympy2); comparisons have
limits of time and memory; an answer of more than 5,000 characters is equal only character by character.
"""

from __future__ import annotations

import math
import re
from typing import Any

from clean_bench.grading.compat.spurious_rewards import answer_in
from clean_bench.grading.compat.spurious_rewards_forms import stripped

_MAX_CHARACTERS = 5000
_RELATIVE = 1e-4
_DEPTH = 8
"""Levels of brackets whose elements are compared one by one."""
_CHOICES = frozenset("ABCDE")
_CHOICE = re.compile(r"\b[A-E]\b")
_ENCLOSED = re.compile(r"[(\[].+[)\]]")
_MATRIX = re.compile(r"\\begin\{[pb]matrix\}(?P<rows>.*)\\end\{[pb]matrix\}", re.DOTALL)
_BRACKETS = str.maketrans("", "", "{}()")


def extract(response: str, *, keep_units: bool = False) -> str | None:
    """The answer in a response, normalized; None if it is empty."""
    return answer_in(response, keep_units=keep_units)


def equal_fast(gold: str, answer: str, *, keep_units: bool = False) -> bool | None:
    """Whether an extracted answer is correct, or None where only algebra decides."""
    if max(len(gold), len(answer)) > _MAX_CHARACTERS:
        return gold == answer
    return _by_rule(stripped(gold, keep_units), answer, _DEPTH)


def equal(gold: str, answer: str, *, keep_units: bool = False) -> bool:
    """Whether an extracted answer is correct; slow, so only for the worker."""
    if max(len(gold), len(answer)) > _MAX_CHARACTERS:
        return gold == answer
    return _equal(stripped(gold, keep_units), answer, _DEPTH)


def _by_rule(gold: str, answer: str, depth: int) -> bool | None:
    """The rules that need no algebra; None if none of them decides."""
    if answer.strip().lower() == gold.strip().lower():
        return True
    if gold in _CHOICES and _choice(answer) == gold:
        return True
    numbers = _number(answer), _number(gold)
    if numbers[0] is not None and numbers[1] is not None:
        return any(_close(numbers[0], numbers[1] * factor) for factor in (0.01, 1, 100))
    if not answer:
        return False
    gold, answer = gold.strip(), answer.strip()
    if _without_brackets(gold, answer):
        return True
    return None if depth else False


def _equal(gold: str, answer: str, depth: int) -> bool:
    decided = _by_rule(gold, answer, depth)
    if decided is not None:
        return decided
    gold, answer = gold.strip(), answer.strip()
    if "pmatrix" in answer and "pmatrix" not in gold:
        gold = _as_matrix(gold)
    if _equal_elements(gold, answer, depth) or _equal_matrices(gold, answer, depth):
        return True
    return _equal_relations(gold, answer, depth) or _equal_in_sympy(answer, gold)


def _equal_relations(gold: str, answer: str, depth: int) -> bool:
    """Two equations by the difference of their sides; or `k = value` by its value."""
    sides, gold_sides = answer.split("="), gold.split("=")
    if len(sides) == len(gold_sides) == 2:
        left, right = (f"{one.strip()} - ({other.strip()})" for one, other in (sides, gold_sides))
        return _equal_in_sympy(left, right) or _equal_in_sympy(f"-({left})", right)
    if len(sides) == 2 and len(gold_sides) == 1 and len(sides[0].strip()) <= 2:
        return _equal(gold, sides[1], depth - 1)
    if len(gold_sides) == 2 and len(sides) == 1 and len(gold_sides[0].strip()) <= 2:
        return _equal(gold_sides[1], answer, depth - 1)
    return False


def _choice(answer: str) -> str:
    """The last of the letters A to E that stand alone, or the text."""
    letters = _CHOICE.findall(answer.upper())
    return letters[-1] if letters else answer.strip().strip(".")


def _number(text: str) -> float | None:
    """A decimal number as Python reads it, thousands commas left out; a percent sign divides by 100."""
    text = text.replace(",", "")
    factor = 1.0
    if text.endswith("%"):
        text, factor = text[:-1].removesuffix("\\"), 0.01
    try:
        return float(text) * factor
    except ValueError:
        return None


def _close(value: float, expected: float) -> bool:
    return math.isclose(value, expected, rel_tol=_RELATIVE)


def _without_brackets(gold: str, answer: str) -> bool:
    """Whether the texts are equal when brackets and braces are left out."""
    square = answer.startswith("[") and answer.endswith("]") and not gold.startswith("(")
    round_ = answer.startswith("(") and answer.endswith(")") and not gold.startswith("[")
    if square or round_:
        gold, answer = gold.strip("[]()"), answer.strip("[]()")
    return gold.translate(_BRACKETS).lower() == answer.translate(_BRACKETS).lower()


def _equal_elements(gold: str, answer: str, depth: int) -> bool:
    """`[a, b]` and `(c, d)`, element by element."""
    if not (_ENCLOSED.match(answer) and _ENCLOSED.match(gold)):
        return False
    return _pairwise(gold[1:-1].split(","), answer[1:-1].split(","), depth)


def _equal_matrices(gold: str, answer: str, depth: int) -> bool:
    """Matrices entry by entry."""
    matrix, gold_matrix = _MATRIX.fullmatch(answer), _MATRIX.fullmatch(gold)
    if matrix is None or gold_matrix is None:
        return False
    rows, gold_rows = (
        [row for row in found["rows"].split("\\\\") if row.strip()]
        for found in (matrix, gold_matrix)
    )
    return len(rows) == len(gold_rows) and all(
        _pairwise(gold_row.split("&"), row.split("&"), depth)
        for row, gold_row in zip(rows, gold_rows, strict=True)
    )


def _pairwise(golds: list[str], answers: list[str], depth: int) -> bool:
    return len(golds) == len(answers) and all(
        _equal(gold, answer, depth - 1) for gold, answer in zip(golds, answers, strict=True)
    )


def _as_matrix(text: str) -> str:
    """A list in brackets or braces as a column."""
    inner = text.strip().strip("{}[]()")
    return "\\begin{pmatrix}" + "\\\\".join(inner.split(",")) + "\\end{pmatrix}"


def _equal_in_sympy(answer: str, gold: str) -> bool:
    """Whether sympy takes two texts for equal, or their values agree within 10^-4."""
    import sympy

    left, right = _parsed(answer), _parsed(gold)
    if left is None or right is None:
        return False
    if left == right:
        return True
    for test in (_simplifies, _same_equation, _same_value, _same_matrix):
        try:
            if test(left, right):
                return True
        except (ArithmeticError, AttributeError, NotImplementedError, TypeError, ValueError):
            continue  # sympy raises these where the objects are of other kinds
        except sympy.SympifyError:
            continue
    return False


def _parsed(text: str) -> Any:
    """A LaTeX text as a sympy object, or None."""
    from latex2sympy2_extended import latex2sympy

    for spelling in dict.fromkeys((text.replace("\\\\", "\\"), text)):
        try:
            return latex2sympy(spelling)
        except Exception:
            continue
    return None


def _simplifies(left: Any, right: Any) -> bool:
    import sympy

    return bool(left.equals(right)) or bool(sympy.simplify(left - right) == 0)


def _same_equation(left: Any, right: Any) -> bool:
    """Relations by the difference of their sides; the sign of the relation is not compared."""
    return bool(abs(left.lhs - left.rhs).equals(abs(right.lhs - right.rhs)))


def _same_value(left: Any, right: Any) -> bool:
    return _close(float(left.evalf()), float(right.evalf()))


def _same_matrix(left: Any, right: Any) -> bool:
    """Matrices of one shape whose entries agree when rounded to three decimals."""

    def rounded(matrix: Any) -> Any:
        return matrix.applyfunc(lambda entry: round(entry, 3))

    return bool(left.shape == right.shape and rounded(left).equals(rounded(right)))
