"""`clean-bench overlap`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from clean_bench.cli.common import emit, output_options, progress_bar
from clean_bench.cli.set_options import names_of, sets_option

_SHOWN = 5


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
@output_options
def command(
    training_set: str, names: tuple[str, ...], out: Path, ngram: int, as_json: bool
) -> None:
    """Find which problems of benchmarks stand in a training set, before anyone trains on it.

    \b
    clean-bench overlap deepscaler --on math500,aime24,amc23 --out overlap
    clean-bench overlap train.jsonl --on math500=MATH500.jsonl --out overlap

    TRAINING_SET is named like a benchmark; its rows need no answer, and a file of a million of them
    is read piece by piece. Three kinds of hit: exact (the same text but for case, spaces,
    punctuation, LaTeX layout and a frame such as a request to box the answer), n-gram (at least half
    of a problem's n-grams stand in one training problem) and other numbers (the same with all numbers
    masked). Each count includes the kinds before it.

    Only problem texts are compared, no answers and no solutions. Hits do not change the exit status.
    No hit is no proof: a paraphrase escapes, and what a checkpoint saw before is not looked at. A
    million rows take a minute or two; stopped, the same line begins again.
    """
    import clean_bench.organisms  # noqa: F401 - registers organism:NAME
    from clean_bench.overlap import overlap
    from clean_bench.problems import load_problems
    from clean_bench.problems.stream import stream

    sets = [load_problems(name) for name in names_of(names)]
    training = stream(training_set)
    with progress_bar("reading the training set", None) as bar:
        artifact = overlap(training, sets, out, n=ngram, progress=bar.advance)
    metadata = artifact.metadata
    emit(as_json, {"out": str(out), **metadata}, "\n".join(_lines(metadata, training.name)))


def _lines(metadata: Mapping[str, Any], training: str) -> Iterator[str]:
    yield f"{metadata['training_rows']} problems of {training}"
    labels = {"exact": "exact", "ngram": "or n-gram", "masked": "or other numbers"}
    for name, found in metadata["sets"].items():
        n, within = found["n"], found["within"]
        yield f"{name}: {n} problems"
        for kind, label in labels.items():
            yield (
                f"  {label:16} {found[kind]:>5}  {100 * found[kind] / n:5.1f}%   "
                f"(among its own problems {within[kind]})"
            )
        for hit in found["problems"][:_SHOWN]:
            share = hit["masked_share" if hit["kind"] == "masked" else "share"]
            yield (
                f"    {hit['problem_id']}: {hit['kind']}, {100 * share:.0f}% in row "
                f"{hit['training_row']} ({hit['training_id']})"
            )
        if len(found["problems"]) > _SHOWN:
            yield f"    and {len(found['problems']) - _SHOWN} more in the folder"
