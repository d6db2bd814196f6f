"""The family `counting`, against hand work, lists of all ways, and enumerations."""

import re
from collections import Counter
from fractions import Fraction
from itertools import combinations, permutations, product
from math import comb, log2

import pytest

from clean_bench.seeds import digest
from generators.families.combinatorics.counting import counting_stage, family
from generators.families.combinatorics.counting.family import Counting, CountingProblem

FAMILY = Counting()
TEAM = "pick a team of $2$ from a squad of $12$ players"
PICTURES = "hang $2$ of $10$ different pictures side by side in a row"
PARCELS = "send each of $2$ different parcels to any one of $11$ towns"
CAPTAIN = "pick a team of $3$ from a squad of $10$ players and make one of the $3$ its captain"


def made(tier, index, notation=None):
    return FAMILY.make(
        digest("test", tier, index, length=FAMILY.random_bytes), tier, notation=notation
    )


@pytest.mark.parametrize(
    "text, value",
    [
        (f"In how many ways can one {TEAM}?", 66),
        (f"Find the number of ways to {PICTURES} and also {PARCELS}.", 90 * 121),
        (
            f"In how many ways can one do exactly one of the following: (a) {TEAM} and also {TEAM}; "
            f"(b) {CAPTAIN}?",
            66 * 66 + 360,
        ),
        (
            f"All the ways to do exactly one of the following are equally likely: (a) {TEAM}; "
            f"(b) {PICTURES}. Find the probability that (b) is done, as a fraction in lowest terms.",
            Fraction(15, 26),
        ),
    ],
)
def test_values_by_hand(text, value):
    """C(12,2) = 66, 10 * 9 = 90, 11^2 = 121, 120 * 3 = 360; 90/156 = 15/26."""
    for printed in (text, text.replace("$", "")):
        assert FAMILY.evaluate(printed) == value
        assert FAMILY.answer(FAMILY.read(printed)) == str(value)


def listed(kind, n, r):
    """All ways of a task, one by one, straight from its wording."""
    if kind == "choose":
        return combinations(range(n), r)
    if kind == "arrange":
        return permutations(range(n), r)
    if kind == "assign":
        return product(range(n), repeat=r)
    if kind == "lead":
        return ((team, head) for team in combinations(range(n), r) for head in team)
    if kind == "apart":
        return (team for team in combinations(range(n), r) if not {0, n - 1} <= set(team))
    if kind == "barred":
        return (row for row in permutations(range(n), r) if row[0] != 0)
    return (numbers for numbers in product(range(n), repeat=r) if len(set(numbers)) < r)


@pytest.mark.parametrize("kind", counting_stage.KINDS)
def test_the_formula_and_the_recurrences_count_what_a_list_has(kind):
    for r in range(counting_stage.LEAST_R.get(kind, 2), 5):
        for n in (10, 11, 13):
            count = sum(1 for _ in listed(kind, n, r))
            assert counting_stage.ways((kind, n, r)) == count
            assert counting_stage.count_by_recurrence((kind, n, r)) == count
    for n in (10, 57, 999, 9999):
        assert counting_stage.count_by_recurrence((kind, n, 5)) == counting_stage.ways((kind, n, 5))


@pytest.mark.parametrize(
    "text",
    [
        f"In how many ways can one {TEAM.replace('12', '9')}?",
        f"In how many ways can one {TEAM.replace('$2$', '$6$')}?",
        f"In how many ways can one {TEAM.replace('$12$', '12')}?",
        f"In how many ways can one {CAPTAIN.replace('of the $3$', 'of the $2$')}?",
        f"In how many ways can one {TEAM} and {PICTURES}?",
        f"In how many ways can one do exactly one of the following: (a) {TEAM}?",
        f"In how many ways can one do exactly one of the following: (a) {TEAM}; (c) {PICTURES}?",
        f"All the ways to do exactly one of the following are equally likely: (a) {TEAM}; "
        f"(b) {PICTURES}. Find the probability that (c) is done, as a fraction in lowest terms.",
        "All the ways to do exactly one of the following are equally likely: ",
    ],
)
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError):
        FAMILY.evaluate(text)


def test_every_phrase_is_read_in_both_notations():
    for kind, phrases in counting_stage.PHRASES.items():
        assert len(phrases) == len(counting_stage.PHRASES[kind])
        for variant in range(len(counting_stage.PHRASES[kind])):
            for n, r in ((10, 3), (1111, 5), (9999, 4)):
                plain = counting_stage.to_text((kind, n, r), variant, "")
                latex = counting_stage.to_text((kind, n, r), variant, "$")
                assert latex.replace("$", "") == plain
                assert not re.search("[0-9]", "".join(latex.split("$")[::2]))
                assert counting_stage.read(plain) == (kind, n, r)


def test_what_commutes_has_one_canonical_form_and_what_is_near_has_another():
    def name(asked, *groups):
        lettered = "; ".join(f"({x}) {group}" for x, group in zip("abc", groups, strict=False))
        before, after = family.CHANCE[0]
        if asked is None:
            return FAMILY.canonical(
                FAMILY.read(f"{family.NUMBER[1][0]}{family.SEVERAL}{lettered}.")
            )
        return FAMILY.canonical(FAMILY.read(before + lettered + after.replace("*", asked)))

    both, turned = f"{TEAM} and also {PARCELS}", f"{PARCELS} and also {TEAM}"
    book = "choose 2 books from a box of 12 different books, in no particular order"
    worded = both.replace("$", "").replace(TEAM.replace("$", ""), book)
    assert (
        name(None, both, CAPTAIN)
        == name(None, CAPTAIN, turned)
        == name(None, worded, CAPTAIN.replace("$", ""))
    )
    assert name("a", both, CAPTAIN) == name("b", CAPTAIN, turned)
    different = [
        name(None, both, CAPTAIN),
        name("a", both, CAPTAIN),
        name("b", both, CAPTAIN),
        name(None, TEAM, PARCELS, CAPTAIN),
        name(None, both, CAPTAIN.replace("10", "11")),
        name(None, both.replace("12", "11").replace("of $11$ towns", "of $12$ towns"), CAPTAIN),
    ]
    assert len(set(different)) == len(different)


@pytest.fixture
def small(monkeypatch):
    """One kind for each number of steps, and n of 10 or 11 where r is 2."""
    monkeypatch.setattr(counting_stage, "KINDS", {"choose": 1, "lead": 2, "barred": 3})
    monkeypatch.setattr(counting_stage, "MOST_R", 2)
    monkeypatch.setattr(counting_stage, "MOST_N", {1: 11, 2: 11, 3: 11})
    monkeypatch.setattr(family, "LARGEST_GROUP", 2)
    cached = [
        counting_stage._blocks,
        family._sequences,
        family._groupings,
        family._shape_bits,
        family._stage_bits,
        family._multisets_of_groups,
        family._least_bits,
    ]
    for function in cached:
        function.cache_clear()
    yield
    for function in cached:
        function.cache_clear()


def enumerated(tier):
    """The exact probability of every canonical form, by listing all that a draw can be."""
    kinds = {1: "choose", 2: "lead", 3: "barred"}
    forms = Counter()
    modes = ["number", "chance"] if tier >= 4 else ["number"]
    for mode in modes:
        weight, least = (tier, 2) if mode == "chance" else (tier + 1, 1)
        sequences = [
            steps
            for count in range(least, weight)
            for steps in product(kinds, repeat=count)
            if sum(steps) + count == weight
        ]
        for steps in sequences:
            groupings = [
                sizes
                for count in range(least, len(steps) + 1)
                for sizes in product((1, 2), repeat=count)
                if sum(sizes) == len(steps)
            ]
            for sizes in groupings:
                for chosen in product((10, 11), repeat=len(steps)):
                    left = iter(zip(steps, chosen, strict=True))
                    drawn = [
                        tuple(
                            sorted(
                                (kinds[step], n, 2) for step, n in (next(left) for _ in range(size))
                            )
                        )
                        for size in sizes
                    ]
                    each = 1 / len(modes) / len(sequences) / len(groupings) / 2 ** len(steps)
                    for asked in [None] if mode == "number" else drawn:
                        key = (asked, frozenset(Counter(drawn).items()))
                        forms[key] += each / (1 if mode == "number" else len(drawn))
    return forms


@pytest.mark.parametrize("tier", [1, 2, 3, 4, 5, 6, 7])
def test_bits_and_space_are_those_of_an_enumeration(small, tier):
    forms = enumerated(tier)
    assert sum(forms.values()) == pytest.approx(1)
    assert FAMILY.space(tier) == len(forms)
    for (asked, counts), probability in forms.items():
        groups = tuple(group for group, count in counts for _ in range(count))
        form = CountingProblem(groups, None if asked is None else groups.index(asked))
        assert FAMILY.bits(form) == pytest.approx(-log2(probability))
    assert FAMILY.min_bits(tier) <= -log2(max(forms.values())) + 1e-9


def test_a_small_draw_is_the_one_enumerated(small):
    """Chi-square of all forms at tier 5."""
    forms, drawn = enumerated(5), Counter()
    for index in range(10_000):
        groups, asked = FAMILY.make(digest("small", index, length=FAMILY.random_bytes), 5).form
        groups = [tuple(sorted(group)) for group in groups]
        drawn[None if asked is None else groups[asked], frozenset(Counter(groups).items())] += 1
    assert set(drawn) <= set(forms)
    chi = sum((drawn[form] - 10_000 * p) ** 2 / (10_000 * p) for form, p in forms.items())
    assert chi < len(forms) + 5 * (2 * len(forms)) ** 0.5


def test_stages_are_numbered_through_and_bounded():
    """The ends of every block: n runs from 10 as far as the bound on the ways lets it."""
    for steps, size in product((1, 2, 3), (1, 2, 3)):
        count = counting_stage.how_many(steps, size)
        found = {counting_stage.unrank(index, steps, size) for index in range(count)}
        assert len(found) == count
        for kind, n, r in found:
            assert counting_stage.KINDS[kind] == steps
            assert counting_stage.ways((kind, n, r)) <= 10 ** (18 // size)
            over = (
                counting_stage.ways((kind, n + 1, r)) > 10 ** (18 // size)
                or n == counting_stage.MOST_N[size]
            )
            assert over or (kind, n + 1, r) in found


def test_the_first_tier_is_as_likely_throughout():
    """Choices, arrangements and assignments of 2, 3 or 4 of 10..9,999, and of 5 as far as 10^18."""
    fives = [
        sum(f(n) <= 10**18 for n in range(10, 10_000))
        for f in (
            lambda n: comb(n, 5),
            lambda n: n * (n - 1) * (n - 2) * (n - 3) * (n - 4),
            lambda n: n**5,
        )
    ]
    assert FAMILY.space(1) == 9 * 9990 + sum(fives)
    assert FAMILY.min_bits(1) == pytest.approx(log2(FAMILY.space(1)))


def test_an_item_stays_what_it_was():
    """A change here is a new version of the family."""
    assert made(5, 0).problem == (
        "Find the number of ways to do exactly one of the following: (a) let each of $2$ "
        "players write down a whole number from $1$ to $2054$, with repetitions allowed; (b) "
        "let each of $4$ players write down a whole number from $1$ to $2293$, with "
        "repetitions allowed; (c) draw $4$ balls one after another, without putting any back,"
        " from an urn with $497$ numbered balls, noting the order."
    )
    assert made(5, 0).answer == "27705259905077"
