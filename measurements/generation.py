"""Measure how fast problems are generated, beside reasoning-gym's basic_arithmetic in one process.

    make bench-generation

At 1, 5, 10 and 20 steps, batches of both take turns. `basic_arithmetic` has as many terms as our
expressions have operands, and otherwise its defaults. `random-calculation` makes text, bits and exact
answer, each item by its number without its predecessors. The ratio is that of the median rates. An item
of reasoning-gym that takes more than five seconds is cut off, and its time is not counted; an item that
raises is not counted either.

Then every family is measured at 5 steps (or its highest tier below): text, bits and exact answer. The
average is all items over all seconds, with equally many items of each. Writes
`measurements/results/generation.md` and exits with status 1 if a ratio or the average is below its
target (6 at 5 steps, 30 at 20 steps, 50,000 items a second).
"""

from __future__ import annotations

import os
import platform
import signal
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from generators.registry import FAMILIES
from generators.sampler import Sampler
from generators.set_plan import SetPlan, master_seed

RESULT = Path(__file__).parent / "results" / "generation.md"
TARGET_RATIOS = {5: 6.0, 20: 30.0}
TARGET_RATE = 50_000
ROUNDS = 7
SECONDS = 1.0
ITEM_LIMIT = 5.0


class CutOff(Exception):
    """An item took longer than `ITEM_LIMIT` seconds."""


class Throughput:
    """Items a second of a function that makes an item from its number; `cut` counts slow items."""

    def __init__(self, make: Callable[[int], Any]) -> None:
        self._make = make
        self._number = 0
        self.rates: list[float] = []
        self.cut = 0

    def measure(self, seconds: float) -> None:
        """Add the rate over at least `seconds` and at least one item."""
        made, spent = 0, 0.0
        while spent < seconds or not made:
            batch, started = 0, time.perf_counter()
            signal.setitimer(signal.ITIMER_REAL, ITEM_LIMIT)
            try:
                while batch < 20:
                    self._number += 1
                    batch += self._make(self._number) is not None
            except CutOff:
                self.cut += 1
                started = time.perf_counter()
                batch = 0
            except ZeroDivisionError:
                pass
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
            made += batch
            spent += time.perf_counter() - started
        self.rates.append(made / spent)

    @property
    def median(self) -> float:
        return statistics.median(self.rates)


def family_throughput(name: str, steps: int) -> Throughput:
    """The throughput of a family: text, bits and exact answer."""
    family = FAMILIES[name]
    plan = SetPlan(family, steps, steps, 1, "all", master_seed(seed="speed"), family.notations[0])
    sampler = Sampler(plan)
    return Throughput(lambda number: sampler.item(number, 0))


def main() -> None:
    """Measure and write."""
    try:
        import reasoning_gym
    except ImportError:
        sys.exit(
            "reasoning-gym is not installed: run `make bench-generation`, which makes an environment"
        )

    def cut_off(*_: object) -> None:
        raise CutOff

    signal.signal(signal.SIGALRM, cut_off)
    missed, lines = [], []
    for steps in (1, 5, 10, 20):
        peer = reasoning_gym.create_dataset(
            "basic_arithmetic", min_terms=steps + 1, max_terms=steps + 1, size=10**9, seed=1
        )
        peer_rate = Throughput(peer.__getitem__)
        our_rate = family_throughput("random-calculation", steps)
        for _ in range(ROUNDS):
            for throughput in (peer_rate, our_rate):
                throughput.measure(SECONDS)
        ratio = our_rate.median / peer_rate.median
        lines.append(
            f"| {steps} | {peer_rate.median:,.0f} | {peer_rate.cut} | {our_rate.median:,.0f} | "
            f"{ratio:.1f} |"
        )
        if ratio < TARGET_RATIOS.get(steps, 0):
            missed.append(f"ratio {ratio:.1f} at {steps} steps")
    families = []
    for name, family in FAMILIES.items():
        steps = min(5, family.tiers[-1])
        throughput = family_throughput(name, steps)
        for _ in range(3):
            throughput.measure(SECONDS)
        families.append((name, steps, throughput.median))
    average = len(families) / sum(1 / rate for _, _, rate in families)
    if average < TARGET_RATE:
        missed.append(f"an average of {average:,.0f} items a second")
    text = "\n".join(
        [
            "# Generation",
            "",
            f"`make bench-generation` on {platform.machine()}, one of {os.cpu_count()} cores, Python "
            f"{platform.python_version()}, reasoning-gym {version('reasoning-gym')}. Medians of "
            f"{ROUNDS} rounds of {SECONDS:.0f} s, taking turns.",
            "",
            "| steps | basic_arithmetic, items/s | cut off after 5 s | random-calculation, items/s "
            "| ratio |",
            "|---|---|---|---|---|",
            *lines,
            "",
            "All families: text, bits and exact answer, in the default notation of the family:",
            "",
            "| family | steps | items/s |",
            "|---|---|---|",
            *(f"| {name} | {steps} | {rate:,.0f} |" for name, steps, rate in families),
            f"| all, equally many items of each | | {average:,.0f} |",
            "",
            "Targets: ratios of 6 at 5 steps and of 30 at 20 steps, 50,000 items a second on average. "
            + (f"Missed: {', '.join(missed)}." if missed else "All are reached."),
            "",
        ]
    )
    RESULT.write_text(text)
    print(text)
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
