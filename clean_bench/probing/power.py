"""The power that a null verdict quotes: what a calibration of the checkpoint measured, where it applies.

A calibration (`clean_bench.experiments.calibration.power.power_of`) measured the share of planted
problems that each signal flags, at one prefix and cut, with some signals that decide and a null set of
some size. It holds for a probe of the same prefix, cut and deciding signals with a null set at least as
large.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from clean_bench.probing.flag_counts import FlagCount

UNKNOWN = "the power of this probe on this checkpoint is unknown"


class Power(NamedTuple):
    """The power in words, and whether it is that of a calibration."""

    text: str
    quoted: bool


def power_of_set(
    power: Mapping[str, Any] | None, counts: Sequence[FlagCount], headline: float, protocol: str
) -> Power:
    """The power on one set, by signal, with the intervals of the calibration.

    Args:
        power: the calibration; None without one.
        counts: of the deciding tests on the set, against null sets.
        headline, protocol: prefix and cut of the probe.
    """
    if power is None:
        return Power(UNKNOWN, False)
    if not counts:
        return _unknown("this set was not compared with a null set, as the calibration was")
    if (power.get("prefix"), power.get("cut")) != (headline, protocol):
        return _unknown(
            f"the calibration measured it at the prefix {power.get('prefix')} with the cut "
            f"{power.get('cut')}"
        )
    sizes: Mapping[str, int] = power.get("null_problems", {})
    if {count.test for count in counts} != {*sizes}:
        measured = ", ".join(sizes) or "no signal"
        return _unknown(f"the calibration measured it where {measured} decided")
    if not all(count.calibrated for count in counts):
        return _unknown("the flags are not calibrated")
    able = [count for count in counts if count.can_flag]
    if not able:
        return _unknown("no signal can flag anything with this null set")
    large = [count for count in able if count.null_problems >= sizes[count.test]]
    if not large:
        least = min(sizes[count.test] for count in able)
        most = max(count.null_problems for count in able)
        return _unknown(
            f"the null set of the calibration is larger ({least} problems, here {most})"
        )
    parts = []
    for count in large:
        shares = [
            f"{share:.0%} ({100 * low:.0f} to {100 * high:.0f}) at {dose}"
            for test, dose, share, low, high in power["rows"]
            if test == count.test
        ]
        if shares:
            parts.append(f"{count.test} flags {', '.join(shares)}")
    if not parts:
        return _unknown("the calibration flags with other signals")
    return Power(f"power on this checkpoint by copies: {', '.join(parts)}", True)


def _unknown(reason: str) -> Power:
    return Power(f"{UNKNOWN}: {reason}", False)
