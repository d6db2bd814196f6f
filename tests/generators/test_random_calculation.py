r"""`random-calculation` against the published grammar, written out on texts alone."""

import ast
import re
from collections import Counter, defaultdict
from fractions import Fraction
from math import log2

import numpy as np
import pytest
from test_expressions import python_value

from clean_bench.seeds import digest
from generators import expressions
from generators.random_calculation import (
    _ACCEPTED,
    DIGITS,
    POOL,
    PROMPT,
    Operand,
    RandomCalculation,
    draw_sum,
    join,
    read_sum,
    text_bits,
)

FAMILY = RandomCalculation()
SMALL = [
    Operand("7", Fraction(7)),
    Operand(r"\frac{3}{2}", Fraction(3, 2)),
    Operand("5^2", Fraction(25)),
]


def item(tier, number):
    return FAMILY.make(digest("test", tier, number, length=FAMILY.random_bytes), tier)


# The published generator on texts: `(text, operators)` with its exact probability.


def published(steps, pool):
    if steps == 0:
        return {operand.text: Fraction(1, len(pool)) for operand in pool}
    found = defaultdict(Fraction)
    sizes = -(-steps // 2)
    for j in range(sizes):
        for a, p in published(j, pool).items():
            for b, q in published(steps - 1 - j, pool).items():
                for sign in "+-*/":
                    for left, right, l_count, r_count in (
                        (a, b, j, steps - 1 - j),
                        (b, a, steps - 1 - j, j),
                    ):
                        if sign in "*/":
                            left = f"({left})" if l_count else left
                            right = f"({right})" if r_count else right
                        found[left + sign + right] += p * q / (sizes * 4 * 2)
    return found


class Script:
    """Stands for `Draw` and takes given choices, remembering how many there were of each."""

    def __init__(self, choices):
        self.choices, self.sizes = list(choices), []

    def below(self, n):
        self.sizes.append(n)
        return self.choices[len(self.sizes) - 1] if len(self.sizes) <= len(self.choices) else 0

    def choice(self, options):
        return options[self.below(len(options))]


def every_draw(steps, pool):
    """Every sequence of choices with its expression and exact probability."""
    choices = []
    while True:
        script = Script(choices)
        terms = draw_sum(script, steps, pool)
        p = Fraction(1)
        for n in script.sizes:
            p /= n
        yield terms, p
        choices = (choices + [0] * len(script.sizes))[: len(script.sizes)]
        while choices and choices[-1] == script.sizes[len(choices) - 1] - 1:
            choices.pop()
        if not choices:
            return
        choices[-1] += 1


def python_canonical(text):
    """The canonical form by Python's parser, as nested tuples."""
    text = re.sub(r"\\frac\{(\d+)\}\{(\d+)\}", r"frac(\1,\2)", text).replace("^", "**")

    def terms(node, sign):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            right = sign if isinstance(node.op, ast.Add) else -sign
            return terms(node.left, sign) + terms(node.right, right)
        return [(sign, form(node))]

    def form(node):
        if isinstance(node, ast.BinOp):
            if isinstance(node.op, ast.Mult):
                return repr(("*", *sorted([form(node.left), form(node.right)])))
            if isinstance(node.op, ast.Div):
                return repr(("/", form(node.left), form(node.right)))
            if isinstance(node.op, ast.Add | ast.Sub):
                return repr(("+", *sorted(terms(node, 1))))
        return ast.unparse(node)

    return form(ast.parse(text, mode="eval").body)


CASES = [(1, SMALL), (2, SMALL), (3, SMALL[1:]), (4, SMALL[:1])]


def finite(distribution):
    """Without the texts that divide by zero."""
    return {text: p for text, p in distribution.items() if divides(text)}


def divides(text):
    try:
        python_value(text)
    except ZeroDivisionError:
        return False
    return True


def readings_of(steps, pool):
    """Every draw that is not rejected, read, with its exact probability."""
    for terms, p in every_draw(steps, pool):
        try:
            yield read_sum(terms), p
        except ZeroDivisionError:
            continue


@pytest.mark.parametrize(("steps", "pool"), CASES)
def test_texts_have_the_published_distribution(steps, pool):
    drawn = defaultdict(Fraction)
    for reading, p in readings_of(steps, pool):
        drawn[reading.text] += p
    assert drawn == finite(published(steps, pool))


@pytest.mark.parametrize(("steps", "pool"), [(1, SMALL), (2, SMALL), (3, SMALL[1:])])
def test_bits_are_a_lower_bound_and_exact_at_one_step(steps, pool):
    probability, readings = defaultdict(Fraction), {}
    for text, p in finite(published(steps, pool)).items():
        probability[python_canonical(text)] += p
    texts = defaultdict(set)
    for reading, _ in readings_of(steps, pool):
        form = python_canonical(reading.text)
        texts[form].add(reading.text)
        assert readings.setdefault(form, reading).canonical == reading.canonical
        assert readings[form].texts == reading.texts
    assert len({reading.canonical for reading in readings.values()}) == len(readings)
    for form, reading in readings.items():
        assert reading.texts == len(texts[form])
        bound, exact = text_bits(steps, reading.texts, len(pool)), -log2(probability[form])
        assert bound <= exact + 1e-9
        assert exact - bound <= sum(log2(i + 1) for i in range(2, steps + 1)) + 1e-9
        if steps == 1:
            assert bound == pytest.approx(exact)


def test_bits_agree_with_simulation_at_one_step():
    """With P(form) = 2^-bits, two draws are equal with probability E[2^-bits]."""
    forms = Counter()
    bits = []
    for number in range(30_000):
        reading = read_sum(draw_sum(Numbers(number), 1, SMALL * 3))
        forms[reading.canonical] += 1
        bits.append(text_bits(1, reading.texts, 3))
    assert len(forms) == 6 + 9 + 6 + 9
    n = len(bits)
    pairs = sum(count * (count - 1) for count in forms.values()) / (n * (n - 1))
    assert pairs == pytest.approx(np.mean(np.exp2(-np.array(bits))), rel=0.03)


class Numbers:
    """Uniform draws from numpy instead of the project's own."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)

    def below(self, n):
        return int(self.random.integers(n))

    def choice(self, options):
        return options[self.below(len(options))]


@pytest.mark.parametrize("tier", [1, 2, 3, 5, 8, 13, 20])
def test_every_item_is_exact_and_well_formed(tier):
    items = [found for number in range(60) if (found := item(tier, number))]
    assert len(items) > 30
    for found in items:
        expression = found.problem.removeprefix(PROMPT)
        assert found.problem == PROMPT + expression
        value = python_value(expression)
        assert Fraction(found.answer) == value
        assert FAMILY.evaluate(found.problem) == value
        assert str(value) == found.answer
        assert expressions.evaluate(found.canonical) == value
        assert python_canonical(found.canonical) == python_canonical(expression)
        operators = re.sub(r"\\frac\{\d+\}\{\d+\}", "1", expression)
        assert len(re.findall(r"[-+*/]", operators)) == tier
        assert found.solution.count(" = ") == tier
        assert found.solution.endswith(f"= {found.answer}")
        assert found.bits >= FAMILY.min_bits(tier)
        assert 0 <= found.part_bits < found.bits
        assert (found.part_bits == 0) == (tier == 1)


def test_a_worked_solution_by_hand():
    two, three = Operand("2", Fraction(2)), Operand("3", Fraction(3))
    half = Operand(r"\frac{1}{2}", Fraction(1, 2))
    leaf = [((True, operand),) for operand in (two, three, half)]
    terms = join(leaf[0], "-", join(join(leaf[1], "+", leaf[2]), "*", leaf[1]))
    reading = read_sum(terms)
    assert reading.text == r"2-(3+\frac{1}{2})*3"
    assert reading.lines == (r"3+\frac{1}{2} = 7/2", "(7/2)*3 = 21/2", "2-(21/2) = -17/2")
    assert read_sum(join(leaf[0], "-", join(leaf[1], "-", leaf[2]))).text == r"2-3-\frac{1}{2}"
    assert read_sum(join(leaf[0], "-", join(leaf[1], "-", leaf[2]))).value == Fraction(-3, 2)


def test_the_pool_is_the_published_one():
    texts = [operand.text for operand in POOL]
    assert len(texts) == len(set(texts)) == 1088
    assert all(expressions.evaluate(operand.text) == operand.value for operand in POOL)
    assert {"0", "99", r"\frac{99}{9}", "2^2", "99^3"} <= set(texts)
    assert not {"100", r"\frac{0}{2}", r"\frac{1}{1}", "1^2", "0^3"} & set(texts)


def test_bits_by_hand_at_five_steps():
    """The likeliest form is a sum of six different operands: 720 orders of 1088^-6 4^-5.

    So every item of five steps has 60 bits, also in a half, and none of four steps has.
    """
    likeliest = 6 * log2(1088) + 10 - log2(720)
    assert FAMILY.min_bits(5) == pytest.approx(likeliest + log2(0.99))
    assert FAMILY.min_bits(5) - 1 >= 60 > 5 * log2(1088) + 8


def test_the_space_of_one_step_counts_every_form():
    a, b = np.indices((len(POOL), len(POOL))).reshape(2, -1)
    values = [operand.value for operand in POOL]
    ordered = a * len(POOL) + b
    unordered = np.unique(np.minimum(a, b) * len(POOL) + np.maximum(a, b)).size
    divisors = np.array([value != 0 for value in values])
    assert FAMILY.space(1) == 2 * unordered + ordered.size + int(divisors[b].sum())
    assert max(v.numerator for v in values) ** 2 < 10**DIGITS


@pytest.mark.parametrize("tier", [5, 10, 20])
def test_at_least_the_stated_share_is_accepted(tier):
    accepted = sum(item(tier, number) is not None for number in range(1000))
    assert accepted / 1000 >= _ACCEPTED[tier]


def test_long_answers_and_divisions_by_zero_are_rejected():
    answers = [found.answer for number in range(400) if (found := item(20, number))]
    assert max(len(part.lstrip("-")) for text in answers for part in text.split("/")) <= DIGITS
    zero = POOL[0]
    with pytest.raises(ZeroDivisionError):
        read_sum(join(((True, POOL[5]),), "/", ((True, zero),)))


def test_the_items_of_this_version():
    """A change here is a new version of the family: published sets must stay what they were."""
    assert item(1, 0).problem == PROMPT + r"\frac{48}{7}-64^2"
    assert item(3, 1).problem == PROMPT + r"\frac{8}{6}*79^2+\frac{85}{3}*44^2"
