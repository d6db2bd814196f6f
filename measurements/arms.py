"""Train every arm of the dispute about spurious rewards on both control models, five seeds each.

    python measurements/arms.py [--out runs/arms] [--part 1/2] [--report]

Arms, clips and mini-batches are those of `measurements/arms_grid.py`; all else is equal, except that
`incorrect` trains on the problems whose label is wrong, and `rloo` sets what its preset sets. A run is
one JSON file in OUT; interrupted, the same command continues. `--part 1/2` does the first of two shares
of the runs, so that two processes can divide them; `--report` only writes the table from what is there.
measurements/results/arms.md holds the table once all runs are there.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from arms_grid import MODELS, SAMPLES, SEEDS, SHARED, Arm, arms
from arms_report import write_report

import clean_bench as cb
import clean_bench.organisms  # registers organism:NAME
from clean_bench.artifacts import Artifact
from clean_bench.artifacts.atomic_files import atomic_file
from clean_bench.checkpoints import Checkpoint, resolve_checkpoint
from clean_bench.engines.base import Engine
from clean_bench.engines.open import EngineConfig, open_engine
from clean_bench.problems import Problem, ProblemSet, load_problems
from clean_bench.samples import (
    GREEDY,
    SAMPLE,
    Decoding,
    Sampling,
    generate_completions,
    grade_completions,
    request_samples,
)
from clean_bench.seeds import seed_of
from trainers.config import make_config
from trainers.labels import load_labels
from trainers.labels.config import LabelConfig
from trainers.labels.run import label_problems
from trainers.train import train

ENGINE = EngineConfig(engine="transformers", device="cpu")
FRESH = 160
TRAIN = 1000


def problem_sets(out: Path) -> tuple[ProblemSet, dict[str, ProblemSet]]:
    """The training set, and the planted, the twin and a fresh set; generated once."""
    if not Artifact.is_finished(out / "train"):
        cb.generate(
            "word-problems", steps="2-3", count=TRAIN, seed="arms", split="train", out=out / "train"
        )
    if not Artifact.is_finished(out / "fresh"):
        cb.generate(
            "word-problems", steps="2-3", count=FRESH, bind=MODELS, split="eval", out=out / "fresh"
        )
    sets = {
        "planted": load_problems("organism:reciter/planted"),
        "twin": load_problems("organism:reciter/twin"),
        "fresh": load_problems(str(out / "fresh")),
    }
    return load_problems(str(out / "train")), sets


def decodings(name: str, problem: Problem, samples: int) -> list[Decoding]:
    """Samples of a problem, each with its own seed, and a greedy completion."""
    seeds = [seed_of("arms", name, problem.id, index) for index in range(samples)]
    return [*(Decoding(SAMPLE, index, seed) for index, seed in enumerate(seeds)), Decoding(GREEDY)]


def correct(engine: Engine, problems: ProblemSet, template: str, samples: int) -> dict[str, Any]:
    """Correctness of every problem: means of the samples at temperature 1, and of greedy decoding."""
    sampling = Sampling(SHARED["max_tokens"], 1.0)
    requests = [
        request
        for problem in problems
        for request in request_samples(
            problems.name,
            problem,
            template,
            engine.tokenizer,
            decodings(problems.name, problem, samples),
            sampling,
        )
    ]
    graded = grade_completions(requests, generate_completions(engine, requests))
    scores = np.array([sample.score() for sample in graded], dtype=float)
    scores = scores.reshape(len(problems), samples + 1)
    return {"sampled": scores[:, :-1].tolist(), "greedy": scores[:, -1:].tolist()}


def measure(checkpoint: Checkpoint, sets: dict[str, ProblemSet], samples: int) -> dict[str, Any]:
    """Correctness on every set."""
    with closing(open_engine(checkpoint, ENGINE)) as engine:
        return {name: correct(engine, problems, "raw", samples) for name, problems in sets.items()}


def label(model: str, data: ProblemSet, out: Path) -> Path:
    """The folder with the majority answers of the base on the training set, made once."""
    folder = out / f"labels-{model.removeprefix('organism:')}"
    if not Artifact.is_finished(folder):
        base = resolve_checkpoint(model)
        config = LabelConfig(samples=16, max_tokens=SHARED["max_tokens"])
        with closing(open_engine(base, ENGINE)) as engine:
            label_problems(engine, data, folder, config, checkpoint=base)
    return folder


def run_arm(
    model: str, arm: Arm, seed: int, data: ProblemSet, sets: dict[str, ProblemSet], out: Path
) -> None:
    """Train one arm with one seed, and measure the trained checkpoint."""
    file = out / "runs" / f"{model.removeprefix('organism:')}--{arm.slug}--{seed}.json"
    if file.exists():
        return
    base = resolve_checkpoint(model)
    labels = None
    if arm.labels:
        labels = load_labels(str(label(model, data, out)), data.problems)
    values = {**SHARED, "reward": arm.reward, "seed": seed, **arm.settings}
    folder = file.with_suffix("")
    began = time.process_time()
    artifact = train(
        base, data, make_config(values, arm.name), folder, engine=ENGINE, labels=labels
    )
    trained = resolve_checkpoint(str(folder / "checkpoint"))
    result = {
        "model": model,
        "arm": arm.name,
        "seed": seed,
        "weights_sha256": trained.identity()["weights_sha256"],
        "metrics": artifact.rows("metrics"),
        "sets": measure(trained, sets, SAMPLES),
        "cpu_seconds": time.process_time() - began,
    }
    with atomic_file(file) as temporary:
        temporary.write_text(json.dumps(result))
    shutil.rmtree(folder)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("runs/arms"))
    parser.add_argument("--part", type=_part, default=(1, 1), metavar="I/N")
    parser.add_argument("--report", action="store_true")
    options = parser.parse_args()
    if not options.report:
        run_part(options.out, *options.part)
    write_report(options.out)


def run_part(out: Path, part: int, parts: int) -> None:
    """The runs of one share that are left."""
    (out / "runs").mkdir(parents=True, exist_ok=True)
    with waiting_lock(out):
        data, sets = problem_sets(out)
        for model in MODELS:
            file = out / "runs" / f"{model.removeprefix('organism:')}--base.json"
            if not file.exists():
                measured = measure(resolve_checkpoint(model), sets, 2 * SAMPLES)
                with atomic_file(file) as temporary:
                    temporary.write_text(json.dumps({"model": model, "sets": measured}))
            label(model, data, out)
    # Seeds are the outer loop: a table of fewer seeds is complete before the next begins.
    runs = [(model, arm, seed) for seed in SEEDS for arm in arms() for model in MODELS]
    for number, (model, arm, seed) in enumerate(runs):
        if number % parts == part - 1:
            run_arm(model, arm, seed, data, sets, out)
            print(f"{number + 1}/{len(runs)} {model} {arm.name} seed {seed}", flush=True)


@contextmanager
def waiting_lock(out: Path) -> Iterator[None]:
    """One process at a time; the others wait."""
    with (out / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _part(text: str) -> tuple[int, int]:
    """`I/N` as numbers."""
    part, _, parts = text.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise argparse.ArgumentTypeError(f"expected I/N with I from 1 to N, got {text}")
    return int(part), int(parts)


if __name__ == "__main__":
    main()
