"""The replica of Qwen2.5-Math's grader: recorded outputs of the original, faults included."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clean_bench.grading import grade
from clean_bench.grading.compat import qwen25_math

COLUMN = r"\begin{pmatrix}1\\2\end{pmatrix}"
RECORDED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "real_completions.jsonl"


@pytest.mark.parametrize(
    ("gold", "response", "kind"),
    [
        # relative difference of 10^-4, and a hundred times more or less
        ("1000000007", r"\boxed{1000000008}", "equal"),
        ("3.1415", r"\boxed{3.1416}", "equal"),
        ("3.14", r"\boxed{3.1416}", "different"),
        ("20", r"\boxed{0.2}", "equal"),
        ("0.09", r"\boxed{9}", "equal"),
        ("50", r"\boxed{50\%}", "equal"),
        ("0.5", r"\boxed{50\%}", "equal"),
        ("1,234", r"\boxed{1234}", "equal"),
        # brackets
        ("(1,2)", r"\boxed{[1,2]}", "equal"),
        ("(1,2)", r"\boxed{(2,1)}", "different"),
        ("(1,\\frac{1}{2})", r"\boxed{(1,0.5)}", "equal"),
        (COLUMN, r"\boxed{\begin{pmatrix}1.00001\\2\end{pmatrix}}", "equal"),
        (COLUMN, r"\boxed{\begin{pmatrix}2\\1\end{pmatrix}}", "different"),
        # relations
        ("x<3", r"\boxed{x\le 3}", "equal"),
        ("x<3", r"\boxed{x<4}", "different"),
        ("x=5", r"\boxed{y=5}", "equal"),
        ("2b-4a=2", r"\boxed{4a-2b=-2}", "equal"),
        ("2b-4a=2", r"\boxed{2b-4a=3}", "different"),
        ("y=2x+1", r"\boxed{y-2x-1=0}", "different"),
        ("5", r"\boxed{k=5}", "equal"),
        # algebra, and values
        (r"\frac{1}{2}", r"\boxed{\frac{2}{4}}", "equal"),
        (r"2\sqrt{2}", r"\boxed{\sqrt{8}}", "equal"),
        (r"\pi", r"\boxed{3.14159}", "equal"),
        ("x+1", r"\boxed{1+x}", "equal"),
        ("x+1", r"\boxed{x+2}", "different"),
        # choices
        ("B", r"\boxed{(B) 5}", "equal"),
        ("B", r"\boxed{C}", "different"),
        # extraction
        ("42", "no box, and so 42", "equal"),
        ("42", "The answer is 42.", "equal"),
        ("42", r"\boxed{}", "no answer"),
        ("42", r"The final answer is $42$. I hope it is correct. \boxed{5}", "equal"),
        # e-notation is read as Euler's number beside anything but a decimal
        ("2.45e6", r"\boxed{2.45e6}", "equal"),
        ("2.45e6", r"\boxed{2450000}", "equal"),
        ("2.45e6", r"\boxed{2.45 \times 10^6}", "different"),
        ("1e-10", r"\boxed{10^{-10}}", "different"),
    ],
)  # fmt: skip
def test_grading(gold: str, response: str, kind: str) -> None:
    assert grade([(gold, response)], grader="qwen2.5-math")[0].kind == kind


def test_units_are_kept_for_minerva() -> None:
    pair = ("12", r"\boxed{12 miles}")
    kinds = [
        grade([pair], grader=grader)[0].kind for grader in ("qwen2.5-math", "qwen2.5-math-minerva")
    ]
    assert kinds == ["equal", "different"]


@pytest.mark.skipif(
    not RECORDED.exists(), reason="needs the real completions, which are not shipped"
)
def test_the_480_recorded_verdicts() -> None:
    """The extracted answers and verdicts that the original gave for 480 real completions."""
    lines = RECORDED.read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    answers = [qwen25_math.extract(row["response"]) or "" for row in rows]
    assert answers == [row["reference_prediction"] for row in rows]
    grades = grade([(row["gold"], row["response"]) for row in rows], grader="qwen2.5-math")
    assert [graded.correct for graded in grades] == [row["reference_correct"] for row in rows]
