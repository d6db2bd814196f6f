"""The price of points against an independent optimum."""

from __future__ import annotations

import random
from math import ceil

from scipy.optimize import linprog

from generators.competition.price import price


def test_by_hand() -> None:
    # Half of the set has 1,024 computations: 10% of the set is a fifth of them.
    assert price([(10, 0.5), (20, 0.5)], 10) == ceil(1024 / 5)
    # All of the first half is 50 points; 10 more are a fifth of the second.
    assert price([(10, 0.5), (20, 0.5)], 60) == ceil(1024 + 2**20 / 5)


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
