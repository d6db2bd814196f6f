r"""The evaluator of printed arithmetic, against Python's own grammar.

Every text is built side by side with Python source of the same meaning: `\frac{1}{2}x` with
`((1)/(2))*x`. Python parses that source, and `Fraction`s work it out.
"""

import ast
import operator
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.arithmetic_evaluator import evaluate, root

VARIABLES = {"x": Fraction(7), "n": Fraction(-3, 4)}
OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def python_value(source):
    """The value of Python source, with `Fraction`s for its numbers."""

    def value(node):
        if isinstance(node, ast.Constant):
            return Fraction(ast.get_source_segment(source, node))
        if isinstance(node, ast.Name):
            return VARIABLES[node.id]
        if isinstance(node, ast.UnaryOp):
            return -value(node.operand)
        if isinstance(node, ast.Call):
            return abs(value(node.args[0]))
        right = value(node.right)
        exponent = int(right) if isinstance(node.op, ast.Pow) else right
        return OPERATORS[type(node.op)](value(node.left), exponent)

    return value(ast.parse(source, mode="eval").body)


# Strategies of pairs: a text, and Python source that means the same.

NUMBER = st.one_of(
    st.integers(0, 999).map(str),
    st.builds("{}.{:02d}".format, st.integers(0, 99), st.integers(0, 99)),
).map(lambda text: (text, text))
ATOM = NUMBER | st.sampled_from([(name, name) for name in VARIABLES])
SIGNS = [
    ("*", "*"),
    ("/", "/"),
    (r"\times ", "*"),
    (r"\cdot ", "*"),
    (r" \div ", "/"),
    (" * ", "*"),
]


def enclosed(part):
    """What puts a whole expression in brackets of some kind."""
    formats = [
        ("({0})", "({1})"),
        (r"\left({0}\right)", "({1})"),
        (r"\sqrt{{({0})^2}}", "abs({1})"),
        ("sqrt(({0})^{{2}})", "abs({1})"),
        (r"\sqrt[3]{{\left({0}\right)^3}}", "({1})"),
        ("cbrt(({0})^3)", "({1})"),
    ]
    one = st.builds(
        lambda inside, pair: tuple(form.format(*inside) for form in pair),
        part,
        st.sampled_from(formats),
    )
    fraction = st.builds(
        lambda a, b: (rf"\frac{{{a[0]}}}{{{b[0]}}}", f"(({a[1]})/({b[1]}))"), part, part
    )
    return one | fraction


def power(operand):
    raised = st.builds(
        lambda base, exponent, form: (base[0] + form.format(exponent), f"{base[1]}**{exponent}"),
        operand,
        st.integers(0, 3),
        st.sampled_from(["^{}", "^{{{}}}"]),
    )
    return operand | raised


@st.composite
def product(draw, operand):
    """Factors with signs between them, or with none before a factor that does not start with a digit."""
    text, source = draw(power(operand))
    for _ in range(draw(st.integers(0, 2))):
        right = draw(power(operand))
        signs = SIGNS if right[0][0].isdigit() else [*SIGNS, (" ", "*")]
        sign = draw(st.sampled_from(signs))
        text, source = text + sign[0] + right[0], f"{source}{sign[1]}{right[1]}"
    return text, source


@st.composite
def total(draw, operand):
    minus = draw(st.sampled_from(["", "-"]))
    text, source = (minus + part for part in draw(product(operand)))
    for _ in range(draw(st.integers(0, 2))):
        sign, space = draw(st.sampled_from("+-")), draw(st.sampled_from(["", " "]))
        right = draw(product(operand))
        text, source = f"{text}{space}{sign}{space}{right[0]}", f"{source}{sign}{right[1]}"
    return text, source


PAIR = total(st.recursive(ATOM, lambda part: enclosed(total(part)) | ATOM, max_leaves=4))


@given(PAIR)
def test_it_reads_as_python_does(pair):
    text, source = pair
    try:
        wanted = python_value(source)
    except ZeroDivisionError:
        with pytest.raises(ValueError, match="division by zero"):
            evaluate(text, VARIABLES)
    else:
        assert evaluate(text, VARIABLES) == wanted


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2-3*4", -10),
        ("8-5+2", 5),
        ("24/4/3", 2),
        (r"24 \div 4 \times 3", 18),
        (r"18^2/\frac{34}{8}", Fraction(324 * 8, 34)),
        ("2*3^2", 18),
        ("-3^2", -9),
        ("(-3)^2", 9),
        ("(2-3)*(4-6)", 2),
        ("0.125 + 2.50", Fraction(21, 8)),
        (r"\frac{\frac{1}{2} + 3}{7 \cdot \frac{5}{7}}", Fraction(7, 10)),
        (r"\frac{1}{2}\frac{3}{4}", Fraction(3, 8)),
        ("2(3 + 1)(5 - 2)", 24),
        (r"2\sqrt{49}", 14),
        (r"\sqrt[3]{-\frac{8}{27}}", Fraction(-2, 3)),
        (r"\sqrt{\frac{9}{16}}", Fraction(3, 4)),
        ("sqrt(2^2 * 3^2) + cbrt(-27)", 3),
        (r"\left(2 + 3\right)^{10}", 5**10),
        ("3x^2 - 2x(x - 1)", 147 - 84),
        ("1/2x", Fraction(7, 2)),
        ("x n", Fraction(-21, 4)),
        ("  12\t", 12),
    ],
)
def test_ordinary_precedence_by_hand(text, value):
    assert evaluate(text, VARIABLES) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "expected more"),
        ("2+", "expected more"),
        ("+2", "expected an operand"),
        ("2*-3", "expected an operand"),
        ("--2", "expected an operand"),
        ("()", "expected an operand"),
        ("{2}", "expected an operand"),
        ("x", "expected an operand"),
        ("(2", "expected more"),
        ("(2]", "expected '.', got"),
        (r"\frac{1}", "expected more"),
        (r"\frac{1}{2", "expected more"),
        (r"\frac12", "expected '.', got"),
        (r"\sqrt 4", "expected '.', got"),
        ("sqrt4", "expected '.', got"),
        ("2)", "expected the end or an operator"),
        ("2 3", "expected the end or an operator"),
        ("(2)3", "expected the end or an operator"),
        ("2^3^2", "expected the end or an operator"),
        ("1" * 61, "expected the end or an operator"),
        ("1." + "2" * 31, "expected the end or an operator"),
        ("9**9", "expected an operand"),
        ("2^-1", "expected a whole exponent"),
        ("2^x", "expected a whole exponent"),
        ("2^1.5", "expected a whole exponent"),
        ("2^{1+1}", "expected '.', got"),
        ("1e5", "expected an operand"),
        ("xy", "expected arithmetic at"),
        ("2,5", "expected arithmetic at"),
        (".5", "expected arithmetic at"),
        ("5.", "expected arithmetic at"),
        ("٣+1", "expected arithmetic at"),
        (r"2\pm3", "expected arithmetic at"),
        (r"\left[2\right]", "expected arithmetic at"),
        ("$2$", "expected arithmetic at"),
        ("1/0", "division by zero"),
        (r"\frac{1}{2 - 2}", "division by zero"),
        (r"1 \div (3 - 3)", "division by zero"),
        (r"\sqrt{2}", "expected a rational root"),
        (r"\sqrt{\frac{4}{5}}", "expected a rational root"),
        (r"\sqrt[3]{9}", "expected a rational root"),
        (r"\sqrt{-4}", "expected a real root"),
        (r"\sqrt[1]{4}", "expected a root of degree"),
        (r"\sqrt[65]{1}", "expected a root of degree"),
        (r"\sqrt[x]{4}", "invalid literal"),
        ("9^99999", r"expected (a power|values) below"),
        ("2^100000", r"expected (a power|values) below"),
        ("((9^99)^99)^99", r"expected (a power|values) below"),
        ("(" * 66 + "1" + ")" * 66, "expected at most 64 nested"),
        (r"\frac{" * 66 + "1" + "}{1}" * 66, "expected at most 64 nested"),
        ("1+" * 5000 + "1", "expected at most 10000 characters"),
    ],
)
def test_what_is_no_arithmetic_is_refused(text, reason):
    with pytest.raises(ValueError, match=reason):
        evaluate(text)


def test_the_bounds_are_reached():
    assert evaluate("1+" * 4999 + "1") == 5000
    assert evaluate("(" * 64 + "1" + ")" * 64) == 1
    assert evaluate("2^{9999}") == 2**9999


@given(st.integers(1, 10**30), st.integers(1, 10**30), st.integers(2, 64))
def test_whole_roots(above, below, degree):
    """No power of a positive integer is one more than another of the same degree."""
    number = Fraction(above, below)
    assert root(number**degree, degree) == number
    for near in (above**degree + 1, Fraction(1, below**degree + 1)):
        with pytest.raises(ValueError, match="expected a rational root"):
            root(Fraction(near), degree)


def test_a_sum_whose_value_grows_and_grows_is_refused():
    """Each of its terms is within bounds, and adding them all took most of a minute."""
    text = "+".join(f"1/{a}^1800" for a in range(1001, 1360))
    with pytest.raises(ValueError, match="expected values below"):
        evaluate(text)
