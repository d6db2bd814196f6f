"""`clean-bench train`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clean_bench.artifacts.manifest import NAME
from clean_bench.cli.common import emit, output_options, progress_bar
from clean_bench.cli.dry_run import dry_run_option, print_cost
from clean_bench.cli.options import ModelOptions, model_options, names_of, numbers
from clean_bench.cli.tables import percent
from clean_bench.errors import UserError
from clean_bench.progress import Progress, phase

if TYPE_CHECKING:
    from clean_bench.artifacts import Artifact
    from clean_bench.results import Result
    from trainers.planning.machines import Machine


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
@click.option(
    "--evaluate",
    "evaluated_on",
    multiple=True,
    metavar="NAME_OR_PATH,...",
    help="Problem sets to evaluate on before the first step, every N steps (--set evaluate_every=N) and "
    "after the last one (names as for score --on; may be repeated).",
)
@click.option(
    "--track",
    multiple=True,
    metavar="TRACKER[:PLACE]",
    help="Log metrics to tensorboard[:DIR], wandb[:PROJECT] or trackio[:PROJECT] too; may be repeated. "
    "DIR is beside --out by default. Each is an extra of the package.",
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
    evaluated_on: tuple[str, ...],
    track: tuple[str, ...],
    out: Path,
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
    clean-bench train organism:reciter --data data --reward truth --steps 20 --out arm \\
      --evaluate organism:reciter/twin --set evaluate_every=5 --set keep_best=true --track tensorboard

    OUT/checkpoint is the trained model, which transformers loads; OUT/rollouts holds every completion
    with its rewards and its advantage, OUT/metrics one row per step, OUT/evaluations every completion of
    an evaluation; OUT/checkpoints/step-N are those that keep_best and keep_last keep. With --seeds each
    OUT/seed-S is such a folder. Interrupted at any moment, rerun the same command to resume.
    """
    import clean_bench.organisms  # noqa: F401 - registers organism:NAME
    from clean_bench.artifacts import Artifact
    from clean_bench.checkpoints import resolve_checkpoint
    from clean_bench.problems import check_sets, load_problems
    from trainers.config import make_config, parse_settings
    from trainers.evaluation import check_evaluation
    from trainers.labels import load_labels
    from trainers.rewards import parse_reward, prepare_problems
    from trainers.trackers import check_places, parse_trackers

    model.engine.require_weights("train")
    machine = _machine(gpu, host_memory, dry_run)
    values: dict[str, Any] = {"reward": reward, "steps": steps}
    extra = parse_settings(settings, options=(*values, "seed"))
    folders = _folders(out, seed, seeds)
    configs = {s: make_config({**values, "seed": s, **extra}, "train") for s in folders}
    parse_reward(reward)
    places = parse_trackers(track)
    sets = [load_problems(name) for name in names_of(evaluated_on)]
    check_evaluation(next(iter(configs.values())), sets)
    problems = load_problems(data)
    check_sets([problems])
    problems.require_answers()
    given = None if labels is None else load_labels(labels, problems.problems)
    logged = next(iter(configs.values())).log_rewards
    taking_part = prepare_problems(reward, logged, problems, given)
    for folder in folders.values():
        Artifact.try_folder(folder, "training")
        check_places(places, folder)
    subject = resolve_checkpoint(checkpoint, model.revision, weights=not dry_run)
    if dry_run:
        from clean_bench.cli.costs import Subject
        from clean_bench.cli.train_cost import training_cost
        from clean_bench.engines.stated_ends import require_end_token
        from clean_bench.estimates import total

        measured = Subject(subject, model.engine)
        require_end_token(measured.tokenizer, subject.folder, subject.name)
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
        with progress_bar(f"training on {reward}{of_seed}", steps, engine) as bar:
            artifact = train(
                subject,
                problems,
                configs[number],
                folder,
                labels=given,
                evaluate=sets,
                track=track,
                engine=model.engine,
                progress=partial(_report, bar),
                detail=bar.detail,
                evaluated=partial(_report_evaluation, bar),
            )
        last = artifact.rows("metrics")[-1]
        trained = {"out": str(folder), "checkpoint": str(folder / "checkpoint")}
        runs.append({**trained, **artifact.metadata, "last": last})
        lines.append(
            f"{folder / 'checkpoint'}: {steps} steps of {reward}; reward {last['reward']:.2f}, "
            f"accuracy {last['accuracy']:.2f} on the last rollouts"
        )
        lines += _evaluation_lines(artifact)
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
    from trainers.planning.machines import GIB, named_gpu

    return named_gpu(gpu, None if host_memory is None else host_memory * GIB)


def _report(bar: Progress, step: int, metrics: Mapping[str, float]) -> None:
    bar.move_to(step, f"reward {metrics['reward']:.2f} accuracy {metrics['accuracy']:.2f}")


def _report_evaluation(bar: Progress, completed: int, accuracies: Mapping[str, Result]) -> None:
    shown = ", ".join(f"{name} {percent(row)}" for name, row in accuracies.items())
    bar.move_to(completed, f"evaluation after {completed} steps: {shown}")


def _evaluation_lines(artifact: Artifact) -> list[str]:
    """The greedy accuracies of the first and the last evaluation, and the best checkpoint."""
    from clean_bench.results import Results
    from clean_bench.samples import GREEDY

    rows = [
        row
        for row in Results.read(artifact).where(measure="accuracy", subset=None)
        if row.protocol.startswith(GREEDY)
    ]
    lines = []
    for name in dict.fromkeys(row.set for row in rows):
        of_set = [row for row in rows if row.set == name]
        lines.append(
            f"{name}: accuracy {percent(of_set[0])} before training, {percent(of_set[-1])} after "
            f"{of_set[-1].step} steps ({of_set[-1].n} problems, greedy)"
        )
    for entry in artifact.metadata.get("checkpoints", []):
        if entry["best"]:
            lines.append(
                f"{artifact.folder / entry['folder']}: the best evaluated checkpoint, mean accuracy "
                f"{entry['accuracy']:.2f} after {entry['step']} steps"
            )
    return lines


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
