r"""`random-calculation` in both flavors, against texts alone as Python parses them."""

import re
import struct
from collections import Counter, defaultdict
from fractions import Fraction
from itertools import product
from math import comb, factorial, log2, sqrt

import pytest
from calculation_texts import (
    AROUND,
    FAMILY,
    PAPER,
    SENTENCE,
    all_texts,
    count,
    expression,
    form_of,
    is_finite,
    item,
    items,
    names,
    node_of,
    operations,
    published,
    python,
    small,
    tiny,
    worth,
)

from generators.families.arithmetic.random_calculation.family import (
    _ACCEPTED,
    _ACCEPTED_PAPER,
    DIGITS,
    PROMPT,
)

BOTH = [FAMILY, PAPER]


def every_item(family, steps):
    """The items of equally likely words: each operand, and numbers below 16 for the nodes.

    A node of one or two operators has 8 choices and one of three has 16.
    """
    size = len(family.grammar.pool)
    nodes = [range(16 if steps > 2 else 8), *[range(8)] * (steps - 1)]
    for numbers in product(*[range(size)] * (steps + 1), *nodes):
        words = struct.pack(f"<{2 * steps + 1}Q", *numbers)
        yield family.make(words.ljust(family.random_bytes, b"\0"), steps)


@pytest.mark.parametrize("groups", [True, False])
@pytest.mark.parametrize(("steps", "size"), [(1, 4), (2, 3), (3, 2)])
def test_items_have_the_published_distribution(steps, size, groups):
    """And no item has more bits than its form, where rejection is counted exactly."""
    chances = {
        text: chance
        for text, chance in published(steps, small(size, groups)).items()
        if is_finite(python(text))
    }
    accepted = sum(chances.values())
    family = tiny(size, groups, float(accepted))
    drawn = list(every_item(family, steps))
    texts = Counter(expression(family, found.problem) for found in drawn if found)
    assert {text: Fraction(times, len(drawn)) for text, times in texts.items()} == chances
    forms = {text: form_of(python(text)) for text in chances}
    of_form = defaultdict(Fraction)
    for text, chance in chances.items():
        of_form[forms[text]] += chance / accepted
    least = {form: -log2(chance) for form, chance in of_form.items()}
    assert min(least.values()) >= family.min_bits(steps) - 1e-9
    for problem, bits in {found[0]: found[2] for found in drawn if found}.items():
        exact = least[forms[expression(family, problem)]]
        assert bits <= exact + 1e-9
        assert steps > 1 or bits == pytest.approx(exact)


def test_the_pools():
    paper = [operand.latex for operand in PAPER.grammar.pool]
    integers = [str(i) for i in range(100)]
    fractions = [rf"\frac{{{i}}}{{{d}}}" for i in range(1, 100) for d in range(2, 10)]
    powers = [f"{i}^{n}" for i in range(2, 100) for n in (2, 3)]
    assert sorted(paper) == sorted(integers + fractions + powers)
    assert len(paper) == 1088
    assert all(operand.value == worth(python(operand.latex)) for operand in PAPER.grammar.pool)
    pool = [operand.latex for operand in FAMILY.grammar.pool]
    lowest = [text for text in fractions if (v := worth(python(text))).denominator == int(text[-2])
              and v.numerator == int(text[6:-4])]  # fmt: skip
    powers = [text for text in powers if text[-1] == "2" or int(text[:-2]) <= 30]
    assert sorted(pool) == sorted([*map(str, range(1, 1000)), *lowest, *powers])
    assert len(set(pool)) == len(pool) == 1606
    for operand in FAMILY.grammar.pool:
        assert (
            worth(python(operand.latex)) == worth(python(operand.plain, "plain")) == operand.value
        )


def test_the_sentences():
    assert PROMPT == SENTENCE
    for notation in ("latex", "plain"):
        assert expression(FAMILY, item(FAMILY, 3, 0, notation=notation).problem, notation)


@pytest.mark.parametrize("tier", [1, 2, 3, 5, 8, 13, 20])
@pytest.mark.parametrize("family", BOTH)
def test_every_item_is_exact_and_well_formed(family, tier):
    made = items(family, tier, 25)
    assert len(made) > 20
    for found in made:
        node = node_of(family, found.problem)
        value = worth(node)
        assert found.answer == str(value)
        assert FAMILY is not family or max(abs(value.numerator), value.denominator) < 10**DIGITS
        assert family.evaluate(found.problem) == value
        assert len(operations(node)) == tier
        assert worth(python(family.canonical(found.form))) == value
        assert form_of(python(family.canonical(found.form))) == form_of(node)
        assert family.canonical(family.read(found.problem)) == family.canonical(found.form)
        solution = family.solution(found.form)
        assert solution.count(" = ") == tier
        assert solution.endswith(f"= {found.answer}")
        part_bits = family.part_bits(found.form)
        assert family.details(found.form) == (family.canonical(found.form), solution, part_bits)
        assert found.bits >= family.min_bits(tier) - 1e-9
        assert 0 <= part_bits < found.bits
        assert (part_bits == 0) == (tier == 1)
        parts = Counter((len(operations(part)), form_of(part)) for part in operations(node))
        told = ((steps, form_of(python(text))) for steps, text in family.parts(found.form))
        assert Counter(told) == parts


@pytest.mark.parametrize("tier", [1, 2, 4, 7, 12, 20])
def test_plain_and_latex_say_the_same(tier):
    for number in range(30):
        latex = item(FAMILY, tier, number, notation="latex")
        plain = item(FAMILY, tier, number, notation="plain")
        assert (latex is None) == (plain is None)
        if latex:
            assert plain[1:] == latex[1:]
            assert plain.problem.isascii()
            assert not set("$\\{}") & set(plain.problem)
            node = node_of(FAMILY, plain.problem, "plain")
            assert form_of(node) == form_of(node_of(FAMILY, latex.problem))
            assert names(node) == names(node_of(FAMILY, latex.problem))
            assert FAMILY.evaluate(plain.problem) == worth(node)
            assert FAMILY.body(plain.problem) == expression(FAMILY, plain.problem, "plain")


@pytest.mark.parametrize(("size", "numbers"), [(None, 60), (8, 40)])
def test_the_fast_path_says_what_the_readable_one_says(size, numbers):
    family = tiny(size, True) if size else FAMILY
    repeated = 0
    for tier in family.tiers:
        for number in range(numbers):
            for found in filter(None, [item(family, tier, number, notation="latex")]):
                assert found.problem == family.render(found.form, "latex")
                assert found.answer == family.answer(found.form)
                assert found.bits == pytest.approx(family.bits(found.form), abs=1e-9)
                operands = names(node_of(family, found.problem))
                repeated += len(set(operands)) < len(operands)
    assert repeated > (600 if size else 15)


@pytest.mark.parametrize("steps", [1, 3, 5, 8, 20])
@pytest.mark.parametrize("family", BOTH)
def test_bits_follow_from_a_count_of_the_texts(family, steps):
    """Texts are listed where they are few, and counted by a formula of the test's own elsewhere."""
    size = len(family.grammar.pool)
    accepted = (_ACCEPTED_PAPER if family is PAPER else _ACCEPTED)[steps]
    for found in items(family, steps, 50 if steps < 20 else 25):
        form = form_of(node_of(family, found.problem))
        texts = count(form)
        if texts <= 300 and steps <= 8:
            assert texts == len(all_texts(form))
        by_hand = (steps + 1) * log2(size) + steps * log2(4) - log2(texts) + log2(accepted)
        assert found.bits == pytest.approx(by_hand, abs=1e-9)


@pytest.mark.parametrize(("steps", "size"), [(1, 3), (2, 3), (5, 1), (6, 1)])
def test_two_draws_meet_no_more_often_than_their_bits_say(steps, size):
    """With P(form) <= 2^-bits, two draws are equal with probability at most E[2^-bits]."""
    family = tiny(size, True)
    tries = 3000
    made = items(family, steps, tries)
    accepted = len(made) / tries
    forms = Counter(form_of(node_of(family, found.problem)) for found in made)
    pairs = len(made) * (len(made) - 1) / 2
    met = sum(times * (times - 1) / 2 for times in forms.values())
    expected = pairs * sum(2**-found.bits for found in made) / len(made) / accepted
    assert met <= expected * 1.05 + 6 * sqrt(expected)
    if steps == 1:
        assert met == pytest.approx(expected, rel=0.05)


# What is known of a tier.


def test_bits_by_hand_at_five_steps():
    """The likeliest form is a sum of six different operands: 720 orders of 1606^-6 4^-5.

    So every item of five steps has 60 bits, also in a half, and not every item of four steps has.
    """
    likeliest = 6 * log2(1606) + 10 - log2(720)
    assert FAMILY.min_bits(5) == pytest.approx(likeliest + log2(0.99))
    assert FAMILY.min_bits(5) - FAMILY.most_split_bits(5) >= 60 > FAMILY.min_bits(4)
    sum_of_six = "1 + 2 + 3 + 4 + 5 + 6".join(AROUND["plain"])
    assert FAMILY.bits(FAMILY.read(sum_of_six)) == pytest.approx(FAMILY.min_bits(5))
    assert PAPER.min_bits(5) == pytest.approx(6 * log2(1088) + 10 - log2(factorial(6)) + log2(0.95))


@pytest.mark.parametrize(("family", "size", "zeros"), [(FAMILY, 1606, 0), (PAPER, 1088, 1)])
def test_the_space_of_one_step_by_hand(family, size, zeros):
    unordered = size * (size + 1) // 2
    assert family.space(1) == unordered + size**2 + unordered + size * (size - zeros)
    assert family.space(2) is None
    assert family.most(1) >= family.space(1)
    assert max(operand.value for operand in FAMILY.grammar.pool) ** 2 < 10**DIGITS


@pytest.mark.parametrize(("family", "tries"), [(FAMILY, 1000), (PAPER, 200)])
@pytest.mark.parametrize("tier", [1, 5, 15, 16, 20])
def test_at_least_the_stated_share_is_accepted(family, tries, tier):
    stated = _ACCEPTED_PAPER if family is PAPER else _ACCEPTED
    assert family.accepted == stated
    assert len(items(family, tier, tries)) / tries >= stated[tier]
    # In a half, what has two operands of one couple is rejected as well.
    twice = comb(tier + 1, 2) / (len(family.grammar.pool) / 2)
    assert len(items(family, tier, 400, "eval")) / 400 >= stated[tier] - twice
    lost = family.most_split_bits(tier) - max(1, tier - 2)
    assert lost == pytest.approx(-log2((stated[tier] - twice) / stated[tier]))


def test_long_answers_are_rejected_by_the_default_flavor_alone():
    def longest(family):
        answers = [found.answer for found in items(family, 20, 150)]
        return max(len(part.lstrip("-")) for text in answers for part in text.split("/"))

    assert longest(FAMILY) == DIGITS < longest(PAPER)


def test_divisions_by_zero_are_dropped():
    """`5/0`: operand 0 of the paper is `0`, and the fourth operator is the quotient."""
    for divisor, wanted in ((0, None), (1, "5/1")):
        words = struct.pack("<3Q", 5, divisor, 3).ljust(PAPER.random_bytes, b"\0")
        made = PAPER.make(words, 1)
        assert (made and expression(PAPER, made.problem)) == wanted


# By hand.

EXAMPLE = r"(12 + 5) \times 7 - 3 \div 4 + 9^2"


def test_a_worked_example_by_hand():
    tree = FAMILY.read(EXAMPLE.join(AROUND["latex"]))
    assert FAMILY.solution(tree) == (
        "12+5 = 17, 17*7 = 119, 3/4 = 3/4, 119-(3/4) = 473/4, (473/4)+9^2 = 797/4"
    )
    assert FAMILY.answer(tree) == "797/4"
    assert FAMILY.render(tree, "plain") == "(12 + 5) * 7 - 3 / 4 + 9^2".join(AROUND["plain"])
    texts, part_texts = (
        16,
        4,
    )  # twice for 12+5, twice for the product, four orders of the sum or one
    assert FAMILY.bits(tree) == pytest.approx(6 * log2(1606) + 10 - log2(texts) + log2(0.99))
    assert FAMILY.part_bits(tree) == pytest.approx(
        5 * log2(1606) + 8 - log2(part_texts) + log2(0.99)
    )


def test_a_subtracted_sum_by_hand():
    mended, printed = "20 - (3 + 4)".join(AROUND["plain"]), SENTENCE + "20-3+4"
    assert FAMILY.answer(FAMILY.read(mended)) == "13"
    assert PAPER.answer(PAPER.read(printed)) == "21"
    numbers = {o.latex: i for i, o in enumerate(PAPER.grammar.pool)}
    tree = ("-", numbers["20"], ("+", numbers["3"], numbers["4"]))
    assert PAPER.render(tree, "latex") == printed
    assert PAPER.answer(tree) == "21"
    assert PAPER.canonical(tree) == PAPER.canonical(PAPER.read(SENTENCE + "4+20-3"))


@pytest.mark.parametrize("family", BOTH)
def test_forms_are_equal_up_to_commutation_alone(family):
    def canonical(text):
        text = re.sub(r"\s", "", text) if family is PAPER else text
        around = (SENTENCE, "") if family is PAPER else AROUND["plain"]
        return family.canonical(family.read(text.join(around)))

    same = ["(2 + 3) * 4 - 5 / 6", "4 * (3 + 2) - 5 / 6"]
    other = ["4 * (3 + 2) - 6 / 5", "4 * (3 - 2) - 5 / 6", "5 / 6 - 4 * (3 + 2)", "4 * 3 - 5 / 6"]
    assert len(set(map(canonical, same))) == 1
    assert len({*map(canonical, same + other)}) == 5


@pytest.mark.parametrize("family", BOTH)
def test_other_texts_are_refused(family):
    before, after = (SENTENCE, "") if family is PAPER else AROUND["latex"]
    found = expression(family, item(family, 3, 1).problem)
    whole = before + found + after
    for text in ["", before, before + after, found, " " + whole, before + found + "$" + after,
                 before + "7 +" + after, before + "7 + " * 2000 + "8" + after]:  # fmt: skip
        with pytest.raises(ValueError):
            family.read(text)
        with pytest.raises(ValueError):
            family.evaluate(text)
    for text in (before + "7" + after, whole + " ", before + " + ".join("7" * 22) + after):
        with pytest.raises(ValueError):
            family.read(text)


PINNED = [
    (FAMILY, 1, "all", r"85 \times 14^2"),
    (FAMILY, 3, "all", r"498 \div \frac{43}{9} - 139 \times 165"),
    (FAMILY, 4, "train", r"((943 - 434) \div (\frac{38}{5} + 965)) \div \frac{73}{8}"),
    (FAMILY, 4, "eval", r"((943 - 13) \div (\frac{38}{5} + 965)) \div \frac{73}{8}"),
    (PAPER, 1, "all", r"\frac{39}{4}*\frac{6}{2}"),
    (PAPER, 3, "all", r"\frac{90}{6}/37-86^2*\frac{69}{6}"),
    (PAPER, 5, "eval", r"\frac{5}{2}+\frac{52}{7}-\frac{38}{4}+(49-\frac{73}{7})*37^2"),
]


def test_the_items_of_this_version():
    """A change here is a new version of the family: published sets must stay what they were."""
    assert (FAMILY.name, FAMILY.version) == ("random-calculation", 2)
    assert (PAPER.name, PAPER.version) == ("random-calculation-paper", 1)
    for family, tier, split, wanted in PINNED:
        assert expression(family, item(family, tier, 0, split).problem) == wanted
