"""Which calculations are seen in a stranger's text, against Python's own arithmetic."""

import ast
import operator
import random
import re
import time
from fractions import Fraction

import pytest

from clean_bench.seeds import digest
from generators.families.arithmetic.random_calculation.family import DEFAULT, PAPER
from generators.families.arithmetic.random_calculation.find_in_text import found_trees
from generators.registry import family

FAMILY = family("random-calculation")
PUBLISHED = family("random-calculation-paper")
OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
MATH = {r"\times": "*", r"\cdot": "*", r"\div": "/", "×": "*", "·": "*", "÷": "/", "−": "-"}


def python_value(expression):
    """What Python makes of an expression in any of the notations, in fractions."""
    text = re.sub(r"\\[dt]?frac\{(\d+)\}\{(\d+)\}", r"(\1/\2)", expression)
    for sign, plain in MATH.items():
        text = text.replace(sign, plain)
    text = re.sub(r"\\left|\\right|\$|\\[()\[\]]", "", text).replace("{", "").replace("}", "")

    def value(node):
        if isinstance(node, ast.Constant):
            return Fraction(node.value)
        return OPERATORS[type(node.op)](value(node.left), value(node.right))

    return value(ast.parse(text.replace("^", "**").strip(), mode="eval").body)


def made(tier, number, notation="latex", found=FAMILY):
    """An item of the family; the numbers are those of the items in the order of drawing."""
    while True:
        words = digest("found", tier, number, notation, length=found.random_bytes)
        if item := found.make(words, tier, notation=notation):
            return item
        number += 1_000_000


def expression_of(item, found=FAMILY):
    return found.body(item.problem)


def seen(text, found=FAMILY):
    """The canonical forms in a text."""
    return [found.canonical(form) for form in found.forms_in(text)]


def asked(expression, notation="plain"):
    """The canonical form of an expression as the family prints it, by the family's own reader."""
    before, after = {
        "plain": ("What is the exact value of ", "?"),
        "latex": ("What is the exact value of $", "$?"),
    }[notation]
    question = f"{before}{expression}{after} Give an integer or a fraction in lowest terms."
    return FAMILY.canonical(FAMILY.read(question))


SPELLINGS = [
    lambda text: text,
    lambda text: text.replace(" ", ""),
    lambda text: text.replace(" ", "  "),
    lambda text: text.replace(r"\times", r"\cdot").replace(r"\frac", r"\dfrac"),
    lambda text: text.replace(r"\times", "×").replace(r"\div", "÷").replace(" - ", " − "),
    lambda text: text.replace(r"\times", "·").replace(r"\frac", r"\tfrac"),
    lambda text: text.replace("(", r"\left(").replace(")", r"\right)"),
    lambda text: re.sub(r"\^(\d)", r"^{\1}", text),
    lambda text: re.sub(r"\\frac\{(\d+)\}\{(\d+)\}", r"(\1/\2)", text),
    lambda text: text.replace(r"\times", "*").replace(r"\div", "/"),
]
SURROUNDINGS = [
    "{}",
    "Compute {}, and explain.",
    "Tom asked: what is ${}$? He did not know.",
    "The teacher wrote {} = x on the board",
    r"\[{}\]",
    "first\tit is {} and so on",
    "**{}**",
]


@pytest.mark.parametrize("tier", [1, 2, 3, 5, 8, 20])
def test_every_item_is_seen_in_every_spelling_and_surrounding(tier):
    for number in range(12):
        item = made(tier, number)
        wanted = FAMILY.canonical(item.form)
        for spell in SPELLINGS:
            written = spell(expression_of(item))
            for surrounding in SURROUNDINGS:
                text = surrounding.replace("{}", written)
                assert seen(text) == [wanted], text


@pytest.mark.parametrize("tier", [1, 4, 12, 20])
def test_plain_items_and_those_of_the_paper_are_seen(tier):
    for number in range(40):
        plain = made(tier, number, "plain")
        assert seen(f"So {expression_of(plain)}, he said") == [FAMILY.canonical(plain.form)]
        paper = made(tier, number, found=PUBLISHED)
        shown = expression_of(paper, PUBLISHED)
        assert seen(f"So {shown}, he said", PUBLISHED) == [PUBLISHED.canonical(paper.form)]


def commuted(tree, numbers):
    """A tree that asks for the same with sums and products in another order."""
    if isinstance(tree, int):
        return tree
    sign, left, right = tree
    left, right = commuted(left, numbers), commuted(right, numbers)
    return (sign, right, left) if sign in "+*" and numbers.random() < 0.5 else (sign, left, right)


def test_a_commuted_expression_is_the_same_computation():
    numbers, changed = random.Random(3), 0
    for number in range(200):
        item = made(6, number)
        other = FAMILY.render(commuted(item.form, numbers), "latex")
        changed += other != item.problem
        assert seen(FAMILY.body(other)) == [FAMILY.canonical(item.form)]
    assert changed > 100


def test_the_value_of_what_is_seen_is_pythons():
    """Random texts that nobody printed: as many parentheses as there is room for, or none."""
    numbers = random.Random(7)

    def any_text(steps):
        if not steps:
            return numbers.choice(["7", "12^2", "3^{3}", "998", r"\frac{7}{4}", "(5/9)", "41"])
        left = numbers.randrange(steps)
        sign = numbers.choice(["+", "-", " * ", "/", r" \times ", "÷", " − "])
        text = any_text(left) + sign + any_text(steps - 1 - left)
        return f"({text})" if numbers.random() < 0.5 else text

    found = 0
    for _ in range(500):
        text = any_text(numbers.randrange(1, 9))
        try:
            wanted = python_value(text)
        except ZeroDivisionError:
            assert seen(text) == []
            continue
        forms = list(FAMILY.forms_in(f"It is {text}, is it not"))
        assert [Fraction(FAMILY.answer(form)) for form in forms] == [wanted], text
        found += 1
    assert found > 450


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("What is 12×34?", ["12 * 34"]),
        ("34 \u00b7 12", ["12 * 34"]),
        ("12 + 34 is 46, and 7 * 8 is 56", ["12 + 34", "7 * 8"]),
        ("5 * (12 + 34) = 230", ["5 * (12 + 34)"]),
        ("((12 + 34))", ["12 + 34"]),
        ("$12$ + $34$", ["12 + 34"]),
        ("12 +\n34", []),
        ("= 12 + 34 -", ["12 + 34"]),
        ("f(12 + 34)", ["12 + 34"]),
        ("12 + 34 * 5", ["12 + 34 * 5"]),
        ("12 - (34 + 5)", ["12 - (34 + 5)"]),
        ("12 - 34 + 5", ["12 - 34 + 5"]),
        ("12 - (34)", ["12 - 34"]),
        ("18^{2} + 5", ["18^2 + 5"]),
        ("<<12+34=46>>", ["12 + 34"]),
        ("(since 12 + 34 = 46)", ["12 + 34"]),
        ("3) Compute it: 12 + 34", ["12 + 34"]),
    ],
)
def test_by_hand(text, wanted):
    assert seen(text) == [asked(expression) if "34 * 5" not in expression else "12+34*5"
                          for expression in wanted]  # fmt: skip


def test_a_fraction_and_a_quotient_are_two_computations():
    assert seen(r"\frac{3}{4} + 5") == [asked("(3/4) + 5")] == seen("(3/4) + 5")
    assert seen("3/4 + 5") == seen(r"3 \div 4 + 5") == seen("5 + (3 / 4)")
    assert seen("3/4 + 5") != seen("(3/4) + 5")
    assert seen("(300/7) * 5") == [asked("(300 / 7) * 5")]  # 300/7 is no operand
    assert seen("(3/4)*5", PUBLISHED) == seen("5*(3/4)", PUBLISHED)
    assert seen("(3/4)*5", PUBLISHED) != seen(r"5*\frac{3}{4}", PUBLISHED)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no number at all",
        "12",
        "(12)",
        "12 34",
        "12 +",
        "+ - * /",
        "()",
        "12 + x",
        "1000 + 5",
        "12 + 5000",
        "12 = 34",
        "0 + 5",
        "31^3 + 5",
        "5 / (3 - 3)",
        "2024-05-06",
        "12 + (34",
        "(12 + 34)(5 + 6)",
        "1234567890123 + 5",
    ],
)
def test_what_is_no_calculation_of_the_pool(text):
    assert seen(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Compute 12 + 34.",
        "Compute 34 + 12.\n",
        r"Compute \(12 + 34\) now",
        "12 + 34...",
    ],
)
def test_ends_of_sentences_and_of_formulas(text):
    assert seen(text) == [asked("12 + 34")]


@pytest.mark.parametrize(
    "text",
    [
        "1.25 + 3",
        "1,250 + 3",
        "0.5 * 12",
        "2x25 + 3",
        "12 + 3x",
        "12 + 3^10",
        "12^34 + 5",
    ],
)
def test_a_part_of_a_number_is_no_operand(text):
    assert seen(text) == []


HOSTILE = {
    "open": "(" * 100_000,
    "closed": ")" * 40_000,
    "sum": "1+" * 50_000,
    "spaced sum": "1 + " * 25_000,
    "nested": "(" * 10_000 + "1+2" + ")" * 10_000,
    "nested to the right": "1+(" * 10_000 + "2" + ")" * 10_000,
    "numbers": "1 " * 50_000,
    "digits": "1" * 100_000,
    "powers": "1^" * 50_000,
    "open powers": "2^{" * 33_000,
    "open fractions": r"\frac{" * 16_000,
    "half fractions": "(1/" * 33_000,
    "fractions": r"\frac{1}{2}" * 9_000,
    "gaps": ("1" + " " * 300 + "x") * 330,
    "one gap": "1" + " " * 100_000,
    "commands": r"\left" * 20_000,
    "half commands": r"\lef" * 25_000,
    "longest products": ("1*" * 199 + "1 x ") * 240,
    "longest sums": ("1+" * 199 + "1 x ") * 240,
    "longest quotients": ("999/" * 199 + "7 x ") * 120,
    "longest powers": ("97^2*" * 199 + "7 x ") * 100,
    "longest differences": ("(1-" * 60 + "1" + ")" * 60 + " x ") * 400,
    "signs of other scripts": "١+٢" * 30_000,
    "nothing": "\x00" * 100_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_texts_are_read_fast_and_raise_nothing(text):
    for found in (FAMILY, PUBLISHED):
        begun = time.process_time()
        forms = list(found.forms_in(text))
        for form in forms[:3]:
            assert found.canonical(form)
        assert time.process_time() - begun < 2, "linear time is some hundredths of a second"


def test_a_long_run_of_signs_is_read_in_linear_time():
    def seconds(text):
        begun = time.process_time()
        assert seen(text) == []
        return time.process_time() - begun

    assert seconds("- " * 160_000) < 8 * seconds("- " * 40_000)


NUMBERS = {operand.plain for operand in DEFAULT.pool}


def wanted_values(text):
    """What a text that Python can read comes to: one value, or none for what is no calculation of
    the pool's operands. None where Python cannot read it."""
    try:
        value = python_value(text)
    except (SyntaxError, KeyError, AttributeError, TypeError):
        return None
    except ZeroDivisionError:
        return []
    spread = re.sub(r"\\frac\{(\d+)\}\{(\d+)\}", r"(\1/\2)", text)
    bare = re.sub(r"\(\d+/\d+\)", lambda match: "7" if match[0] in NUMBERS else match[0], spread)
    operands = re.findall(r"\d+(?:\^\d+)?", bare)
    calculates = re.search("[-+*/]", bare) and NUMBERS.issuperset(operands)
    return [value] if calculates else []


def test_texts_of_random_tokens_raise_nothing_and_mean_what_python_says():
    numbers = random.Random(11)
    tokens = ["(", ")", "+", "-", "*", "/", "7", "12", "(3/4)", r"\frac{1}{2}", " ", "3^2"]
    compared = 0
    for _ in range(10_000):
        text = "".join(numbers.choices(tokens, k=numbers.randrange(1, 12)))
        for grammar in (DEFAULT, PAPER):
            list(found_trees(text, grammar))
        wanted = None if re.search(r"\^2\d|\*\*|//", text) else wanted_values(text)
        if wanted is not None:
            compared += bool(wanted)
            assert [Fraction(FAMILY.answer(form)) for form in FAMILY.forms_in(text)] == wanted, text
    assert compared > 100
