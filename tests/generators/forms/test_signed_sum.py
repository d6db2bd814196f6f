"""Signed sums of every kind of term against an enumeration of every draw."""

from collections import Counter, defaultdict
from fractions import Fraction
from math import log2

import pytest
from draws import every_draw

from generators.families.algebra.matrices.family import MatrixTerms
from generators.families.arithmetic.gcd_lcm import Chains
from generators.forms.signed_sum import (
    OPERATORS,
    SignedSum,
    exact_value,
    signed_texts,
    whole,
    worked_sum,
    write,
)
from generators.forms.term_kind import TermKind, UniformKind


def uniform(singles, factors, *others):
    kinds = [("", singles), ("*", factors, factors), *others]
    return [UniformKind(name, *map(tuple, pools)) for name, *pools in kinds]


class Loaded(TermKind):
    """Terms of one or two digits that are not equally likely: a 0 with 1/4, a 1 with 3/4."""

    name = "&"
    sizes = (1, 2)

    def draw(self, below, size):
        return tuple(min(below(4), 1) for _ in range(size))

    def weigh(self, operands):
        ordered = tuple(sorted(operands))
        bits = sum(2.0 if digit == 0 else 2 - log2(3) for digit in operands)
        return len(operands), bits - (len(set(operands)) - 1), ordered

    def least_bits(self, size):
        return size * (2 - log2(3))

    def count(self, size):
        return size + 1


SMALL = SignedSum(uniform("abc", "ab", ("/", "ac", "bd")))
SUMS = {
    "small": (SMALL, 3),
    "tiny": (SignedSum(uniform("ab", "ab", ("/", "a", "a"))), 3),
    "least": (SignedSum(uniform("a", "ab")), 5),
    "required": (SignedSum(uniform("ab", "abc", ("^", "ab", "c")), required="*^"), 4),
    "chains": (SignedSum([Chains((12, 14, 15))]), 4),
    "more chains": (SignedSum([Chains((12, 14))]), 5),
    "loaded": (SignedSum([Loaded()]), 4),
    "loaded and required": (SignedSum([Loaded(), *uniform("ab", "a")], required="&"), 3),
}


def commuted(term):
    """The signed term, with operands that can be exchanged as a multiset."""
    sign, name, operands = term
    if name in ("*", "&"):
        return sign, name, frozenset(Counter(operands).items())
    if name == "" and len(operands) == 2:
        return sign, name, nested(*operands)
    return term


def nested(steps, integers):
    """A chain of `gcd` and `lcm` as nested multisets, built by substitution from the inside."""
    call = (steps[0], Counter([integers[0]]))
    for step, integer in zip(steps, integers[1:], strict=True):
        if step != call[0]:
            call = (step, Counter([(call[0], frozenset(call[1].items()))]))
        call[1][integer] += 1
    return call[0], frozenset(call[1].items())


def size(sums, term):
    _, name, operands = term
    if name == "" and len(operands) == 2:
        return len(operands[1])
    return len(operands)


@pytest.mark.parametrize("name", SUMS)
def test_bits_space_and_bound_are_those_of_every_draw(name):
    sums, most = SUMS[name]
    for steps in range(1, most + 1):
        probability, bits, names = defaultdict(Fraction), {}, {}
        for terms, p in every_draw(sums, steps):
            assert sum(size(sums, term) for term in terms) == steps + 1 == sums.steps(terms) + 1
            assert terms[0][0] == 1
            assert not sums.required or any(term[1] in sums.required for term in terms)
            form = frozenset(Counter(map(commuted, terms)).items())
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


def test_all_sequences_of_kinds_and_sizes_are_equally_likely():
    probability = defaultdict(Fraction)
    sums, _ = SUMS["required"]
    for terms, p in every_draw(sums, 4):
        probability[tuple(name for _, name, _ in terms)] += p
    # Of sizes 1, 2, 2 that add up to 5 there are 21, one of them without a required kind.
    assert len(probability) == 20
    assert set(probability.values()) == {Fraction(1, 20)}


def test_kinds_of_matrices_by_hand():
    single, product = MatrixTerms("nA", 2, 4), MatrixTerms("AB", 2, 8)
    assert single.sizes == product.sizes == (2,)
    assert single.count(2) == 8 * 199**4
    assert product.count(2) == 199**8
    assert single.least_bits(2) == pytest.approx(3 + 4 * log2(199))


def test_part_bits_are_those_of_the_part_with_most():
    a, c = (1, "", ("a",)), (1, "", ("c",))
    product, quotient = (-1, "*", ("a", "b")), (-1, "/", ("a", "b"))
    assert SMALL.part_bits((a, product, c)) == SMALL.bits((a, product))
    # A single quotient: one of three sequences of size 2, and four of its operands.
    alone = SMALL.bits(((1, *quotient[1:]),))
    assert SMALL.part_bits((a, quotient)) == alone == pytest.approx(log2(3 * 4))
    assert SMALL.part_bits((a, c)) == SMALL.part_bits((product,)) == 0
    required = SUMS["required"][0]
    assert required.part_bits((a, a, product)) == required.bits(((1, *product[1:]),))


def test_a_written_sum_is_read_again():
    terms = ((1, "", ("a",)), (-1, "*", ("a", "b")), (1, "/", ("c", "d")))
    assert write(terms, OPERATORS["plain"], str, str.upper) == "a - A * B + C / D"
    assert SMALL.read("a - A * B + C / D", str.lower) == terms
    assert SMALL.read(r"a \times b - c \div d", str)[1] == (-1, "/", ("c", "d"))
    assert list(signed_texts("a - b * c")) == [(1, "a"), (-1, "b * c")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a -",
        "a b c",
        "a * b * b",
        "a ^ b",
        "a +  b",
        "- a + b",
        "a * c",
        "d + a",
        "a/b + a",
    ],
)
def test_other_expressions_are_refused(text):
    with pytest.raises(ValueError):
        SMALL.read(text, str)


def test_more_than_twenty_steps_are_refused():
    SMALL.read("a" + " + a" * 20, str)
    for text in ("a" + " + a" * 21, "a * b" + " + a * b" * 10, "a" + " + a" * 100_000):
        with pytest.raises(ValueError, match="expected"):
            SMALL.read(text, str)
    with pytest.raises(ValueError, match="expected a term with one of"):
        SUMS["required"][0].read("a + b", str)


def test_values_and_worked_sums_are_exact():
    assert exact_value("", ("1/3",)) == Fraction(1, 3)
    assert exact_value("*", ("1/3", "0.6")) == Fraction(1, 5)
    assert exact_value("/", ("1/3", "0.6")) == Fraction(5, 9)
    assert worked_sum([3, -5, Fraction(1, 2)]) == ["3 - 5 = -2", "-2 + 1/2 = -3/2"]
    assert whole("120") == 120
    for text in ("", "0", "012", "1_0", "-1", "+1", " 1", "1" * 20, "\u0661"):
        with pytest.raises(ValueError, match="expected a positive integer"):
            whole(text)
