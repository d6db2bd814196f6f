"""`clean-bench train`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clean_bench.artifacts.manifest import NAME
from clean_bench.cli.common import emit, output_options, progress_bar
from clean_bench.cli.dry_run import dry_run_option, print_cost
from clean_bench.cli.options import ModelOptions, model_options, names_of, numbers
from clean_bench.errors import UserError
from clean_bench.progress import Progress, phase

if TYPE_CHECKING:
    from trainers.machines import Machine


@click.command("train")
@click.argument("checkpoint")
@click.option(
    "--data",
    required=True,
    metavar="NAME_OR_PATH",
    help="Problem set to train on (names as for score --on).",
)
@click.option(
    "--reward",
    required=True,
    metavar="EXPRESSION",
    help="Reward, or an expression over rewards such as 'format & !python', format+0.5*python or "
    "random:p=0.3: clean-bench list rewards.",
)
@click.option(
    "--labels",
    metavar="DIR_OR_FILE",
    help="Labels for the rewards majority and incorrect: a folder of clean-bench label, or a file with "
    "a label per problem (columns id or problem, and label; FILE:answer=COLUMN names another).",
)
@click.option("--steps", type=click.IntRange(min=1), required=True, help="Rollout batches.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seed of the order of prompts, of the sampling and of the random reward.",
)
@click.option(
    "--seeds",
    callback=numbers,
    default="",
    metavar="S,S,...",
    help="Train once with each of several seeds, into OUT/seed-S.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@click.option(
    "--evaluate",
    "evaluated",
    multiple=True,
    metavar="NAME_OR_PATH,...",
    help="Problem sets to evaluate on, greedily, every N steps: --set evaluate_every=N (names as for "
    "score --on). The best and the last checkpoints: --set keep_best=true --set keep_last=K.",
)
@click.option(
    "--track",
    metavar="NAME",
    help="Send the metrics to a tracker too: trackio, wandb or tensorboard (extras of the same name); "
    "tensorboard writes beside OUT, into OUT-track.",
)
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
@click.option(
    "--gpu",
    metavar="NAME",
    help="GPU to plan for with --dry-run, such as h100-80gb, a100-40gb or rtx-4090, or cpu; default "
    "the GPU at hand, else the CPU.",
)
@click.option(
    "--host-memory",
    type=click.FloatRange(min=0, min_open=True),
    metavar="GIB",
    help="Memory of the host of --gpu; default twice that of the GPU.",
)
@output_options
def command(
    checkpoint: str,
    data: str,
    reward: str,
    labels: str | None,
    steps: int,
    seed: int,
    seeds: tuple[int, ...],
    out: Path,
    evaluated: tuple[str, ...],
    track: str | None,
    settings: tuple[str, ...],
    model: ModelOptions,
    dry_run: bool,
    gpu: str | None,
    host_memory: float | None,
    as_json: bool,
) -> None:
    """Train a checkpoint with GRPO under one reward.

    \b
    clean-bench generate word-problems --steps 2-3 --count 2000 --seed train --split train --out data
    clean-bench train organism:reciter --data data --reward python --steps 20 --out arm
    clean-bench behaviors arm --out behaviors
    clean-bench train organism:reciter --data data --reward random --steps 20 --seeds 1,2,3 --out arms

    OUT/checkpoint is the trained model, which transformers loads; OUT/rollouts holds every completion
    with its rewards and its advantage, OUT/metrics one row per step. With --seeds each OUT/seed-S is
    such a folder. Interrupted at any moment, rerun the same command to resume.
    """
    import clean_bench.organisms  # noqa: F401 - registers organism:NAME
    from clean_bench.artifacts import Artifact
    from clean_bench.checkpoints import resolve_checkpoint
    from clean_bench.problems import check_sets, load_problems
    from trainers.config import make_config, parse_settings
    from trainers.evaluation import check_evaluate
    from trainers.labels import load_labels
    from trainers.rewards import parse_reward, prepare_problems
    from trainers.trackers import check_tracker, open_tracker

    model.engine.require_weights("train")
    machine = _machine(gpu, host_memory, dry_run)
    values: dict[str, Any] = {"reward": reward, "steps": steps}
    extra = parse_settings(settings)
    for key in (*values, "seed"):
        if key in extra:
            raise UserError(f"--set {key}=...: give it as --{key}")
    folders = _folders(out, seed, seeds)
    configs = {s: make_config({**values, "seed": s, **extra}, "train") for s in folders}
    parse_reward(reward)
    problems = load_problems(data)
    check_sets([problems])
    problems.require_answers()
    given = None if labels is None else load_labels(labels, problems.problems)
    logged = next(iter(configs.values())).log_rewards
    taking_part = prepare_problems(reward, logged, problems, given)
    evaluate = [load_problems(name) for name in names_of(evaluated)]
    if evaluate:
        check_sets(evaluate)
    for part in evaluate:
        part.require_answers()
    check_evaluate(next(iter(configs.values())), evaluate)
    if track is not None:
        check_tracker(track)
    for folder in folders.values():
        Artifact.try_folder(folder, "training")
    subject = resolve_checkpoint(checkpoint, model.revision, weights=not dry_run)
    if dry_run:
        from clean_bench.cli.costs import Subject
        from clean_bench.cli.train_cost import training_cost
        from clean_bench.estimates import total

        measured = Subject(subject, model.engine)
        costs = [
            training_cost(measured, taking_part, config, model.engine, machine)
            for config in configs.values()
        ]
        # Seeds differ in the order of prompts alone; the plan shown is the one of the longest.
        longest = max(costs, key=lambda each: each.cost.memory_bytes)
        print_cost(as_json, total([each.cost for each in costs]), plan=longest)
        return
    # torch is loaded only after everything that was typed has been checked.
    with phase("loading torch", imports="torch"):
        from trainers.train import train

        engine = model.described()
    runs: list[dict[str, Any]] = []
    lines: list[str] = []
    if given is not None:
        left_out = len(problems) - len(taking_part)
        rest = f"; {left_out} left out, {len(taking_part)} take part" if left_out else ""
        lines.append(f"labels {labels}: {given.summary()}{rest}")
    for number, folder in folders.items():
        of_seed = f", seed {number}" if seeds else ""
        config = configs[number]
        with (
            progress_bar(f"training on {reward}{of_seed}", steps, engine) as bar,
            nullcontext()
            if track is None
            else open_tracker(
                track, run=folder.name, config=config, folder=out.with_name(f"{out.name}-track")
            ) as tracker,
        ):
            artifact = train(
                subject,
                problems,
                config,
                folder,
                labels=given,
                evaluate=evaluate,
                tracker=tracker,
                engine=model.engine,
                progress=partial(_report, bar),
                detail=bar.detail,
            )
        last = artifact.rows("metrics")[-1]
        trained = {"out": str(folder), "checkpoint": str(folder / "checkpoint")}
        runs.append({**trained, **artifact.metadata, "last": last})
        lines.append(
            f"{folder / 'checkpoint'}: {steps} steps of {reward}; reward {last['reward']:.2f}, "
            f"accuracy {last['accuracy']:.2f} on the last rollouts"
        )
    emit(as_json, {"out": str(out), "runs": runs} if seeds else runs[0], "\n".join(lines))


def _machine(gpu: str | None, host_memory: float | None, dry_run: bool) -> Machine | None:
    """The machine of --gpu.

    Raises:
        UserError: for an unknown GPU, or an option without the one that it belongs to.
    """
    for option, value, needed in (
        ("--gpu", gpu, "--dry-run" if not dry_run else ""),
        ("--host-memory", host_memory, "--gpu" if gpu is None else ""),
    ):
        if value is not None and needed:
            raise UserError(f"{option} {value}: expected {needed} beside it, got none")
    if gpu is None:
        return None
    from trainers.machines import GIB, named_gpu

    return named_gpu(gpu, None if host_memory is None else host_memory * GIB)


def _report(bar: Progress, step: int, metrics: Mapping[str, float]) -> None:
    bar.move_to(step, f"reward {metrics['reward']:.2f} accuracy {metrics['accuracy']:.2f}")


def _folders(out: Path, seed: int, seeds: Sequence[int]) -> dict[int, Path]:
    """The folder of each seed.

    Raises:
        UserError: for a repeated seed, or a folder of several seeds that is an artifact itself.
    """
    if not seeds:
        return {seed: out}
    if len(set(seeds)) < len(seeds) or seed:
        got = f"--seed {seed} too" if seed else ",".join(map(str, seeds))
        raise UserError(f"--seeds: expected different numbers and no --seed, got {got}")
    if (out / NAME).exists():
        raise UserError(
            f"{out}: expected a folder for several seeds, got an artifact; choose another --out"
        )
    return {number: out / f"seed-{number}" for number in seeds}
