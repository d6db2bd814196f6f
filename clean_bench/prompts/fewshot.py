r"""Few-shot prompts: worked examples in the layout of a template.

A template's `response` is the layout of an example's response, with the placeholders

    {solution}   the worked solution as its set has it
    {reasoning}  the solution as one paragraph, without GSM8K's calculator notes `<<6*7=42>>` and without
                 its last line `#### 42`
    {worked}     the solution; with the answer in a box behind it if it has neither a box nor `####`
    {answer}     the final answer without dollar signs

Examples of `minerva-4shot` (Lewkowycz et al. 2022, as in lm-eval's minerva_math) and of `gsm8k-8shot`
(chain of thought, Wei et al. 2022, as in lm-eval's gsm8k_cot) end with a sentence that holds the
answer. A solution that already ends with that sentence does not get it twice, so the published
examples in a file of one's own give the published prompt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SEPARATOR = "\n\n"
"""Between two examples, and between the last one and the problem."""

_PLACEHOLDER = re.compile(r"\{(solution|reasoning|worked|answer)\}")
_CALCULATION = re.compile(r"<<[^<>\n]*>>")
_HASHES = re.compile(r"\s*####[^\n]*\s*\Z")
_BODIES = ("{solution}", "{reasoning}", "{worked}")


@dataclass(frozen=True, slots=True)
class Example:
    """A problem with its worked solution and its final answer."""

    problem: str
    solution: str
    answer: str


def example_response(layout: str, example: Example) -> str:
    """The response of an example in a layout (`Template.response`)."""
    answer = example.answer.strip()
    if len(answer) > 2 and answer[0] == answer[-1] == "$":
        answer = answer.strip("$")
    solution = example.solution.strip()
    values = {
        "solution": solution,
        "reasoning": _reasoning(solution),
        "worked": _worked(solution, answer),
        "answer": answer,
    }
    body = next((body for body in _BODIES if body in layout), None)
    if body is not None:
        ending = _fill(layout.partition(body)[2], values).strip()
        if ending and values[body[1:-1]].endswith(ending):
            layout = layout[: layout.index(body) + len(body)]
    return _fill(layout, values)


def _fill(layout: str, values: dict[str, str]) -> str:
    # In one pass: a solution may contain the text of a placeholder.
    return _PLACEHOLDER.sub(lambda match: values[match[1]], layout)


def _reasoning(solution: str) -> str:
    return " ".join(_CALCULATION.sub("", _HASHES.sub("", solution)).split())


def _worked(solution: str, answer: str) -> str:
    if "\\boxed" in solution or "####" in solution:
        return solution
    return f"{solution}\nThe final answer is $\\boxed{{{answer}}}$."
