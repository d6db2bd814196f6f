"""The most frequent answer, against a count of exact numbers."""

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction

import pytest

from trainers.labels import plurality as module
from trainers.labels.plurality import answer_classes, plurality


def test_equal_forms_are_one_class() -> None:
    answers = ["0.5", r"\frac12", "1/2", r"\dfrac{1}{2}", "x", None, "2", ""]
    assert answer_classes(answers) == [0, 0, 0, 0, 1, None, 2, None]
    winner = plurality(answers)
    assert winner is not None
    assert (winner.answer, winner.votes) == ("0.5", 4)
    assert list(winner.winners) == [True] * 4 + [False] * 4


def test_forms_that_the_fast_rules_prove_equal_are_one_class() -> None:
    assert answer_classes([r"2\sqrt{3}", r"\sqrt{12}", "3.46"]) == [0, 0, 1]
    assert answer_classes(["x+1", "1+x", "x-1"]) == [0, 0, 1]


def test_a_tie_goes_to_the_first_answer() -> None:
    winner = plurality(["2", "1", "1", "2"])
    assert winner is not None and winner.answer == "2"
    winner = plurality(["1", "2", "1", "2"])
    assert winner is not None and winner.answer == "1"


def test_without_an_answer_there_is_no_majority() -> None:
    assert plurality([None, "", None]) is None
    assert plurality([]) is None


def test_against_a_count_of_exact_values() -> None:
    generator = random.Random(5)
    for _ in range(200):
        values = [Fraction(generator.randint(0, 4), generator.choice((1, 2))) for _ in range(9)]
        texts = []
        for value in values:
            fraction = rf"\frac{{{value.numerator}}}{{{value.denominator}}}"
            texts.append(generator.choice((str(value), fraction, str(float(value)))))
        counts = Counter(values)
        most = max(counts.values())
        expected = next(value for value in values if counts[value] == most)
        winner = plurality(texts)
        assert winner is not None and winner.votes == most
        assert list(winner.winners) == [value == expected for value in values]


def test_the_number_of_comparisons_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def counting(one: str, other: str) -> bool:
        calls.append((one, other))
        return False

    monkeypatch.setattr(module, "equal_fast", counting)
    assert len(set(answer_classes([f"x + {n}" for n in range(1000)]))) == 1000
    assert len(calls) <= 1000 * module.MOST_CLASSES
    # Numbers are compared as numbers, without the grader.
    calls.clear()
    assert len(set(answer_classes([str(n) for n in range(1000)]))) == 1000
    assert calls == []
