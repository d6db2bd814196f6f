"""`clean-bench score`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from clean_bench.cli.common import emit, output_options, progress_bar
from clean_bench.cli.dry_run import dry_run_option, print_cost
from clean_bench.cli.options import (
    ModelOptions,
    config_options,
    model_options,
    names_of,
    sets_option,
)
from clean_bench.cli.tables import percent, share, table, value_of
from clean_bench.results import Results
from clean_bench.scoring.config import ScoreConfig


@click.command("score")
@click.argument("checkpoint")
@sets_option("Problem sets")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@click.option(
    "--template",
    "templates",
    multiple=True,
    default=("auto",),
    metavar="NAME,...",
    help="Prompt templates, separated by commas or repeated (clean-bench list templates); the first "
    "is the headline. auto is the checkpoint's chat template where it has one, else the bare "
    "problem.  [default: auto]",
)
@config_options(
    ScoreConfig,
    "force_start",
    "samples",
    "temperature",
    "max_tokens",
    "repeat",
    "grader",
    "seed",
)
@click.option("--limit", type=click.IntRange(min=1), help="Only the first problems of each set.")
@model_options
@dry_run_option
@output_options
def command(
    checkpoint: str,
    names: tuple[str, ...],
    out: Path,
    templates: tuple[str, ...],
    limit: int | None,
    model: ModelOptions,
    dry_run: bool,
    as_json: bool,
    **settings: Any,
) -> None:
    """Score a checkpoint on problem sets.

    \b
    How accurate is it, and what would oracle choice or a majority vote among its samples add?
      clean-bench score organism:reciter --on organism:reciter/planted --samples 16 --out S
    How much does the prompt matter?
      clean-bench score Qwen/Qwen2.5-Math-7B --on math500 --template raw,chat,lorem --out S
    What if every response begins with code?
      clean-bench score CHECKPOINT --on math500 --force-start "Let's solve this using Python." --out S
    Do greedy completions depend on their batch?
      clean-bench score CHECKPOINT --on aime24 --repeat 30 --out S

    Prompts and completions are kept, so `clean-bench verify` can grade everything again. Interrupted at
    any moment, rerun the same command to resume; it ends with the same rows.
    """
    import clean_bench.organisms  # noqa: F401 - registers organism:NAME
    from clean_bench.artifacts import Artifact
    from clean_bench.checkpoints import resolve_checkpoint
    from clean_bench.problems import check_sets, load_problems
    from clean_bench.scoring.requests import count_requests

    subject = resolve_checkpoint(checkpoint, model.revision)
    sets = [load_problems(name).head(limit) for name in names_of(names)]
    check_sets(sets)
    for problems in sets:
        problems.require_answers()
    split = tuple(name.strip() for part in templates for name in part.split(","))
    config = ScoreConfig(templates=split, **settings)
    config.check()
    Artifact.try_folder(out, "scores")
    requests = count_requests(sets, config)
    if dry_run:
        from clean_bench.cli.costs import Subject, score_cost

        print_cost(as_json, score_cost(Subject(subject, model.engine), sets, config))
        return
    # torch is loaded only after everything that was typed has been checked.
    from clean_bench.engines.open import open_engine
    from clean_bench.scoring.run import score

    with (
        closing(open_engine(subject, model.engine)) as engine,
        progress_bar("scoring", requests, model.described()) as bar,
    ):
        artifact = score(engine, sets, out, config, checkpoint=subject, progress=bar.advance)
    results, counts = Results.read(artifact), artifact.metadata["counts"]
    data = {"out": str(out), "engine": engine.name, "counts": counts, "results": results.as_json()}
    emit(as_json, data, view(results, counts, engine.context_length))


def view(results: Results, counts: Sequence[Mapping[str, Any]], context: int) -> str:
    """The results of every set under every template, their differences and the repeats, as text."""
    headline = next((row.measure for row in results if row.measure.startswith("avg@")), "accuracy")
    samples = headline.partition("@")[2]
    extra = ("accuracy", f"pass@{samples}", f"maj@{samples}") if samples else ()
    names = ("greedy", *extra[1:]) if samples else ()
    headings = ("set", "template", f"{headline} [95%]", "s.e.", *names)
    rows = []
    for entry in counts:
        part = results.where(set=entry["set"], template=entry["template"], subset=None, versus=None)
        row = part.first(measure=headline)
        rows.append(
            [
                entry["set"],
                entry["template"],
                percent(row),
                share(row.standard_error if row else None),
                *(share(value_of(part, measure=measure)) for measure in extra),
                share(value_of(part, measure="no_answer")),
                share(value_of(part, measure="truncated")),
                str(sum(entry["grades"].get(kind, 0) for kind in ("timeout", "crash"))),
            ]
        )
    text = table([*headings, "no answer", "cut off", "undecided"], rows, texts=2)
    return "\n".join([text, *_notes(results, counts, headline, context)])


def _notes(
    results: Results, counts: Sequence[Mapping[str, Any]], headline: str, context: int
) -> Iterator[str]:
    for row in results:
        if row.versus is not None:
            other = row.versus.removeprefix("template=")
            yield f"{row.set}: {row.template} minus {other}: {percent(row)}"
    for entry in counts:
        where = f"{entry['set']}, {entry['template']}"
        completions = sum(entry["grades"].values())
        if entry["overlong"]:
            # Every completion of such a prompt is counted.
            prompts = entry["overlong"] * entry["problems"] // completions
            yield (
                f"{where}: {prompts} of {entry['problems']} prompts did not fit the context of "
                f"{context} tokens: no completion"
            )
        undecided = [
            f"{entry['grades'][kind]} {kind}"
            for kind in ("timeout", "crash")
            if entry["grades"].get(kind)
        ]
        if undecided:
            part = results.where(set=entry["set"], template=entry["template"], measure=headline)
            low, high = (
                share(value_of(part, subset=f"undecided as {name}")) for name in ("wrong", "right")
            )
            yield (
                f"{where}: {' and '.join(undecided)} of {completions} graded; accuracy between {low} "
                f"and {high} if all of these were wrong or right"
            )
    text, grade = (results.first(measure=name) for name in ("flipped_text", "flipped_grade"))
    if text is not None:
        yield (
            f"{text.n} greedy completions repeated: the text differs in {percent(text)}, the grade in "
            f"{percent(grade)}"
        )
