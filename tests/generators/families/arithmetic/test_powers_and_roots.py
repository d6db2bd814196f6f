"""The family `powers-and-roots` against sympy, worked examples and an enumeration of small versions."""

from collections import Counter
from fractions import Fraction
from math import log2

import pytest
import sympy
from draws import every_draw

from clean_bench.seeds import digest
from generators.families.arithmetic.powers_and_roots import family, phrases
from generators.families.arithmetic.powers_and_roots.family import Atoms, PowersAndRoots
from generators.forms.signed_sum import SignedSum
from generators.registry import FAMILIES

FAMILY = FAMILIES["powers-and-roots"]


def items(tier, count, notation):
    words = (digest("powers", tier, i, length=FAMILY.random_bytes) for i in range(count))
    return [FAMILY.make(word, tier, notation=notation) for word in words]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"Compute $\left(\frac{8}{27}\right)^{-2/3}$.", "9/4"),
        ("Compute (8/27)^(-2/3).", "9/4"),
        (r"Evaluate $\sqrt[4]{\frac{16}{81}}$.", "2/3"),
        ("Work out cbrt(27/8) * sqrt(16) - 12^2.", "-138"),
        # 4 divided by 9/16 is 64/9, and 25^(-1/2) = 1/5.
        (r"Calculate $16^{1/2} \div \left(\frac{3}{4}\right)^{2} - 25^{-1/2}$.", "311/45"),
        ("Evaluate 16^(3/4) + (27/125)^(-1/3).", "29/3"),
    ],
)
def test_worked_examples(text, answer):
    assert FAMILY.evaluate(text) == Fraction(answer)
    assert FAMILY.answer(FAMILY.read(text)) == answer


@pytest.mark.parametrize(
    "expression",
    [
        "8^(1/2)",  # not rational
        "sqrt(4/6)",
        "(4/6)^2",
        "(5/1)^2",
        "12^5",
        "12^1",
        "1^2",
        "(9/49)^2",  # 49 is no denominator of this family
        "0^2",
        "(3/0)^2",
        "12",
        "12^2 * 4^(1/2) * 3^2",
        "12^2 * 3^4",  # no fourth power in a pair
        "12^2 / 7^2",  # nor is 7
        "-12^2",
        "12^2 +",
        "12^(2/0)",
        "99999999999999999999999^2",
        "sqrt(" * 700,
    ],
)
def test_what_the_family_does_not_print_is_refused(expression):
    for reader in (FAMILY.read, FAMILY.evaluate):
        with pytest.raises(ValueError):
            reader(f"Compute {expression}.")


@pytest.mark.parametrize("tier", [1, 2, 3, 4, 7, 12, 20])
def test_answers_agree_with_sympy(tier):
    for item in items(tier, 25, "plain"):
        printed = phrases.with_powers(item.problem).replace("^", "**")
        assert sympy.sympify(printed) == sympy.Rational(item.answer)
        above, _, below = item.answer.lstrip("-").partition("/")
        assert len(above) <= 20 and len(below) <= 8


@pytest.mark.parametrize("tier", range(1, 21))
def test_the_tier_is_the_number_of_operations(tier):
    for item in items(tier, 20, "plain"):
        text = phrases.with_powers(item.problem)
        joins = sum(text.count(f" {sign} ") for sign in "+-*/")
        exponents = [part.split(" ")[0].strip("()") for part in text.split("^")[1:]]
        values = list(map(Fraction, exponents))
        roots = sum(value.denominator > 1 for value in values)
        powers = sum(abs(value.numerator) > 1 for value in values)
        assert joins + roots + powers + sum(value < 0 for value in values) == tier


def reduced(form):
    """A multiset of signed terms, each a multiset of factors or an ordered quotient."""
    terms = (
        (sign, join, frozenset(Counter(atoms).items()) if join == "*" else atoms)
        for sign, join, atoms in form.terms
    )
    return frozenset(Counter(terms).items())


@pytest.fixture
def small(monkeypatch):
    """Fewer exponents and fractions: 2 and 1/2 of four values, in pairs of two."""
    kinds = {1: ((2, 1), (1, 2)), 2: ((-2, 1),), 3: ((-3, 2),)}
    monkeypatch.setattr(family, "EXPONENTS", kinds)
    monkeypatch.setattr(family, "_ranges", lambda p, q, pair: (3 if pair else 4, 1))
    caches = [f for f in vars(family).values() if hasattr(f, "cache_clear")]
    for cached in caches:
        cached.cache_clear()
    monkeypatch.setattr(PowersAndRoots, "sums", SignedSum([*map(Atoms, ("", "*", "/"))]))
    yield
    for cached in caches:
        cached.cache_clear()


@pytest.mark.parametrize("tier", [1, 2, 3, 4, 5])
def test_bits_and_space_are_those_of_an_enumeration(small, tier):
    found, forms, names = Counter(), {}, {}
    for form, probability in every_draw(FAMILY, tier):
        name = reduced(form)
        found[name] += probability
        forms.setdefault(name, form)
        if form not in names:
            names[form] = FAMILY.canonical(form)
            assert names[form] == names[forms[name]]
    assert sum(found.values()) == 1
    assert len(set(names.values())) == len(found) == FAMILY.space(tier)
    for name, form in forms.items():
        assert FAMILY.bits(form) == pytest.approx(-log2(found[name]))
    assert FAMILY.min_bits(tier) <= -log2(max(found.values())) + 1e-9


def test_a_commuted_text_has_the_same_name_and_a_near_one_has_not():
    def name(text):
        return FAMILY.canonical(FAMILY.read(f"Compute {text}."))

    text = "12^2 + 8^(2/3) * sqrt(25/9) - 16^(1/2) / (1/3)^2"
    same = "(25/9)^(1/2) * 8^(2/3) - sqrt(16) / (1/3)^2 + 12^2"
    assert name(text) == name(same)
    near = [
        "12^2 + 8^(2/3) / sqrt(9/25) - 16^(1/2) / (1/3)^2",
        "12^2 - 8^(2/3) * sqrt(25/9) + 16^(1/2) / (1/3)^2",
        "12^2 + 27^(2/3) * sqrt(25/9) - 16^(1/2) / (1/3)^2",
        "12^2 + 8^(1/3) * sqrt(25/9) - 16^(1/2) / (1/3)^2",
        "12^2 + 8^(2/3) * sqrt(25/9) - 16^(1/2) / 3^(-2)",
    ]
    assert name(text) not in map(name, near)
    assert len(set(map(name, near))) == len(near)


def test_min_bits_by_hand():
    """One step: the likeliest exponents are 4 and 1/4, n up to 499, d dividing 30."""
    values = (
        sum(sympy.gcd(n, d) == 1 for n in range(1, 500) for d in (1, 2, 3, 5, 6, 10, 15, 30)) - 1
    )
    assert FAMILY.min_bits(1) == pytest.approx(log2(6) + log2(values))


def test_pinned():
    """A change here is a new version of the family."""
    assert FAMILY.version == 2
    words = digest("test", 8, 0, length=FAMILY.random_bytes)
    assert FAMILY.make(words, 8).problem == (
        r"Compute $\left(\frac{68921}{91125}\right)^{1/3} - \left(\frac{1}{47045881}\right)^{-2/3} "
        r"\times \left(\frac{484}{9}\right)^{3/2}$."
    )
