"""The chains behind `stories` and `measures`: their probabilities against an enumeration."""

from collections import defaultdict
from fractions import Fraction
from math import log2

import pytest

from clean_bench.seeds import Draw, digest
from generators.forms.running_total import RunningTotals, canonical, expression, runs, values

SMALL = RunningTotals(range(2, 8), range(2, 4))


def every_chain(totals, steps):
    """Every chain with its exact probability, by the rule in the module's docstring."""
    terms, factors = list(totals.terms), list(totals.factors)
    top, turn = terms[-1], (terms[0] + terms[-1] + 1) // 2
    states = [((("+", a),), a, 0.75 / len(terms)) for a in terms]
    for n in factors:
        among = terms[: len(terms) // n * n]
        exact = [a for a in among if a % n == 0]
        share = 0.25 / len(factors) / len(exact)
        states += [((("+", a), ("/", n)), a // n, share) for a in exact]
    done = []
    while states:
        chain, v, p = states.pop()
        left = steps + 1 - len(chain)
        if not left:
            done.append((chain, p))
            continue
        for case in range(4):
            if case == 3 and v <= top:
                for n in factors:
                    states.append(((*chain, ("*", n)), v * n, p / 4 / len(factors)))
                continue
            for sign in (1, -1):
                if sign < 0 and v < turn:
                    continue
                q = p / 4 / (2 if v >= turn else 1)
                room = [a for a in terms if sign > 0 or a < v]
                name = "+" if sign > 0 else "-"
                if case < 2 or left < 2:
                    for a in room:
                        states.append(((*chain, (name, a)), v + sign * a, q / len(room)))
                    continue
                for n in factors:
                    among = room[: len(room) // n * n]
                    exact = [a for a in among if (v + sign * a) % n == 0]
                    for a in exact:
                        after = (v + sign * a) // n
                        share = q / len(factors) / len(exact)
                        states.append(((*chain, (name, a), ("/", n)), after, share))
    return done


def named(chain):
    """A chain's computation up to commutation, as nested sorted tuples (not by `runs`)."""
    whole, *rest = chain
    form, kind = ("x", whole[1]), None
    for sign, n in rest:
        own = "sum" if sign in "+-" else "product"
        if own != kind:
            first = ("+" if own == "sum" else "*", form if kind else whole[1])
            form, kind = (own, (first,)), own
        form = (own, tuple(sorted((*form[1], (sign, n)), key=repr)))
    return form


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_bits_are_no_overstatement_of_enumerated_probabilities(steps):
    forms, bits, names = defaultdict(float), {}, defaultdict(set)
    for chain, p in every_chain(SMALL, steps):
        key = canonical(chain)
        forms[key] += p
        bits[key] = max(SMALL.bits(chain), bits.get(key, 0))
        names[named(chain)].add(key)
        assert min(values(chain)) >= 1
    assert sum(forms.values()) == pytest.approx(1)
    assert all(len(keys) == 1 for keys in names.values())
    assert len(names) == len(forms) <= SMALL.most(steps)
    for key, p in forms.items():
        assert bits[key] <= -log2(p) + 1e-9, key
    entropy = -sum(float(p) * log2(p) for p in forms.values())
    shown = sum(float(p) * bits[key] for key, p in forms.items())
    assert entropy - shown < 0.35 * steps
    assert SMALL.min_bits(steps) <= -log2(max(forms.values())) + 1e-9


def test_draws_follow_the_rule():
    expected, seen = defaultdict(float), defaultdict(int)
    for chain, p in every_chain(SMALL, 2):
        expected[chain] += p
    for i in range(20_000):
        seen[SMALL.draw(Draw(digest("rule", i)), 2)] += 1
    assert set(seen) <= set(expected)
    chi = sum((seen[c] - 20_000 * p) ** 2 / (20_000 * p) for c, p in expected.items())
    assert chi < len(expected) + 6 * (2 * len(expected)) ** 0.5


@pytest.mark.parametrize("steps", range(1, 21))
def test_values_stay_within_their_bounds(steps):
    totals = RunningTotals(range(10, 10_000), range(2, 100))
    for i in range(150):
        chain = totals.draw(Draw(digest("bounds", i, length=300)), steps)
        assert len(chain) == steps + 1
        value = Fraction(chain[0][1])
        for sign, n in chain[1:]:
            value = {"+": value + n, "-": value - n, "*": value * n, "/": value / n}[sign]
            assert value.denominator == 1
            assert 1 <= value <= 9999 * 99 + 20 * 9999
        assert values(chain)[-1] == value
        assert totals.bits(chain) >= totals.min_bits(steps) - 1e-9


def test_one_term_runs_have_exact_bits():
    totals = RunningTotals(range(10, 10_000), range(2, 100))
    chain = (("+", 7000), ("*", 12), ("-", 400), ("/", 4))
    # a plain start, times (1 of 4), then divided for certain where the value is above 9999, minus
    p = Fraction(3, 4 * 9990) * Fraction(1, 4 * 98) * Fraction(1, 2 * 2 * 98 * (9990 // 4))
    assert totals.bits(chain) == pytest.approx(-log2(p))
    both = Fraction(3, 4 * 9990 * 9990) * (Fraction(3, 4 * 2) + Fraction(3, 4))
    assert -log2(both) - 1 < totals.bits((("+", 8000), ("+", 25))) <= -log2(both)


def test_runs_and_expressions():
    assert runs((("+", 6), ("*", 37), ("-", 3), ("+", 2))) == [
        [("*", 6), ("*", 37)],
        [("+", 2), ("-", 3)],
    ]
    assert expression([("+", "6"), ("*", "37"), ("-", "3")]) == "(6 * 37) - 3"


def test_ranges_without_room_to_divide_are_refused():
    with pytest.raises(ValueError):
        RunningTotals(range(2, 10), range(2, 10))
