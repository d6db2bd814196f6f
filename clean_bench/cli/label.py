"""`clean-bench label`."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import click

from clean_bench.cli.common import emit, output_options, progress_bar
from clean_bench.cli.dry_run import dry_run_option, print_cost
from clean_bench.cli.options import ModelOptions, config_options, model_options
from trainers.labels.config import LabelConfig


@click.command("label")
@click.argument("checkpoint")
@click.option(
    "--data",
    required=True,
    metavar="NAME_OR_PATH",
    help="Problem set to label: the set that will be trained on (names as for score --on).",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@config_options(LabelConfig, *LabelConfig.model_fields)
@click.option("--limit", type=click.IntRange(min=1), help="Only the first problems of the set.")
@model_options
@dry_run_option
@output_options
def command(
    checkpoint: str,
    data: str,
    out: Path,
    limit: int | None,
    model: ModelOptions,
    dry_run: bool,
    as_json: bool,
    **settings: Any,
) -> None:
    """Label a training set with a checkpoint's own majority answers.

    \b
    clean-bench label organism:reciter --data organism:reciter/planted --samples 16 --max-tokens 48 \\
      --out labels
    clean-bench train organism:reciter --data organism:reciter/planted --reward incorrect \\
      --labels labels --steps 20 --out arm

    The label of a problem is the most frequent answer among its samples. OUT/labels has it with its
    votes, the samples without an answer, and whether our grader finds it equal to the gold answer. A
    problem without any answer has no label. The rewards majority and incorrect train on labels.
    Interrupted at any moment, rerun the same command to resume.
    """
    import clean_bench.organisms  # noqa: F401 - registers organism:NAME
    from clean_bench.artifacts import Artifact
    from clean_bench.engines.open import resolve_model
    from clean_bench.problems import check_sets, load_problems
    from clean_bench.prompts import check_template

    check_template(settings["template"])
    config = LabelConfig(**settings)
    subject = resolve_model(checkpoint, model.engine, model.revision, weights=not dry_run)
    problems = load_problems(data).head(limit)
    check_sets([problems])
    problems.require_answers()
    Artifact.try_folder(out, "labels")
    if dry_run:
        from clean_bench.cli.costs import label_cost, subject_of

        print_cost(as_json, label_cost(subject_of(subject, model.engine), problems, config))
        return
    # torch is loaded only after everything that was typed has been checked.
    from clean_bench.engines.open import open_engine
    from trainers.labels import stored_labels
    from trainers.labels.run import label_problems

    with (
        closing(open_engine(subject, model.engine)) as engine,
        progress_bar("labelling", len(problems) * config.samples, model.described()) as bar,
    ):
        artifact = label_problems(
            engine, problems, out, config, checkpoint=subject, progress=bar.advance
        )
    labels = stored_labels(artifact)
    assert labels is not None
    counts = labels.counts()
    data_row = {"out": str(out), "sha256": labels.sha256, **counts}
    emit(as_json, data_row, f"{out}: {labels.summary()}")
