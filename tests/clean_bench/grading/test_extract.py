"""Where the final answer of a response is found."""

import json
import re
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from clean_bench.grading import extract, last_box
from clean_bench.grading.extraction import TIERS, locate, tier_of

ROOT = Path(__file__).resolve().parents[3]
POLICY = (ROOT / "docs" / "extraction.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"^- `([^`]+)` → (?:(box|marker|fallback) `([^`]+)`|no answer)$", re.MULTILINE)
CASES = Path(__file__).with_name("extraction_cases.jsonl")


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
        (r"The answer is $\$18.90$.", r"\$18.90"),
        (r"Final answer: $x = \$5$", r"x = \$5"),
        ("The answer is 3. So the answer is 4.", "4"),
        ("The answer is 3. So the answer is", "3"),
        ("she has 9 + 9 = 18\n#### 18", "18"),
        ("#### 2,125\n", "2,125"),
        ("<think>it is 3</think><answer> 42 </answer>", "42"),
        ("<answer>1</answer> no, <answer>x < 2</answer>", "x < 2"),
        ("<answer>17", "17"),
        (r"\boxed5", "5"),
        (r"\\boxed{5}", "5"),
        (r"\[x = 1 \\\boxed{5}\]", "5"),
        ("\\boxed{\n5", "5"),
        (r"\boxed{\text{east}}", r"\text{east}"),
        (r"Therefore, the final answer is: $\boxed{5}$. I hope it is correct.", "5"),
        # several boxes: the last decides, but joined ones are one answer
        (r"\boxed{4}. Then \boxed{3}", "3"),
        ("\\boxed{4}\n\\boxed{3}", "3"),
        (r"\boxed{1}, \boxed{2}", "1, 2"),
        (r"$\boxed{1}$ and $\boxed{2}$", "1, 2"),
        (r"\boxed{1}\text{ and }\boxed{2}", "1, 2"),
        (r"\[\boxed{1}\] & \[\boxed{2}\]", "1, 2"),
        (r"\boxed{A}, \boxed{B}, \text{ and } \boxed{C}", "A, B, C"),
        (r"\boxed{9}. So \boxed{1}, \boxed{2}", "1, 2"),
        (r"$\boxed{1}$ or $\boxed{2}$", "1 or 2"),
        (r"\boxed{1} \quad \text{or} \quad \boxed{2}", "1 or 2"),
        (r"\boxed{5}, \boxed{5}", "5"),
        (r"\boxed{5} or \boxed{5}", "5"),
        (r"\boxed{5}, \boxed{}", None),
        (r"\boxed{}, \boxed{5}", "5"),
        (r"\boxed{4} is wrong, and \boxed{3}", "3"),
        # more ways to say it
        ("Final answer: 5", "5"),
        ("**Answer:** 5", "5"),
        ("**Answer**: 5", "5"),
        ("**Final Answer**\n\n$$\\frac{1}{2}$$", r"\frac{1}{2}"),
        ("Answer: 5 because it is odd", "5"),
        ("The answers are 3 and 4.", "3 and 4"),
        ("The answer is 3 or 4.", "3 or 4"),
        ("The answer is $3$ or $4$.", "3 or 4"),
        ("The answer is $x=3$, $x=4$", "x=3, x=4"),
        (r"The answer is $\sqrt{2}$ cm.", r"\sqrt{2}"),
        ("The answer is $50$%.", r"50\%"),
        ("The answer is 18, which is even", "18"),
        ("<answer>The answer is 5</answer>", "5"),
        ("<answer></answer>", None),
        ("答案是 5。好", "5"),
        ("答案：5", "5"),
        ("#### Conclusion\nSo it goes on", None),
        ("#### 5 dollars\nAnd more text follows", "5 dollars"),
        ("```python\nprint(5)\n```\n```output\n3\n5\n```\n", "5"),
        # the conclusion before the thoughts
        (r"<think>\boxed{3}</think> so \boxed{4}", "4"),
        (r"<think>\boxed{3}</think> \boxed{}", None),
        (r"<think>\boxed{3}</think> so this is all there is", "3"),
        ("<think>the answer is 3</think> 42", "42"),
        # bare
        ("42", "42"),
        ("12 square inches", "12 square inches"),
        (r"(-\infty, 0] \cup [1, 2)", r"(-\infty, 0] \cup [1, 2)"),
        (r"\text{Evelyn Ann Lee}", r"\text{Evelyn Ann Lee}"),
        ("5 hours and 30 minutes", "5 hours and 30 minutes"),
        ("3 or 4", "3 or 4"),
        ("New York", "New York"),
        ("\\[\nx = 5\n\\]", "\\[\nx = 5\n\\]"),
        (
            "\\begin{pmatrix}\n1\\\\\n2\n\\end{pmatrix}",
            "\\begin{pmatrix}\n1\\\\\n2\n\\end{pmatrix}",
        ),
        ("I do not know", None),
        ("Let us solve it", None),
        ("", None),
    ],
)
def test_oracle_table(response: str, answer: str | None) -> None:
    assert extract(response) == answer


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ("It equals 42 in the end", "42"),
        ("4\n5", "5"),
        ("I think of 42", "42"),
        ("the word boxed alone 7", "7"),
    ],
)
def test_an_answer_that_nothing_marks_is_of_the_fallback_tier(response: str, answer: str) -> None:
    assert locate(response) == (answer, "closing sentence")
    assert locate(response, bare=False) is None


@pytest.mark.parametrize(
    ("response", "tier", "answer"),
    [pytest.param(*row, id=row[0]) for row in EXAMPLE.findall(POLICY)],
)
def test_policy(response: str, tier: str, answer: str) -> None:
    extraction = locate(response.replace("⏎", "\n"))
    located = (tier_of(extraction[1]), extraction[0]) if extraction else ("", "")
    assert located == (tier, answer)


def test_every_line_of_the_policy_with_an_arrow_is_tested() -> None:
    assert len(EXAMPLE.findall(POLICY)) == POLICY.count("→") > 100
    assert all(f"`{rule}`" in POLICY for rule in TIERS)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{case['kind']} {number}")
        for number, case in enumerate(map(json.loads, CASES.read_text("utf-8").splitlines()), 1)
    ],
)
def test_labelled_cases(case: dict[str, str | None]) -> None:
    """Labelled before the code ran on them: 142 of 146 were right at the first run."""
    response = case["response"]
    assert response is not None
    extraction = locate(response)
    answer, rule = extraction if extraction else (None, None)
    assert (answer, tier_of(rule)) == (case["extracted"], case["tier"])


def test_gold_answers_come_from_complete_boxes_only() -> None:
    assert last_box(r"thus \boxed{1.6} cm") == "1.6"
    assert last_box(r"\boxed{}") == ""
    assert last_box("the answer is 5") is None
    assert last_box(r"\boxed{5") is None


PIECES = [
    "\\boxed{", "\\boxed ", "\\boxed", "{", "}", "<answer>", "</answer>", "answer is ", "answer is",
    "answer", "answer**", "answers:", "final answer ", "答案", "答案是", 
    "\\", "####", "#", "$", " ", "\n",
    "\\(", "\\boxed{1},", 
    "\\boxed{1} or ", "\\boxed{1}\\text{", "the answer is $", "answer is . ", "a b ",
    "```output\n", "```", "</think>", "1,", "\\text{", "answer is $1$ or ", ",", "and ",
    "boxed{", "\\framebox[", "box", "\\boxed{} in ", "x=\\boxed{1}, ", "\x08oxed{",
    "the answer to ",
    "answer for x ", "<final_answer> is 5", "**", "**5**", "approximately ",
    "答えは",
    "Answer: A ", "not 5 but ", "5 and ", "(A) ", "1 + ", "3 hours and ", "x = 1, ", ". ", "$5 ", "$x$ ",
    "<b>", "let me ", "1.", "?", "e.g. ",
]  # fmt: skip


def seconds(texts: Sequence[str], limit: float) -> float:
    """CPU seconds to extract from all texts: the least of up to three runs that are above the limit.

    A collection of garbage that other tests left can fall into one run; a slow pattern is in all.
    """
    least = float("inf")
    for _ in range(3):
        begun = time.process_time()
        for text in texts:
            extract(text)
        least = min(least, time.process_time() - begun)
        if least < limit:
            break
    return least


@pytest.mark.parametrize("piece", PIECES)
def test_time_is_linear_in_length(piece: str) -> None:
    """Every pair of pieces over 50,000 characters; the quadratic patterns took seconds.

    A pair repeated is the pair of the other order repeated, but for its ends: each piece is paired
    with the half of the list that follows it, around its end.
    """
    place = PIECES.index(piece)
    following = [*PIECES[place:], *PIECES[:place]][: len(PIECES) // 2 + 1]
    units = [piece + other for other in ("", *following)]
    texts = [unit * (50_000 // len(unit)) + r"\boxed{1" for unit in units]
    limit = 0.05 * len(following)
    assert seconds(texts, limit) < limit


@pytest.mark.parametrize("piece", PIECES)
def test_time_without_a_box_is_linear_in_length(piece: str) -> None:
    texts = [(piece + other) * (50_000 // len(piece + other)) for other in PIECES[::4]]
    limit = 0.05 * len(texts)
    assert seconds(texts, limit) < limit


def test_spaces_after_the_phrase_cost_their_length() -> None:
    begun = time.process_time()
    assert extract("answer is" + " " * 1_000_000) is None
    assert time.process_time() - begun < 0.5


@pytest.mark.parametrize("piece", ["1", "1,", "1.", "a", "(", "-", "1 or ", "$1", "\\", "1!", " "])
def test_a_long_answer_costs_its_length(piece: str) -> None:
    """The patterns that read the end of a response and the text after a mark."""
    answer = piece * (20_000 // len(piece))
    begun = time.process_time()
    for response in (
        f"The answer is {answer}",
        f"so {answer}",
        f"<answer>{answer}",
        f"{answer} hours",
    ):
        extract(response)
    assert time.process_time() - begun < 0.4
