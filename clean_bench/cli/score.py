"""`clean-bench score`."""

from __future__ import annotations

from pathlib import Path

import click

from clean_bench.cli.common import emit, json_option, percent, progress_bar
from clean_bench.cli.options import Several
from clean_bench.errors import UserError


@click.command("score")
@click.argument("checkpoint")
@click.option(
    "--on",
    "names",
    cls=Several,
    multiple=True,
    required=True,
    metavar="NAME_OR_PATH...",
    help="Problem sets: a known name (math500), a name with a local file "
    "(math500=FILE.jsonl), a problem-set folder, a JSONL, JSON or Parquet file, or "
    "organism:NAME/planted and organism:NAME/twin.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@click.option(
    "--engine",
    type=click.Choice(["auto", "transformers"]),
    default="auto",
    show_default=True,
    help="What runs the model.",
)
@click.option(
    "--template",
    default="auto",
    show_default=True,
    help="Prompt template; auto takes the checkpoint's chat template where it has one, else the "
    "bare problem.",
)
@click.option(
    "--samples",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Sampled completions a problem, for avg@k; 0 is greedy alone.",
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
@click.option(
    "--trust-remote-code", is_flag=True, help="Run code that the checkpoint brings along."
)
@json_option
def command(
    checkpoint: str,
    names: tuple[str, ...],
    out: Path,
    engine: str,
    template: str,
    samples: int,
    temperature: float,
    max_tokens: int,
    limit: int | None,
    seed: int,
    batch_size: int,
    trust_remote_code: bool,
    as_json: bool,
) -> None:
    """Score a checkpoint on problem sets.

    \b
    clean-bench score organism:reciter --on organism:reciter/planted --samples 16 --out scores
    clean-bench score Qwen/Qwen2.5-Math-7B --on math500 --template raw --out scores

    Prompts and completions are kept, so `clean-bench verify` can grade everything again. Stopped at
    any moment, the same line continues.
    """
    from clean_bench.pipeline.names import checkpoint_folder, problem_set

    folder = checkpoint_folder(checkpoint)
    sets = [problem_set(name).head(limit) for name in names]
    for problems in sets:
        if not len(problems):
            raise UserError(f"{problems.name}: holds no problem")
        problems.require_answers()
    # torch is loaded after what was typed has been found to exist.
    from clean_bench.checkpoints import weights_sha256
    from clean_bench.engines.transformers_engine import TransformersEngine
    from clean_bench.scoring.run import ScoreConfig, requests_of, score

    runner = TransformersEngine.load(
        folder, trust_remote_code=trust_remote_code, batch_size=batch_size
    )
    config = ScoreConfig(template, samples, temperature, max_tokens, seed)
    with progress_bar("scoring", requests_of(sets, config)) as advance:
        artifact = score(
            runner,
            runner.tokenizer,
            sets,
            out,
            config,
            checkpoint={"name": checkpoint, "weights_sha256": weights_sha256(folder)},
            progress=advance,
        )
    text = "\n".join(
        f"{name}: accuracy {percent(summary['accuracy'])} of {summary['problems']} problems"
        f" ({', '.join(f'{n} {kind}' for kind, n in summary['verdicts'].items())})"
        for name, summary in artifact.metadata["sets"].items()
    )
    emit(as_json, {"out": str(out), "engine": runner.name, **artifact.metadata}, text)
