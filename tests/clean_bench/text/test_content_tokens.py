"""What layout does not change, and what does."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clean_bench.text.normalize import brackets, normalize, without_drawings
from clean_bench.text.tokenizer import content_spans, content_tokens, is_word, mask_numerals

PIECES = st.sampled_from(
    [
        "find", "The", "x", "y2", "12", "1,000", "1{,}000", r"1,\!234", "3.5", ".", ",", " ", "\n",
        r"\frac{1}{2}", r"\dfrac", r"\left(", r"\right)", "(", ")", "[", "]", r"\\", r"\,", r"\quad",
        r"\text{if }", "-", "--", "two-digit", "^", r"^{\circ}", "$", "&", "=", "<", "%", r"\%",
        "[asy]draw((0,0));[/asy]", "[asy]", "é", "²", "\u2212", "\\",
        "ﬁ", "π", "&lt;", "&amp;", "Problem:", "<|user|>", "step by step", "think ", r"\frac", "frac",
        "problem", "answer:",
    ]
)  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Find  the\nSUM.", "find the sum"),
        (r"$\dfrac{1}{2}x$", r"\(\frac 1 2 x\)"),
        (r"\left(1,\,2\right)", "(1, 2)"),
        ("1,000,000 apples", r"1{,}000\,000 apples"),
        (r"1,\!234", "1234"),
        (r"$30^\circ$ and $45^{\circ}$", "30° and 45°"),
        (r"3 \times 4 \cdot 5 \div 6", "3 × 4 · 5 ÷ 6"),
        (r"$x \leq 3$ and $y\neq 4$", "x ≤ 3 and y ≠ 4"),
        ("a two-digit number --- yes", "a two digit number yes"),
        (r"\text{if } \mathbf{v} = \quad 0", "if v = 0"),
        (r"\begin{align*} x &= 1 \\ y &= 2 \end{align*}", "x = 1, y = 2"),
        ("see [asy]\ndraw((0,0)--(1,1));\n[/asy] this", "see this"),
        (r"\sin x", "sin x"),
        ("5 − 3", "5 - 3"),
        ("$[ - 500,500]$ and (100,200)", "[-500, 500] and (100, 200)"),
        (r"\frac12 + \dfrac 3 4 + \frac{12}{5}", r"\frac{1}{2} + \frac34 + \frac {12} 5"),
        ("Deﬁne １２ （ｘ）", "define 12 (x)"),
        ("cafe\u0301 na\u200bive a\u00adb", "café naive ab"),
        ("2πr² ≤ ∞, ∠ABC, α∈ℝ", r"2 \pi r^2 \leqslant \infty, \angle ABC, \alpha \in R"),
        ("a &lt; b &amp;&gt; c", "a < b & > c"),
        (r"1, \dotsc, n \cdots \lvert x \rvert \mid y", "1, ..., n ... |x| | y"),
        ("two‑digit, cross–country", "two digit cross country"),
        (
            "What is 2+2? Please reason step by step, and put your final answer within \\boxed{}.",
            "what is 2 + 2",
        ),
        (
            "Let's think step by step and output the final answer within $\\boxed{}$. Sum 5?",
            "sum 5",
        ),
        ("<|im_start|>user\nProblem: Sum 5?<|im_end|>\n<|im_start|>assistant\n", "Sum 5?"),
        ("[INST] Question: Sum 5?\nAnswer: [/INST]", "Sum 5?"),
        (
            "Solve the following math problem step by step. The last line of your response should be "
            "of the form Answer: $Answer (without quotes) where $Answer is the answer to the problem."
            '\n\nSum 5?\n\nRemember to put your answer on its own line after "Answer:".',
            "Sum 5?",
        ),
    ],
)
def test_layout_is_nothing(one: str, other: str) -> None:
    assert content_tokens(one) == content_tokens(other) != []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x < 5", "x > 5"),
        ("x = 5", "x 5"),
        ("a - b", "a + b"),
        ("a-b", "a b"),
        ("1.5", "15"),
        ("(1, 234)", "(1234)"),
        ("5%", "5"),
        (r"x \le 3", r"x \ge 3"),
        ("x^2", "x 2"),
        (r"\frac12", "frac 12"),
        ("Solve this problem: reason why", "Solve this: why"),
        ("the answer: 5", "the 5"),
    ],
)
def test_what_says_something_else_has_other_tokens(one: str, other: str) -> None:
    assert content_tokens(one) != content_tokens(other)


def test_by_hand() -> None:
    text = r"Compute $\dfrac{12}{3{,}400} + x_1^2$, if $x>0.5$."
    found = ["compute", "frac", "12", "3400", "+", "x", "1", "^", "2", "if", "x", ">", "0.5"]
    assert content_tokens(text) == found
    hidden = ["compute", "frac", "#", "#", "+", "x", "#", "^", "#", "if", "x", ">", "#"]
    assert mask_numerals(found) == hidden
    assert [token for token in hidden if is_word(token)] == ["compute", "frac", "x", "if", "x"]
    assert brackets(r"\(2(x+[1])\) [asy](((([/asy]") == "([])"
    assert without_drawings("a[asy](\n[/asy]b") == "a b"


@pytest.mark.parametrize(
    "piece",
    [
        "[asy]",
        "[asy][",
        "^ ",
        "^{ ",
        r"\hspace{",
        r"\hspace*",
        "1,",
        "1,000",
        "9",
        "-",
        "a-",
        "\\",
        "please ",
        "and then ",
        "<|",
        "<|a|>Problem:",
        "answer: ",
        "&amp;",
        "[INST",
        "think step ",
        "problem :",
    ],
)
def test_no_text_takes_longer_than_its_length(piece: str) -> None:
    """What backtracks takes minutes, and the rest a second."""
    text = piece * (200_000 // len(piece))
    begun = time.process_time()
    for one in (text, "^" + " " * 200_000 + text[:9], "[asy]" + text):
        assert len(content_tokens(one)) == len(list(content_spans(normalize(one))))
        brackets(one)
    assert time.process_time() - begun < 20


@settings(deadline=None)  # other processes may hold the cores
@given(st.lists(PIECES, max_size=30).map("".join))
def test_places_are_those_of_the_tokens(text: str) -> None:
    bare = normalize(text)
    assert normalize(bare) == bare and content_tokens(bare) == content_tokens(text)
    text = bare
    found = list(content_spans(text))
    assert [token for token, _, _ in found] == content_tokens(text)
    assert all(content_tokens(text[begin:end]) == [token] for token, begin, end in found)
    for first in range(0, len(found), 3):
        for last in range(first, len(found), 3):
            piece = "... " + text[found[first][1] : found[last][2]]
            assert content_tokens(piece) == [token for token, _, _ in found[first : last + 1]]
