"""The halves of `random-calculation`, in both flavors: no larger expression is in both."""

from collections import Counter
from math import sqrt

import pytest
from calculation_texts import (
    FAMILY,
    PAPER,
    form_of,
    items,
    names,
    node_of,
    operations,
    python,
    tiny,
    worth,
)


def ranks_of(grammar):
    """The place of every operand in the shuffle, by its name in Python."""
    return {
        names(python(operand.latex))[0]: rank
        for operand, rank in zip(grammar.pool, grammar.ranks, strict=True)
    }


@pytest.mark.parametrize("tier", [1, 2, 3, 5, 10, 20])
@pytest.mark.parametrize("family", [FAMILY, PAPER])
def test_every_item_of_a_half_is_of_that_half(family, tier):
    ranks = ranks_of(family.grammar)
    for split in ("train", "eval"):
        made = items(family, tier, 100, split)
        assert len(made) >= 40
        for found in made:
            node = node_of(family, found.problem)
            assert found.answer == str(worth(node))
            assert family.split_of(found.form) == split
            assert family.split_bits(found.form) <= family.most_split_bits(tier)
            for part in operations(node):
                if part is node or len(operations(part)) >= 3:
                    first = min(ranks[name] for name in names(part))
                    assert first % 2 == (split == "eval")


@pytest.mark.parametrize("groups", [True, False])
def test_the_halves_share_small_parts_and_operands_alone(groups):
    """With sixteen operands many forms of three operators would be in both halves.

    The operand that comes first of all decides for every item that has it.
    """
    family = tiny(16, groups)
    in_order = sorted(ranks := ranks_of(family.grammar), key=ranks.__getitem__)
    halves = {}
    for split in ("train", "eval"):
        large, little, used = set(), set(), set()
        for tier, numbers in ((3, 3000), (4, 1500), (5, 1500)):
            for found in items(family, tier, numbers, split):
                node = node_of(family, found.problem)
                used.update(names(node))
                for part in operations(node):
                    few = part is not node and len(operations(part)) < 3
                    (little if few else large).add(form_of(part))
        halves[split] = large, little, used
    assert not halves["train"][0] & halves["eval"][0]
    assert min(len(large) for large, _, _ in halves.values()) > 200
    assert len(halves["train"][1] & halves["eval"][1]) > 50
    assert halves["train"][2] == set(in_order) - {in_order[1]}
    assert halves["eval"][2] == set(in_order) - {in_order[0]}


def test_whole_items_of_one_and_two_steps_are_in_one_half():
    family = tiny(16, True)
    forms = {
        split: {
            form_of(node_of(family, found.problem))
            for tier in (1, 2)
            for found in items(family, tier, 600, split)
        }
        for split in ("train", "eval")
    }
    assert not forms["train"] & forms["eval"]
    assert min(map(len, forms.values())) > 80


@pytest.mark.parametrize("split", ["train", "eval"])
def test_the_operands_of_a_half_are_those_of_the_pool(split):
    """Of every couple one is used, and of the couples that rank last both alike."""
    ranks = ranks_of(FAMILY.grammar)
    used = Counter()
    for found in items(FAMILY, 20, 500, split):
        used.update(ranks[name] for name in names(node_of(FAMILY, found.problem)))
    assert {rank // 2 for rank in used} == set(range(803))
    last = [sum(used[rank] for rank in range(1000 + odd, 1606, 2)) for odd in (0, 1)]
    assert abs(last[0] - last[1]) < 4 * sqrt(sum(last))


@pytest.mark.parametrize("tier", [1, 2, 3, 4, 5, 8])
def test_bits_of_a_half_count_the_operands_that_decide(tier):
    """Each could have been its partner before, which makes a text whose operands differ twice as likely.

    The most that there can be occur: a chain of parts, each with a new first operand.
    """
    ranks = ranks_of(FAMILY.grammar)
    most = 0
    for found in items(FAMILY, tier, 300, "train"):
        node = node_of(FAMILY, found.problem)
        if len(set(names(node))) == tier + 1:
            parts = [part for part in operations(node) if part is node or len(operations(part)) > 2]
            deciding = {min(names(part), key=ranks.__getitem__) for part in parts}
            assert len(deciding) <= FAMILY.split_bits(found.form)
            most = max(most, len(deciding))
    assert tier > 5 or most == int(FAMILY.most_split_bits(tier))
