"""The family `averages`, against hand work, plain lists and enumerations."""

import re
from collections import Counter
from fractions import Fraction
from itertools import product
from math import factorial, log2

import pytest

from clean_bench.seeds import digest
from generators.families.combinatorics.averages import family, list_statistic
from generators.families.combinatorics.averages.family import Averages
from generators.families.combinatorics.averages.list_statistic import Quantity, StatisticKind

FAMILY = Averages()
END = " Give the exact value, as a fraction in lowest terms if it is not a whole number."
BY_HAND = [
    ("the range of $31, 90, 15, 8, 62$", 82),
    ("the median of $31, 90, 15, 8, 62$", 31),
    ("the median of $31, 90, 15, 8$", 23),
    ("the sum of $31, 90, 15$", 136),
    ("the mean of $31, 90, 15$", Fraction(136, 3)),
    ("the last of $3$ numbers with mean $20$, the others being $31, 90$", -61),
    ("the mean of $20$ numbers, which had mean $30$, after putting in $72$", 32),
    (
        "the mean of $20$ numbers, which had mean $30$, after taking out $40, 61$ and putting in $11$",
        Fraction(510, 19),
    ),
    (
        "the joint mean of $2$ groups, one of $12$ numbers with mean $60$ and one of $18$ numbers "
        "with mean $70$",
        66,
    ),
]


def made(tier, index, notation=None):
    return FAMILY.make(
        digest("test", tier, index, length=FAMILY.random_bytes), tier, notation=notation
    )


@pytest.mark.parametrize("phrase, value", BY_HAND)
def test_values_by_hand(phrase, value):
    """Of the changes: 600 - 101 + 11 = 510, of 19 numbers; of the groups: 720 + 1260, of 30."""
    for text in (f"Find {phrase}.{END}", f"What is {phrase}?{END}".replace("$", "")):
        assert FAMILY.evaluate(text) == value
        assert FAMILY.answer(FAMILY.read(text)) == str(value)


def test_a_difference_by_hand():
    a, b, c = BY_HAND[4][0], BY_HAND[0][0], BY_HAND[1][0]
    text = f"Let A be {a}; let B be {b}; let C be {c}. Find A - B + C.".replace("$", "") + END
    assert FAMILY.evaluate(text) == Fraction(-17, 3)
    form = FAMILY.read(text)
    assert FAMILY.answer(form) == "-17/3"
    assert FAMILY.solution(form).endswith("-110/3 + (31) = -17/3")


def oracle(phrase):
    """The quantity of a plain phrase, worked out from its numbers and nothing else."""
    numbers = [Fraction(number) for number in re.findall("[0-9]+", phrase)]
    if phrase.startswith("the range"):
        return max(numbers) - min(numbers)
    if phrase.startswith("the median"):
        while len(numbers) > 2:
            numbers.remove(max(numbers))
            numbers.remove(min(numbers))
        return sum(numbers) / len(numbers)
    if phrase.startswith("the sum"):
        return sum(numbers)
    if phrase.startswith("the last"):
        count, mean, *known = numbers
        return mean - sum(number - mean for number in known) * (len(known) + 1 == count)
    if phrase.startswith("the joint"):
        pairs = list(zip(numbers[1::2], numbers[2::2], strict=True))
        return sum(size * mean for size, mean in pairs) / sum(size for size, _ in pairs)
    if "which had" in phrase:
        count, total = numbers[0], numbers[0] * numbers[1]
        for verb, listed in re.findall("(taking out|putting in) ([0-9, ]*[0-9])", phrase):
            for number in map(int, listed.split(", ")):
                sign = 1 if verb == "putting in" else -1
                count, total = count + sign, total + sign * number
        return total / count
    return sum(numbers) / len(numbers)


def test_answers_are_those_of_plain_work():
    for tier in range(1, 21):
        for index in range(30):
            item = made(tier, index, "plain")
            text = item.problem.removesuffix(END).removesuffix(family.PRECISION[1])
            named = dict(re.findall(r"([A-Z]) be (the .*?)(?:;|\. )", text))
            asked = re.search(r"(?:What is|Find|Calculate|Determine) (.*)[?.]", text)[1]
            value = oracle(asked) if not named else Fraction(0)
            for sign, name in re.findall(r"([-+]) ([A-Z])", f"+ {asked}" if named else ""):
                value += oracle(named[name]) * (1 if sign == "+" else -1)
            assert Fraction(item.answer) == value


@pytest.mark.parametrize(
    "asked",
    [
        "the range of 3, 4",
        "the mean of 3, 4, $5$",
        "the mean of 3, 4, x",
        "the last of 5 numbers with mean 20, the others being 31, 90",
        "the mean of 3 numbers, which had mean 30, after taking out 40, 61, 7",
        "the mean of 20 numbers, which had mean 30, after ",
        "the mean of 20 numbers, which had mean 30, after taking out 40putting in 3",
        "the joint mean of 2 groups, one of 0 numbers with mean 60 and one of 0 numbers with mean 7",
        "the joint mean of 3 groups, one of 5 numbers with mean 60 and one of 8 numbers with mean 7",
    ],
)
def test_other_texts_are_refused(asked):
    for text in (
        f"Find {asked}.{END}",
        f"Let A be the sum of 31, 90, 15; let B be {asked}. Find A - B.{END}",
    ):
        with pytest.raises(ValueError):
            FAMILY.evaluate(text)


def test_a_sum_of_what_was_not_named_is_refused():
    for asked in ("A - A", "B - A", "A", "A - B + C", "A * B"):
        with pytest.raises(ValueError):
            FAMILY.read(
                f"Let A be the sum of 31, 90, 15; let B be the sum of 3, 4, 5. Find {asked}.{END}"
            )


def test_what_commutes_has_one_canonical_form_and_what_is_near_has_another():
    def name(text):
        return FAMILY.canonical(FAMILY.read(text.replace("$", "") + END))

    first, second, third = BY_HAND[7][0], BY_HAND[8][0], BY_HAND[5][0]
    one = name(f"Let A be {first}; let B be {second}; let C be {third}. Find A - B + C.")
    turned = first.replace("40, 61", "61, 40")
    swapped = second.replace("12", "x").replace("18", "12").replace("x", "18")
    groups = swapped.replace("60", "x").replace("70", "60").replace("x", "70")
    others = third.replace("31, 90", "90, 31")
    assert one == name(f"Let P be {others}; let Q be {groups}; let R be {turned}. Find P - Q + R.")
    near = [
        (first, second, third, "A + B - C"),
        (first, swapped, third, "A - B + C"),
        (
            first.replace("out $40", "out $11").replace("in $11", "in $40"),
            second,
            third,
            "A - B + C",
        ),
        (first, second, third.replace("20", "31").replace("$31, 90", "$20, 90"), "A - B + C"),
    ]
    for a, b, c, asked in near:
        assert one != name(f"Let A be {a}; let B be {b}; let C be {c}. Find {asked}.")
    assert name("Find the mean of 3, 4, 5.") != name("Find the sum of 3, 4, 5.")


@pytest.fixture
def small(monkeypatch):
    """Numbers, sizes and groups of two values each, and few kinds."""
    kinds = (
        StatisticKind("range", 2, 1),
        StatisticKind("median", 3, 1),
        StatisticKind("missing", 3, 3),
        StatisticKind("changed", 2, 3),
        StatisticKind("joined", 2, 3),
    )
    values = {"KINDS": kinds, "BY_STEPS": {1: kinds[:2], 3: kinds[2:]}}
    values |= {"NUMBERS": range(10, 12), "SIZES": range(15, 17), "GROUPS": range(2, 4)}
    for name, value in values.items():
        monkeypatch.setattr(list_statistic, name, value)
    cached = (list_statistic.draw_bits, family._sequences, family._sequence_bits)
    for function in cached:
        function.cache_clear()
    yield kinds
    for function in cached:
        function.cache_clear()


def quantities_of(kind):
    """Every draw of an unsigned quantity, with its probability."""
    name, size, _ = kind
    numbers = (10, 11)
    if name == "missing":
        return [((m,), ((a, b),), 1 / 8) for m, a, b in product(numbers, repeat=3)]
    if name == "changed":
        return [
            ((n, m), (drawn[:out], drawn[out:]), 1 / 3 / 16)
            for n, m, out in product((15, 16), numbers, range(size + 1))
            for drawn in product(numbers, repeat=size)
        ]
    if name == "joined":
        pairs = list(product((2, 3), numbers))
        return [((), drawn, 1 / 16) for drawn in product(pairs, repeat=2)]
    return [((), (drawn,), 1 / 2**size) for drawn in product(numbers, repeat=size)]


def enumerated(tier, kinds):
    """The exact probability of every canonical form, and one form of each."""
    weights = range(1, tier + 2)
    sequences = [
        steps
        for size in weights
        for steps in product((1, 3), repeat=size)
        if sum(steps) + size == tier + 1
    ]
    single = {}
    for steps in (1, 3):
        drawn = Counter()
        among = [kind for kind in kinds if kind.steps == steps]
        for kind in among:
            for given, lists, probability in quantities_of(kind):
                sorts = (
                    tuple(sorted(lists))
                    if kind.name == "joined"
                    else tuple(tuple(sorted(numbers)) for numbers in lists)
                )
                drawn[kind, given, sorts] += probability / len(among)
        single[steps] = drawn
    forms = Counter()
    for sequence in sequences:
        for chosen in product(*(single[steps].items() for steps in sequence)):
            probability = 1 / len(sequences) / 2 ** (len(chosen) - 1)
            for _, each in chosen:
                probability *= each
            for signs in product((1, -1), repeat=len(chosen) - 1):
                terms = Counter(
                    (sign, *drawn) for sign, (drawn, _) in zip((1, *signs), chosen, strict=True)
                )
                forms[frozenset(terms.items())] += probability
    return forms


@pytest.mark.parametrize("tier", [1, 3, 5])
def test_bits_and_space_are_those_of_an_enumeration(small, tier):
    forms = enumerated(tier, small)
    assert sum(forms.values()) == pytest.approx(1)
    assert FAMILY.space(tier) == len(forms)
    for form, probability in forms.items():
        terms = tuple(Quantity(*term) for term, count in form for _ in range(count))
        assert FAMILY.bits(terms) == pytest.approx(-log2(probability))
    assert FAMILY.min_bits(tier) <= -log2(max(forms.values())) + 1e-9


def test_a_small_draw_is_the_one_enumerated(small):
    """Chi-square of all forms at tier 3."""
    forms = enumerated(3, small)
    drawn = Counter()
    for index in range(10_000):
        item = FAMILY.make(digest("small", index, length=FAMILY.random_bytes), 3)
        drawn[frozenset(Counter(map(tuple, map(list_statistic.ordered, item.form))).items())] += 1
    assert set(drawn) <= set(forms)
    chi = sum((drawn[form] - 10_000 * p) ** 2 / (10_000 * p) for form, p in forms.items())
    assert chi < len(forms) + 5 * (2 * len(forms)) ** 0.5


def test_the_likeliest_form_of_a_tier_has_the_least_bits():
    """At tier 2, three different numbers to be summed: one kind of three, 6 orders of 4990^3."""
    assert FAMILY.min_bits(2) == pytest.approx(log2(3 * 4990**3 / factorial(3)))
    form = (Quantity(1, StatisticKind("sum", 3, 2), (), ((10, 20, 30),)),)
    assert FAMILY.bits(form) == pytest.approx(FAMILY.min_bits(2))
    assert FAMILY.part_bits(form) == pytest.approx(2 * log2(4990) - 1)


def test_random_words_suffice_for_the_longest_items():
    """Nine medians of seven numbers and one of six, with kind and sign of each and the surface."""
    most = 9 * ((4990**7 - 1).bit_length() + 3) + (4990**6).bit_length() + 3
    most += (len(family._sequences(20)) - 1).bit_length() + 4
    assert most <= FAMILY.random_bytes * 4


def test_an_item_stays_what_it_was():
    """A change here is a new version of the family."""
    assert made(5, 0).problem == (
        "Let $A$ be the median of $777, 4999, 4796, 2778, 1829$; let $B$ be the range of "
        "$2376, 2256, 3601, 1818, 1442, 4540$; let $C$ be the range of $1776, 2827, 1341, "
        "4371, 3224$. Determine $A - B + C$. Give the exact value, as a fraction in lowest "
        "terms if it is not a whole number."
    )
    assert made(5, 0).answer == "2710"
