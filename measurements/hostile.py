r"""Time and memory of grading a hundred hostile answers and fifty thousand mutated ones.

    .venv/bin/python measurements/hostile.py

Each hostile answer, bare and in a box, is graded against ten gold answers and itself. Each mutated one
(a realistic answer with pieces deleted, repeated, nested, swapped, spliced or enlarged) is graded
against the gold answer that it was built from. Pairs are graded and timed one by one in four threads,
while the resident memory of this process and all its descendants is sampled. Writes
`measurements/results/hostile.md`. Ends with status 1 if a pair took longer than its limit plus a second
or has no grade, the worker no longer replies, or the memory reached 2 GB.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hostile_answers import GOLDS, hostile_answers, mutated_answers

from clean_bench.grading import KINDS, Limits, grade, unreadable_gold
from clean_bench.grading.worker import client

RESULT = Path(__file__).parent / "results" / "hostile.md"
LIMIT = 2.0
ALLOWANCE = 1.0
MAX_MB = 2000.0


class Memory(threading.Thread):
    """Samples the resident megabytes of this process and its descendants; `peak` is the maximum.

    `before` is what they held when the watch was made.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.before = self.peak = resident()
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(0.05):
            self.peak = max(self.peak, resident())

    def end(self) -> float:
        self._ended.set()
        self.join()
        return self.peak


def resident() -> float:
    """Resident megabytes of this process and its descendants."""
    return sum(map(_resident, [os.getpid(), *descendants(os.getpid())]))


def descendants(root: int) -> list[int]:
    """The descendants of a process, by parent id (the worker leads its own session)."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
    children: list[int] = []
    frontier = [root]
    while frontier:
        frontier = [pid for pid, parent in parents.items() if parent in frontier]
        children += frontier
    return children


def _resident(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


Timed = tuple[float, str, str, str]


def timed(named: tuple[str, str, str], limits: Limits) -> Timed:
    """Seconds, grade, name and gold of one pair, graded alone."""
    name, gold, response = named
    begun = time.perf_counter()
    kind = grade([(gold, response)], limits)[0].kind
    return time.perf_counter() - begun, kind, name, gold


def run(pairs: list[tuple[str, str, str]], limits: Limits, threads: int = 4) -> list[Timed]:
    """Every (name, gold, response) graded and timed; prints progress every 5,000."""
    done: list[Timed] = []
    with ThreadPoolExecutor(threads) as executor:
        for result in executor.map(lambda pair: timed(pair, limits), pairs):
            done.append(result)
            if len(done) % 5000 == 0:
                print(f"{len(done):,} of {len(pairs):,}", file=sys.stderr)
    return done


def hostile_pairs() -> list[tuple[str, str, str]]:
    """(name, gold, response) for each hostile answer, bare and boxed, under each gold and itself.

    An answer that cannot be read as a gold answer is refused as one, so it is not graded against itself.
    """
    return [
        (name, gold, form.replace("?", answer))
        for name, answer in hostile_answers().items()
        for gold in (*GOLDS, answer)
        for form in ("?", "so the answer is $\\boxed{?}$.")
        if unreadable_gold(gold) is None
    ]


def mutated_pairs(count: int, seed: int) -> list[tuple[str, str, str]]:
    return [
        (f"mutated {number}", gold, f"\\boxed{{{answer}}}")
        for number, (gold, answer) in enumerate(mutated_answers(count, seed))
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--mutated", type=int, default=50_000, help="mutated answers (50000)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    limits = Limits(seconds=LIMIT)
    grade([("x+1", "$1+x$")], grader="math-verify")  # starts the worker outside the timing
    memory = Memory()
    memory.start()
    begun = time.monotonic()
    groups = {
        "hostile": run(hostile_pairs(), limits),
        "mutated": run(mutated_pairs(options.mutated, options.seed), limits),
    }
    seconds, peak = time.monotonic() - begun, memory.end()
    alive = client.grade_slow(
        [client.PairRequest("math-verify", "y+1", "$1+y$")], 20, limits.memory_mb
    )
    late = [row for rows in groups.values() for row in rows if row[0] > LIMIT + ALLOWANCE]
    lost = [row for rows in groups.values() for row in rows if row[1] not in KINDS]
    holds = not late and not lost and peak < MAX_MB and alive[0].kind == "equal"
    lines = [
        "# Hostile answers",
        "",
        f"`python measurements/hostile.py` on {platform.machine()}, Python {platform.python_version()}, "
        f"{os.cpu_count()} cores, {seconds:.0f} s. {len(hostile_answers())} hostile answers, each bare "
        f"and in a box, each under {len(GOLDS)} golds and as its own gold; {options.mutated:,} mutated "
        f"answers (seed {options.seed}). Limit {LIMIT:g} s per pair, {limits.memory_mb} MB per "
        f"comparison, {client.CHILDREN} comparisons at a time, called from four threads.",
        "",
        "| set | pairs | "
        + " | ".join(KINDS)
        + " | longest | longest without the worker's limit |",
        "|---|" + "---|" * (len(KINDS) + 3),
    ]
    for name, rows in groups.items():
        kinds = Counter(row[1] for row in rows)
        quick = max(row[0] for row in rows if row[1] != "timeout")
        lines.append(
            f"| {name} | {len(rows):,} | {' | '.join(f'{kinds[kind]:,}' for kind in KINDS)} | "
            f"{max(row[0] for row in rows):.2f} s | {quick:.2f} s |"
        )
    worst = sorted((row for rows in groups.values() for row in rows), reverse=True)[:10]
    lines += [
        "",
        f"Peak resident memory of all processes together: {peak:.0f} MB.",
        f"Later than the limit plus a second: {len(late)}. Without a grade: {len(lost)}.",
        "",
        "The longest:",
        "",
        *(
            f"- {took:.2f} s, {kind}: {name}, gold `{gold[:60]}`"
            for took, kind, name, gold in worst
        ),
        "",
        "Everything holds." if holds else "NOT everything holds.",
        "",
    ]
    text = "\n".join(lines)
    text = text.replace("\0", "").encode("utf-8", "backslashreplace").decode()
    RESULT.write_text(text)
    print(text)
    sys.exit(not holds)


if __name__ == "__main__":
    main()
