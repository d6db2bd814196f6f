"""The family `gcd-lcm` against sympy, worked examples and an enumeration of small versions."""

from math import factorial, log2

import pytest
import sympy

from clean_bench.seeds import digest
from generators.families.arithmetic import gcd_lcm
from generators.registry import FAMILIES

FAMILY = FAMILIES["gcd-lcm"]


def items(tier, count):
    made = (
        FAMILY.make(digest("gcd", tier, i, length=FAMILY.random_bytes), tier) for i in range(count)
    )
    return [item for item in made if item]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"Compute $\gcd(84, 126)$.", 42),
        ("Compute lcm(84, 126).", 252),
        # lcm(12, 18) = 36, gcd(36, 90) = 18, gcd(60, 75, 100) = 5.
        ("Evaluate gcd(lcm(12, 18), 90) - gcd(60, 75, 100).", 13),
        (r"Evaluate $\gcd(90, \operatorname{lcm}(18, 12)) - \gcd(100, 75, 60)$.", 13),
        ("Work out gcd(12, 18) - lcm(20, 30) + gcd(14, 21).", -47),
    ],
)
def test_worked_examples(text, answer):
    assert FAMILY.evaluate(text) == answer
    assert FAMILY.answer(FAMILY.read(text)) == str(answer)


@pytest.mark.parametrize(
    "expression",
    [
        "gcd(84)",
        "gcd(84, 29)",  # 29 is none of the primes
        "gcd(84, 126",
        "gcd(84, 126))",
        "gcd(84,126)",
        "gcd(84, gcd(84, 126))",
        "gcd(lcm(12, 14), 84, lcm(12, 15))",
        "gcd(lcm(12, 14), lcm(12, 15))",
        "gcd(12, 14, 15, 16, 18, 20)",
        "-gcd(12, 14)",
        "gcd(12, 14) * gcd(12, 15)",
        "gcd(12, 14) + 5",
        "12 + 14",
        "gcd(" * 1000,
    ],
)
def test_what_the_family_does_not_print_is_refused(expression):
    for reader in (FAMILY.read, FAMILY.evaluate):
        with pytest.raises(ValueError):
            reader(f"Compute {expression}.")


@pytest.mark.parametrize("tier", [1, 2, 3, 5, 9, 14, 20])
def test_answers_agree_with_prime_exponents_found_by_sympy(tier):
    def value(steps, integers):
        held = sympy.factorint(integers[0])
        for step, integer in zip(steps, integers[1:], strict=True):
            other, pick = sympy.factorint(integer), min if step == "g" else max
            held = {p: pick(held.get(p, 0), other.get(p, 0)) for p in held.keys() | other.keys()}
        return sympy.prod(p**e for p, e in held.items())

    for item in items(tier, 40):
        assert int(item.answer) == sum(s * value(*chain) for s, _, chain in item.form.terms)
        assert sum(len(ints) for _, _, (_, ints) in item.form.terms) == tier + 1
        assert len(item.answer) <= 17


def test_greatest_common_divisors_are_seldom_one():
    flat = [item for item in items(1, 400) if "gcd" in item.problem]
    assert sum(item.answer == "1" for item in flat) < 0.15 * len(flat)


def test_a_commuted_text_has_the_same_name_and_a_near_one_has_not():
    def name(text):
        return FAMILY.canonical(FAMILY.read(f"Compute {text}."))

    text = "gcd(lcm(12, 18, 20), 90) + lcm(14, 15) - gcd(60, 75)"
    assert name(text) == name("lcm(15, 14) - gcd(75, 60) + gcd(90, lcm(20, 12, 18))")
    near = [
        "gcd(lcm(12, 18), 90, 20) + lcm(14, 15) - gcd(60, 75)",
        "lcm(gcd(12, 18, 20), 90) + lcm(14, 15) - gcd(60, 75)",
        "gcd(lcm(12, 18, 20), 90) - lcm(14, 15) + gcd(60, 75)",
        "gcd(lcm(12, 18, 21), 90) + lcm(14, 15) - gcd(60, 75)",
        "gcd(lcm(12, 90, 20), 18) + lcm(14, 15) - gcd(60, 75)",
    ]
    assert name(text) not in map(name, near)
    assert len(set(map(name, near))) == len(near)


def test_min_bits_by_hand():
    """Three steps: four different integers in one call have 4! texts, two calls of two 2! 2! 2!."""
    integers = len(gcd_lcm._numbers())
    assert FAMILY.min_bits(3) == pytest.approx(
        4 * log2(integers) + 3 + log2(2) - log2(factorial(4))
    )
    assert FAMILY.space(1) == 2 * integers * (integers + 1) // 2


def test_pinned():
    """A change here is a new version of the family."""
    assert FAMILY.version == 2
    words = digest("test", 6, 0, length=FAMILY.random_bytes)
    assert FAMILY.make(words, 6).problem == (
        r"Compute $\operatorname{lcm}(348194, 21600, 13156) + \operatorname{lcm}(188100, "
        r"\gcd(349600, 50232, 422280))$."
    )
