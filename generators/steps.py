"""Tiers as people write them: `5` or `5-10`."""

from __future__ import annotations

import re

from clean_bench.errors import UserError


def parse_steps(text: str, tiers: range, source: str = "--steps") -> tuple[int, int]:
    """The lowest and highest tier.

    Raises:
        UserError: naming `source`, if it is neither form or not within the family's tiers.
    """
    match = re.fullmatch(r"([0-9]{1,6})(?:-([0-9]{1,6}))?", text.strip())
    low, high = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if low not in tiers or high not in tiers or low > high:
        raise UserError(
            f"{source} {text}: give a number of steps from {tiers[0]} to {tiers[-1]}, or a range "
            f"such as {tiers[0]}-{tiers[-1]}"
        )
    return low, high
