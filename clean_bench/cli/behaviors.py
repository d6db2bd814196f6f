"""`clean-bench behaviors`."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path

import click

from clean_bench.cli.behaviors_view import view
from clean_bench.cli.common import emit, output_options, progress_bar
from clean_bench.cli.dry_run import dry_run_option, print_cost
from clean_bench.cli.options import ModelOptions, model_options
from clean_bench.errors import UserError
from clean_bench.progress import uncounted
from clean_bench.results import Results


@click.command("behaviors")
@click.argument("samples", type=click.Path(path_type=Path))
@click.option(
    "--after",
    type=click.Path(path_type=Path),
    metavar="SAMPLES2",
    help="Scores of the checkpoint after training, on the same sets under the same template; or a "
    "second training run, of the same data and seed.",
)
@click.option(
    "--with",
    "reference",
    metavar="CHECKPOINT",
    help="Reference checkpoint: read the stored text with it, for KL(the checkpoint that wrote the text "
    "|| the reference) per token. The only part that runs a model.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@model_options
@dry_run_option
@output_options
def command(
    samples: Path,
    after: Path | None,
    reference: str | None,
    out: Path,
    model: ModelOptions,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Analyze the behaviors of stored completions.

    \b
    clean-bench behaviors before --out behaviors
    clean-bench behaviors before --after after --out behaviors
    clean-bench behaviors before --after after --with organism:reciter --out behaviors
    clean-bench behaviors training --out behaviors

    SAMPLES is a folder that `score` or `train` wrote; the rollouts of a training run are analyzed by
    training step. Measured are code reasoning and its share of the gain, boxed answers, length,
    repetition, scripts, token probability, similarity before and after, and the mutual information
    between problem and completion, with intervals over problems. The last two need sampled completions
    (`score --samples`).

    Code reasoning: the word "python" occurs. The transition table sorts problems by it before and after
    (C code, L language). A cell's share of the gain is its newly correct answers over all of them.

    `--with` the checkpoint before training reads the text after it, for KL(after || before). For
    KL(before || after), give the scores before training alone, `--with` the trained checkpoint.
    """
    if reference is None and model.given():
        option = "--" + next(iter(model.given())).replace("_", "-")
        raise UserError(f"{option}: no model is run without --with CHECKPOINT; leave it out")
    import clean_bench.organisms  # noqa: F401 - registers organism:NAME
    from clean_bench.behaviors.run import (
        Reference,
        analyze_behaviors,
        load_samples,
        reference_lengths,
    )
    from clean_bench.checkpoints import resolve_checkpoint

    for folder in (samples, after):
        if folder is not None:
            load_samples(folder)
    if dry_run:
        if reference is None:
            raise UserError("--dry-run: no model is run without --with CHECKPOINT; leave it out")
        checkpoint = resolve_checkpoint(reference, model.revision)
        lengths = reference_lengths(samples, after, checkpoint)
        from clean_bench.cli.costs import Subject, behaviors_cost

        print_cost(as_json, behaviors_cost(Subject(checkpoint, model.engine), lengths))
        return
    with ExitStack() as stack:
        opened, progress = None, uncounted
        if reference is not None:
            model.engine.require_weights("behaviors --with")
            checkpoint = resolve_checkpoint(reference, model.revision)
            # torch is loaded only after everything that was typed has been checked.
            from clean_bench.engines.open import open_engine

            engine = stack.enter_context(closing(open_engine(checkpoint, model.engine)))
            opened = Reference(checkpoint, engine)
            bar = stack.enter_context(progress_bar("reading", None, model.described()))
            progress = bar.advance
        artifact = analyze_behaviors(samples, out, after=after, reference=opened, progress=progress)
    results, counts = Results.read(artifact), artifact.metadata["counts"]
    data = {"out": str(out), "counts": counts, "results": results.as_json()}
    emit(as_json, data, view(results, counts))
