"""The family `polynomials`, against hand work, sympy and enumerations."""

import re
from collections import Counter
from fractions import Fraction
from functools import cache
from itertools import permutations, product
from math import log2

import pytest
import sympy

from clean_bench.seeds import digest
from generators.families.algebra.polynomials import family, polynomial
from generators.families.algebra.polynomials.family import Polynomials, Term

FAMILY = Polynomials()
F, G = (7, -5, 3), (-9, 2)
LATEX = "Let $f(x) = 3x^2 - 5x + 7$ and $g(t) = 2t - 9$. What is $f(g(3)) - 2g(f(-1))$?"
PLAIN = "Consider g(x) = -9 + 2x and q(x) = 7 - 5x + 3x^2. Compute q(g(3)) - 2g(q(-1))."
FORM = (Term(1, 3, (G, F)), Term(-2, -1, (F, G)))


def made(tier, index, notation=None):
    return FAMILY.make(
        digest("test", tier, index, length=FAMILY.random_bytes), tier, notation=notation
    )


@pytest.mark.parametrize("text", [LATEX, PLAIN])
def test_values_by_hand(text):
    """g(3) = -3 and f(-3) = 27 + 15 + 7 = 49; f(-1) = 15 and g(15) = 21; 49 - 42 = 7."""
    assert FAMILY.evaluate(text) == 7
    assert FAMILY.read(text) == FORM
    assert FAMILY.answer(FORM) == "7"
    assert FAMILY.solution(FORM).endswith("2 * (21) = 42, 49 - (42) = 7")


def test_answers_are_those_of_sympy():
    """Every function is built as a sympy expression from the printed text and composed there."""
    for tier in range(1, 21):
        for index in range(6):
            item = made(tier, index, "plain")
            definitions, asked = re.fullmatch(
                r"(?:Let|Suppose that|Define|Consider) (.*)\. (?:What is|[A-Z][a-z]+) (.*)[.?]",
                item.problem,
            ).groups()
            functions = {}
            for definition in re.split(", | and ", definitions):
                head, body = definition.split(" = ")
                body = re.sub(r"(\d)([a-z])", r"\1*\2", body).replace("^", "**")
                functions[head[0]] = sympy.Lambda(sympy.Symbol(head[2]), sympy.sympify(body))
            asked = re.sub(r"(\d)([a-z])", r"\1*\2", asked)
            assert sympy.sympify(asked, locals=functions) == sympy.Integer(item.answer)


@pytest.mark.parametrize(
    "text",
    [
        "Let f(x) = 3x^2 - 5x + 7. What is g(2)?",
        "Let f(x) = 3x^2 - 5y + 7. What is f(2)?",
        "Let f(x) = 3x + 1 and f(x) = 2x + 1. What is f(2)?",
        "Let $f(x) = 3x + 1$. What is f(2)?",
        "Let f(x) = 3x + 1. What is f(2).",
        "Let f(x) = 3x + 1. What is f(f(f(2)))?",
        "Let f(x) = 3x + 1. What is f(2) f(3)?",
        "Let f(x) = 3x 1. What is f(2)?",
        "Let f(x) = 3x + 1. What is f(x)?",
    ],
)
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError):
        FAMILY.read(text)


@pytest.mark.parametrize(
    "text", ["Let f(x) = 3x + 1. What is f(x)?", "Let f(x) = 3x + 1. What is g(2)?"]
)
def test_texts_without_a_value_are_refused(text):
    with pytest.raises(ValueError):
        FAMILY.evaluate(text)


def test_what_commutes_has_one_canonical_form_and_what_is_near_has_another():
    def name(text):
        return FAMILY.canonical(FAMILY.read(text))

    text = "Let {} = 7 - 5x + 3x^2 and {} = 2x - 9. Find {} + {}."
    same = {
        name(text.format("f(x)", "g(x)", "f(2)", "g(f(3))")),
        name(text.format("f(x)", "g(x)", "g(f(3))", "f(2)")),
        name(text.format("h(x)", "p(x)", "p(h(3))", "h(2)")),
        name("Let p(s) = -9 + 2s and h(t) = 3t^2 - 5t + 7. Find p(h(3)) + h(2)."),
    }
    assert len(same) == 1
    assert name(LATEX) == name(PLAIN)
    for near in [
        ("f(3)", "g(f(2))"),
        ("g(2)", "g(f(3))"),
        ("f(2)", "f(g(3))"),
        ("2f(2)", "g(f(3))"),
    ]:
        assert name(text.format("f(x)", "g(x)", *near)) not in same
    assert name(LATEX) != name(LATEX.replace("3x^2", "3x^3"))


@pytest.fixture
def small(monkeypatch):
    """Three family, two arguments for one function, one for two, and two factors."""
    lists = (((1,), (2, 3, 4)),)
    monkeypatch.setattr(polynomial, "COEFFICIENTS", lists)
    monkeypatch.setattr(polynomial, "_SIZES", (3,))
    monkeypatch.setattr(polynomial, "_ABOVE", (((2,), (3,), (4,)),))
    monkeypatch.setattr(polynomial, "COUNT", 3)
    one, two = [(1, 2), (1, 3), (-1, 2), (-1, 3)], [(1, 5), (-1, 5)]
    more = [(2, 2), (2, 3), (3, 2), (3, 3), (-2, 2), (-2, 3), (-3, 2), (-3, 3)]
    monkeypatch.setattr(family, "_CHOICES", (one, more, two, [(2, 5), (3, 5), (-2, 5), (-3, 5)]))
    monkeypatch.setattr(family, "_sequence_bits", cache(family._sequence_bits.__wrapped__))
    monkeypatch.setattr(family, "ARGUMENTS", {1: (2, 3), 2: (5,)})


def enumerated(tier):
    """The exact probability of every canonical form, by listing all that a draw can be."""
    steps = [(1, 0), (1, 1), (2, 0), (2, 1)]
    sequences = [
        kinds
        for size in range(1, tier + 2)
        for kinds in product(range(4), repeat=size)
        if sum(sum(steps[kind]) + 1 for kind in kinds) == tier + 1
    ]
    functions = [(1, 2), (1, 3), (1, 4)]
    forms = Counter()
    for kinds in sequences:
        places = sum(steps[kind][0] for kind in kinds)
        different = min(places, places // 2 + 1, 6)
        labelled = {
            chosen for chosen in product(range(3), repeat=places) if len(set(chosen)) == different
        }
        choices = [family._CHOICES[kind] for kind in kinds]
        choices[0] = choices[0][: len(choices[0]) // 2]
        drawn = list(product(*choices))
        for chosen in labelled:
            for signed in drawn:
                left = iter(chosen)
                terms = [
                    (factor, at, tuple(functions[next(left)] for _ in range(steps[kind][0])))
                    for kind, (factor, at) in zip(kinds, signed, strict=True)
                ]
                form = frozenset(Counter(terms).items())
                forms[form] += 1 / len(sequences) / len(labelled) / len(drawn)
    return forms


@pytest.mark.parametrize("tier", [1, 2, 3, 4, 5])
def test_bits_and_space_are_those_of_an_enumeration(small, tier):
    forms = enumerated(tier)
    assert sum(forms.values()) == pytest.approx(1)
    assert FAMILY.space(tier) == len(forms)
    for form, probability in forms.items():
        terms = tuple(Term(*term) for term, count in form for _ in range(count))
        assert FAMILY.bits(terms) == pytest.approx(-log2(probability))
    least = FAMILY.min_bits(tier)
    assert least <= -log2(max(forms.values())) + 1e-9
    assert tier > 3 or least == pytest.approx(-log2(max(forms.values())))


def test_a_small_draw_is_the_one_enumerated(small):
    """20,000 draws at tier 3, those of two equal polynomials left out: chi-square of all forms."""
    forms = enumerated(3)
    made = (FAMILY.make(digest("small", i, length=FAMILY.random_bytes), 3) for i in range(12_000))
    drawn = Counter(frozenset(Counter(map(tuple, item.form)).items()) for item in made if item)
    total = sum(drawn.values())
    assert set(drawn) <= set(forms)
    chi = sum((drawn[form] - total * p) ** 2 / (total * p) for form, p in forms.items())
    assert chi < len(forms) + 5 * (2 * len(forms)) ** 0.5


def test_partitions_are_counted_and_numbered_through():
    for places in range(1, 7):
        for classes in range(1, places + 1):
            count = family._partitions(places, 0, classes)
            found = {tuple(family._partition(i, places, classes)) for i in range(count)}
            every = set(product(range(classes), repeat=places))
            onto = {
                labels for labels in every if list(dict.fromkeys(labels)) == list(range(classes))
            }
            assert found == onto


def test_polynomials_are_numbered_through_printed_and_read():
    numbers = [*range(0, polynomial.COUNT, 997), polynomial.COUNT - 1]
    found = {polynomial.unrank(number) for number in numbers}
    assert len(found) == len(numbers)
    for function in found:
        for ascending in (False, True):
            assert polynomial.read(polynomial.to_text(function, "t", ascending), "t") == function
    assert polynomial.to_text((0, -1, 0, 1), "x") == "x^3 - x"
    assert polynomial.to_text((-4, 1), "x", True) == "-4 + x"
    with pytest.raises(ValueError):
        polynomial.unrank(polynomial.COUNT)


def test_values_keep_below_what_the_docstring_says():
    worst = [
        tuple(max(map(abs, options)) for options in lists) for lists in polynomial.COEFFICIENTS
    ]
    assert max(polynomial.value(function, 20) for function in worst) < 30_000
    inside = max(polynomial.value(function, 5) for function in worst)
    assert inside < 800
    assert max(polynomial.value(function, inside) for function in worst) < 2 * 10**9


def test_the_order_of_terms_is_all_that_a_form_forgets():
    """Three different terms, one of them negative: 2 * 2! orders begin with a positive one."""
    terms = (Term(1, 2, (F,)), Term(1, 3, (F,)), Term(-1, 2, (G,)))
    alike = {FAMILY.canonical(order) for order in permutations(terms)}
    assert len(alike) == 1
    more = FAMILY.bits((terms[0], terms[0], Term(1, 2, (G,)))) - FAMILY.bits(terms)
    assert 2**more == pytest.approx(4 / 3)


def test_an_item_stays_what_it_was():
    """A change here is a new version of the family."""
    assert made(5, 0).problem == (
        "Define $f(x) = -25 + 11x - 9x^2$ and $g(x) = 87 + 5x$. What is $f(-5) + f(-7) + g(4)$?"
    )
    assert made(5, 0).answer == "-741"
    assert Fraction(made(5, 0).answer) == FAMILY.evaluate(made(5, 0).problem)
