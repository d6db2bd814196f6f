"""Build the plantings on which the probe is calibrated.

    python measurements/plantings.py OUT --math500 FILE --background FILE --size small --seeds 1-20
        [--stage continued] [--form verbatim]

Builds the base OUT/base-SIZE if the stage needs one and it is absent, then OUT/SIZE-STAGE-FORM-SEED for
each seed in order. Interrupted, the same command resumes. Processes with other seeds may run at the same
time on the same OUT: one builds the base, and the others wait for it.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

from clean_bench.artifacts import Artifact
from clean_bench.errors import UserError
from clean_bench.organisms.planting import build_base, plant
from clean_bench.organisms.planting_plan import Form, PlantingPlan, SizeName, Stage
from clean_bench.problems import load_problems

BASE_SEED = "base 1"


def seeds(text: str) -> list[int]:
    """`3` or `1-20` as numbers."""
    low, _, high = text.partition("-")
    return list(range(int(low), int(high or low) + 1))


def background(path: Path) -> list[str]:
    """A text of each row: the problem, and the solution where it has one."""
    with path.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return ["\n".join(row[key] for key in ("problem", "solution") if row.get(key)) for row in rows]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Wait for other processes in this block; the kernel unlocks when a process ends."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def reporter(name: str) -> Callable[[int, int, float], None]:
    """Progress of one model: a line on a terminal, every 20 steps a line elsewhere."""
    begun = time.monotonic()
    rewrite = sys.stdout.isatty()

    def report(step: int, steps: int, loss: float) -> None:
        if rewrite or step % 20 == 0 or step == steps:
            seconds = time.monotonic() - begun
            line = f"{name}: step {step}/{steps}, loss {loss:.3f}, {seconds:.0f} s"
            print(f"\r{line}\033[K" if rewrite else line, end="" if rewrite else "\n", flush=True)

    return report


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--math500", required=True, help="file with the problems of MATH-500")
    parser.add_argument("--background", type=Path, required=True, help="JSON lines")
    parser.add_argument("--size", choices=get_args(SizeName), default="small")
    parser.add_argument("--seeds", type=seeds, default=seeds("1-20"))
    parser.add_argument("--stage", choices=get_args(Stage), default="continued")
    parser.add_argument("--form", choices=get_args(Form), default="verbatim")
    options = parser.parse_args()
    problems = load_problems(f"math500={options.math500}")
    texts = background(options.background)
    options.out.mkdir(parents=True, exist_ok=True)
    base = None
    if options.stage == "continued":
        base = options.out / f"base-{options.size}"
        with locked(options.out / f".base-{options.size}.lock"):
            build_base(
                texts,
                base,
                options.size,
                BASE_SEED,
                exclude=problems.problems,
                progress=reporter(base.name),
            )
    for seed in options.seeds:
        name = f"{options.size}-{options.stage}-{options.form}-{seed}"
        if Artifact.is_finished(options.out / name):
            print(f"{name}: finished before", flush=True)
            continue
        plan = PlantingPlan(str(seed), size=options.size, stage=options.stage, form=options.form)
        begun = time.monotonic()
        plant(problems, texts, options.out / name, plan, base, progress=reporter(name))
        print(f"{name}: finished in {time.monotonic() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(f"plantings: {error}")
