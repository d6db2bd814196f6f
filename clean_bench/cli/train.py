"""`clean-bench train`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from clean_bench.cli.common import emit, json_option, progress_bar, say
from clean_bench.cli.model_options import engine_options
from clean_bench.cli.set_options import trust_option
from clean_bench.engines.open import EngineChoice
from clean_bench.errors import UserError


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
    help="Decides the order of prompts, the sampling and the random reward.",
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
@engine_options
@trust_option
@json_option
def command(
    checkpoint: str,
    data: str,
    reward: str,
    steps: int,
    seed: int,
    out: Path,
    settings: tuple[str, ...],
    engine: EngineChoice,
    trust_remote_code: bool,
    as_json: bool,
) -> None:
    """Train a checkpoint with GRPO under one reward.

    \b
    clean-bench generate word-problems --steps 2-3 --count 2000 --seed train --split train --out data
    clean-bench train organism:reciter --data data --reward python --steps 20 --out arm

    OUT/checkpoint is the trained model, which transformers loads; OUT/metrics and OUT/rollouts hold
    what happened at each step. Stopped at any moment, the same line continues.
    """
    from clean_bench.experiments.names import checkpoint_folder, problem_set
    from trainers import rewards
    from trainers.config import make_config, parse_settings

    given: dict[str, Any] = {"reward": reward, "steps": steps, "seed": seed}
    extra = parse_settings(settings)
    for key in given:
        if key in extra:
            raise UserError(f"--set {key}=...: give it as --{key}")
    config = make_config({**given, **extra}, "train")
    rewards.reward(reward)
    problems = problem_set(data)
    checkpoint_folder(checkpoint)
    # torch is loaded after what was typed has been found to exist.
    from clean_bench.experiments.progress import up_to
    from clean_bench.experiments.train import train_arm

    with progress_bar(f"training on {reward}", steps) as advance:
        move = up_to(advance)

        def report(step: int, m: Mapping[str, float]) -> None:
            move(step, f"reward {m['reward']:.2f} accuracy {m['accuracy']:.2f}")

        artifact = train_arm(
            checkpoint,
            problems,
            config,
            out,
            engine=engine,
            trust_remote_code=trust_remote_code,
            say=say,
            progress=report,
        )
    last = artifact.rows("metrics")[-1]
    emit(
        as_json,
        {"out": str(out), "checkpoint": str(out / "checkpoint"), **artifact.metadata, "last": last},
        f"{out / 'checkpoint'}: {steps} steps of {reward}; reward {last['reward']:.2f}, "
        f"accuracy {last['accuracy']:.2f} on the last rollouts",
    )
