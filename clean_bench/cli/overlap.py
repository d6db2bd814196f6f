"""`clean-bench overlap`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from clean_bench.cli.common import emit, output_options, progress_bar
from clean_bench.cli.dry_run import dry_run_option, print_cost
from clean_bench.cli.options import names_of, sets_option
from clean_bench.cli.tables import percent, table
from clean_bench.overlap.summary import WITHIN_SET
from clean_bench.results import Results

_SHOWN = 5
_COLUMNS = (
    "set",
    "problem_id",
    "kind",
    "share",
    "masked_share",
    "training_id",
    "training_row",
    "hits",
)


@click.command("overlap")
@click.argument("training_set", metavar="TRAINING_SET")
@sets_option("Benchmarks")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@click.option(
    "--ngram",
    type=click.IntRange(3, 50),
    default=13,
    show_default=True,
    help="Tokens (words, numbers, signs, LaTeX commands) in a row that count as a match.",
)
@dry_run_option
@output_options
def command(
    training_set: str,
    names: tuple[str, ...],
    out: Path,
    ngram: int,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Find the contamination of a training set: problems of benchmarks among its rows.

    \b
    clean-bench overlap deepscaler --on math500,aime24,amc23 --out overlap
    clean-bench overlap train.jsonl --on math500=MATH500.jsonl --out overlap

    TRAINING_SET is named like a benchmark. Its rows need no answer, and a file of a million rows is read
    in parts. There are three kinds of hit: exact (the same text up to case, spaces, punctuation, LaTeX
    layout and a frame such as a request to box the answer), n-gram (at least half of a problem's n-grams
    occur in one training problem) and other numbers (the same with all numbers masked). Each count
    includes the kinds before it.

    Only problem texts are compared, not answers or solutions. Hits do not change the exit status. No hit
    is no proof: paraphrases are not found, and earlier training of a checkpoint is not examined. A
    million rows take a minute or two. If it is interrupted, rerun the same command; it begins again.
    """
    import clean_bench.organisms  # noqa: F401 - registers organism:NAME
    from clean_bench.artifacts import Artifact
    from clean_bench.overlap.rows import KIND, TABLE
    from clean_bench.overlap.run import overlap
    from clean_bench.problems import check_sets, load_problems
    from clean_bench.problems.stream import stream_problems

    sets = [load_problems(name) for name in names_of(names)]
    training = stream_problems(training_set)
    if dry_run:
        from clean_bench.cli.costs import overlap_cost

        check_sets(sets)
        Artifact.try_folder(out, KIND)
        print_cost(as_json, overlap_cost(training, sets))
        return
    with progress_bar("reading the training set", None) as bar:
        artifact = overlap(training, sets, out, n=ngram, progress=bar.advance)
    results, rows = Results.read(artifact), artifact.rows(TABLE)
    hits = [{name: row[name] for name in _COLUMNS} for row in rows if row["kind"] is not None]
    data = {"out": str(out), **artifact.metadata, "hits": hits, "results": results.as_json()}
    heading = f"{artifact.metadata['training_rows']} problems of {training.name}"
    emit(as_json, data, "\n".join([heading, view(results), *_hits(hits)]))


def view(results: Results) -> str:
    """The share of every kind of hit of every set, beside that within the set itself, as text."""
    labels = {"exact": "exact", "ngram": "or n-gram", "masked": "or other numbers"}
    rows = []
    for name in results.values_of("set"):
        for kind, label in labels.items():
            hits, within = (
                results.where(set=name, measure=kind, subset=subset).one()
                for subset in (None, WITHIN_SET)
            )
            count = round(hits.n * (hits.value or 0))
            rows.append([name, label, str(hits.n), str(count), percent(hits), percent(within)])
    headings = ("set", "kind", "problems", "hits", "share [95%]", "within the set [95%]")
    return table(headings, rows, texts=2)


def _hits(hits: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for name in dict.fromkeys(hit["set"] for hit in hits):
        of_set = [hit for hit in hits if hit["set"] == name]
        for hit in of_set[:_SHOWN]:
            share = hit["masked_share" if hit["kind"] == "masked" else "share"]
            yield (
                f"{name} {hit['problem_id']}: {hit['kind']}, {100 * share:.0f}% in row "
                f"{hit['training_row']} ({hit['training_id']})"
            )
        if len(of_set) > _SHOWN:
            yield f"{name}: {len(of_set) - _SHOWN} more in the folder"
