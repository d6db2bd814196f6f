"""Grades, their limits, and the worker."""

import dataclasses
import json
import subprocess
import sys
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clean_bench.errors import UserError
from clean_bench.grading import Grade, Limits, grade, graders

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / ".." / "shared" / "data"
JUDGEMENTS = ROOT / "measurements" / "judgements" / "real_completions.jsonl"


def kinds(*pairs: tuple[str, str], limits: Limits | None = None) -> list[str]:
    boxed = [(gold, f"\\boxed{{{answer}}}") for gold, answer in pairs]
    return [result.kind for result in grade(boxed, limits)]


def rows(name: str) -> list[dict[str, Any]]:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"needs the development file {name}, which is no part of the repository")
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_decided_without_math_verify_and_with_it() -> None:
    assert kinds(
        ("1/2", "0.5"),
        ("2/3", "0.666667"),
        ("1000", "1,000"),
        ("x^2", "x^{2}"),
        (r"\sqrt{8}", r"2\sqrt{2}"),
        (r"\sqrt{8}", r"2\sqrt{3}"),
        ("(1,2)", "(2,1)"),
        (r"\text{east}", "east"),
        ("x+1", "1+x"),
    ) == [
        "equal",
        "different",
        "equal",
        "equal",
        "equal",
        "different",
        "different",
        "equal",
        "equal",
    ]  # fmt: skip


def test_no_answer_keeps_its_own_kind() -> None:
    grades = grade([("5", "I do not know"), ("5", r"\boxed{}"), ("5", ""), ("5", "#### 5")])
    assert [result.kind for result in grades] == ["no answer"] * 3 + ["equal"]
    assert [result.extracted for result in grades] == [None, None, None, "5"]
    assert [result.correct for result in grades] == [False, False, False, True]


@pytest.mark.parametrize(
    ("response", "extraction"),
    [
        (r"so \boxed{5}", "box"),
        (r"so \boxed{5", "unclosed box"),
        ("the answer is 5", "marker"),
        ("#### 5", "marker"),
        ("<answer>5</answer>", "marker"),
        ("```output\n5\n```", "program output"),
        ("5", "whole response"),
        (r"\boxed{1+4}", "box"),
        (r"\boxed{6}", "box"),
        (r"\boxed{}", None),
        ("I do not know", None),
    ],
)
def test_a_grade_names_the_rule_that_located_the_answer(
    response: str, extraction: str | None
) -> None:
    for _ in range(2):  # decided, then cached
        (result,) = grade([("5", response)])
        assert result.extraction == extraction
        assert (result.extracted is None) == (extraction is None)


@pytest.mark.parametrize("name", ["math-verify", "spurious-rewards"])
def test_other_graders_name_themselves_as_the_extraction(name: str) -> None:
    results = grade([("5", r"\boxed{5}"), ("x+1", r"\boxed{1+x}"), ("5", "none")], grader=name)
    assert [result.extraction for result in results] == [name, name, None]


def test_order_and_repetition_are_kept() -> None:
    pairs = [("1", r"\boxed{1}"), ("1", r"\boxed{2}"), (r"\sqrt{4}", r"\boxed{\sqrt{4} }")] * 3
    assert [result.correct for result in grade(pairs)] == [True, False, True] * 3
    assert grade([]) == []


@pytest.mark.parametrize("gold", ["", "  \n"])
def test_empty_gold_is_refused(gold: str) -> None:
    with pytest.raises(UserError, match="pair 2: the gold answer is empty"):
        grade([("1", "2"), (gold, "3")])


@given(st.fractions(max_denominator=200), st.fractions(max_denominator=200))
def test_agrees_with_fractions(gold: Fraction, answer: Fraction) -> None:
    forms = [f"{answer}", rf"\frac{{{answer.numerator}}}{{{answer.denominator}}}"]
    for kind in kinds(*((str(gold), form) for form in forms)):
        assert (kind == "equal") is (gold == answer)


def test_numbers_stay_out_of_sympy() -> None:
    code = (
        "import sys\n"
        "from clean_bench.grading import grade\n"
        "forms = ['{}', '{}.0', '{}/2', '\\\\frac{{{}}}{{3}}']\n"
        "pairs = [(str(i % 999), 'so it is \\\\boxed{' + forms[i % 4].format(i) + '}.')"
        " for i in range(10_000)]\n"
        "grades = grade(pairs)\n"
        "assert sum(v.correct for v in grades) > 400\n"
        "assert not {'sympy', 'math_verify', 'pebble'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize("answer", ["a\0b", "\ud800", "x\ny", "a\u2028b", '"}\\', "\udcff\ud83d"])
def test_no_character_breaks_the_protocol(answer: str) -> None:
    assert kinds(("x+1", answer), ("x+1", "1+x")) == ["different", "equal"]


def test_unknown_grader_is_named() -> None:
    with pytest.raises(UserError, match="no grader is called 'mine'; there are clean-bench, math-"):
        grade([("1", "1")], grader="mine")


def test_a_fault_in_equal_fast_sends_the_pair_to_the_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def faulty(gold: str, answer: str) -> bool | None:
        assert "z" not in answer
        return gold == answer

    rules = dataclasses.replace(graders.GRADERS["clean-bench"], equal_fast=faulty)
    monkeypatch.setattr(graders, "GRADERS", {"clean-bench": rules})
    assert kinds(("z+1", "1+z"), ("q", "q"), ("z+1", "z+2")) == ["equal", "equal", "different"]


@pytest.mark.parametrize(
    "limits", [{"seconds": 0}, {"seconds": -1}, {"seconds": float("nan")}, {"memory_mb": 20}]
)
def test_limits_that_mean_nothing_are_refused(limits: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="a limit of"):
        Limits(**limits)


@pytest.mark.parametrize(
    "pair", [(True, "1"), ({"a": 1}, "1"), (None, "1"), ("1", None), ("1", ("1",)), ("1",), "12"]
)
def test_anything_but_text_is_refused(pair: Any) -> None:
    with pytest.raises(UserError, match="text"):
        grade([("1", "1"), pair])


def test_math_verify_grades_the_whole_response_as_the_library_does() -> None:
    from math_verify import parse, verify

    responses = [
        r"so \boxed{4} then \boxed{3}",  # the library reads the set of both
        "the answer is 3 or 4",
        "final answer is 3",
        r"\boxed{\frac{6}{2}}",
        "I do not know",
        "first 4, then 3",
    ]
    grades = grade([("3", response) for response in responses], grader="math-verify")
    for response, result in zip(responses, grades, strict=True):
        found = parse(response, parsing_timeout=None)
        word = verify(parse(r"\boxed{3}", parsing_timeout=None), found, timeout_seconds=None)
        assert result.kind == (("equal" if word else "different") if found else "no answer")
        assert (result.extracted is None) == (not found)
    assert [result.kind for result in grades] == [
        "different", "equal", "equal", "equal", "no answer", "equal"
    ]  # fmt: skip
    assert grades[3].extracted == r"\frac{6}{2}"


def test_math500_golds_equal_themselves_and_not_the_next_gold() -> None:
    golds = [row["answer"] for row in rows("math500.jsonl")]
    for form in (
        "{}",
        "\\boxed{{{}}}",
        "We begin.\n" * 200 + "Hence it is $\\boxed{{{}}}$, as asked.",
    ):
        grades = grade([(gold, form.format(gold)) for gold in golds])
        assert [gold for gold, found in zip(golds, grades, strict=True) if not found.correct] == []
    shifted = [(a, b) for a, b in zip(golds, golds[1:] + golds[:1], strict=True) if a != b]
    accepted = [
        pair for pair, kind in zip(shifted, kinds(*shifted), strict=True) if kind == "equal"
    ]
    assert accepted == [("5", "x=5")]  # two consecutive problems with the same number as answer


def test_agrees_with_the_judgement_made_by_hand_on_real_completions() -> None:
    """Completions without a judgement hold the gold answer in their box, letter for letter."""
    completions = rows("real_completions.jsonl")
    judged = {row["line"]: row for row in map(json.loads, JUDGEMENTS.read_text().splitlines())}
    grades = grade([(row["gold"], row["response"]) for row in completions])
    against = []
    for line, (row, result) in enumerate(zip(completions, grades, strict=True), 1):
        judgement = judged.get(line)
        if judgement is not None:
            assert sha256(row["response"].encode()).hexdigest() == judgement["response_sha256"]
        if result.correct is not (judgement is None or judgement["equal"]):
            against.append((line, row["gold"], result))
    assert len(completions) == 480
    assert len(against) <= 4, against


@pytest.mark.parametrize(
    ("extraction", "tier"),
    [
        ("box", "box"),
        ("unclosed box", "box"),
        ("marker", "marker"),
        ("program output", "marker"),
        ("whole response", "marker"),
        ("closing sentence", "fallback"),
        ("math-verify", "marker"),
        (None, None),
    ],
)
def test_a_strict_grade_uses_marked_answers_only(extraction: str | None, tier: str | None) -> None:
    flexible = Grade("equal", None if extraction is None else "5", extraction)
    assert flexible.tier == tier
    assert flexible.strict == (Grade("no answer", None) if tier == "fallback" else flexible)
