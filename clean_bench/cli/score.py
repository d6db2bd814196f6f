"""`clean-bench score`."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from clean_bench.cli.common import emit, json_option, progress_bar, say
from clean_bench.cli.model_options import engine_options
from clean_bench.cli.score_table import score_table
from clean_bench.cli.set_options import names_of, sets_option, trust_option
from clean_bench.engines.open import EngineChoice
from clean_bench.errors import UserError


@click.command("score")
@click.argument("checkpoint")
@sets_option("Problem sets")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@engine_options
@click.option(
    "--template",
    "templates",
    multiple=True,
    default=("auto",),
    metavar="NAME,...",
    help="Prompt templates, separated by commas or repeated (clean-bench list templates); the first "
    "is the headline. auto takes the checkpoint's chat template where it has one, else the bare "
    "problem.  [default: auto]",
)
@click.option(
    "--force-start",
    default="",
    metavar="TEXT",
    help="First words of every response, which the checkpoint continues.",
)
@click.option(
    "--samples",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Sampled completions a problem, for avg@k, pass@k and maj@k; 0 is greedy alone.",
)
@click.option(
    "--temperature",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="Temperature of the sampled completions.",
)
@click.option(
    "--max-tokens",
    type=click.IntRange(min=1),
    default=512,
    show_default=True,
    help="Longest completion, in tokens.",
)
@click.option(
    "--repeat",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Greedy completions to make again among other neighbours, for the rate of flips.",
)
@click.option(
    "--grader",
    default="clean-bench",
    show_default=True,
    metavar="NAME",
    help="Whose rules grade: clean-bench, math-verify or spurious-rewards.",
)
@click.option("--limit", type=click.IntRange(min=1), help="First problems of each set only.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the sampling."
)
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    default=256,
    show_default=True,
    help="Completions decoded together.",
)
@trust_option
@json_option
def command(
    checkpoint: str,
    names: tuple[str, ...],
    out: Path,
    engine: EngineChoice,
    templates: tuple[str, ...],
    force_start: str,
    samples: int,
    temperature: float,
    max_tokens: int,
    repeat: int,
    grader: str,
    limit: int | None,
    seed: int,
    batch_size: int,
    trust_remote_code: bool,
    as_json: bool,
) -> None:
    """Score a checkpoint on problem sets.

    \b
    How good is it, and what would a choice or a vote among its samples add?
      clean-bench score organism:reciter --on organism:reciter/planted --samples 16 --out S
    How much is the prompt?
      clean-bench score Qwen/Qwen2.5-Math-7B --on math500 --template raw,chat,lorem --out S
    What if it has to begin with code?
      clean-bench score CHECKPOINT --on math500 --force-start "Let's solve this using Python." --out S
    Do greedy completions depend on their batch?
      clean-bench score CHECKPOINT --on aime24 --repeat 30 --out S

    Prompts and completions are kept, so `clean-bench verify` can grade everything again. Stopped at
    any moment, the same line continues and ends with the same rows.
    """
    from clean_bench.experiments.names import checkpoint_folder, problem_set

    folder = checkpoint_folder(checkpoint)
    sets = [problem_set(name).head(limit) for name in names_of(names)]
    for problems in sets:
        if not len(problems):
            raise UserError(f"{problems.name}: holds no problem")
    from clean_bench.artifacts import Artifact
    from clean_bench.scoring.config import ScoreConfig
    from clean_bench.scoring.requests import check_sets, requests_of

    config = ScoreConfig(
        templates=tuple(name.strip() for part in templates for name in part.split(",")),
        samples=samples,
        temperature=temperature,
        max_tokens=max_tokens,
        seed=seed,
        force_start=force_start,
        repeat=repeat,
        grader=grader,
    )
    check_sets(sets)
    config.check()
    Artifact.try_folder(out, "scores")
    requests = requests_of(sets, config)
    # torch is loaded after what was typed has been found to exist.
    from clean_bench.checkpoints import weights_sha256
    from clean_bench.engines.open import open_engine
    from clean_bench.scoring.run import score

    runner = open_engine(
        folder, engine, trust_remote_code=trust_remote_code, batch_size=batch_size, say=say
    )
    with closing(runner), progress_bar("scoring", requests) as advance:
        artifact = score(
            runner,
            runner.tokenizer,
            sets,
            out,
            config,
            checkpoint={"name": checkpoint, "weights_sha256": weights_sha256(folder)},
            progress=advance,
        )
    # The keys of a manifest are sorted: the sets are shown as they were named.
    scores = artifact.metadata["sets"]
    found = {
        **artifact.metadata,
        "sets": {problems.name: scores[problems.name] for problems in sets},
    }
    table = score_table(found, runner.context_length)
    emit(as_json, {"out": str(out), "engine": runner.name, **found}, table)
