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
        with pytest.raises(ValueError, match="divides by zero"):
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
        ("", "ends too early"),
        ("2+", "ends too early"),
        ("+2", "an operand is wanted"),
        ("2*-3", "an operand is wanted"),
        ("--2", "an operand is wanted"),
        ("()", "an operand is wanted"),
        ("{2}", "an operand is wanted"),
        ("x", "an operand is wanted"),
        ("(2", "ends too early"),
        ("(2]", "is wanted where"),
        (r"\frac{1}", "ends too early"),
        (r"\frac{1}{2", "ends too early"),
        (r"\frac12", "is wanted where"),
        (r"\sqrt 4", "is wanted where"),
        ("sqrt4", "is wanted where"),
        ("2)", "nothing can follow"),
        ("2 3", "nothing can follow"),
        ("(2)3", "nothing can follow"),
        ("2^3^2", "nothing can follow"),
        ("1" * 61, "nothing can follow"),
        ("1." + "2" * 31, "nothing can follow"),
        ("9**9", "an operand is wanted"),
        ("2^-1", "a whole exponent"),
        ("2^x", "a whole exponent"),
        ("2^1.5", "a whole exponent"),
        ("2^{1+1}", "is wanted where"),
        ("1e5", "an operand is wanted"),
        ("xy", "not arithmetic"),
        ("2,5", "not arithmetic"),
        (".5", "not arithmetic"),
        ("5.", "not arithmetic"),
        ("٣+1", "not arithmetic"),
        (r"2\pm3", "not arithmetic"),
        (r"\left[2\right]", "not arithmetic"),
        ("$2$", "not arithmetic"),
        ("1/0", "divides by zero"),
        (r"\frac{1}{2 - 2}", "divides by zero"),
        (r"1 \div (3 - 3)", "divides by zero"),
        (r"\sqrt{2}", "not rational"),
        (r"\sqrt{\frac{4}{5}}", "not rational"),
        (r"\sqrt[3]{9}", "not rational"),
        (r"\sqrt{-4}", "not real"),
        (r"\sqrt[1]{4}", "no root of degree"),
        (r"\sqrt[65]{1}", "no root of degree"),
        (r"\sqrt[x]{4}", "invalid literal"),
        ("9^99999", "too large"),
        ("2^100000", "too large"),
        ("((9^99)^99)^99", "too large"),
        ("(" * 66 + "1" + ")" * 66, "nested too deeply"),
        (r"\frac{" * 66 + "1" + "}{1}" * 66, "nested too deeply"),
        ("1+" * 5000 + "1", "too long"),
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
        with pytest.raises(ValueError, match="not rational"):
            root(Fraction(near), degree)


def test_a_sum_whose_value_grows_and_grows_is_refused():
    """Each of its terms is within bounds, and adding them all took most of a minute."""
    text = "+".join(f"1/{a}^1800" for a in range(1001, 1360))
    with pytest.raises(ValueError, match="too large"):
        evaluate(text)
