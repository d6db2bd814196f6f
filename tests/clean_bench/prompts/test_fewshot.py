"""Few-shot prompts against the published layouts, written out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clean_bench.grading.extraction import extract
from clean_bench.prompts import TEMPLATES, Example, Template, plain_prompt
from clean_bench.prompts.fewshot import example_response
from clean_bench.prompts.render import chat_messages

MATH = (
    Example("Add $1$ and $2$.", "We get $1+2=\\boxed{3}$.", "3"),
    Example("Halve $6$.", "Half of it is $\\boxed{\\frac{6}{2}}$.", "$\\frac{6}{2}$"),
)
GSM8K = (
    Example(
        "Tom has 3 pens and buys 4. How many?",
        "He buys 4 = <<4=4>>4 pens.\nNow he has 3+4=<<3+4=7>>7 pens.\n#### 7",
        "7",
    ),
    Example("Ann has 2,000 seeds. How many?", "She has 2,000.\n#### 2,000", "2000"),
)


def prompt(name: str, examples: tuple[Example, ...]) -> str:
    return plain_prompt("P?", replace(TEMPLATES[name], examples=examples))


def test_minerva() -> None:
    """As lm-eval joins prompt, a space and solution, with an empty line between two examples."""
    assert prompt("minerva-4shot", MATH) == (
        "Problem:\nAdd $1$ and $2$.\n\nSolution: We get $1+2=\\boxed{3}$.\n"
        "Final Answer: The final answer is $3$. I hope it is correct.\n\n"
        "Problem:\nHalve $6$.\n\nSolution: Half of it is $\\boxed{\\frac{6}{2}}$.\n"
        "Final Answer: The final answer is $\\frac{6}{2}$. I hope it is correct.\n\n"
        "Problem:\nP?\n\nSolution:"
    )
    template = TEMPLATES["minerva-4shot"]
    assert (template.shots, template.stop) == (4, ("Problem:",))


def test_gsm8k() -> None:
    assert prompt("gsm8k-8shot", GSM8K) == (
        "Q: Tom has 3 pens and buys 4. How many?\n"
        "A: He buys 4 = 4 pens. Now he has 3+4=7 pens. The answer is 7.\n\n"
        "Q: Ann has 2,000 seeds. How many?\nA: She has 2,000. The answer is 2000.\n\n"
        "Q: P?\nA:"
    )
    assert (TEMPLATES["gsm8k-8shot"].shots, TEMPLATES["gsm8k-8shot"].stop) == (8, ("Q:",))


@pytest.mark.parametrize(
    ("name", "solution", "answer"),
    [
        ("gsm8k-8shot", "Six pens were lost. 9 - 6 = 3. The answer is 3.", "3"),
        (
            "minerva-4shot",
            "It is $\\boxed{3}$.\nFinal Answer: The final answer is $3$. I hope it is correct.",
            "3",
        ),
    ],
)
def test_a_published_example_in_a_file_is_not_given_its_last_sentence_twice(
    name: str, solution: str, answer: str
) -> None:
    """Both layouts' own examples already hold that sentence in the solution."""
    layout = TEMPLATES[name].response
    assert example_response(layout, Example("Q", solution, answer)) == " " + solution
    assert example_response(layout, Example("Q", solution, "5")).startswith(" " + solution)
    assert len(example_response(layout, Example("Q", solution, "5"))) > len(solution) + 10


def test_templates_without_a_layout_show_the_solution_as_the_response() -> None:
    assert prompt("raw", MATH[:1]) == "Add $1$ and $2$.\nWe get $1+2=\\boxed{3}$.\n\nP?"
    without_box = (Example("1+1?", "We count.", "2"),)
    assert prompt("raw", without_box) == (
        "1+1?\nWe count.\nThe final answer is $\\boxed{2}$.\n\nP?"
    )
    assert prompt("raw", GSM8K[1:]).startswith(
        "Ann has 2,000 seeds. How many?\nShe has 2,000.\n####"
    )
    text = prompt("r1", without_box)
    assert "1+1?\n<|assistant|>\n<think> We count. </think> <answer> 2 </answer>\n\n" in text
    assert (
        text.endswith("<|user|>\nP?\n<|assistant|>\n<think>") and text.count("A conversation") == 2
    )


def test_examples_are_earlier_turns_of_a_chat() -> None:
    template = replace(TEMPLATES["math-problem"], examples=MATH[:1])
    assert chat_messages("P?", template) == (
        ("system", "You are a helpful Assistant."),
        ("user", "Math Problem: Add $1$ and $2$."),
        ("assistant", "We get $1+2=\\boxed{3}$."),
        ("user", "Math Problem: P?"),
    )


@given(st.text(max_size=30), st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=9))
def test_no_text_of_an_example_is_read_as_a_placeholder(
    problem: str, solution: str, answer: str
) -> None:
    """`{answer}` in a solution, `{solution}` in an answer and `{problem}` in a problem stay."""
    template = Template("t", "<{problem}>", response="[{solution}|{answer}]")
    for texts in ((problem, solution, answer), ("{problem}", "{answer}", "{solution}")):
        example = Example(*texts)
        expected_answer = texts[2].strip()
        if len(expected_answer) > 2 and expected_answer[0] == expected_answer[-1] == "$":
            expected_answer = expected_answer.strip("$")
        body = texts[1].strip()
        ending = f"|{expected_answer}]"
        expected = f"[{body}" if body.endswith(ending) else f"[{body}{ending}"
        assert example_response(template.response, example) == expected
        block = plain_prompt("P", replace(template, examples=(example,)))
        assert block == f"<{texts[0]}>{expected}\n\n<P>"


@pytest.mark.parametrize("name", ["minerva-4shot", "gsm8k-8shot", "raw", "r1"])
def test_the_grader_extracts_the_answer_of_a_response_in_the_layout(name: str) -> None:
    """A model that imitates the examples and runs into the next one is graded on its answer."""
    layout = TEMPLATES[name].response or "\n{worked}"
    stop = (TEMPLATES[name].stop or ("",))[0]
    for example, answer in ((GSM8K[0], "7"), (MATH[0], "3")):
        text = example_response(layout, example)
        text += "" if text.endswith(stop) else f"\n\n{stop}"
        assert extract(text) == answer
