"""The price of points against an independent optimum."""

from __future__ import annotations

import random
from math import ceil

import numpy as np
import pytest
from scipy.optimize import linprog

from generators.competition.counts import bits_of
from generators.competition.price import deviation, price
from generators.competition.registry import template_named


def test_by_hand() -> None:
    # Half of the set has 1,024 computations: 10% of the set is a fifth of them.
    assert price([(10, 0.5), (20, 0.5)], 10) == ceil(1024 / 5)
    # All of the first half is 50 points; 10 more are a fifth of the second.
    assert price([(10, 0.5), (20, 0.5)], 60) == ceil(1024 + 2**20 / 5)


def test_the_deviation_of_one_set_by_hand_and_by_simulation() -> None:
    assert deviation(258) == pytest.approx(7.62, abs=0.01)
    # Groups of which half are all recalled: the gain is above the expectation by more in fewer than 5%.
    gains = np.random.default_rng(1).binomial(258, 0.5, 20_000) / 258
    assert np.mean(100 * (gains - 0.5) > deviation(258)) <= 0.05


def test_questions_to_the_same_numbers_are_one_instance() -> None:
    """The counted numbers of a template, without the choice of what is asked, are at least as many."""
    template = template_named("consecutive-product")
    accepted = [p for p in template.numbers if template.nice(p)]
    numbers = {
        tuple(
            str(v)
            for k, v in template.printed_values(p).items()
            if k in template.printed and k != "ask"
        )
        for p in accepted
    }
    assert template.questions > 1
    assert 2 ** bits_of(template) / template.questions <= len(numbers)
    assert template_named("root-equation").questions == 1


def test_against_a_linear_program() -> None:
    draw = random.Random(5)
    for _ in range(50):
        shares = [draw.random() for _ in range(8)]
        spaces = [(draw.uniform(10, 14), share / sum(shares)) for share in shares]
        points = draw.uniform(1, 50)
        best = linprog(
            [1] * 8,
            A_ub=[[-share / 2**bits for bits, share in spaces]],
            b_ub=[-points / 100],
            bounds=[(0, 2**bits) for bits, _ in spaces],
        )
        assert abs(price(spaces, points) - best.fun) <= 1.01
