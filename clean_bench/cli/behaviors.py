"""`clean-bench behaviors`."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path

import click
from click.core import ParameterSource

from clean_bench.cli.common import emit, output_options, progress_bar, say
from clean_bench.cli.model_options import engine_options
from clean_bench.engines.open import EngineChoice
from clean_bench.errors import UserError

_READING = ("engine", "tensor_parallel", "data_parallel", "batch_size", "trust_remote_code")
"""Options that say how the checkpoint of `--with` is run."""


@click.command("behaviors")
@click.argument("scores", type=click.Path(path_type=Path))
@click.option(
    "--after",
    type=click.Path(path_type=Path),
    metavar="SCORES2",
    help="Scores of the checkpoint after training, on the same sets under the same template.",
)
@click.option(
    "--with",
    "other",
    metavar="CHECKPOINT",
    help="Read the stored text with this checkpoint, for KL(the one that wrote it || this one) per "
    "token. The only part that needs a model.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@engine_options
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    default=64,
    show_default=True,
    help="Completions read together (--with).",
)
@click.option(
    "--trust-remote-code", is_flag=True, help="Run code that the checkpoint brings along (--with)."
)
@output_options
def command(
    scores: Path,
    after: Path | None,
    other: str | None,
    out: Path,
    engine: EngineChoice,
    batch_size: int,
    trust_remote_code: bool,
    as_json: bool,
) -> None:
    """Say how stored completions behave.

    \b
    clean-bench behaviors before --out behaviors
    clean-bench behaviors before --after after --out behaviors
    clean-bench behaviors before --after after --with organism:reciter --out behaviors

    SCORES is a folder that `score` wrote. Code reasoning and its part in the gain, boxed answers,
    length, repetition, scripts, token probability, likeness before and after, and how much the text
    depends on the problem, all with intervals over problems. Sampled completions (`score --samples`)
    show the last two best.

    Code reasoning is the word "python". The transition table sorts problems by it before and after
    (C code, L language); a cell's share is its newly correct answers over all of them.

    `--with` the checkpoint before training reads the text after it, KL(after || before); for
    KL(before || after), on the text before, give BEFORE alone `--with` the trained checkpoint.
    """
    if other is None:
        context = click.get_current_context()
        for name in _READING:
            if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
                option = "--" + name.replace("_", "-")
                raise UserError(f"{option}: nothing is run without --with CHECKPOINT")
    from clean_bench.artifacts import Artifact
    from clean_bench.behaviors.rescore import Other
    from clean_bench.behaviors.run import behave
    from clean_bench.cli.behaviors_table import text_of

    with ExitStack() as stack:
        reader = None
        if other is not None:
            from clean_bench.experiments.names import checkpoint_folder

            for folder in (scores, after):
                if folder is not None:
                    Artifact.load(folder, "scores")
            weights = checkpoint_folder(other)
            # torch is loaded after what was typed has been found to exist.
            from clean_bench.checkpoints import weights_sha256
            from clean_bench.engines.open import open_engine

            runner = open_engine(
                weights, engine, trust_remote_code=trust_remote_code, batch_size=batch_size, say=say
            )
            stack.enter_context(closing(runner))
            reader = Other(other, weights_sha256(weights), runner, runner.tokenizer)
        advance = stack.enter_context(progress_bar("reading", None))
        artifact = behave(scores, out, after=after, other=reader, progress=advance)
    metadata = artifact.metadata
    order = Artifact.load(scores, "scores").config.get("templates", ())
    emit(as_json, {"out": str(out), **metadata}, text_of(metadata, order))
