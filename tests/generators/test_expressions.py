"""The evaluator of printed arithmetic, against Python's own grammar."""

import ast
import operator
import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.expressions import evaluate

OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def python_value(text):
    """The value by Python's parser, with each fraction in parentheses of its own."""
    text = re.sub(r"\\frac\{(\d+)\}\{(\d+)\}", r"(\1/\2)", text).replace("^", "**")

    def value(node):
        if isinstance(node, ast.Constant):
            return Fraction(node.value)
        return OPERATORS[type(node.op)](value(node.left), value(node.right))

    return value(ast.parse(text, mode="eval").body)


NUMBER = st.integers(0, 99).map(str)
OPERAND = st.one_of(
    NUMBER,
    st.builds("{}^{}".format, NUMBER, st.sampled_from("23")),
    st.builds(r"\frac{{{}}}{{{}}}".format, NUMBER, st.integers(1, 9)),
)
TEXT = st.recursive(
    OPERAND,
    lambda part: (
        st.builds("".join, st.tuples(part, st.sampled_from("+-*/"), part)) | part.map("({})".format)
    ),
    max_leaves=12,
)


@given(TEXT)
def test_it_reads_as_python_does(text):
    try:
        wanted = python_value(text)
    except ZeroDivisionError:
        with pytest.raises(ValueError, match="divides by zero"):
            evaluate(text)
    else:
        assert evaluate(text) == wanted


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2-3*4", -10),
        ("8-5+2", 5),
        ("24/4/3", 2),
        (r"18^2/\frac{34}{8}", Fraction(324 * 8, 34)),
        ("2*3^2", 18),
        ("(2-3)*(4-6)", 2),
    ],
)
def test_ordinary_precedence(text, value):
    assert evaluate(text) == value


@pytest.mark.parametrize(
    "text",
    ["", "2+", "+2", "2 + 3", "(2", "2)", "2(3)", "2^4", "2^3^2", "9**9", "x", "1e5", "٣+1", "1/0",
     r"\frac{1}{0}", r"\frac{1}{2", "1000", "(" * 5000 + "1" + ")" * 5000],
)  # fmt: skip
def test_what_is_not_printed_is_refused(text):
    with pytest.raises(ValueError):
        evaluate(text)
