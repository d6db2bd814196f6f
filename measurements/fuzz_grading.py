r"""Fuzz the reader of answers: no text may raise an exception, and every answer equals itself.

    .venv/bin/python measurements/fuzz_grading.py [--texts 200000] [--worker 2000] [--seed 1]

Half of the texts come from a grammar of LaTeX answers (hypothesis strategies), half are mutations of
real texts: the label lists of the tests, and the gold answers and responses of the shared folder where
it is there. Each text goes through the whole reader of this process: `locate`, `read_gold`, `clean`,
`parse_answer`, and `rules.FAST.same` with itself and, in both orders, with a mutation of itself or the
text before it. A sample
goes through `grade`, hence through the worker where only algebra decides. Writes
`measurements/results/fuzz_grading.md` if there is no fault; else prints the shortest texts of each
fault and ends with status 1. Faults: an exception, a text that is unequal to itself, two texts whose
equality depends on their order, more than a second for one text, a crash in the worker.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fuzz_texts import generated_texts, mutated_texts, near_text

from clean_bench.grading import Limits, grade, rules
from clean_bench.grading.equality import equal_fast
from clean_bench.grading.extraction import locate
from clean_bench.grading.gold import read_gold
from clean_bench.grading.parse.normalize_latex import clean
from clean_bench.grading.parse.parse_answer import parse_answer

RESULT = Path(__file__).parent / "results" / "fuzz_grading.md"
SLOW_SECONDS = 1.0
SHOWN = 10


@dataclass
class Findings:
    """The shortest texts of each fault, by the fault's name."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    count: int = 0

    def add(self, fault: str, text: str) -> None:
        self.count += 1
        kept = self.texts.setdefault(fault, [])
        kept.append(text)
        kept.sort(key=len)
        del kept[SHOWN:]


def fault_of(text: str, other: str) -> str | None:
    """The fault of the reader on a text, or None. `other` is a second answer to compare with."""
    begun = time.process_time()
    try:
        locate(text)
        locate(f"so \\boxed{{{text}}}")
        if text.strip():
            read_gold(text)
        clean(text)
        one, two = parse_answer(text), parse_answer(other)
        if rules.FAST.same(one, parse_answer(text + " ")) is False:
            return "unequal to itself"
        if rules.FAST.same(one, two) is not rules.FAST.swapped().same(two, one):
            return f"decided otherwise in the other order, with {other!r}"
        rules.FAST.same(two, one)
        equal_fast(text, other)
    except Exception as error:
        frame = error.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        where = f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else ""
        return f"{type(error).__name__} at {where}"
    if time.process_time() - begun > SLOW_SECONDS:
        return "slower than a second"
    return None


def texts(count: int, seed: int) -> Iterator[str]:
    yield from generated_texts(count // 2, seed)
    yield from mutated_texts(count - count // 2, seed)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--texts", type=int, default=200_000, help="texts in this process (200000)")
    parser.add_argument("--worker", type=int, default=2_000, help="texts in the worker (2000)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    found, begun, before = Findings(), time.monotonic(), "5"
    draw = random.Random(options.seed)
    sample: list[tuple[str, str]] = []
    for number, text in enumerate(texts(options.texts, options.seed), start=1):
        fault = fault_of(text, near_text(text, draw) if number % 2 else before)
        if fault is not None:
            found.add(fault, text)
        if text.strip():
            if len(sample) < options.worker:
                sample.append((before, f"\\boxed{{{text}}}"))
            elif (at := draw.randrange(number)) < options.worker:
                sample[at] = (before, f"\\boxed{{{text}}}")
            before = text
        if number % 10_000 == 0:
            print(f"{number:,} texts, {found.count} faults", file=sys.stderr, flush=True)
    kinds: dict[str, int] = {}
    for at in range(0, len(sample), 100):
        part = sample[at : at + 100]
        for (gold, response), result in zip(part, grade(part, Limits(seconds=2)), strict=True):
            kinds[result.kind] = kinds.get(result.kind, 0) + 1
            if result.kind == "crash":
                found.add(f"crash in the worker: {result.reason}, gold {gold!r}", response)
    seconds = time.monotonic() - begun
    lines = [
        "# Fuzzing the reader of answers",
        "",
        f"`python measurements/fuzz_grading.py --texts {options.texts} --worker {options.worker} "
        f"--seed {options.seed}` on {platform.machine()}, Python {platform.python_version()}, "
        f"{os.cpu_count()} cores: {options.texts:,} texts in {seconds:.0f} s; "
        f"{len(sample):,} of them also through `grade`, limit 2 s ("
        + ", ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items()))
        + ").",
        "",
        f"Faults: {found.count}.",
        "",
    ]
    for fault, shortest in sorted(found.texts.items()):
        lines += [f"- {fault}", *(f"  - `{json.dumps(text)}`" for text in shortest)]
    report = "\n".join(lines)
    if not found.count:
        RESULT.write_text(report)
    print(report)
    sys.exit(found.count > 0)


if __name__ == "__main__":
    main()
