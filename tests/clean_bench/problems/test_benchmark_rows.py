"""Recognizing the columns of a row."""

from typing import Any

import pytest

from clean_bench.errors import UserError
from clean_bench.grading import read_gold
from clean_bench.problems import Problem
from clean_bench.problems.catalog import BENCHMARKS, Columns
from clean_bench.problems.columns import problem_from_row, unanswered, with_unique_ids


def read(row: object) -> Problem:
    return problem_from_row(row, 7, "set.jsonl:7", "set.jsonl:7")


def test_math500_row() -> None:
    row = {
        "problem": "P",
        "solution": "S",
        "answer": "A",
        "subject": "Algebra",
        "level": 3,
        "unique_id": "test/algebra/1.json",
    }
    assert read(row) == Problem(
        id="test/algebra/1.json",
        problem="P",
        answer="A",
        solution="S",
        subject="Algebra",
        level="3",
        source="set.jsonl:7",
    )


def test_gsm8k_answer_is_split_from_its_solution() -> None:
    solution = "16 - 3 = <<16-3=13>>13\n#### 2,125"
    problem = read({"question": "Q", "answer": solution, "idx": 0})
    assert (problem.id, problem.problem, problem.answer) == ("0", "Q", "2125")
    assert problem.solution == solution


def test_paraphrase_takes_the_rewritten_question_and_the_original_answer() -> None:
    problem = read(
        {
            "question": "Q",
            "answer": "x\n#### 40,000",
            "target": "000",
            "rewritten_question": "R",
            "rewritten_answer": "y\n#### 6",
            "tag": {},
        }
    )
    assert (problem.problem, problem.answer, problem.solution) == ("R", "40000", "y\n#### 6")


def test_answer_from_the_box_of_the_solution() -> None:
    row = {"problem": "P", "level": "Level 4", "type": "Geometry"}
    boxed = read({**row, "solution": r"so \boxed{1} or \boxed{\frac{1}{2}}"})
    assert read_gold(boxed.answer or "") == (r"1 or \frac{1}{2}", r"\frac{1}{2}")
    assert (boxed.level, boxed.subject) == ("4", "Geometry")
    joined = read({**row, "solution": r"[asy] so \boxed{(-5,7)} and \boxed{(-5,1)}"})
    assert joined.answer == "(-5,7), (-5,1)"
    assert read({**row, "solution": "no box"}).answer is None
    assert read({**row, "solution": r"\boxed{}"}).answer is None


OLYMPIAD = {
    "id": 1606,
    "question": "Q",
    "solution": ["S1", "S2"],
    "final_answer": ["$2$"],
    "context": None,
    "is_multiple_answer": False,
    "unit": None,
    "error": None,
    "answer_type": "Numerical",
    "subfield": "Algebra",
    "subject": "Math",
    "difficulty": "Competition",
}


def test_olympiadbench_lists_become_one_answer_and_one_solution() -> None:
    problem = read(OLYMPIAD)
    assert (problem.id, problem.answer, problem.subject) == ("1606", "$2$", "Algebra")
    assert problem.solution == "S1\n\nS2"
    several = {**OLYMPIAD, "final_answer": ["1", " $-\\frac{1}{2}$ "], "is_multiple_answer": True}
    assert read(several).answer == "1, $-\\frac{1}{2}$"
    assert read({**OLYMPIAD, "final_answer": [], "solution": ["so $\\boxed{7}$"]}).answer == "7"
    assert read({**OLYMPIAD, "final_answer": [3, 0.5]}).answer == "3, 0.5"


LAYOUTS: dict[str, dict[str, Any]] = {
    "math500": {
        "problem": "P",
        "solution": "S",
        "answer": "A",
        "subject": "Algebra",
        "level": 3,
        "unique_id": "u",
    },
    "aime24": {
        "id": 60,
        "problem": "P",
        "solution": "S",
        "answer": "025",
        "url": "U",
        "year": "2024",
    },
    "aime25": {"problem": "P", "answer": "70", "id": "0"},
    "amc23": {"id": 0, "question": "P", "answer": 27.0, "url": "U"},
    "minerva": {"question": "P", "answer": "1.6"},
    "gsm8k": {"question": "P", "answer": "so 1,000\n#### 1,000"},
    "olympiadbench": OLYMPIAD,
    "livemathbench": {"question": "P", "answer": "$3$", "question_type": "problem-solving"},
    "deepscaler": {"problem": "P", "answer": "5", "solution": ""},
    "math-train": {
        "problem": "P",
        "level": "Level 2",
        "type": "Geometry",
        "solution": "\\boxed{9}",
    },
}


@pytest.mark.parametrize("name", BENCHMARKS)
def test_the_named_columns_make_what_recognizing_them_makes(name: str) -> None:
    row = LAYOUTS[name]
    known = BENCHMARKS[name].columns
    assert problem_from_row(row, 7, "here", "there", known) == problem_from_row(
        row, 7, "here", "there"
    )
    assert read(row).answer and read(row).problem in ("P", "Q")


def test_a_named_column_must_be_there_and_others_are_not_looked_at() -> None:
    columns = Columns("Text", None, "proof")
    row = {"text": "P", "Proof": r"\boxed{4}", "answer": "5", "id": "x"}
    found = problem_from_row(row, 7, "set:7", "set:7", columns)
    assert (found.problem, found.answer, found.id) == ("P", "4", "7")
    with pytest.raises(UserError, match=r"^set:7: expected a column proof, got text"):
        problem_from_row({"text": "P"}, 7, "set:7", "set:7", columns)


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        (27.0, "27"),
        (-1.0, "-1"),
        (2.5, "2.5"),
        (18, "18"),
        (" 5 ", "5"),
        ("025", "025"),
        (None, None),
        (float("nan"), None),
    ],
)
def test_answers_of_any_plain_type(value: Any, answer: str | None) -> None:
    assert read({"problem": "P", "answer": value}).answer == answer


@pytest.mark.parametrize(
    ("row", "problem", "answer"),
    [
        ({"Problem": "P", "Answer": 204}, "P", "204"),
        ({"problem": "P", "question": "Q", "gold": "G"}, "P", "G"),
        ({"question": "Q", "target": "T"}, "Q", "T"),
        ({"question": "Q", "answer": None, "final_answer": "F"}, "Q", "F"),
    ],
)
def test_other_names(row: dict[str, Any], problem: str, answer: str) -> None:
    found = read(row)
    assert (found.problem, found.answer, found.id) == (problem, answer, "7")


@pytest.mark.parametrize(
    ("level", "expected"),
    [("Level 5", "5"), (3, "3"), (3.0, "3"), ("Level ?", None), ("hard", "hard"), (None, None)],
)
def test_levels(level: Any, expected: str | None) -> None:
    assert read({"problem": "P", "level": level}).level == expected


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([1], "got a list"),
        ("text", "got text"),
        (None, "got null"),
        ({"answer": "5"}, "no problem text.*got answer"),
        ({"problem": "  ", "answer": "5"}, "expected a problem text in problem, got an empty one"),
        ({"question": "", "answer": "5"}, "expected a problem text in question, got an empty one"),
        ({"problem": None, "answer": "5"}, "expected a problem text in problem, got none"),
        ({"problem": "P", "answer": ""}, "empty gold"),
        ({"problem": "P", "answer": " \n"}, "empty gold"),
        ({"problem": "P", "answer": "worked\n####  "}, "empty gold"),
        ({"problem": "P", "answer": []}, "answer: expected text or a number, got a list"),
        ({"problem": "P", "answer": ["5", True]}, "answer: expected text or a number, got a list"),
        (
            {"problem": "P", "final_answer": ["5", ["6"]]},
            "final_answer: entry: expected text or a number, got a list",
        ),
        ({"problem": "P", "answer": True}, "answer: expected text or a number, got true or false"),
        ({"problem": {"a": 1}}, "problem: expected text or a number, got an object"),
        ({"prompt": ["P"]}, "prompt: expected a list of turns with role and content, got text"),
        (
            {"prompt": [{"role": "user", "content": ["P"]}]},
            "prompt: content: expected text or a number, got a list",
        ),
        (
            {"messages": [{"role": "system", "content": "P"}]},
            "expected a problem text in messages, got none",
        ),
        ({"problem": "P\ud800"}, "problem: expected Unicode text"),
    ],
)
def test_errors_name_the_row(row: object, message: str) -> None:
    with pytest.raises(UserError, match=f"^set.jsonl:7: .*{message}"):
        read(row)


def test_chats() -> None:
    system, first, reply, second = (
        {"role": role, "content": text}
        for role, text in (("system", "S"), ("user", "A"), ("assistant", "B"), ("user", "C"))
    )
    found = read({"prompt": [system, first], "reward_model": {"ground_truth": 34}})
    assert (found.problem, found.answer) == ("A", "34")
    assert read({"messages": [first, reply, second]}).problem == "A\n\nC"
    assert read({"conversations": [{"from": "human", "value": "A"}]}).problem == "A"
    assert read({"prompt": [first], "problem": "P"}).problem == "P"


def test_repeated_ids_become_unique() -> None:
    ids = ["0", "0", "1", "0#2", "0", "1"]
    unique = with_unique_ids([Problem(id=name, problem="P") for name in ids])
    assert [problem.id for problem in unique] == ["0", "0#2", "1", "0#2#2", "0#3", "1#2"]


def test_unanswered_rows() -> None:
    assert unanswered({"Answer": ""}) and unanswered({"answer": None}) and unanswered({"a": "b"})
    assert not unanswered({"answer": 0})
