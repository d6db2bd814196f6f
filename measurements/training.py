r"""Tokens trained per CPU second: this project beside TRL 1.16, on the same rollouts.

    make bench-training CHECKPOINT=FOLDER

In one run, each case in processes of its own, rounds of all cases in turn:

    ours            `token_budget` 1,024, everything else at its default
    trl-defaults    TRL's defaults: micro-batches of 8, gradient checkpointing
    trl-tuned       no gradient checkpointing, the best of a few sizes of the micro-batch

on rollouts with long-tailed and with short lengths, on the shipped control model `learner` and, where
a folder is given, on a real checkpoint. Both sides compute DAPO's loss in the same arithmetic with one
update per rollout batch; generation is replayed from a file. One thread per process: CPU seconds on
a shared machine can then be compared, as ratios within this run. The gradients are compared too.

Tokens of the rollouts are random. Then end to end on the control model: generation, grading and update,
at a learning rate of 0, TRL with micro-batches of 32.

Interrupted, the same command resumes. Writes `measurements/results/training.md`. On a CUDA machine
it measures random models shaped like Qwen2.5 instead (`training_cuda.py`).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from checkpoint_folder import checkpoint_folder
from training_rollouts import Lengths, Rollouts, draw_rollouts

from clean_bench.cli.main import ENVIRONMENT

HERE = Path(__file__).parent
RESULT = HERE / "results" / "training.md"
LEARNER = HERE.parent / "clean_bench" / "organisms" / "shipped" / "learner" / "checkpoint"
OURS, DEFAULTS, TUNED = "ours", "trl-defaults", "trl-tuned"
GOALS = {
    ("long-tailed", TUNED): 2.0,
    ("short", TUNED): 1.3,
    ("long-tailed", DEFAULTS): 3.0,
    ("short", DEFAULTS): 2.0,
}
END_TO_END_GOAL = 1.5
LARGEST_ERROR = 1e-5


@dataclass(frozen=True)
class Workload:
    """A model, its rollouts and the sizes of micro-batch that TRL is tuned over."""

    model: str
    lengths: str
    drawn: Lengths
    groups: int
    micro_batches: tuple[int, ...]
    updates: int
    """Timed updates per process."""
    budget: int = 1024


SMALL = (
    Workload("learner", "long-tailed", Lengths(60, 64, 320, 0.9), 4, (8, 16, 32), 3),
    Workload("learner", "short", Lengths(60, 64, 64), 4, (8, 16, 32), 3),
)
REAL = (
    Workload("real", "long-tailed", Lengths(60, 64, 320, 0.9), 2, (1, 2, 4), 1),
    Workload("real", "short", Lengths(60, 64, 64), 2, (4, 8, 16), 1),
)


class Run:
    """The rows of a run, one file per process that has ended."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "rows").mkdir(parents=True, exist_ok=True)

    def measure(self, case: dict[str, Any], name: str) -> dict[str, Any]:
        """The row of a case; runs its process where there is none."""
        path = self.folder / "rows" / f"{name}-{hash_of(case)}.json"
        if not path.exists():
            print(name, flush=True)
            # Both sides have the environment of a command of clean-bench.
            own = {"OMP_NUM_THREADS": "1", "TRL_EXPERIMENTAL_SILENCE": "1"}
            environment = {**os.environ, **ENVIRONMENT, **own}
            part = path.with_suffix(".part")
            command = [sys.executable, str(HERE / "training_case.py"), json.dumps(case), str(part)]
            done = subprocess.run(command, env=environment, capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"{name}: failed\n{done.stderr[-3000:]}")
            part.rename(path)
        row: dict[str, Any] = json.loads(path.read_text())
        return row


def hash_of(cases: Any) -> str:
    """Part of a file's name that depends on all that cases describe."""
    return hashlib.sha256(json.dumps(cases, sort_keys=True).encode()).hexdigest()[:10]


def cases(
    work: Workload, checkpoint: Path, rollouts: Path, dtype: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The name and the description of each case of a workload."""
    head = {
        "checkpoint": str(checkpoint),
        "rollouts": str(rollouts),
        "rollouts_sha256": hashlib.sha256(rollouts.read_bytes()).hexdigest(),
        "dtype": dtype,
        "updates": work.updates,
    }
    yield OURS, {**head, "side": OURS, "token_budget": work.budget}
    for size in work.micro_batches:
        yield (
            f"{TUNED}-{size}",
            {**head, "side": "trl", "micro_batch": size, "checkpointing": False},
        )
    yield DEFAULTS, {**head, "side": "trl", "micro_batch": None, "checkpointing": None}


def replay(run: Run, work: Workload, checkpoint: Path, dtype: str, rounds: int) -> dict[str, Any]:
    """The rows of a workload, and the difference of the gradients."""
    vocabulary = json.loads((checkpoint / "config.json").read_text())["vocab_size"]
    rollouts = draw_rollouts(work.drawn, groups=work.groups, group=8, vocabulary=vocabulary)
    path = run.folder / f"{work.model}-{work.lengths}.json"
    rollouts.write(path)
    every = dict(cases(work, checkpoint, path, dtype))
    label = f"{work.model}-{work.lengths}-{dtype}"
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in every}
    for number in range(rounds):
        for name, case in every.items():
            # TRL's micro-batch is chosen in the first round.
            if number and name.startswith(TUNED) and name != best(rows):
                continue
            rows[name].append(run.measure({**case, "round": number}, f"{label}-{name}-{number}"))
    error = gradient_error(run, every, best(rows), label)
    return {"work": work, "rollouts": rollouts, "rows": rows, "dtype": dtype, "error": error}


def best(rows: dict[str, list[dict[str, Any]]]) -> str:
    """The name of TRL's fastest tuned case by the first round."""
    tuned = [name for name in rows if name.startswith(TUNED) and rows[name]]
    return min(tuned, key=lambda name: median(rows[name][0]["cpu"]))


def gradient_error(run: Run, every: dict[str, Any], tuned: str, label: str) -> float:
    """Norm of the difference of both gradients, divided by the norm of TRL's."""
    pair = [every[name] for name in (OURS, tuned)]
    path = run.folder / f"{label}-gradient-{hash_of(pair)}.json"
    if not path.exists():
        files = []
        for name in (OURS, tuned):
            files.append(run.folder / f"{label}-{name}.safetensors")
            case = {**every[name], "updates": 1, "gradient": str(files[-1])}
            run.measure(case, f"{label}-{name}-gradient")
        command = [sys.executable, str(HERE / "training_case.py"), "--difference", *map(str, files)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        path.write_text(done.stdout)
        for file in files:
            file.unlink()
    return float(json.loads(path.read_text()))


def rate(rollouts: Rollouts, rows: Sequence[dict[str, Any]]) -> float:
    """Tokens of prompts and completions per CPU second, by the median update."""
    return float(rollouts.tokens / median(value for row in rows for value in row["cpu"]))


def replay_lines(result: dict[str, Any]) -> tuple[list[str], list[tuple[str, float, float]]]:
    """Rows of the table, and (description, ratio, goal) for each comparison."""
    work, rollouts, rows = result["work"], result["rollouts"], result["rows"]
    tuned = best(rows)
    ours = rate(rollouts, rows[OURS])
    lines, ratios = [], []
    for name, kind in ((OURS, OURS), (tuned, TUNED), (DEFAULTS, DEFAULTS)):
        measured = rows[name]
        speed = rate(rollouts, measured)
        peak = max(row["peak_gb"] for row in measured)
        seconds = median(value for row in measured for value in row["wall"])
        lines.append(
            f"| {work.model} | {work.lengths} | {result['dtype']} | {name} | {speed:,.0f} | "
            f"{seconds:.2f} | {peak:.2f} | {'' if kind == OURS else f'{ours / speed:.2f}'} |"
        )
        if kind != OURS:
            about = f"{work.model}, {work.lengths}, {result['dtype']}, ours / {name}"
            ratios.append((about, ours / speed, GOALS[work.lengths, kind]))
    return lines, ratios


def end_to_end(run: Run, rounds: int) -> dict[str, list[dict[str, Any]]]:
    """Rows of whole steps on the control model, by side."""
    rows: dict[str, list[dict[str, Any]]] = {OURS: [], TUNED: []}
    for number in range(rounds):
        for side, kept in rows.items():
            case = {"side": f"end-to-end-{side}", "checkpoint": str(LEARNER), "round": number}
            kept.append(run.measure(case, f"end-to-end-{side}-{number}"))
    return rows


def shape_line(result: dict[str, Any]) -> str:
    """The rollouts of a workload, and the difference of the gradients."""
    work, rollouts = result["work"], result["rollouts"]
    return (
        f"- {work.model}, {work.lengths}: {len(rollouts.prompts)} rollouts in groups of "
        f"{rollouts.group}, {rollouts.tokens:,} tokens ({rollouts.padded:,} when padded), longest "
        f"completion {max(map(len, rollouts.completions))}; {result['dtype']}: the gradients of ours "
        f"and TRL differ by {result['error']:.1e} of their norm"
    )


def write(
    results: list[dict[str, Any]], whole: dict[str, list[dict[str, Any]]], rounds: int
) -> bool:
    """Write the results; whether every goal is met."""
    table: list[str] = []
    ratios: list[tuple[str, float, float]] = []
    for result in results:
        lines, compared = replay_lines(result)
        table += lines
        ratios += compared
    ours, tuned = (
        median(row["tokens_per_cpu_second"] for row in whole[side]) for side in (OURS, TUNED)
    )
    ratios.append(("learner, end to end, ours / trl-tuned", ours / tuned, END_TO_END_GOAL))
    exact = all(r["error"] < LARGEST_ERROR for r in results if r["dtype"] == "float32")
    packages = ("clean-bench", "trl", "torch", "transformers")
    text = [
        "# Training beside TRL",
        "",
        "Command: `make bench-training` (CHECKPOINT=FOLDER for the rows of `real`). "
        f"{', '.join(f'{name} {version(name)}' for name in packages)}; {platform.machine()}, one thread "
        f"per process; {rounds} rounds of all cases in turn, medians. Tokens are those of prompts and "
        "completions without padding. An update has everything after generation: advantages, forward "
        "and backward pass, clipping, AdamW, statistics. No group has equal rewards, so that none is "
        "left out. Lengths are drawn (`measurements/training_rollouts.py`).",
        "",
        *map(shape_line, results),
        "",
        "| model | lengths | arithmetic | case | tokens/CPU s | s per update | peak GB | ours / case |",
        "|---|---|---|---|---|---|---|---|",
        *table,
        "",
        "End to end on the control model (generation, grading, update), sampled tokens per CPU second: "
        f"ours {ours:,.0f}, trl-tuned (micro-batches of 32) {tuned:,.0f}.",
        "",
        *(
            f"- {'meets' if ratio >= goal else 'MISSES'} the goal of {goal}: {about} = {ratio:.2f}"
            for about, ratio, goal in ratios
        ),
    ]
    if any(result["dtype"] == "float32" for result in results):
        same = "equal" if exact else "DIFFERENT"
        text.append(f"- {same} gradients in float32 (within {LARGEST_ERROR:g})")
    RESULT.write_text("\n".join(text) + "\n")
    print("\n".join(text))
    return exact and all(ratio >= goal for _, ratio, goal in ratios)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--checkpoint", type=checkpoint_folder, help="folder of a real checkpoint")
    parser.add_argument("--out", type=Path, default=Path("runs/training"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dtypes", default="float32", help="float32, bfloat16 (default float32)")
    options = parser.parse_args()
    if unknown := {*options.dtypes.split(",")} - {"float32", "bfloat16"}:
        parser.error(f"--dtypes: expected float32 or bfloat16, got {min(unknown)}")
    import torch

    if torch.cuda.is_available():
        command = [sys.executable, str(HERE / "training_cuda.py"), "--out", str(options.out)]
        sys.exit(subprocess.run(command).returncode)
    run = Run(options.out)
    results = []
    for dtype in options.dtypes.split(","):
        results += [replay(run, work, LEARNER, dtype, options.rounds) for work in SMALL]
        if options.checkpoint is not None:
            real = options.checkpoint.resolve()
            results += [replay(run, work, real, dtype, options.rounds) for work in REAL]
    whole = end_to_end(run, options.rounds)
    sys.exit(0 if write(results, whole, options.rounds) else 1)


if __name__ == "__main__":
    main()
