"""Answers of other problems as a null for the accuracy of answers: would they be right as well?

Some problems have an answer that is easily guessed (small integers). If a checkpoint's answers depend on
the subject of a problem and not on the problem, another order of the answers within a subject is as
likely, and has as many right ones.

Every problem is compared with the others of its block. A block is a subject of at least `LEAST`
problems; smaller subjects form one block, which joins the smallest other one if it is small itself.
Blocks of more than `MOST` problems are divided, because every answer is compared with every gold answer.

Answers count as equal where strings, exact numbers or a normal form decide it. Algebra takes up to
seconds for a pair, and there are too many pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import numpy as np
import numpy.typing as npt

from clean_bench.grading import read_gold
from clean_bench.grading.graders import named
from clean_bench.grading.plain_answer import normalize_plain, parse_rational
from clean_bench.seeds import stream

LEAST = 10
MOST = 1000
ORDERS = 9999
"""Random orders: the smallest p-value is 0.0001."""
_AT_ONCE = 100
"""Orders that are drawn together."""
_LONGEST = 200
"""Characters of an answer that is compared otherwise than by its normal form."""

Matrix = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Answered:
    """A problem with its gold answer, its subject, and the answer to its prefix; None without one."""

    gold: str
    subject: str | None
    answer: str | None


def chances(answered: Sequence[Answered]) -> list[float | None]:
    """The share of the other problems' answers, in the block, that equal each problem's gold answer.

    None where the block has no other problem.
    """
    shares: list[float | None] = [None] * len(answered)
    for block in blocks(answered):
        if len(block) < 2:
            continue
        hits = hits_of([answered[place] for place in block])
        others = hits.sum(axis=1) - hits.diagonal()
        for place, count in zip(block, others, strict=True):
            shares[place] = float(count) / (len(block) - 1)
    return shares


def permutation_test(answered: Sequence[Answered], *seed: str) -> tuple[float, float]:
    """Right answers above those in random orders of the answers within each block.

    The p-value (1 + b) / (1 + `ORDERS`), where b random orders have at least as many right answers as
    the observed order, is exact if all orders are equally likely without use of the problem itself
    (Phipson and Smyth 2010, "Permutation p-values should never be zero").

    Args:
        seed: labels of the random orders.

    Returns:
        the share of right answers minus its mean over all orders, and the p-value, one-sided.
    """
    draw = stream("answer permutation", *seed)
    observed, expected = 0, 0.0
    shuffled = np.zeros(ORDERS, dtype=np.int64)
    for number, block in enumerate(blocks(answered)):
        hits = hits_of([answered[place] for place in block])
        observed += int(hits.trace())
        expected += float(hits.sum()) / len(block)
        rows = np.flatnonzero(hits.any(axis=1))
        if not rows.size:
            continue
        for start in range(0, ORDERS, _AT_ONCE):
            count = min(_AT_ONCE, ORDERS - start)
            entropy = draw(number, start, length=8 * count * len(block))
            orders = random_orders(entropy, len(block))[:, rows]
            shuffled[start : start + count] += hits[rows, orders].sum(axis=1)
    p = (1 + int((shuffled >= observed).sum())) / (1 + ORDERS)
    return (observed - expected) / len(answered), p


def random_orders(entropy: bytes, count: int) -> npt.NDArray[np.intp]:
    """Uniform random orders of `count` places, one row each, from 8 random bytes for each place."""
    keys = np.frombuffer(entropy, dtype="<u8").reshape(-1, count)
    return np.argsort(keys, axis=1, kind="stable")


def blocks(answered: Sequence[Answered]) -> list[list[int]]:
    """The places of the problems of each block; see the module."""
    subjects: dict[str | None, list[int]] = {}
    for place, problem in enumerate(answered):
        subjects.setdefault(problem.subject, []).append(place)
    large = [block for block in subjects.values() if len(block) >= LEAST]
    small = sorted(place for block in subjects.values() if len(block) < LEAST for place in block)
    if len(small) >= LEAST or not large:
        large += [small] if small else []
    else:
        smallest = min(large, key=len)
        smallest += small
    parts = []
    for block in large:
        size = ceil(len(block) / ceil(len(block) / MOST))
        parts += [block[start : start + size] for start in range(0, len(block), size)]
    return parts


def hits_of(answered: Sequence[Answered]) -> Matrix:
    """Whether the gold answer of each problem (row) equals the answer of each problem (column)."""
    answers: dict[str, list[int]] = {}
    for column, problem in enumerate(answered):
        if problem.answer is not None:
            answers.setdefault(problem.answer, []).append(column)
    golds: dict[str, list[int]] = {}
    for row, problem in enumerate(answered):
        golds.setdefault(problem.gold, []).append(row)
    hits = np.zeros((len(answered), len(answered)), dtype=np.bool_)
    keys = {answer: _key(answer) for answer in answers}
    for gold, rows in golds.items():
        accepted = [(text, _key(text)) for text in read_gold(gold)]
        columns = [
            column
            for answer, places in answers.items()
            if any(_same(text, key, answer, keys[answer]) for text, key in accepted)
            for column in places
        ]
        hits[np.ix_(rows, columns)] = True
    return hits


def _same(gold: str, gold_key: Fraction | str, answer: str, answer_key: Fraction | str) -> bool:
    """The fast equality of the grader; most pairs are decided by what is known of each text."""
    if gold_key == answer_key:
        return True
    if isinstance(gold_key, Fraction) and isinstance(answer_key, Fraction):
        return False
    if max(len(gold), len(answer)) > _LONGEST:
        return False
    try:
        return named("clean-bench").equal_fast(gold, answer) is True
    except Exception:
        return False  # a fault on the text of a response costs only this pair


def _key(text: str) -> Fraction | str:
    """The value of a plain number, else the normal form of the text."""
    if len(text) > _LONGEST:
        return text
    value = parse_rational(text)
    return normalize_plain(text) if value is None else value
