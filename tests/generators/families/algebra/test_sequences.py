"""The family `sequences` against recursion in the test, worked examples and a small enumeration."""

import re
from collections import Counter
from fractions import Fraction
from itertools import product
from math import log2

import pytest

from clean_bench.seeds import digest
from generators.families.algebra import sequences
from generators.registry import FAMILIES

FAMILY = FAMILIES["sequences"]


def items(tier, count, notation):
    words = (digest("sequence", tier, i, length=FAMILY.random_bytes) for i in range(count))
    return [FAMILY.make(word, tier, notation=notation) for word in words]


SECOND = (
    "If a(1) = 10, a(2) = 20 and a(n+2) = 3*a(n+1) - 2*a(n) + 15 for all n >= 1, what is a({})?"
)
INDEXED = (
    r"Given that $x_1 = 10$, $x_2 = 20$ and $x_{{n+2}} = 2x_{{n+1}} + 3x_n + 10n$ for all $n \ge 1$,"
    r" work out $x_{}$."
)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        # 60 - 20 + 15 = 55, then 165 - 40 + 15 = 140.
        (SECOND.format(3), 55),
        (SECOND.format(4), 140),
        # 40 + 30 + 10 = 80, then 160 + 60 + 20 = 240.
        (INDEXED.format(4), 240),
        # -40 - 11 + 50 = -1, 4 - 22 + 50 = 32, -128 - 33 + 50 = -111.
        (
            r"A sequence is defined by $u_1 = 10$ and $u_{n+1} = -4u_n - 11n + 50$ for all $n \ge 1$."
            r" Find $u_4$.",
            -111,
        ),
        # 10 -> 2 * 10 - 12 = 8 -> -3 * 8 + 30 = 6 -> 2 * 6 - 12 = 0.
        (
            "In a sequence, c(1) = 10, c(n+1) = 2*c(n) - 12 for odd n and c(n+1) = -3*c(n) + 30 for"
            " even n. What is the value of c(4)?",
            0,
        ),
    ],
)
def test_worked_examples(text, answer):
    assert FAMILY.evaluate(text) == answer
    assert FAMILY.answer(FAMILY.read(text)) == str(answer)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a(3)", "a(2)"),
        ("a(3)", "a(23)"),
        ("a(3)", "b(3)"),
        ("a(2) =", "b(2) ="),
        ("= 10", "= 9"),
        ("= 10", "= 1000000"),
        ("= 10", "= -10"),
        ("3*a(n+1)", "5*a(n+1)"),
        ("3*a(n+1)", "4*a(n+1)"),
        ("3*a(n+1)", "a(n+1)"),
        ("+ 15", "+ 5"),
        ("+ 15", "+ 15n + 15"),
        (">= 1", ">= 2"),
        ("what is", "find"),
    ],
)
def test_what_the_family_does_not_print_is_refused(old, new):
    text = SECOND.format(3)
    assert old in text
    for reader in (FAMILY.read, FAMILY.evaluate):
        with pytest.raises(ValueError):
            reader(text.replace(old, new, 1))


def test_one_application_of_a_rule_that_is_drawn_from_two_on_is_refused():
    with pytest.raises(ValueError):
        FAMILY.evaluate(INDEXED.format(3))


@pytest.mark.parametrize("tier", range(1, 21))
def test_answers_agree_with_the_printed_rule(tier):
    """The printed plain rule is itself an expression of n and of the terms before."""
    for item in items(tier, 25, "plain"):
        name, wanted = re.search(r"([a-z])\((\d+)\)[.?]$", item.problem).groups()
        terms = {int(i): int(v) for i, v in re.findall(r"[a-z]\((\d)\) = (\d+)", item.problem)}
        ahead = len(terms)
        rules = re.findall(rf"{name}\(n\+{ahead}\) = (.*?) for (all|odd|even) ", item.problem)
        for n in range(1, int(wanted) - ahead + 1):
            (rule,) = (r for r, which in rules if which in ("all", "even" if n % 2 == 0 else "odd"))
            total = 0
            for part in rule.replace("- ", "+ -").split(" + "):
                sign = -1 if part.startswith("-") else 1
                value = sign
                for factor in part.lstrip("-").split("*"):
                    if factor.isdigit():
                        value *= int(factor)
                    else:
                        shift = re.fullmatch(rf"{name}\(n\+?(\d?)\)", factor)
                        value *= terms[n + int(shift[1] or 0)] if shift else n
                total += value
            terms[n + ahead] = total
        assert max(terms) == int(wanted) == tier + ahead
        assert int(item.answer) == terms[int(wanted)]


def test_no_answer_has_more_than_nineteen_digits():
    most = 999_999
    for largest in (
        ("second", 20, (most, most), (3, 3), (most,)),
        ("second-indexed", 20, (most, most), (3, 3), (99_999,)),
        ("indexed", 20, (most,), (4,), (99_999, most)),
        ("alternating", 20, (most,), (4, 4), (most, most)),
    ):
        assert len(FAMILY.answer(sequences.Sequence(*largest))) <= 19


@pytest.fixture
def small(monkeypatch):
    """Two numbers where there were many."""
    first, ones, twos, constants, slopes = (10, 11), (-2, 3), (-2, 2, 3), (12, 13), (10, 11)
    monkeypatch.setattr(
        sequences,
        "_RULES",
        {
            "second": ((first, first), (twos, twos), (constants,)),
            "second-indexed": ((first, first), (twos, twos), (slopes,)),
            "indexed": ((first,), (ones,), (slopes, constants)),
            "alternating": ((first,), (ones, ones), (constants, constants)),
        },
    )
    monkeypatch.setattr(sequences, "FIRST_TERMS", first)
    monkeypatch.setattr(sequences, "OF_TWO", twos)
    monkeypatch.setattr(sequences, "CONSTANTS", constants)
    for cached in (sequences._choices, sequences._rule_bits):
        cached.cache_clear()
    yield
    for cached in (sequences._choices, sequences._rule_bits):
        cached.cache_clear()


def every_draw(tier):
    """Every form with its probability, written out from the module's docstring."""
    rules = ["second"] if tier == 1 else list(sequences._RULES)
    for rule in rules:
        first, coefficients, added = sequences._RULES[rule]
        signed = [[sign * n for n in numbers for sign in (1, -1)] for numbers in added]
        drawn = list(product(product(*first), product(*coefficients), product(*signed)))
        for numbers in drawn:
            yield sequences.Sequence(rule, tier, *numbers), Fraction(1, len(drawn) * len(rules))


@pytest.mark.parametrize("tier", [1, 2, 3])
def test_bits_and_space_are_those_of_an_enumeration(small, tier):
    found, forms = Counter(), {}
    for form, probability in every_draw(tier):
        name = form
        if tier == 1:
            (p, q), (one, two) = form.coefficients, form.first
            name = (frozenset(Counter([(p, two), (q, one)]).items()), form.added)
        found[name] += probability
        assert forms.setdefault(name, (FAMILY.canonical(form), form))[0] == FAMILY.canonical(form)
    assert sum(found.values()) == 1
    assert len({name for name, _ in forms.values()}) == len(found) == FAMILY.space(tier)
    for name, (_, form) in forms.items():
        assert FAMILY.bits(form) == pytest.approx(-log2(found[name]))
    assert FAMILY.min_bits(tier) == pytest.approx(-log2(max(found.values())))


def test_every_rule_and_range_is_drawn_evenly():
    drawn = [item.form for item in items(2, 2000, "plain")]
    rules = Counter(form.rule for form in drawn)
    assert len(rules) == 4 and max(rules.values()) < 600
    added = [number for form in drawn for number in form.added]
    assert 0.45 < sum(number < 0 for number in added) / len(added) < 0.55
    assert Counter(form.coefficients[0] for form in drawn).keys() == {-4, -3, -2, 2, 3, 4}
    assert {form.rule for form in (item.form for item in items(1, 50, "plain"))} == {"second"}


def test_with_one_step_the_products_commute_and_with_more_nothing_does():
    def name(text):
        return FAMILY.canonical(FAMILY.read(text))

    one = "If a(1) = {}, a(2) = {} and a(n+2) = {}*a(n+1) - {}*a(n) + 15 for all n >= 1, what is a({})?"
    plus = one.replace("- {}", "+ {}")
    assert name(plus.format(10, 20, 3, 2, 3)) == name(plus.format(20, 10, 2, 3, 3))
    assert name(plus.format(10, 20, 3, 2, 4)) != name(plus.format(20, 10, 2, 3, 4))
    assert name(one.format(10, 20, 3, 2, 3)) != name(one.format(20, 10, 2, 3, 3))
    assert name(one.format(10, 20, 3, 2, 3)) == name(
        one.format(10, 20, 3, 2, 3).replace("a(", "s(")
    )
    near = [one.format(10, 20, 3, 2, 5), one.format(10, 20, 2, 3, 5), one.format(10, 20, 3, 2, 6)]
    near += [one.format(10, 20, 3, 2, 5).replace("15", "15*n"), plus.format(10, 20, 3, 2, 5)]
    assert len(set(map(name, near))) == len(near)


def test_min_bits_by_hand():
    """From two steps on, `indexed` has the fewest: 999,990 * 6 * 2 * 99,990 * 2 * 999,990 numbers."""
    assert FAMILY.min_bits(2) == pytest.approx(log2(4 * 999_990 * 6 * 2 * 99_990 * 2 * 999_990))
    assert FAMILY.min_bits(1) == pytest.approx(log2(999_990**2 * 4**2 * 2 * 999_990 / 2))


def test_pinned():
    """A change here is a new version of the family."""
    assert FAMILY.version == 1
    words = digest("test", 5, 0, length=FAMILY.random_bytes)
    assert FAMILY.make(words, 5).problem == (
        r"A sequence is defined by $t_1 = 441533$, $t_2 = 913875$ and"
        r" $t_{n+2} = -2t_{n+1} + 3t_n - 17278n$ for all $n \ge 1$. Find $t_7$."
    )
