"""The sums behind `fractions` and `decimals` against an enumeration of every draw."""

from collections import defaultdict
from fractions import Fraction
from math import log2

import pytest
from draws import every_draw

from generators.forms.signed_sum import SignedSums, read, write

SMALL = SignedSums(["a", "b", "c"], ["a", "b"], ["a", "c"], ["b", "d"])
TINY = SignedSums(["a", "b"], ["a", "b"], ["a"], ["a"])
LEAST = SignedSums(["a"], ["a", "b"], ["a"], ["a"])


def commuted(terms):
    """What a sum asks for: its signed terms in any order, the factors of a product in any order."""
    return tuple(sorted((s, op, *(sorted(rest) if op == "*" else rest)) for s, op, *rest in terms))


@pytest.mark.parametrize(
    ("sums", "steps"), [(SMALL, 1), (SMALL, 2), (SMALL, 3), (TINY, 3), (LEAST, 4)]
)
def test_bits_space_and_bound_are_those_of_every_draw(sums, steps):
    probability, bits, names = defaultdict(Fraction), {}, {}
    for terms, p in every_draw(sums, steps):
        assert len(terms) - 1 + sum(term[1] != "" for term in terms) == steps
        form = commuted(terms)
        probability[form] += p
        assert bits.setdefault(form, sums.bits(terms)) == pytest.approx(sums.bits(terms))
        assert names.setdefault(form, sums.canonical(terms)) == sums.canonical(terms)
    assert sum(probability.values()) == 1
    for form, p in probability.items():
        assert bits[form] == pytest.approx(-log2(p))
    assert len(set(names.values())) == len(probability) == sums.space(steps)
    assert sums.min_bits(steps) <= min(bits.values()) + 1e-9
    if sums is SMALL and steps <= 2:
        assert sums.min_bits(steps) == pytest.approx(min(bits.values()))


def test_the_part_is_the_likeliest_to_be_new_proper_one():
    terms = ((1, "", "a", ""), (-1, "*", "a", "b"), (1, "", "c", ""))
    assert SMALL.part_bits(terms) == SMALL.bits(terms[:2])
    two = ((1, "", "a", ""), (-1, "/", "a", "b"))
    assert (
        SMALL.part_bits(two) == SMALL.bits(((1, "/", "a", "b"),)) == pytest.approx(log2(2 * 2 * 4))
    )
    assert SMALL.part_bits((*two[:1], (1, "", "b", ""))) == 0
    assert SMALL.part_bits(two[1:]) == 0


OPERATORS = {"*": " * ", "/": " / "}


def test_a_written_sum_is_read_again():
    terms = ((1, "", "a", ""), (-1, "*", "a", "b"), (1, "/", "c", "d"))
    assert write(terms, OPERATORS, str, str.upper) == "a - A * B + C / D"
    assert read("a - A * B + C / D", str.lower) == terms
    assert read(r"a \times b - c \div d", str) == ((1, "*", "a", "b"), (-1, "/", "c", "d"))


@pytest.mark.parametrize(
    "text", ["", "a", "a -", "a b c", "a * b * c", "a ^ b", "a +  b", "- a + b"]
)
def test_other_expressions_are_refused(text):
    def operand(printed):
        if not printed.isalpha():
            raise ValueError(printed)
        return printed

    with pytest.raises(ValueError):
        read(text, operand)
