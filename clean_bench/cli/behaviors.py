"""`clean-bench behaviors`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import click

from clean_bench.cli.common import emit, output_options, progress_bar
from clean_bench.cli.model_options import ModelOptions, model_options
from clean_bench.cli.tables import number, percent, table
from clean_bench.errors import UserError
from clean_bench.results import Result, Results

_LINES = (
    ("code reasoning", "code", None, percent),
    ("accuracy", "accuracy", None, percent),
    ("  with code", "accuracy", "with code", percent),
    ("  without code", "accuracy", "without code", percent),
    ("boxed answer", "boxed", None, percent),
    ("truncated", "truncated", None, percent),
    ("tokens", "tokens", None, number),
    ("  of correct ones", "tokens", "correct", number),
    ("  of incorrect ones", "tokens", "incorrect", number),
    ("characters", "characters", None, number),
    ("repeats itself", "repeats", None, percent),
    ("repeated 4-grams", "repeated_4grams", None, percent),
    ("distinct 2-grams", "distinct_2grams", None, percent),
    ("CJK letters", "cjk", None, percent),
    ("other letters", "other_scripts", None, percent),
    ("mixed scripts", "mixed", None, percent),
    ("token probability", "probability", None, percent),
    ("mutual information, bits", "mutual_information", "beyond copying", number),
    ("  permutation p", "mutual_information_p", "beyond copying", number),
    ("  with copying, bits", "mutual_information", "with copying", number),
    ("KL to --with, nats/token", "kl", None, number),
    ("  k3", "kl_k3", None, number),
    ("log-ratio to --with, nats/token", "log_ratio", None, number),
)
_STEPS = ("code", "accuracy", "boxed", "truncated", "tokens", "distinct_2grams", "probability")
"""The columns of the table of a training run."""
_CELLS = {
    "CC": "CC code > code",
    "CL": "CL code > language",
    "LC": "LC language > code",
    "LL": "LL language > language",
    "all pairs": "all",
}


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
    "reference",
    metavar="CHECKPOINT",
    help="Read the stored text with this checkpoint, for KL(the one that wrote it || this one) per "
    "token. The only part that needs a model.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@model_options
@output_options
def command(
    scores: Path,
    after: Path | None,
    reference: str | None,
    out: Path,
    model: ModelOptions,
    as_json: bool,
) -> None:
    """Analyze the behaviors of stored completions.

    \b
    clean-bench behaviors before --out behaviors
    clean-bench behaviors before --after after --out behaviors
    clean-bench behaviors before --after after --with organism:reciter --out behaviors
    clean-bench behaviors arm --out behaviors

    SCORES is a folder that `score` wrote, or one of `train`, whose rollouts are analyzed by
    training step. Code reasoning and its share of the gain, boxed answers, length, repetition,
    scripts, token probability, similarity before and after, and the mutual information between
    problem and completion, all with intervals over problems. The last two need sampled completions
    (`score --samples`).

    Code reasoning: the word "python" occurs. The transition table sorts problems by it before and after
    (C code, L language); a cell's share is its newly correct answers over all of them.

    `--with` the checkpoint before training reads the text after it, KL(after || before); for
    KL(before || after), on the text before, give BEFORE alone `--with` the trained checkpoint.
    """
    if reference is None and model.given():
        option = "--" + next(iter(model.given())).replace("_", "-")
        raise UserError(f"{option}: no model is run without --with CHECKPOINT; leave it out")
    import clean_bench.organisms  # noqa: F401 - registers organism:NAME
    from clean_bench.behaviors.run import Reference, analyze_behaviors, load_samples
    from clean_bench.checkpoints import resolve

    for folder in (scores, after):
        if folder is not None:
            load_samples(folder)
    with ExitStack() as stack:
        reader = None
        description = "analyzing"
        if reference is not None:
            checkpoint = resolve(reference, model.revision)
            # torch is loaded only after everything that was typed has been checked.
            from clean_bench.engines.open import open_engine

            engine = stack.enter_context(closing(open_engine(checkpoint, model.engine)))
            reader = Reference(checkpoint, engine)
            description = model.described("reading")
        bar = stack.enter_context(progress_bar(description, None))
        artifact = analyze_behaviors(
            scores, out, after=after, reference=reader, progress=bar.advance
        )
    results, counts = Results.read(artifact), artifact.metadata["counts"]
    data = {"out": str(out), "counts": counts, "results": results.as_json()}
    emit(as_json, data, view(results, counts))


def view(results: Results, counts: Mapping[str, Any]) -> str:
    """The results of every set and template, or of every training step, as text."""
    blocks = []
    if results.values_of("step") != [None]:
        blocks.append(_by_step(results))
    else:
        for set_name in results.values_of("set"):
            for template in results.where(set=set_name).values_of("template"):
                part = results.where(set=set_name, template=template)
                blocks += [f"{set_name} ({template})", *_part(part, counts)]
    for entry in counts["left_out"]:
        blocks.append(
            f"{entry['set']}, {entry['template']}: left out {entry['before']} problems scored only "
            f"before, {entry['after']} only after"
        )
    if counts["differs"]:
        changes = (f"{key} {old!r} and {new!r}" for key, (old, new) in counts["differs"].items())
        blocks.append("settings that differ before and after: " + ", ".join(changes))
    return "\n".join(blocks)


def _by_step(results: Results) -> str:
    rows = []
    for step in results.values_of("step"):
        for checkpoint in results.where(step=step).values_of("checkpoint"):
            part = results.where(step=step, checkpoint=checkpoint, subset=None, versus=None)
            cells = [
                (number if name == "tokens" else percent)(part.first(measure=name))
                for name in _STEPS
            ]
            rows.append([str(step), *cells])
    headings = ("step", *(name.replace("_", " ") for name in _STEPS))
    return table(headings, rows, texts=1)


def _part(part: Results, counts: Mapping[str, Any]) -> Iterator[str]:
    for protocol in part.values_of("protocol"):
        of_mode = part.where(protocol=protocol)
        checkpoints = of_mode.values_of("checkpoint")
        rows = []
        for label, measure, subset, show in _LINES:
            cells = [
                show(_level(of_mode, checkpoint, measure, subset)) for checkpoint in checkpoints
            ]
            if any(cell != "-" for cell in cells):
                rows.append([label, *cells])
        yield table((protocol, *checkpoints), rows)
        if of_mode.first(subset="all pairs"):
            yield from _transitions(of_mode, counts)
            yield from _similarity(of_mode)


def _level(part: Results, checkpoint: str, measure: str, subset: str | None) -> Result | None:
    """The first row of a measure that is no difference between two checkpoints."""
    rows = part.where(checkpoint=checkpoint, measure=measure, subset=subset)
    return next((row for row in rows if row.versus in (None, "checkpoint=with")), None)


def _transitions(part: Results, counts: Mapping[str, Any]) -> Iterator[str]:
    first = part[0]
    mode = "greedy" if first.protocol.startswith("greedy") else "sample"
    entry = next(
        entry
        for entry in counts["pairs"]
        if (entry["set"], entry["template"], entry["mode"]) == (first.set, first.template, mode)
    )
    rows = []
    for subset, label in _CELLS.items():
        cell = part.where(subset=subset)
        measure = "gain:accuracy" if subset == "all pairs" else "share_of_gain"
        rows.append(
            [
                label,
                str(entry["all" if subset == "all pairs" else subset]),
                percent(cell.first(measure="accuracy", checkpoint="before")),
                percent(cell.first(measure="accuracy", checkpoint="after")),
                percent(cell.first(measure=measure)),
            ]
        )
    yield table(
        ("transitions", "pairs", "accuracy before", "accuracy after", "share of the gain"), rows
    )
    if entry["undecided"]:
        yield f"{entry['undecided']} pairs without two decided grades are left out"
    if entry["unpaired"]:
        yield f"{entry['unpaired']} completions without a partner of the same index are left out"
    if entry["same_seed"]:
        yield f"{entry['same_seed']} pairs share a seed: they differ less than new samples would"


def _similarity(part: Results) -> Iterator[str]:
    rows: list[Sequence[str]] = [
        ["before and after", number(part.first(measure="similarity"), 3)],
        ["two of before", number(part.first(measure="similarity_within", checkpoint="before"), 3)],
        ["two of after", number(part.first(measure="similarity_within", checkpoint="after"), 3)],
        ["excess", number(part.first(measure="similarity_excess"), 3)],
        ["identical text", percent(part.first(measure="identical"))],
        ["log-ratio where tokens agree", number(part.first(subset="same tokens"), 4)],
    ]
    yield table(("similarity (ROUGE-L)", "value [95%]"), [row for row in rows if row[1] != "-"])
