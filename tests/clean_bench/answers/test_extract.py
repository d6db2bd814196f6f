"""Where the final answer of a response is found."""

import time

import pytest

from clean_bench.answers import extract, last_box


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        (r"so \boxed{5}", "5"),
        (r"\boxed{4} and then \boxed{3}", "3"),
        (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        (r"\boxed{x = \boxed{7}}", "7"),
        (r"\fbox{8}", "8"),
        (r"\boxed 9$.", "9"),
        (r"\boxed {10}", "10"),
        (r"\boxed{\{1, 2\}}", r"\{1, 2\}"),
        (r"\boxed{\left\{1\right.}", r"\left\{1\right."),
        (r"\boxed{\begin{pmatrix}1\\2\end{pmatrix}}", r"\begin{pmatrix}1\\2\end{pmatrix}"),
        (r"\boxed{a\\}", r"a\\"),
        (r"{ stray \boxed{6}", "6"),
        (r"stray } \boxed{6}", "6"),
        # an empty last box is no answer, whatever came before
        (r"\boxed{}", None),
        (r"\boxed{ }", None),
        (r"\boxed{5} then \boxed{}", None),
        (r"\boxed{} then \boxed{5}", "5"),
        # unclosed boxes count only where no complete one exists
        (r"so \boxed{12", "12"),
        ("so $\\boxed{12$\nand on", "12"),
        (r"\boxed{5} and \boxed{12", "5"),
        # said in words, in GSM8K's way, in R1's way
        ("The answer is 18.", "18"),
        ("The final answer is: $\\frac{1}{2}$. I hope it is correct.", r"\frac{1}{2}"),
        ("the answer is 3.14. Next", "3.14"),
        ("The answer is:\n\n$$x^2$$", "x^2"),
        ("**The answer is 5**", "5"),
        ("The answer is $18.", "18"),
        ("The answer is 3. So the answer is 4.", "4"),
        ("The answer is 3. So the answer is", "3"),
        ("she has 9 + 9 = 18\n#### 18", "18"),
        ("#### 2,125\n", "2,125"),
        ("<think>it is 3</think><answer> 42 </answer>", "42"),
        ("<answer>1</answer> no, <answer>x < 2</answer>", "x < 2"),
        ("<answer>17", "17"),
        # none of these: no fallback to the last number
        ("I think of 42", None),
        ("the word boxed alone 7", None),
        ("", None),
    ],
)
def test_oracle_table(response: str, answer: str | None) -> None:
    assert extract(response) == answer


def test_gold_answers_come_from_complete_boxes_only() -> None:
    assert last_box(r"thus \boxed{1.6} cm") == "1.6"
    assert last_box(r"\boxed{}") == ""
    assert last_box("the answer is 5") is None
    assert last_box(r"\boxed{5") is None


@pytest.mark.parametrize(
    "piece", [r"\boxed{", r"\boxed ", "{", "}", "<answer>", "answer is ", "\\", "####", "$"]
)
def test_time_is_linear_in_length(piece: str) -> None:
    text = piece * (200_000 // len(piece)) + r"\boxed{1"
    begun = time.perf_counter()
    extract(text)
    assert time.perf_counter() - begun < 2
