r"""`linear-equations` against substitution by Python and every draw of small sizes."""

import re
from collections import defaultdict
from fractions import Fraction
from math import log2

import pytest
from draws import every_draw

from clean_bench.seeds import digest
from generators.families.algebra.linear_equations import family
from generators.families.algebra.linear_equations.family import LinearEquations

FAMILY = LinearEquations()


def item(tier, number, notation="latex"):
    words = digest("test", tier, number, length=FAMILY.random_bytes)
    return FAMILY.make(words, tier, notation=notation)


BY_HAND = [
    # 3x + 5 = 20
    ("Solve $3x + 5 = 20$ for $x$.", 5),
    ("Solve 3x + 5 = 20 for x.", 5),
    # -4t - 21 = 5t - 12 - 45 + 2t, so 36 = 11t
    ("What is $t$ if $-4t - 21 = 5t - 12 - 45 + 2t$?", Fraction(36, 11)),
    # 14y - 21 - 2y + 9 = 36, so 12y = 48
    ("For which number y is 7(2y - 3) - 2y + 9 = 36?", 4),
    # (5n + 1)/3 - (8 - 2n)/4 = 12: 20n + 4 - 24 + 6n = 144, so 26n = 164
    (r"Find the value of $n$ if $\frac{5n + 1}{3} - \frac{8 - 2n}{4} = 12$.", Fraction(82, 13)),
    ("Find the value of n if (5n + 1)/3 - (8 - 2n)/4 = 12.", Fraction(82, 13)),
]


@pytest.mark.parametrize(("text", "answer"), BY_HAND)
def test_equations_solved_by_hand(text, answer):
    assert FAMILY.evaluate(text) == answer
    assert FAMILY.answer(FAMILY.read(text)) == str(answer)
    assert FAMILY.solution(FAMILY.read(text)).endswith(f"x = {answer}")


@pytest.mark.parametrize(
    "text",
    [
        "Solve 3x + 5 = 20 for y.",
        "Solve 3x + 5y = 20 for x.",
        "Solve 3x + 5 = 3x + 7 for x.",
        "Solve x^2 + 5 = 20 for x.",
        "Solve 3x(x + 1) = 20 for x.",
        "Solve 3(4(x + 1) + 2) = 20 for x.",
        "Solve (x + 1)/0 = 20 for x.",
        "Solve 3x + 5 = 20 = 7 for x.",
        "Solve 3x + 5 for x.",
        "Solve $3x + 5 = 20 for x.",
        "Solve " + "3x + " * 5000 + "1 = 2 for x.",
    ],
)
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError):
        FAMILY.evaluate(text)
    with pytest.raises(ValueError):
        FAMILY.read(text)


WORDS = re.compile(r"\b([A-Z][a-z]+|for|the|value|of|if|is|that|what|number|which)\b|[.?,]")


def sides(text, letter, value):
    """Both sides of a plain equation at a value, by Python's own arithmetic."""
    equation = next(part for part in split(text) if "=" in part)
    equation = re.sub(r"(?<=\d)(?=[a-z(])", "*", equation)
    equation = re.sub(r"\d+", r"F(\g<0>)", equation)
    names = {"F": Fraction, letter: value}
    return [eval(side.strip(), {"__builtins__": {}}, names) for side in equation.split("=")]  # noqa: S307


def split(text):
    """The equation and the unknown, in the order of the text."""
    parts = [part.strip() for part in WORDS.sub("|", text).split("|")]
    return [part for part in parts if part]


@pytest.mark.parametrize("tier", [1, 2, 3, 4, 5, 9, 14, 20])
def test_the_answer_makes_both_sides_equal_and_no_other_number_does(tier):
    for number in range(60):
        if not (found := item(tier, number, "plain")):
            continue
        letter = next(part for part in split(found.problem) if "=" not in part)
        solution = Fraction(found.answer)
        assert 1 <= abs(solution) <= 999
        left, right = sides(found.problem, letter, solution)
        assert left == right
        left, right = sides(found.problem, letter, solution + 1)
        assert left != right


def test_the_tier_is_the_cost_of_the_pieces():
    for tier in (1, 2, 3, 7, 20):
        for number in range(40):
            if not (found := item(tier, number)):
                continue
            pieces = [*found.form.left, *found.form.right]
            assert sum(3 if len(piece) == 4 else 1 for piece in pieces) - 1 == tier
            assert any(piece[0] for piece in pieces)


@pytest.fixture
def small(monkeypatch):
    """The family with numbers of one or two values, and bits that leave rejection out."""
    sizes = {
        "SOLUTION": 1,
        "LARGEST_MULTIPLE": 3,
        "LARGEST_CONSTANT": 1,
        "FACTOR": 2,
        "INNER": (1, 1),
        "DENOMINATORS": range(2, 3),
        "ABOVE": (1, 4),
        "_ACCEPTED": 1.0,
    }
    for name, value in sizes.items():
        monkeypatch.setattr(family, name, value)
    caches = (family._piece_bits, family._text_bits)
    for cached in caches:
        cached.cache_clear()
    yield
    monkeypatch.undo()
    for cached in caches:
        cached.cache_clear()


@pytest.mark.parametrize("tier", [1, 2, 3, 4])
def test_bits_are_exact_but_for_rejection(small, tier):
    probability, forms, total = defaultdict(float), {}, 0.0
    for form, p in every_draw(FAMILY, tier):
        total += p
        if form:
            name = FAMILY.canonical(form)
            probability[name] += p
            forms[name] = form
    assert total == pytest.approx(1)
    for name, form in forms.items():
        assert FAMILY.bits(form) == pytest.approx(-log2(probability[name]))
        assert FAMILY.part_bits(form) <= FAMILY.bits(form)
    assert FAMILY.min_bits(tier) <= -log2(max(probability.values())) + 1e-9
    assert len(forms) <= FAMILY.most(tier)
    if tier == 1:
        assert len(forms) == FAMILY.space(tier)


def test_the_likeliest_equations_by_hand():
    """`ax = n` with 1996 numbers and 1998 solutions, printed in two ways out of two.

    At two steps, two different multiples on one side: the number of multiples is 1 or 2; of the
    three orders of the kinds and two gaps, `n` is alone in front or behind in two of six, and the
    multiples come in two orders.
    """
    assert FAMILY.min_bits(1) == pytest.approx(log2(1996 * 1998))
    two = log2(2) + log2(3 * 2) + 2 * log2(1996) + log2(1998) - log2(2 * 2)
    assert FAMILY.min_bits(2) == pytest.approx(two, abs=0.03)
    assert FAMILY.bits(FAMILY.read("Solve 3x + 7x = 20 for x.")) == pytest.approx(two, abs=0.03)


@pytest.mark.parametrize("tier", [2, 3, 6, 20])
def test_at_least_the_stated_share_is_accepted(tier):
    rejected = sum(item(tier, number) is None for number in range(1500))
    assert rejected / 1500 <= 1 - family._ACCEPTED


def canonical(equation):
    return FAMILY.canonical(FAMILY.read(f"Solve {equation} for x."))


def test_commuted_equations_are_one_and_near_ones_are_not():
    equation = "3x - 5 = 7(2x - 3) + (x + 4)/6"
    commuted = ["-5 + 3x = 7(2x - 3) + (x + 4)/6", "(4 + x)/6 + 7(-3 + 2x) = 3x - 5"]
    near = [
        "3x - 5 = 7(2x - 3) + (x + 4)/7",
        "3x + 5 = 7(2x - 3) + (x + 4)/6",
        "3x = 7(2x - 3) + (x + 4)/6 + 5",
        "-3x + 5 = -7(2x - 3) - (x + 4)/6",
        "3x - 5 = 7(3 - 2x) + (x + 4)/6",
        "6x - 10 = 14(2x - 3) + (x + 4)/3",
    ]
    assert {canonical(other) for other in commuted} == {canonical(equation)}
    assert len({canonical(other) for other in (equation, *near)}) == 1 + len(near)
    other_letter = FAMILY.read(f"What is t if {equation.replace('x', 't')}?")
    assert FAMILY.canonical(other_letter) == canonical(equation)


def test_the_items_of_this_version():
    """A change here is a new version of the family: published sets must stay what they were."""
    assert item(1, 0).problem == ("What is $z$ if $519z = 103800$?")
    assert item(5, 0).problem == (
        "Find the value of $p$ if $613p - 5022 - 398072 - 9751 = -8855 - 525p$."
    )
