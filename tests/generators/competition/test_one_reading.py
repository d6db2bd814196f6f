"""Problems that could be read in two ways have the same answer in both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from generators.competition.numbers import Parameters
from generators.competition.registry import templates
from generators.competition.template import Item

ITEMS = 300


def read_items(name: str) -> Iterator[tuple[Item, Parameters]]:
    """Items of a template with the values of their texts."""
    template = templates()[name]
    for item in islice(template.examples("readings"), ITEMS):
        yield item, template.read(item.problem)[0]


def test_exchanges_are_whole_even_if_things_cannot_be_divided() -> None:
    for item, q in read_items("exchange-chain"):
        first = 0
        while True:  # buy with ever more of the first thing, in whole exchanges alone
            second = first // q.a * q.b
            if second // q.c * q.d >= q.t:
                break
            first += 1
        assert str(first) == item.answer, item.problem


def test_the_bounds_of_a_sum_of_multiples_do_not_matter() -> None:
    for item, q in read_items("sum-of-multiples"):
        inside = [n for n in range(q.low, q.high + 1) if (n - q.kind) % q.k == 0]
        multiples = [n for n in range(q.low, q.high + 1) if n % q.k == 0]
        assert str(sum(inside)) == item.answer, item.problem
        assert str(sum(n + q.kind for n in multiples)) == item.answer, item.problem


def test_an_operation_on_numerators_is_for_simplified_fractions() -> None:
    for text in templates()["operation-on-fractions"].texts:
        definition = re.sub(r"Write the result .*", "", text)
        assert re.search(r"lowest terms|simplified", definition), text


def test_the_story_of_nearest_solution_asks_for_numbers_of_things_not_amounts_of_money() -> None:
    stories = [t for t in templates()["nearest-solution"].texts if "dollars" in t]
    assert stories
    for text in stories:
        assert "amount" not in text and "the number of <things>" in text
