"""`clean-bench sft`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from clean_bench.cli.common import emit, output_options, progress_bar
from clean_bench.cli.options import ModelOptions, model_options
from clean_bench.progress import phase


@click.command("sft")
@click.argument("checkpoint")
@click.option(
    "--data",
    required=True,
    metavar="NAME_OR_PATH",
    help="Problem set with solutions to train on (names as for score --on).",
)
@click.option("--updates", type=click.IntRange(min=1), required=True, help="Optimizer steps.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seed of the order of the problems.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Any other setting, for example --set learning_rate=1e-4 --set batch_size=64; unknown keys "
    "are refused.",
)
@model_options
@output_options
def command(
    checkpoint: str,
    data: str,
    updates: int,
    seed: int,
    out: Path,
    settings: tuple[str, ...],
    model: ModelOptions,
    as_json: bool,
) -> None:
    """Warm a checkpoint up: supervised fine-tuning on worked solutions.

    Reinforcement learning needs rewards that vary within a group. A checkpoint that solves none of the
    training problems gets none; this command teaches it the format and the task first. The response to
    each problem is its solution and the boxed answer.

    \b
    clean-bench generate word-problems --steps 2-3 --count 2000 --seed w --split train --out warm-up
    clean-bench sft organism:learner --data warm-up --updates 20 --out sft
    clean-bench train sft/checkpoint --data warm-up --reward truth --steps 2 --out arm

    OUT/checkpoint is the trained model, which transformers loads; OUT/metrics has one row per update.
    Interrupted at any moment, rerun the same command to resume.
    """
    import clean_bench.organisms  # noqa: F401 - registers organism:NAME
    from clean_bench.artifacts import Artifact
    from clean_bench.checkpoints import resolve_checkpoint
    from clean_bench.problems import check_sets, load_problems
    from trainers.config import parse_settings
    from trainers.sft.config import make_sft_config

    model.engine.require_weights("sft")
    extra = parse_settings(settings, options=("updates", "seed"))
    dtype = {} if model.engine.dtype == "auto" else {"compute_dtype": model.engine.dtype}
    values: dict[str, Any] = {**dtype, "updates": updates, "seed": seed, **extra}
    config = make_sft_config(values, "sft")
    problems = load_problems(data)
    check_sets([problems])
    problems.require_answers()
    Artifact.try_folder(out, "sft")
    subject = resolve_checkpoint(checkpoint, model.revision)
    with phase("loading torch", imports="torch"):
        from trainers.sft.train import sft

    with progress_bar(f"fine-tuning {subject.name}", updates) as bar:
        artifact = sft(
            subject,
            problems,
            config,
            out,
            device=model.engine.device,
            trust_remote_code=model.engine.trust_remote_code,
            progress=lambda update, row: bar.move_to(update, f"loss {row['loss']:.3f}"),
        )
    last = artifact.rows("metrics")[-1]
    emit(
        as_json,
        {"out": str(out), "checkpoint": str(out / "checkpoint"), **artifact.metadata, "last": last},
        f"{out / 'checkpoint'}: {updates} updates on {len(problems)} problems; loss {last['loss']:.3f}",
    )
