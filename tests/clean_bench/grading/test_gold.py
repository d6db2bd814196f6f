r"""Gold answers in the forms in which they are published."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clean_bench.grading import grade, last_box, read_gold, several_golds, unreadable_gold

SOLUTION = (
    "Each of the seven boxes holds the same number of apples, so we divide the total by seven and add "
    "what is left over at the end of the day"
)


@pytest.mark.parametrize(
    ("gold", "answers"),
    [
        ("7", ("7",)),
        ("#### 7", ("7",)),
        ("She has 3+4=<<3+4=7>>7 apples.\n#### 2,125", ("2125",)),
        ("We get $\\boxed{\\frac12}$.", ("\\frac12",)),
        ("\\boxed{5}", ("5",)),
        ("$5$", ("$5$",)),
        ("first \\boxed{1}, but in the end \\boxed{2}", ("2",)),
        ("so $x$ is \\boxed{1} and \\boxed{2}", ("1, 2",)),
        ("that is \\boxed{2-b} or \\boxed{-b+2}", ("2-b or -b+2", "-b+2")),
        ('["5", "6"]', ("5", "6")),
        ("['\\\\frac{1}{2}', '0.5']", ("\\frac{1}{2}", "0.5")),
        ('["#### 5", "\\\\boxed{6}"]', ("5", "6")),
        ("[5, 6]", ("[5, 6]",)),  # an interval
        ("['a'", ("['a'",)),
        (f"{SOLUTION}. So the answer is 12.", ("12",)),
        ("\\text{the function is even}", ("\\text{the function is even}",)),
        ("12 square inches", ("12 square inches",)),
    ],
)
def test_forms(gold: str, answers: tuple[str, ...]) -> None:
    assert read_gold(gold) == answers
    assert unreadable_gold(gold) is None
    assert grade([(gold, f"\\boxed{{{answers[0]}}}")])[0].kind == "equal"


@pytest.mark.parametrize(
    ("gold", "reason"),
    [
        ("", "an empty text"),
        (" \n", "an empty text"),
        ("3 + 4\n#### ", "marked answer is empty"),
        ("so it is \\boxed{}", "marked answer is empty"),
        (SOLUTION, "a solution of 30 words"),
        (f"{SOLUTION} \\boxed", "a solution of 30 words"),
    ],
)
def test_no_answer_is_reported_and_not_guessed(gold: str, reason: str) -> None:
    assert reason in (unreadable_gold(gold) or "")


def test_a_response_equals_one_of_several_answers() -> None:
    gold = several_golds(("\\frac{1}{2}", "0.6"))
    responses = [
        "\\boxed{0.5}",
        "\\boxed{3/5}",
        "\\boxed{0.55}",
        "no idea what this could be at all",
    ]
    kinds = [graded.kind for graded in grade([(gold, response) for response in responses])]
    assert kinds == ["equal", "equal", "different", "no answer"]


@pytest.mark.parametrize("hostile", ["['" * 5000, '["' + "[" * 15000, "['\\d']", '["a"' + "\x00]"])
def test_hostile_lists_are_plain_texts(hostile: str) -> None:
    assert read_gold(hostile) in ((hostile,), (hostile.strip(),))


@given(
    st.lists(st.text("abc0123456789$\\{}[]\"'", min_size=1), min_size=2, max_size=4, unique=True)
)
def test_several_answers_come_back(answers: list[str]) -> None:
    """Those that are read as themselves, in their order."""
    plain = tuple(answer for answer in answers if read_gold(answer) == (answer,) and answer.strip())
    if len(plain) > 1:
        assert read_gold(several_golds(plain)) == plain


def test_published_columns_grade_equal_with_their_own_solutions() -> None:
    """MATH's `solution` and GSM8K's `answer` as gold, made of public forms with known answers."""
    for value in ("7", "-3", "\\frac{3}{4}", "(1, 2)", "x^2+1"):
        solution = f"We compute step by step and find $\\boxed{{{value}}}$ in the end."
        assert last_box(solution) == value
        assert grade([(solution, solution)])[0].correct
        assert grade([(json.dumps([solution]), f"\\boxed{{{value}}}")])[0].correct
