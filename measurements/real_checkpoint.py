r"""A published checkpoint under the true reward and under a random one: SmolLM2-135M, two seeds.

    make real-checkpoint CHECKPOINT=FOLDER
    python measurements/real_checkpoint.py FOLDER [--out runs/real-checkpoint] [--report]

FOLDER is a checkpoint of SmolLM2-135M. The steps are commands of clean-bench: `generate` and `sft` warm
the checkpoint up on word problems, `run` trains the arms from it and scores every checkpoint on a fresh
set that is drawn after training. Of the responses of the warm-up 30% are the boxed answer alone and the
others show the steps first: the warmed-up checkpoint mixes these two ways to answer. Interrupted, the
same command resumes; `--report` only writes the table from what is there.

Writes measurements/results/real_checkpoint.md. Exits with status 1 if the warm-up took more than 40
minutes or did not reach 30 to 70% of sampled accuracy, or if the truth does not raise the accuracy on
the fresh set with its interval over seeds and problems above zero, or the random reward does. The table
has the interval over problems of each seed too, which does not cover the chance of a seed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import version
from math import nan
from pathlib import Path
from statistics import fmean, median
from typing import Any

import numpy as np
import numpy.typing as npt
from checkpoint_folder import checkpoint_folder

from clean_bench.artifacts import Artifact
from clean_bench.errors import UserError
from clean_bench.experiments.evidence import Scores
from clean_bench.problems import load_problems
from clean_bench.statistics.gains import item_gains, mean_gain
from clean_bench.statistics.intervals import mean_interval
from leaderboards.formatting import percent_interval, points_interval
from trainers.config import parse_settings
from trainers.sft.config import make_sft_config

RESULT = Path(__file__).parent / "results" / "real_checkpoint.md"
DRAW = "word-problems --steps 2 --count 4000 --seed warm-up --split train --out drawn"
WARM_UP = "warm-up.jsonl"
ALONE, OF = 3, 10
"""So many of so many problems of the warm-up have no worked solution."""
UPDATES = 240
SFT_SETTINGS = (
    "batch_size=16",
    "learning_rate=3e-4",
    "learning_rate_schedule=cosine",
    "warmup_updates=12",
    "compute_dtype=bfloat16",
    "template=raw",
)
SFT = " ".join(
    [f"--data {WARM_UP} --out sft --updates {UPDATES}", *(f"--set {s}" for s in SFT_SETTINGS)]
)
RECIPE = """\
title = "SmolLM2-135M, warmed up: truth and random"
models = [{name = "smollm2", checkpoint = "sft/checkpoint"}]
seeds = [1, 2]

[data]
family = "word-problems"
steps = "2"
count = 1000

[[sets]]
role = "fresh"
family = "word-problems"
steps = "2"
count = 320

[engine]
engine = "transformers"

[score]
samples = 4
max_tokens = 48
templates = ["raw"]

[probe]
prefixes = [0.6]

[train]
steps = 30
prompts_per_step = 8
group_size = 8
minibatches = 2
learning_rate = 5e-6
compute_dtype = "bfloat16"
template = "raw"
max_tokens = 48

[[arms]]
name = "truth"
reward = "truth"

[[arms]]
name = "random"
reward = "random"
"""
_PLAN = tomllib.loads(RECIPE)
[MODEL] = [model["name"] for model in _PLAN["models"]]
ARMS = [arm["name"] for arm in _PLAN["arms"]]
SEEDS: list[int] = _PLAN["seeds"]
FIRST = 5
"""Steps over which the beginning and the end of a training are averaged."""
MOST_MINUTES = 40.0
LEAST_ACCURACY, MOST_ACCURACY = 0.3, 0.7


def command(out: Path, name: str, *arguments: str) -> None:
    """Run a command of clean-bench in OUT, and keep the largest memory of its process."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "clean_bench", name, *arguments], cwd=out
    )
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except KeyboardInterrupt:
        process.wait()
        raise
    if status:
        sys.exit(f"clean-bench {name} failed; rerun the same command to resume")
    peaks = memory(out)
    peaks[name] = max(peaks.get(name, 0), usage.ru_maxrss * 1024)
    (out / "memory.json").write_text(json.dumps(peaks))


def memory(out: Path) -> dict[str, int]:
    """Peak resident bytes of each command so far."""
    path = out / "memory.json"
    return dict(json.loads(path.read_text())) if path.exists() else {}


def run(checkpoint: Path, out: Path) -> None:
    """All steps that are left."""
    out.mkdir(parents=True, exist_ok=True)
    # What is finished returns at once, and is refused where it was made with other settings.
    command(out, "generate", *DRAW.split())
    write_warm_up(out)
    command(out, "sft", str(checkpoint.resolve()), *SFT.split())
    (out / "recipe.toml").write_text(RECIPE)
    command(out, "run", "recipe.toml", "--out", "run")


def write_warm_up(out: Path) -> None:
    """The problems of the warm-up, of which `ALONE` of `OF` have no worked solution."""
    lines = []
    for place, problem in enumerate(load_problems(str(out / "drawn")).problems):
        row = {"id": problem.id, "problem": problem.problem, "answer": problem.answer}
        if place % OF >= ALONE:
            row["solution"] = str(problem.solution)
        lines.append(json.dumps(row) + "\n")
    (out / WARM_UP).write_text("".join(lines))


def require_recipe(out: Path) -> None:
    """Exit where the folder was made with another recipe or warm-up than the report would state."""
    sft = Artifact.load(out / "sft", "sft")
    stated = make_sft_config({"updates": UPDATES, **parse_settings(SFT_SETTINGS)})
    values = stated.model_dump(mode="json")
    other = [name for name, value in values.items() if sft.config[name] != value]
    recipe = out / "recipe.toml"
    if other or not recipe.exists() or recipe.read_text() != RECIPE:
        what = ", ".join(other) or recipe.name
        sys.exit(f"{out}: was made with another {what} than this script has: choose another --out")


def training(out: Path, arm: str, seed: int) -> Artifact:
    """The training of an arm with a seed."""
    return Artifact.load(out / "run" / MODEL / "arms" / f"{arm}-{seed}", "training")


def shows_steps(row: dict[str, Any]) -> bool:
    """Whether a rollout writes an equation before the boxed answer."""
    return "=" in row["response"].partition("\\boxed")[0]


def steps_shown(artifact: Artifact) -> list[float]:
    """For each step, the share of the rollouts that show the steps."""
    shown: dict[int, list[bool]] = {}
    for row in artifact.rows("rollouts"):
        shown.setdefault(row["step"], []).append(shows_steps(row))
    return [fmean(shown[step]) for step in sorted(shown)]


def accuracy_by_steps(artifacts: Iterable[Artifact]) -> dict[bool, float]:
    """Accuracy in the first `FIRST` steps of the rollouts that show the steps, and of the others."""
    right: dict[bool, list[float]] = {True: [], False: []}
    for artifact in artifacts:
        for row in artifact.rows("rollouts"):
            if row["step"] < FIRST:
                right[shows_steps(row)].append(row["reward/truth"])
    return {shown: fmean(values) if values else nan for shown, values in right.items()}


def peak_of_trainings(artifacts: Iterable[Artifact]) -> float:
    """The largest resident memory of a process in any step, in GB."""
    peaks = [row["peak_memory_bytes"] for a in artifacts for row in a.rows("seconds")]
    return float(max(peaks) / 1e9)


def phases(artifacts: Iterable[Artifact]) -> dict[str, float]:
    """Median over steps of the seconds of each phase."""
    rows = [row for artifact in artifacts for row in artifact.rows("seconds")]
    names = [name for name in rows[0] if name != "step" and "_" not in name]
    return {name: median(row[name] or 0.0 for row in rows) for name in names}


def sampled(out: Path, label: str) -> npt.NDArray[np.float64]:
    """Scores of a checkpoint on the fresh set, problems x samples."""
    return Scores.read(out / "run" / MODEL / "scores" / label).sampled["fresh"]


def report(out: Path) -> tuple[str, list[str]]:
    """The table as Markdown, and the claims that do not hold."""
    base = sampled(out, "base")
    accuracy = mean_interval(base)
    gains = {
        arm: item_gains(base, np.array([sampled(out, f"{arm}-{seed}") for seed in SEEDS]))
        for arm in ARMS
    }
    whole = {arm: mean_gain(gains[arm]) for arm in ARMS}
    of_seeds = {arm: [mean_gain(row[np.newaxis]) for row in gains[arm]] for arm in ARMS}
    trained = {(arm, seed): training(out, arm, seed) for arm in ARMS for seed in SEEDS}
    sft = Artifact.load(out / "sft")
    minutes = sum(row["seconds"] for row in sft.rows("seconds")) / 60
    losses = [row["loss"] for row in sft.rows("metrics")]
    peak = memory(out).get("sft")
    [fresh] = _PLAN["sets"]
    lines = [
        "# A published checkpoint: SmolLM2-135M under truth and random",
        "",
        "Command: `make real-checkpoint CHECKPOINT=FOLDER`. The hash of its weights is "
        f"{sft.config['base_weights_sha256'][:16]}.",
        "",
        f"Warm-up: `clean-bench sft CHECKPOINT {SFT}` took {minutes:.1f} minutes of updates on "
        f"{os.cpu_count()} cores, loss {losses[0]:.2f} to {losses[-1]:.3f}, peak resident memory "
        f"{f'{peak / 1e9:.2f} GB' if peak else 'not measured'}. {ALONE} of {OF} of its responses are "
        "the boxed answer alone, the others show the steps first. Sampled accuracy on the fresh set "
        f"after it: {percent_interval(accuracy)}.",
        "",
        "GRPO from it: "
        + ", ".join(f"{key} {value}" for key, value in _PLAN["train"].items())
        + f". The fresh set has {fresh['count']} {fresh['family']} of {fresh['steps']} steps, drawn "
        "after training and bound to all checkpoints. Gains are in percentage points of accuracy over "
        f"{_PLAN['score']['samples']} samples per problem at temperature 1, with 95% intervals over "
        "problems; the "
        "intervals of both seeds together are over seeds and problems, and as wide as two seeds make "
        "them (Student's t with one degree of freedom).",
        "",
        f"| arm | seed | gain fresh | accuracy of rollouts, first {FIRST} steps | last {FIRST} | steps "
        f"shown, first {FIRST} steps | last {FIRST} | clip fraction | groups without variance |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for arm in ARMS:
        for row, seed in enumerate(SEEDS):
            metrics = trained[arm, seed].rows("metrics")
            worked = steps_shown(trained[arm, seed])
            lines.append(
                f"| {arm} | {seed} | {points_interval(of_seeds[arm][row])} | "
                + " | ".join(
                    f"{number:.3f}"
                    for number in (
                        mean(metrics[:FIRST], "accuracy"),
                        mean(metrics[-FIRST:], "accuracy"),
                        fmean(worked[:FIRST]),
                        fmean(worked[-FIRST:]),
                        mean(metrics, "clip_fraction_low") + mean(metrics, "clip_fraction_high"),
                        mean(metrics, "frac_zero_std_groups"),
                    )
                )
                + " |"
            )
        lines.append(f"| {arm} | both | {points_interval(whole[arm])} | | | | | | |")
    seconds = phases(trained.values())
    right = accuracy_by_steps(trained.values())
    lines += [
        "",
        f"In the first {FIRST} training steps of all arms {right[True]:.1%} of the rollouts that show "
        f"the steps of the solution are right, and {right[False]:.1%} of the others.",
        "",
        "Median seconds of a step: "
        + ", ".join(f"{name} {value:.1f}" for name, value in seconds.items())
        + f". Peak resident memory of a training: {peak_of_trainings(trained.values()):.2f} GB.",
        "",
    ]
    drifted = [
        f"seed {seed} {points_interval(gain)}"
        for seed, gain in zip(SEEDS, of_seeds["random"], strict=True)
        if not gain.holds_zero
    ]
    if drifted:
        lines += [
            f"Under random, over the problems of one seed alone: {', '.join(drifted)}. A seed drifts to "
            "more or fewer steps by chance, and such an interval does not cover that.",
            "",
        ]
    claims = {
        f"the warm-up took at most {MOST_MINUTES:.0f} minutes": minutes <= MOST_MINUTES,
        "the warmed-up checkpoint has 30 to 70% of sampled accuracy": LEAST_ACCURACY
        <= accuracy.value
        <= MOST_ACCURACY,
        "truth raises the accuracy on the fresh set (interval over seeds and problems)": whole[
            "truth"
        ].above_zero,
        "random does not": not whole["random"].above_zero,
    }
    lines += [
        f"- {'holds' if holds else 'DOES NOT HOLD'}: {text}" for text, holds in claims.items()
    ]
    lines += [
        "",
        f"torch {version('torch')}, transformers {version('transformers')}, Python "
        f"{platform.python_version()}, {platform.machine()}.",
        "",
    ]
    return "\n".join(lines), [text for text, holds in claims.items() if not holds]


def mean(rows: list[dict[str, Any]], name: str) -> float:
    """The mean of a metric over steps; nothing counts as 0."""
    return sum(row[name] or 0.0 for row in rows) / len(rows)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", type=checkpoint_folder, help="folder of SmolLM2-135M")
    parser.add_argument("--out", type=Path, default=Path("runs/real-checkpoint"))
    parser.add_argument("--report", action="store_true", help="only write the table")
    options = parser.parse_args()
    try:
        if not options.report:
            run(options.checkpoint, options.out)
        require_recipe(options.out)
        text, missed = report(options.out)
    except UserError as error:
        sys.exit(str(error))
    RESULT.write_text(text)
    print(text)
    for claim in missed:
        print(f"does not hold: {claim}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
