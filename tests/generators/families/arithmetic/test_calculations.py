"""Trees, printed sums and texts of calculations, against texts alone as Python parses them."""

import ast
import re
from collections import Counter, defaultdict
from fractions import Fraction
from itertools import combinations, permutations, product
from math import factorial, log2

import pytest
from calculation_texts import (
    all_texts,
    count,
    form_of,
    is_finite,
    joined,
    names,
    operations,
    published,
    python,
    small,
    worth,
)
from hypothesis import given
from hypothesis import strategies as st

from generators.families.arithmetic.random_calculation.expression_tree import (
    count_forms,
    count_texts,
    flatten,
    half_of,
    operands,
    read_sum,
    steered,
    steps_of,
    subexpressions,
    unflatten,
    written,
)
from generators.families.arithmetic.random_calculation.family import DEFAULT, PAPER, text_bits
from generators.families.arithmetic.random_calculation.find_in_text import parse_tree

SPLITS = ("train", "eval")
CASES = [(1, 3), (2, 3), (3, 2), (4, 1)]


@pytest.mark.parametrize("groups", [True, False])
@pytest.mark.parametrize(("steps", "size"), CASES)
def test_every_text_is_read_as_python_reads_it(steps, size, groups):
    grammar = small(size, groups)
    texts, chances = defaultdict(set), defaultdict(Fraction)
    distribution = published(steps, grammar)
    nodes = {text: python(text) for text in distribution}
    forms = {text: form_of(node) for text, node in nodes.items()}
    for text, chance in distribution.items():
        texts[forms[text]].add(text)
        chances[forms[text]] += chance
    assert sum(chances.values()) == 1
    assert len(texts) == count_forms(steps, size, groups)
    canonical = {}
    for text, node in nodes.items():
        if not is_finite(node):
            continue
        form, terms = forms[text], parse_tree(text, grammar, "latex")
        assert written(terms, grammar, "latex") == text
        reading = read_sum(terms, grammar.pool)
        assert reading.value == worth(node)
        assert reading.steps == steps_of(terms) == steps == len(operations(node))
        assert canonical.setdefault(form, reading.canonical) == reading.canonical
        assert reading.texts == count_texts(terms, grammar.pool) == count(form) == len(texts[form])
        bound, exact = text_bits(steps, reading.texts, size), -log2(chances[form])
        assert bound <= exact + 1e-9
        assert exact - bound <= sum(log2(i + 1) for i in range(2, steps + 1)) + 1e-9
        if steps == 1:
            assert bound == pytest.approx(exact)
    assert len(set(canonical.values())) == len(canonical)


@pytest.mark.parametrize("groups", [True, False])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_forms_are_counted_as_they_are_enumerated(size, groups):
    """Forms from forms, without texts: a sum takes terms one at a time."""
    forms = {0: {f"n{i}" for i in range(size)}}
    for steps in range(1, 5 if size < 3 else 4):
        found = set()
        for j in range(steps):
            for left, right in product(forms[j], forms[steps - 1 - j]):
                found |= {joined("*", left, right), joined("/", left, right)}
                is_sum = right[0] == "sum"
                found |= {joined("+", left, right)} if not is_sum else set()
                found |= {joined("-", left, right)} if groups or not is_sum else set()
        forms[steps] = found
        assert count_forms(steps, size, groups) == len(found)


@pytest.mark.parametrize("groups", [True, False])
def test_parts_are_the_operations_that_python_sees(groups):
    grammar = small(8, groups)

    @given(trees(8))
    def of_tree(tree):
        terms = flatten(tree, groups)
        node = python(written(terms, grammar, "latex"))
        found = [form_of(python(written(part, grammar, "latex"))) for part in subexpressions(terms)]
        assert Counter(found) == Counter(map(form_of, operations(node)))
        assert not found or found[-1] == form_of(node)

    of_tree()


def trees(size):
    leaf = st.integers(0, size - 1)
    return st.recursive(
        leaf, lambda part: st.tuples(st.sampled_from("+-*/"), part, part), max_leaves=21
    )


@pytest.mark.parametrize("grammar", [DEFAULT, PAPER])
def test_what_is_written_is_parsed_again(grammar):
    @given(trees(len(grammar.pool)))
    def of_tree(tree):
        terms = flatten(tree, grammar.groups)
        assert flatten(unflatten(terms), grammar.groups) == terms
        for notation in grammar.signs:
            assert parse_tree(written(terms, grammar, notation), grammar, notation) == terms

    of_tree()


@pytest.mark.parametrize(
    "text",
    ["", " ", "+", "7 +", "+ 7", "-7", "- 7", "7 7", "7+8", "7  + 8", "7 + 8 ", " 7 + 8", "7 * 8",
     r"7 \times 8 \times 9", r"7 \div 8 \times 9", "(7 + 8", "7 + 8)", "()", "(7 + 8)", "7 + (8 + 9)",
     r"7 + (8 \times 9)", r"7 - (8 \times 9)", r"((7 + 8)) \times 9", "7 - ((8 + 9))", "x + 7",
     "0 + 7", "1000 + 7", "07 + 8", "7.0 + 8", "7^1 + 8", "7^23 + 8", "31^3 + 8", "7^ + 8", "7^{2} + 8",
     r"\frac{2}{4} + 7", r"\frac{9}{9} + 7", r"\frac{1}{2 + 7", r"\frac{1}{x} + 7", "(1/2) + 7",
     "٣ + 7", "7 + 8\n", "$7 + 8$", "7" * 5000, "(" * 66 + "7 + 8" + ")" * 66,
     "(" * 100_000, "7 + " * 50_000, r"\frac{" * 50_000],
)  # fmt: skip
def test_what_is_not_printed_is_refused(text):
    with pytest.raises(ValueError):
        parse_tree(text, DEFAULT, "latex")


@pytest.mark.parametrize("text", ["7 - (8 + 9)", "7-(8+9)", "100+7", r"7 \div 8", "0^2+7"])
def test_what_the_paper_does_not_print_is_refused(text):
    with pytest.raises(ValueError):
        parse_tree(text, PAPER, "latex")


def test_the_notations_are_not_mixed():
    for text in (r"7 \times 8", r"\frac{1}{2} + 7", "(2/4) + 7", "1/2 + 7", "(1 / 2) + 7"):
        with pytest.raises(ValueError):
            parse_tree(text, DEFAULT, "plain")
    assert parse_tree("(1/2) / 7", DEFAULT, "plain") == parse_tree(
        r"\frac{1}{2} \div 7", DEFAULT, "latex"
    )


# Halves.


def shapes(steps):
    """Probability and shape, a shape being None for an operand and otherwise a pair."""
    if steps == 0:
        yield Fraction(1), None
    sizes = -(-steps // 2)
    for left in range(steps):
        here = Fraction(1, sizes if 2 * left == steps - 1 else 2 * sizes)
        for (p, a), (q, b) in product(shapes(left), shapes(steps - 1 - left)):
            yield here * p * q, (a, b)


def filled(shape, signs, leaves):
    if shape is None:
        return next(leaves)
    return (next(signs), filled(shape[0], signs, leaves), filled(shape[1], signs, leaves))


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize(
    ("size", "steps", "signs", "repeated"),
    [
        (6, 1, "all", True),
        (4, 2, "all", True),
        (6, 2, "all", False),
        (8, 3, "+++", False),
        (8, 3, "-**", False),
    ],
)
def test_bits_of_a_half_are_a_lower_bound(split, size, steps, signs, repeated):
    """Every draw with these signs, in any order, with its exact probability.

    No form has fewer bits than the bound for the tier or its own says, what is rejected left out: draws
    with two operands of one couple lead to none, which without `repeated` are not even listed.
    """
    grammar = small(size)
    orders = set(product("+-*/", repeat=steps)) if signs == "all" else set(permutations(signs))
    lost = max(1, steps - 2)
    chances, readings = defaultdict(Fraction), {}
    for (p, shape), order in product(list(shapes(steps)), orders):
        for leaves in product(range(size), repeat=steps + 1):
            if not repeated and len({grammar.ranks[leaf] >> 1 for leaf in leaves}) <= steps:
                continue
            tree = steered(filled(shape, iter(order), iter(leaves)), split, grammar)
            if tree is None:
                assert repeated
                continue
            terms = flatten(tree, True)
            try:
                reading = read_sum(terms, grammar.pool)
            except ZeroDivisionError:
                continue
            chances[reading.canonical] += p / 4**steps / size ** (steps + 1)
            readings[reading.canonical] = reading.texts
    least = text_bits(steps, factorial(steps + 1), size) - lost
    for canonical, texts in readings.items():
        exact = -log2(chances[canonical])
        assert least <= exact + 1e-9
        assert text_bits(steps, texts, size) - lost <= exact + 1e-9


def rank_of(grammar):
    """The place of an operand in the shuffle, by its name in Python."""
    return {
        ast.unparse(python(operand.latex)): rank
        for operand, rank in zip(grammar.pool, grammar.ranks, strict=True)
    }


@given(trees(8), st.sampled_from(SPLITS), st.booleans())
def test_steering_exchanges_partners_alone_and_obeys(tree, split, groups):
    grammar = small(8, groups)
    if isinstance(tree, int):
        return
    found = steered(tree, split, grammar)
    couples = [grammar.ranks[operand] >> 1 for operand in operands(flatten(tree, groups))]
    if found is None:
        assert len(set(couples)) < len(couples)
        return
    assert len(set(couples)) == len(couples)
    assert steered(found, split, grammar) == found
    before, after = flatten(tree, groups), flatten(found, groups)
    for old, new in zip(operands(before), operands(after), strict=True):
        assert grammar.ranks[old] >> 1 == grammar.ranks[new] >> 1
    assert re.sub(r"\d+", "", str(before)) == re.sub(r"\d+", "", str(after))
    node, ranks = python(written(after, grammar, "latex")), rank_of(grammar)
    for part in operations(node):
        if part is node or len(operations(part)) >= 3:
            assert min(ranks[name] for name in names(part)) % 2 == (split == "eval")
    assert half_of(after, grammar) == split


def test_a_choice_of_the_terms_of_a_sum_is_of_the_half_as_well():
    """However a sum is ordered and wherever it is cut: `b+c+d+e` within `a+b+c+d+e`."""
    grammar = DEFAULT
    for split in SPLITS:
        for start in range(200):
            leaves = [(start * 977 + 613 * place * place) % 1606 for place in range(6)]
            tree = leaves[0]
            for leaf in leaves[1:]:
                tree = ("+", tree, leaf)
            found = steered(tree, split, grammar)
            if found is None:
                continue
            chosen = [grammar.ranks[operand] for operand in operands(flatten(found, True))]
            for size in (4, 5, 6):
                for part in combinations(chosen, size):
                    assert min(part) % 2 == (split == "eval")


def test_the_shuffle_has_every_rank_once():
    for grammar in (DEFAULT, PAPER, small(8)):
        assert sorted(grammar.ranks) == list(range(len(grammar.pool)))
        assert [grammar.ranks[operand] for operand in grammar.by_rank] == sorted(grammar.ranks)
        assert len(grammar.pool) % 2 == 0


@pytest.mark.parametrize(
    ("form", "texts"),
    [
        ("1+2+3", 6),
        ("1-2-3", 2),
        ("1+1-2", 2),
        ("1*2", 2),
        ("1*1", 1),
        ("1/2+1/2", 1),
        ("1*2+2*1", 4),
        ("(1+2)*(1+2)", 4),
        ("1-(2+3)", 2),
        ("(1+2)/(3*4)-5", 4),
    ],
)
def test_the_count_of_texts_by_hand(form, texts):
    """`1*2+2*1` has 1*2+1*2, 1*2+2*1, 2*1+1*2 and 2*1+2*1."""
    node = form_of(ast.parse(form, mode="eval").body)
    assert count(node) == len(all_texts(node)) == texts
