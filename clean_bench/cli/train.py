"""`clean-bench train`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from clean_bench.cli.common import emit, output_options, progress_bar
from clean_bench.cli.dry_run import dry_run_option, print_cost
from clean_bench.cli.options import ModelOptions, model_options
from clean_bench.errors import UserError
from clean_bench.progress import phase


@click.command("train")
@click.argument("checkpoint")
@click.option(
    "--data",
    required=True,
    metavar="NAME_OR_PATH",
    help="Problem set to train on (names as for score --on).",
)
@click.option("--reward", required=True, help="Name of the reward: clean-bench list rewards.")
@click.option("--steps", type=click.IntRange(min=1), required=True, help="Rollout batches.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seed of the order of prompts, of the sampling and of the random reward.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Any other setting, for example --set learning_rate=1e-5 --set objective=dapo; unknown "
    "keys are refused.",
)
@model_options
@dry_run_option
@output_options
def command(
    checkpoint: str,
    data: str,
    reward: str,
    steps: int,
    seed: int,
    out: Path,
    settings: tuple[str, ...],
    model: ModelOptions,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Train a checkpoint with GRPO under one reward.

    \b
    clean-bench generate word-problems --steps 2-3 --count 2000 --seed train --split train --out data
    clean-bench train organism:reciter --data data --reward python --steps 20 --out arm
    clean-bench behaviors arm --out behaviors

    OUT/checkpoint is the trained model, which transformers loads; OUT/rollouts holds every completion
    with its rewards and its advantage, OUT/metrics one row per step. Interrupted at any moment, rerun
    the same command to resume.
    """
    import clean_bench.organisms  # noqa: F401 - registers organism:NAME
    from clean_bench.artifacts import Artifact
    from clean_bench.checkpoints import resolve_checkpoint
    from clean_bench.problems import check_sets, load_problems
    from trainers.config import make_config, parse_settings
    from trainers.rewards import reward_named

    values: dict[str, Any] = {"reward": reward, "steps": steps, "seed": seed}
    extra = parse_settings(settings)
    for key in values:
        if key in extra:
            raise UserError(f"--set {key}=...: give it as --{key}")
    config = make_config({**values, **extra}, "train")
    reward_named(reward)
    problems = load_problems(data)
    check_sets([problems])
    problems.require_answers()
    Artifact.try_folder(out, "training")
    subject = resolve_checkpoint(checkpoint, model.revision)
    if dry_run:
        from clean_bench.cli.costs import Subject, train_cost

        print_cost(as_json, train_cost(Subject(subject, model.engine), problems, config))
        return
    # torch is loaded only after everything that was typed has been checked.
    with phase("loading torch", imports="torch"):
        from trainers.train import train

        engine = model.described()
    with progress_bar(f"training on {reward}", steps, engine) as bar:

        def report(step: int, metrics: Mapping[str, float]) -> None:
            bar.move_to(step, f"reward {metrics['reward']:.2f} accuracy {metrics['accuracy']:.2f}")

        artifact = train(
            subject,
            problems,
            config,
            out,
            engine=model.engine,
            progress=report,
            detail=bar.detail,
        )
    last = artifact.rows("metrics")[-1]
    emit(
        as_json,
        {"out": str(out), "checkpoint": str(out / "checkpoint"), **artifact.metadata, "last": last},
        f"{out / 'checkpoint'}: {steps} steps of {reward}; reward {last['reward']:.2f}, "
        f"accuracy {last['accuracy']:.2f} on the last rollouts",
    )
