"""A text that demands a form of the answer is printed only with answers of that form.

The demands are read from the printed problem and compared with the printed answer, without the template.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import islice

import pytest

from generators.competition.registry import templates

ITEMS = 400

DEMANDS = {
    r"\bin simplest radical form\b": r"\\sqrt",
    # Not "as a fraction or an integer", and not "as a fraction $\frac{a}{b}$, where".
    r"(?<!integer or )\bas (?:a|one) (?:single |common )?fraction\b(?! \$| or an| if)": r"\\frac",
    r"\b(?:[Uu]se common fractions|into one fraction|[Ww]hat (?:common )?fraction)\b": r"\\frac",
    r"\b[Gg]ive (?:the|your) answer in lowest terms\b": r"\\frac",
    r"(?:\b[Ee]xpress|[Gg]ive|[Ww]rite|[Ff]ind|[Ww]hat is) (?:(?:your|the) answer|\$[^$]*\$),? "
    r"\(?(?:written )?as a (?:terminating )?decimal\b": r"\.\d",
    r"\b[Ww]hat decimal\b|\bas a decimal, what is the result\b": r"\.\d",
    r"\bmixed number\b": r"^-?\d+\\frac",
    r"\bin terms of \$\\pi\$": r"\\pi",
    r"\bin exact form\b": r"\\pi|\\sqrt",
    r"\bin terms of \$(?P<letter>[a-z])\$": r"(?P=letter)",
    r"\bin the form \$[ax]\+[by]i\$": r"\d[+-].*i$",
    r"\bin the form \$y=mx\+b\$": r"^y=.*x",
    r"\bseparated by (?:a comma|commas)\b|\bSeparate your answers with commas\b": r",",
    r"\bin interval notation\b": r"^(?:\\left)?[(\[].*,.*[)\]]$",
    r"\b(?:as an|[Ee]nter the|[Ff]ind the|[Ww]hat is th(?:e|is)) ordered pair\b": r"^[^,]*,[^,]*$",
    r"\b(?:as an|[Ee]nter the|[Ff]ind the|[Ww]hat is the) ordered triple\b": r"^[^,]*,[^,]*,[^,]*$",
    r"\bas an integer\b(?! or)": r"^-?\d+$",
    r"\bin base (?P<base>\d)\b": r"_(?P=base)$",
}
"""Demands in problems, and what an answer of the demanded form contains. A group of the demand's match
that the second expression names stands for its text."""


def faults(problem: str, answer: str) -> dict[str, bool]:
    """The demands of a problem, and whether the answer misses each."""
    missed: dict[str, bool] = {}
    for demand, form in DEMANDS.items():
        for match in re.finditer(demand, problem):
            wanted = form
            for name, text in match.groupdict().items():
                wanted = wanted.replace(f"(?P={name})", text)
            missed[demand] = missed.get(demand, False) or not re.search(wanted, answer)
    return missed


@cache
def demands_of(name: str) -> frozenset[str]:
    """The demands that a template prints.

    Raises:
        AssertionError: if it prints one with an answer of another form.
    """
    printed: set[str] = set()
    for item in islice(templates()[name].examples("forms"), ITEMS):
        missed = faults(item.problem, item.answer)
        assert not any(missed.values()), f"{item.problem} => {item.answer}"
        printed.update(missed)
    return frozenset(printed)


@pytest.mark.parametrize("name", list(templates()))
def test_answers_have_the_demanded_form(name: str) -> None:
    demands_of(name)


def test_every_demand_but_mixed_numbers_occurs() -> None:
    printed = frozenset().union(*map(demands_of, templates()))
    assert DEMANDS.keys() - printed == {r"\bmixed number\b"}


@pytest.mark.parametrize(
    ("problem", "answer"),
    [
        ("How far is $A$ from $B$? Give the answer in simplest radical form.", "17"),
        ("What is the length of $PQ$ in simplest radical form?", r"\frac{19}{5}"),
        ("Enter $(x,y,z)$ in simplest radical form.", "(-4,4,4)"),
        ("What is the sum? Express your answer as a common fraction.", "3"),
        ("What fraction of the pie was eaten?", "1"),
        ("Find $f(4)$ as a decimal.", "98"),
        ("What is the speed? Express your answer in terms of $\\pi$.", "12"),
        ("What is the area? Express your answer as a mixed number.", r"\frac{1}{2}"),
        ("Write it as a single fraction, in terms of $k$.", r"\frac{3}{2}"),
        ("Enter your answer in the form $a+bi$.", "4"),
        ("Enter your answer in the form $a+bi$.", "-4i"),
        ("Find the image in the form $y=mx+b$.", "y=3"),
        ("Find all integer roots, separated by commas.", "7"),
        ("Compute $3_7+2_7$. Express your answer in base 7.", "5_8"),
    ],
)
def test_another_form_is_found(problem: str, answer: str) -> None:
    assert any(faults(problem, answer).values())


@pytest.mark.parametrize(
    ("problem", "answer"),
    [
        ("Write the result as an integer or as a fraction in lowest terms.", "5"),
        ("Give the median $x\\sqrt{y}$, which is in simplest radical form.", r"3\sqrt{2}"),
        ("He writes it as a fraction $\\frac{a}{b}$. Find $a+b$.", "13"),
        ("What is the number of digits of $\\frac{1}{8}$ as a decimal?", "3"),
        ("How many ordered pairs of integers are there?", "8"),
        ("Enter your answer in the form $a+bi$.", "-3-11i"),
    ],
)
def test_the_demanded_form_is_no_fault(problem: str, answer: str) -> None:
    assert not any(faults(problem, answer).values())
