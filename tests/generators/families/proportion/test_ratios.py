"""`ratios`: answers by linear algebra, and probabilities by enumerating every draw."""

import re
from collections import Counter
from math import gcd, log2

import pytest
import sympy
from draws import every_draw

from clean_bench.seeds import digest
from generators.families.proportion.ratios import family
from generators.families.proportion.ratios.family import RatioChains

FAMILY = RatioChains()
CACHED = ("_parts", "_degree_bits", "_start_bits", "_least_bits", "_chains")


@pytest.fixture
def small(monkeypatch):
    """Two units and eight numbers of parts, not all of them neighbours."""
    parts = (2, 3, 4, 6, 8, 12, 16, 18)
    near = {p: tuple(q for q in parts if q != p and max(p, q) <= 4 * gcd(p, q)) for p in parts}
    monkeypatch.setattr(family, "UNITS", (17, 19))
    monkeypatch.setattr(family, "_successors", lambda: near)
    for name in CACHED:
        getattr(family, name).cache_clear()
    yield
    for name in CACHED:
        getattr(family, name).cache_clear()


def solved(text):
    """The answer by sympy, from the numbers and names of a text of letters."""
    plain = text.replace("$", "")
    stated = re.findall(r"([A-Z])(?: :| is to) ([A-Z])(?: =| as) (\d+) : (\d+)", plain)
    given, number, asked = re.search(
        r"If ([A-Z +]+) = (\d+), (?:find|what is) ([A-Z +]+)", plain
    ).groups()
    symbols = {name: sympy.Symbol(f"x{name}") for row in stated for name in row[:2]}
    equations = [int(b) * symbols[x] - int(a) * symbols[y] for x, y, a, b in stated]
    equations.append(sum(symbols[n] for n in given.split(" + ")) - int(number))
    (solution,) = sympy.linsolve(equations, list(symbols.values()))
    values = dict(zip(symbols, solution, strict=True))
    return sum(values[n] for n in asked.split(" + "))


def test_texts_by_hand():
    """100 : 150 : 120 parts of 17; 250 parts are 4,250."""
    points = (
        "In a game, the ratio of Ann's points to Ben's points is 2 : 3 and the ratio of Cal's points "
        "to Ben's points is 4 : 5. Ann has 1700 points. How many points do Cal and Ben have together?"
    )
    assert FAMILY.evaluate(points) == 4590
    assert FAMILY.canonical(FAMILY.read(points)) == "anchor=1700 others 2:3 5:4"
    back = "Let $K : D = 2 : 3$. If $D + K = 4250$, find $K$."
    assert FAMILY.evaluate(back) == 1700
    assert FAMILY.canonical(FAMILY.read(back)) == "sum=4250 all 2:3"
    for good, bad in (
        (points, points + " "),
        (points, points.replace("Cal and Ben", "Cal and Dan")),
        (points, points.replace("2 : 3", "2 : 0")),
        (points, points.replace("Ann has", "Ann and Ann have")),
        (back, back.replace("2 : 3", "4 : 6")),
        (back, back.replace("$K : D", "K : D")),
        (back, back.replace("D + K", "D + X")),
    ):
        FAMILY.read(good)
        with pytest.raises(ValueError):
            FAMILY.evaluate(bad)
        with pytest.raises(ValueError):
            FAMILY.read(bad)


def test_amounts_that_are_never_drawn_are_not_read():
    for text in (
        "Let A : B = 2 : 3. If A = 1701, find B.",
        "Let A : B = 2 : 3. If A = 1600, find B.",
        "Let A : B = 1 : 17. If A = 1700, find B.",
        "Let A : B = 2 : 3 and C : D = 2 : 3. If A = 1700, find B + C + D.",
        "Let A : B = 2 : 3 and A : C = 2 : 3. If A = 1700, find B + C.",
    ):
        with pytest.raises(ValueError):
            FAMILY.read(text)


def test_the_answers_are_those_of_the_linear_equations():
    found = 0
    for tier in FAMILY.tiers:
        for number in range(20):
            words = digest("test", tier, number, length=FAMILY.random_bytes)
            item = FAMILY.make(words, tier)
            if item.problem.startswith(("Let", "Suppose")):
                found += 1
                assert solved(item.problem) == int(item.answer)
            assert 0 < int(item.answer) < 11 * 10**8
    assert found > 150


def test_a_solution_has_as_many_steps_as_the_tier():
    for tier in FAMILY.tiers:
        for number in range(10):
            item = FAMILY.make(digest("test", tier, number, length=FAMILY.random_bytes), tier)
            solution = FAMILY.solution(item.form)
            assert solution.count(" = ") == tier
            assert solution.endswith(f" = {item.answer}")


@pytest.mark.parametrize("tier", [1, 2, 3, 4])
def test_bits_are_those_of_every_draw(small, tier):
    chances, bits = Counter(), {}
    for form, chance in every_draw(FAMILY, tier):
        chances[FAMILY.canonical(form)] += chance
        bits[FAMILY.canonical(form)] = FAMILY.bits(form)
    assert sum(chances.values()) == 1
    for form, chance in chances.items():
        assert bits[form] == pytest.approx(-log2(chance))
    assert len(chances) == FAMILY.space(tier)
    assert FAMILY.min_bits(tier) == pytest.approx(-log2(max(chances.values())))


@pytest.mark.parametrize("tier", [2, 3])
def test_part_bits_are_those_of_the_ratios_where_the_sum_is_given(small, tier):
    chances, bits = Counter(), {}
    for form, chance in every_draw(FAMILY, tier):
        chances[tuple(form.ratios)] += chance
        if form.sum_given:
            bits[tuple(form.ratios)] = FAMILY.part_bits(form)
    for form, chance in chances.items():
        assert bits[form] == pytest.approx(-log2(chance))


def test_part_bits_of_an_anchor_are_those_of_the_chain_before_the_last_ratio():
    four = FAMILY.read("Let A : B = 2 : 3 and B : C = 5 : 4. If A = 5100, find A + B + C.")
    two = FAMILY.read("Let A : B = 2 : 3. If A = 5100, find A + B.")
    one = FAMILY.read("Let A : B = 2 : 3. If A = 5100, find B.")
    assert FAMILY.part_bits(four) == FAMILY.part_bits(two) == FAMILY.bits(one)
    assert FAMILY.part_bits(one) == 0


def test_the_canonical_form_is_of_the_computation():
    text = "Let A : B = 2 : 3 and B : C = 5 : 4. If A = 5100, find A + B + C."
    same = "Suppose that C is to X as 4 : 5 and X is to R as 3 : 2. If R = 5100, what is C + R + X?"
    name = FAMILY.canonical(FAMILY.read(text))
    assert name == FAMILY.canonical(FAMILY.read(same))
    others = (
        text.replace("find A + B", "find B"),
        text.replace("5100", "5700"),
        text.replace("2 : 3", "3 : 2"),
        "Let A : B = 2 : 3 and B : C = 5 : 4. If A + B + C = 18870, find A.",
    )
    assert len({name, *(FAMILY.canonical(FAMILY.read(other)) for other in others)}) == 5


def test_an_item_stays_what_it_is():
    """A change here is a new version of the family."""
    words = digest("test", 4, 0, length=FAMILY.random_bytes)
    assert FAMILY.make(words, 4).problem == (
        "Some money is shared so that Gus's share is to Ben's share as $16 : 65$ and Uma's share is to "
        "Ben's share as $8 : 117$. Uma gets $676320$ euros. How many euros do Gus, Ben and Uma get "
        "together?"
    )
