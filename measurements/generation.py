"""How fast problems are made, beside reasoning-gym's basic_arithmetic in the same process.

    make bench-generation

At 1, 5, 10 and 20 steps, batches of both take turns: `basic_arithmetic` with as many terms as our
expressions have operands, everything else as it comes, and `random-calculation` with text, bits and
exact answer, each item reached on its own by its number. The ratio is that of the median rates. An item
of reasoning-gym that takes more than five seconds is cut off, and its time is not counted; one that
raises is not counted either.

Then every family at 5 steps (or its highest tier below), text, bits and exact answer. The average is
all items over all seconds, with as many items of each. Writes `measurements/results/generation.md` and
ends with status 1 where a ratio or the average is below what is promised (6 at 5 steps, 30 at 20 steps,
50,000 items a second).
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

from generators.plan import Plan, master_seed
from generators.registry import FAMILIES
from generators.sampler import Source

RESULT = Path(__file__).parent / "results" / "generation.md"
PROMISED = {5: 6.0, 20: 30.0}
PROMISED_RATE = 50_000
ROUNDS = 7
SECONDS = 1.0
LIMIT = 5.0


class CutOff(Exception):
    """An item took longer than the limit."""


class Maker:
    """Makes items one after the other; what it makes, and how fast."""

    def __init__(self, make: Callable[[int], Any]) -> None:
        self._make = make
        self._number = 0
        self.rates: list[float] = []
        self.cut = 0

    def measure(self, seconds: float) -> None:
        """Add the rate over at least so many seconds, and at least one item."""
        made, spent = 0, 0.0
        while spent < seconds or not made:
            batch, started = 0, time.perf_counter()
            signal.setitimer(signal.ITIMER_REAL, LIMIT)
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


def ours(name: str, steps: int) -> Maker:
    """Items of a family: text, bits and exact answer."""
    family = FAMILIES[name]
    plan = Plan(family, steps, steps, 1, "all", master_seed(seed="speed"), family.notations[0])
    source = Source(plan)
    return Maker(lambda number: source.item(number, 0))


def main() -> None:
    """Measure and write."""
    try:
        import reasoning_gym
    except ImportError:
        sys.exit(
            "reasoning-gym is not installed here: `make bench-generation` makes an environment"
        )

    def cut_off(*_: object) -> None:
        raise CutOff

    signal.signal(signal.SIGALRM, cut_off)
    missed, lines = [], []
    for steps in (1, 5, 10, 20):
        peer = reasoning_gym.create_dataset(
            "basic_arithmetic", min_terms=steps + 1, max_terms=steps + 1, size=10**9, seed=1
        )
        makers = Maker(peer.__getitem__), ours("random-calculation", steps)
        for _ in range(ROUNDS):
            for maker in makers:
                maker.measure(SECONDS)
        ratio = makers[1].median / makers[0].median
        lines.append(
            f"| {steps} | {makers[0].median:,.0f} | {makers[0].cut} | {makers[1].median:,.0f} | "
            f"{ratio:.1f} |"
        )
        if ratio < PROMISED.get(steps, 0):
            missed.append(f"ratio {ratio:.1f} at {steps} steps")
    families = []
    for name, family in FAMILIES.items():
        maker = ours(name, min(5, family.tiers[-1]))
        for _ in range(3):
            maker.measure(SECONDS)
        families.append((name, min(5, family.tiers[-1]), maker.median))
    average = len(families) / sum(1 / rate for _, _, rate in families)
    if average < PROMISED_RATE:
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
            "All families, text, bits and exact answer, LaTeX or plain as is usual in the family:",
            "",
            "| family | steps | items/s |",
            "|---|---|---|",
            *(f"| {name} | {steps} | {rate:,.0f} |" for name, steps, rate in families),
            f"| all, as many items of each | | {average:,.0f} |",
            "",
            "Promised: ratios of 6 at 5 steps and of 30 at 20 steps, 50,000 items a second on average. "
            + (f"Missed: {', '.join(missed)}." if missed else "All of it holds."),
            "",
        ]
    )
    RESULT.write_text(text)
    print(text)
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
