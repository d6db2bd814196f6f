"""Answers written to break graders: each gets a grade in time, and the worker stays alive.

The default run takes each hostile answer under two golds and a few hundred mutated ones; the whole,
as in `measurements/hostile.py`, is marked slow.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clean_bench.grading import KINDS, Limits, grade
from clean_bench.grading.equality import equal_fast
from clean_bench.grading.worker import client

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "measurements"))

from hostile import MAX_MB, Memory, Timed, hostile_pairs, mutated_pairs, run
from hostile_answers import hostile_answers, mutated_answers

LIMIT = 0.5


@pytest.fixture
def memory() -> Iterator[Memory]:
    watch = Memory()
    watch.start()
    yield watch
    watch.end()


def check(results: list[Timed], memory: Memory) -> None:
    assert [row for row in results if row[0] > LIMIT + 1] == []
    assert {row[1] for row in results} <= set(KINDS)
    # What earlier tests in this process left, torch among it, is not the grading's.
    assert memory.end() - memory.before < MAX_MB
    alive = client.grade_slow([client.PairRequest("math-verify", "x+1", "$1+x$")], 20, 384)
    assert alive[0].kind == "equal"


def test_there_are_a_hundred_of_them_of_every_kind() -> None:
    answers = hostile_answers()
    assert len(answers) >= 100 and len(set(answers.values())) == len(answers)
    assert max(map(len, answers.values())) >= 100_000
    whole = "\n".join(answers.values())
    for piece in (
        "\0",
        "\ud800",
        "\u202e",
        r"\sum_{k=1}^{\infty}",
        r"\input{/etc/passwd}",
        "__import__",
        "9^{9^9}",
        "!",
        "7" * 5000,
    ):
        assert piece in whole
    assert "(" * 10_000 in whole and "{" * 10_000 in whole


def test_hostile_answers_are_graded_in_time(memory: Memory) -> None:
    grade([("x+1", "$1+x$")], grader="math-verify")  # starts the worker
    pairs = [pair for pair in hostile_pairs() if pair[1] in ("3", r"\{1,2,3\}")]
    results = run(pairs, Limits(seconds=LIMIT), threads=2)
    check(results, memory)
    assert [row for row in results if row[1] == "equal" and row[3] != "3"] == []


def test_mutated_answers_are_graded_in_time(memory: Memory) -> None:
    check(run(mutated_pairs(400, seed=3), Limits(seconds=LIMIT)), memory)


def test_equal_fast_raises_nothing() -> None:
    answers = [*mutated_answers(4000, seed=4), ("3", "\\overline\n{3}"), ("3 cm", "2\\text\nm")]
    answers += [("3", answer) for answer in hostile_answers().values()]
    for gold, answer in answers:
        assert equal_fast(gold, answer) in (True, False, None)
        assert equal_fast(answer, gold) in (True, False, None)


def test_proofs_that_do_not_exist_hold_the_limits(memory: Memory) -> None:
    """Pairs that agree to more digits than are compared, and sympy has no proof to find."""
    answers = [
        r"\tanh(10^{6})", r"1-e^{-10^9}", r"1+e^{-e^{e^{10}}}", r"\sqrt{1+e^{-30000}}",
        r"\frac{\sin(x+e^{-40000})}{\sin x}", r"\tanh(10^{5})^{\sqrt{x^2+1}}", r"\cos(e^{-50000}x)^{x!}",
        r"\sqrt[3]{1+e^{-30000}}\sqrt[7]{1-e^{-30000}}", r"\int_0^1 \tanh(10^{5})\,dx",
    ]  # fmt: skip
    pairs = [("nearly 1", "1", f"\\boxed{{{answer}}}") for answer in answers]
    results = run(pairs, Limits(seconds=LIMIT))
    check(results, memory)
    assert "equal" not in {row[1] for row in results}


@pytest.mark.slow
def test_all_of_them_are_graded_in_time(memory: Memory) -> None:
    check(run(hostile_pairs() + mutated_pairs(50_000, seed=2), Limits(seconds=LIMIT)), memory)


@pytest.mark.parametrize("grader", ["math-verify", "spurious-rewards"])
def test_the_other_graders_hold_their_limits_too(memory: Memory, grader: str) -> None:
    pairs = [("3", f"\\boxed{{{answer}}}") for answer in hostile_answers().values()]
    grades = grade(pairs[::6], Limits(seconds=0.4), grader=grader)
    assert {result.kind for result in grades} <= set(KINDS)
    # What earlier tests in this process left, torch among it, is not the grading's.
    assert memory.end() - memory.before < MAX_MB
