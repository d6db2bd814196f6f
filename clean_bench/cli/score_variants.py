"""The results of matched sets as text: groups of variants, and the contrast with a benchmark."""

from __future__ import annotations

from collections.abc import Iterator

from clean_bench.cli.tables import percent, share, table
from clean_bench.results import Results

_COLUMNS = {
    "loose": "loose [95%]",
    "strict_groups": "all five [95%]",
    "independent_groups": "all five if independent",
    "wobble": "some of five",
    "guess": "commonest answer",
}
_LABELS = {
    "public_kin": "accuracy on the problems of {other} of the same kinds",
    "public_text": "accuracy on all problems of {other} without figures",
    "public_guess": "commonest answer of the problems of the same kinds",
    "public_minus_matched": "{other}, same kinds, minus {name}{difficulty}",
    "original_only": "correct problems of {other} beside at most one correct variant of four",
    "variant_only": "correct variants beside at most one correct variant of four",
}


def variants_text(results: Results) -> Iterator[str]:
    """One table of the matched sets, then a line for each comparison with a benchmark."""
    loose = [row for row in results if row.measure == "loose"]
    if not loose:
        return
    from generators.competition.panel import panel

    rows = []
    for head in loose:
        part = results.where(set=head.set, template=head.template, subset=None)
        found = {measure: part.first(measure=measure) for measure in _COLUMNS}
        cells = [
            percent(row) if "[95%]" in _COLUMNS[measure] else share(row.value if row else None)
            for measure, row in found.items()
        ]
        rows.append([head.set, head.template or "", str(head.n), *cells])
    yield table(["matched set", "template", "templates", *_COLUMNS.values()], rows, texts=2)
    difficulty = "" if panel() else " (difficulty not calibrated)"
    for row in results:
        if row.measure in _LABELS and row.versus is not None:
            other = row.versus.removeprefix("set=")
            label = _LABELS[row.measure].format(other=other, name=row.set, difficulty=difficulty)
            yield f"{label}: {percent(row)}"
