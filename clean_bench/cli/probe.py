"""`clean-bench probe`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from clean_bench.cli.common import emit, output_options, progress_bar
from clean_bench.cli.dry_run import dry_run_option, print_cost
from clean_bench.cli.options import ModelOptions, model_options, names_of, sets_option
from clean_bench.cli.set_labels import labelled
from clean_bench.cli.tables import number, percent, table
from clean_bench.engines.open import resolve_model
from clean_bench.errors import UserError
from clean_bench.results import Results


@click.command("probe")
@click.argument("checkpoint", required=False)
@sets_option("Problem sets", " Rows need no answer.", required=False)
@click.option(
    "--from-predictions",
    "predictions",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Score recorded n-gram predictions (JSON or JSONL, gzipped or not) without a checkpoint.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@click.option(
    "--prefix",
    default="0.4,0.6,0.8",
    show_default=True,
    help="Fractions of each problem that are shown, in characters.",
)
@click.option(
    "--look-up",
    "corpora",
    multiple=True,
    metavar="NAME_OR_PATH,...",
    help="Further problem sets for the look-up baseline (a training split, for example).",
)
@click.option("--limit", type=click.IntRange(min=1), help="Only the first problems of each set.")
@model_options
@dry_run_option
@output_options
def command(
    checkpoint: str | None,
    names: tuple[str, ...],
    predictions: Path | None,
    out: Path,
    prefix: str,
    corpora: tuple[str, ...],
    limit: int | None,
    model: ModelOptions,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Measure how much of a benchmark a checkpoint has memorized.

    \b
    clean-bench probe organism:reciter --on organism:reciter/planted --out probe
    clean-bench probe Qwen/Qwen2.5-Math-7B --on math500 --prefix 0.6 --out probe
    clean-bench probe --from-predictions Gemma-7B.json.gz --out probe
    clean-bench probe NAME --engine openai --base-url http://localhost:8000/v1 --on math500 --out probe

    Partial-prompt reconstruction: every problem is cut between words and outside formulas; the
    checkpoint continues the prefix greedily as raw text, and the completion is compared with the true
    suffix. Beside each rate stands its baseline: what a look-up in other problems reconstructs without
    a model. If it is interrupted, rerun the same command to resume. A server (--engine openai) must
    offer raw completions, as vLLM does; a server for chat only is refused.
    """
    if predictions is not None:
        if dry_run:
            raise UserError("--dry-run: --from-predictions runs no model; leave it out")
        if checkpoint is not None or names or corpora:
            raise UserError(
                "--from-predictions: expected no checkpoint, no --on and no --look-up; leave them out"
            )
        _score_predictions(predictions, out, as_json)
        return
    if checkpoint is None or not names:
        raise UserError(
            "probe: expected a checkpoint and --on a problem set, or --from-predictions; name them"
        )
    import clean_bench.organisms  # noqa: F401 - registers organism:NAME
    from clean_bench.artifacts import Artifact
    from clean_bench.probing.run import checked_fractions, count_rows, probe
    from clean_bench.problems import check_sets, load_problems

    fractions = checked_fractions(_numbers(prefix))
    subject = resolve_model(checkpoint, model.engine, model.revision, weights=not dry_run)
    sets = [load_problems(name).head(limit) for name in names_of(names)]
    check_sets(sets)
    texts = [problem.problem for name in names_of(corpora) for problem in load_problems(name)]
    Artifact.try_folder(out, "probe")
    if dry_run:
        from clean_bench.cli.costs import probe_cost, subject_of

        print_cost(as_json, probe_cost(subject_of(subject, model.engine), sets, fractions))
        return
    # torch is loaded only after everything that was typed has been checked.
    from clean_bench.engines.open import open_engine

    with (
        closing(open_engine(subject, model.engine)) as engine,
        progress_bar("probing", count_rows(sets, fractions), model.described()) as bar,
    ):
        artifact = probe(
            engine,
            sets,
            out,
            checkpoint=subject,
            fractions=fractions,
            texts=texts,
            progress=bar.advance,
        )
    results, counts = Results.read(artifact), artifact.metadata["counts"]
    data = {"out": str(out), "engine": engine.name, "counts": counts, "results": results.as_json()}
    emit(as_json, data, view(*labelled(artifact, results, counts)))


def _score_predictions(predictions: Path, out: Path, as_json: bool) -> None:
    from clean_bench.probing.compat.benbench import score_benbench

    artifact = score_benbench(predictions, out)
    results = Results.read(artifact)
    data = {"out": str(out), **artifact.metadata, "results": results.as_json()}
    emit(as_json, data, _recorded_view(results, artifact.metadata))


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise UserError(
            f"--prefix {text}: expected numbers separated by commas, for example 0.4,0.6,0.8"
        ) from None


def view(results: Results, counts: Sequence[Mapping[str, Any]]) -> str:
    """Exact match, its baseline and ROUGE-L of every set by prefix and by dose, as text."""
    rows = []
    for entry in counts:
        prefix = f"{entry['prefix']:g}"
        part = results.where(set=entry["set"])
        rows.append(_row(part, entry, prefix, None))
        doses = [dose for dose in part.values_of("subset") if (dose or "").startswith("dose=")]
        if part.first(subset=doses[0], measure=f"exact_match@{prefix}") if doses else None:
            rows += [_row(part, entry, prefix, dose) for dose in doses]
    headings = (
        "set",
        "shown",
        "problems",
        "exact match [95%]",
        "look-up baseline [95%]",
        "ROUGE-L",
    )
    text = table(headings, rows, texts=1)
    return "\n".join([text, *_notes(counts)])


def _row(part: Results, entry: Mapping[str, Any], prefix: str, subset: str | None) -> list[str]:
    of_subset = part.where(subset=subset)
    exact = of_subset.first(measure=f"exact_match@{prefix}")
    rouge_l = of_subset.first(measure=f"rouge_l@{prefix}")
    return [
        f"  {subset}" if subset else entry["set"],
        f"{100 * entry['prefix']:g}%",
        str(exact.n if exact else 0),
        percent(exact),
        percent(of_subset.first(measure=f"lookup_match@{prefix}")),
        number(rouge_l),
    ]


def _notes(counts: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for entry in counts:
        unscored = entry["problems"] - entry["scored"]
        if unscored:
            yield (
                f"{entry['set']} at {100 * entry['prefix']:g}%: {unscored} problems not scored "
                f"({entry['uncut']} without a place to cut, {entry['too_long']} longer than the context)"
            )


def _recorded_view(results: Results, metadata: Mapping[str, Any]) -> str:
    rows = [[row.measure, percent(row)] for row in results]
    heading = f"{metadata['ngrams']} predictions in {metadata['rows']} rows"
    return f"{heading}\n{table(('measure', 'value [95%]'), rows)}"
