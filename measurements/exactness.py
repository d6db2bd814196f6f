"""A million items: answers against the printed texts, and what sets share with each other.

    make check-exactness

For every family (and flavor) and tier, four sets are drawn: one from each of two seeds, the first in
LaTeX and the second in plain text, and one from each half with seeds of their own. For every item the
exact answer is held against the independent evaluation of the printed text, and its canonical form
against that of the text as read. Then forms are counted that occur twice in a set, in the sets of both
seeds, and in both halves. What chance predicts for two seeds is an upper bound, from the items' bits:
with S the probability that the earlier rows of the second set hold together, each of its rows is a
given form of probability p with probability at most p / (1 - S).

For random-calculation, sub-expressions in both halves are counted by their number of steps as well.
Writes `measurements/results/exactness.md` and ends with status 1 if anything does not hold.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from fractions import Fraction
from math import sqrt
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from clean_bench.text.hash_index import HashSet
from generators.family import Family, Split
from generators.freshness import FRESH_BITS
from generators.plan import Plan, master_seed
from generators.registry import FAMILIES, FLAVORS, family
from generators.sampler import Source, draw_blocks, without_duplicates

RESULT = Path(__file__).parent / "results" / "exactness.md"
SETS: tuple[tuple[str, Split], ...] = (
    ("first seed", "all"),
    ("second seed", "all"),
    ("third seed", "train"),
    ("fourth seed", "eval"),
)
SIGMAS = 5.0


@dataclass
class Count:
    """What was found for a family, or at one of its tiers."""

    items: int = 0
    disagreements: list[str] = field(default_factory=list)
    duplicates: int = 0
    fresh_shared: int = 0
    shared: int = 0
    expected: float = 0.0
    surprising: int = 0
    halves_shared: int = 0
    parts: dict[int, list[int]] = field(default_factory=dict)

    def add(self, other: Count) -> None:
        """Add the count of another tier."""
        for name in ("items", "duplicates", "fresh_shared", "shared", "expected", "surprising"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.halves_shared += other.halves_shared
        self.disagreements += other.disagreements
        for steps, counts in other.parts.items():
            mine = self.parts.setdefault(steps, [0, 0, 0])
            self.parts[steps] = [a + b for a, b in zip(mine, counts, strict=True)]

    @property
    def holds(self) -> bool:
        wrong = self.disagreements or self.duplicates or self.fresh_shared or self.surprising
        large = any(counts[2] for steps, counts in self.parts.items() if steps >= 3)
        return not (wrong or self.halves_shared or large)


def check_tier(name: str, tier: int, count: int) -> Count:
    """Draw and check four sets of so many items at one tier."""
    found, families = Count(), family(name)
    sets: list[dict[str, float]] = []
    parts: list[dict[int, set[str]]] = []
    for number, (seed, split) in enumerate(SETS):
        notation = families.notations[number % len(families.notations)]
        plan = Plan(families, tier, tier, count, split, master_seed(seed=seed), notation)
        forms: dict[str, float] = {}
        in_set: dict[int, set[str]] = {}
        for block in without_duplicates(Source(plan), draw_blocks(plan), HashSet()):
            for row in block.rows:
                found.items += 1
                form = check_item(families, row.problem, row.answer, row.canonical, found)
                if row.canonical in forms:
                    found.duplicates += 1
                forms[row.canonical] = row.bits
                if split != "all" and form is not None:
                    for steps, part in families.parts(form):
                        in_set.setdefault(steps, set()).add(part)
        sets.append(forms)
        parts.append(in_set)
    shared = len(sets[0].keys() & sets[1].keys())
    if families.min_bits(tier) >= FRESH_BITS:
        found.fresh_shared = shared
    else:
        found.shared = shared
        found.expected = chance(list(sets[0].values()), list(sets[1].values()))
        found.surprising = int(shared > found.expected + SIGMAS * sqrt(found.expected) + 1)
    found.halves_shared = len(sets[2].keys() & sets[3].keys())
    for steps in parts[2].keys() | parts[3].keys():
        train, evaluation = parts[2].get(steps, set()), parts[3].get(steps, set())
        found.parts[steps] = [len(train), len(evaluation), len(train & evaluation)]
    return found


def check_item(
    families: Family[Any], text: str, answer: str, canonical: str, found: Count
) -> Any | None:
    """Hold one item against its text; the computation as read from it."""
    try:
        form = families.read(text)
        if families.evaluate(text) != Fraction(answer) or families.canonical(form) != canonical:
            found.disagreements.append(text)
        return form
    except ValueError as error:
        found.disagreements.append(f"{text} ({error})")
        return None


def chance(first: list[float], second: list[float]) -> float:
    """At most how many forms two sets share on average, from the bits of their items."""
    share = draws = 0.0
    for bits in second:
        draws += 1 / max(1 - share, 1e-9)
        share += 2**-bits
    return sum(min(1.0, 2**-bits * draws) for bits in first)


def main() -> None:
    """Check, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000)
    options = parser.parse_args()
    started = time.monotonic()
    names = [*FAMILIES, *(flavor.name for flavor in FLAVORS.values())]
    tiers = [(name, tier) for name in names for tier in family(name).tiers]
    each = -(-options.items // (len(SETS) * len(tiers)))
    counts = {name: Count() for name in names}
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        jobs = [(name, pool.submit(check_tier, name, tier, each)) for name, tier in tiers]
        for done, (name, job) in enumerate(jobs, 1):
            counts[name].add(job.result())
            if done % 20 == 0:
                print(f"{done} of {len(jobs)} tiers", file=sys.stderr)
    total = Count()
    for count in counts.values():
        total.add(count)
    lines = [
        f"| {name} | {c.items:,} | {len(c.disagreements)} | {c.duplicates} | {c.fresh_shared} | "
        f"{c.shared} | {c.expected:.3g} | {c.halves_shared} |"
        for name, c in (*counts.items(), ("**all**", total))
    ]
    parts = []
    for name, c in counts.items():
        for label, steps in (("1", {1}), ("2", {2}), ("3 to 20", set(range(3, 21)))):
            here = [numbers for at, numbers in c.parts.items() if at in steps]
            if here:
                train, evaluation, both = map(sum, zip(*here, strict=True))
                parts.append(f"| {name} | {label} | {train:,} | {evaluation:,} | {both:,} |")
    text = "\n".join(
        [
            "# Exactness and freshness of a million items",
            "",
            f"`make check-exactness` on {platform.machine()}, Python {platform.python_version()}, "
            f"{time.monotonic() - started:.0f} s on {os.cpu_count()} cores. {each:,} items in each of "
            f"four sets at each of {len(tiers)} tiers.",
            "",
            "| family | items | answer or form disagrees with the text | duplicates in a set | "
            "shared by two seeds, tiers from 60 bits | below 60 bits: shared | at most by chance | "
            "shared by the halves |",
            "|---|---|---|---|---|---|---|---|",
            *lines,
            "",
            "Sub-expressions in the two halves, by their number of steps:",
            "",
            "| family | steps | different in train | different in eval | in both |",
            "|---|---|---|---|---|",
            *parts,
            "",
            "Everything holds." if total.holds else "NOT everything holds.",
            "",
        ]
    )
    RESULT.write_text(text)
    print(text)
    for line in total.disagreements[:20]:
        print(line, file=sys.stderr)
    sys.exit(not total.holds)


if __name__ == "__main__":
    main()
