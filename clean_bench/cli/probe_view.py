"""What `clean-bench probe` prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from clean_bench.cli.tables import number, percent, table
from clean_bench.results import Results

HEADINGS = (
    "set",
    "shown",
    "problems",
    "exact match [95%]",
    "look-up baseline [95%]",
    "ROUGE-L",
    "log-prob/token",
    "flagged",
)
SUBSETS = ("dose=", "tier=")


def view(
    results: Results, counts: Sequence[Mapping[str, Any]], claims: Sequence[Mapping[str, Any]]
) -> str:
    """Rates, baseline and flags of every set by prefix, dose and tier, and the claims, as text."""
    rows = []
    for entry in counts:
        prefix = f"{entry['prefix']:g}"
        part = results.where(set=entry["set"])
        rows.append(_row(part, entry, prefix, None))
        subsets = [s for s in part.values_of("subset") if (s or "").startswith(SUBSETS)]
        if subsets and part.first(subset=subsets[0], measure=f"exact_match@{prefix}"):
            rows += [_row(part, entry, prefix, subset) for subset in subsets]
    lines = [table(HEADINGS, rows, texts=1), *_notes(counts)]
    for claim in claims:
        lines.append(f"{claim['set']}: L{claim['level']}, {claim['claim']}")
        if claim["evidence"]:
            lines.append(f"  {claim['evidence']}")
        lines.append(f"  {claim['raise']}")
    return "\n".join(lines)


def _row(part: Results, entry: Mapping[str, Any], prefix: str, subset: str | None) -> list[str]:
    of_subset = part.where(subset=subset)
    exact = of_subset.first(measure=f"exact_match@{prefix}")
    flagged = [
        f"{row.measure.removeprefix('flagged:').partition('@')[0]} {row.value:.0%}"
        for row in of_subset
        if row.measure.startswith("flagged:") and row.measure.endswith(f"@{prefix}")
    ]
    return [
        f"  {subset}" if subset else entry["set"],
        f"{100 * entry['prefix']:g}%",
        str(exact.n if exact else 0),
        percent(exact),
        percent(of_subset.first(measure=f"lookup_match@{prefix}")),
        number(of_subset.first(measure=f"rouge_l@{prefix}")),
        number(of_subset.first(measure=f"logprob_per_token@{prefix}")),
        ", ".join(flagged),
    ]


def _notes(counts: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for entry in counts:
        unscored = entry["problems"] - entry["scored"]
        if unscored:
            yield (
                f"{entry['set']} at {100 * entry['prefix']:g}%: {unscored} problems not scored "
                f"({entry['uncut']} without a place to cut, {entry['too_long']} longer than the context)"
            )


def recorded_view(results: Results, metadata: Mapping[str, Any]) -> str:
    """The means of recorded predictions, as text."""
    rows = [[row.measure, row.subset or "", _minus(row.versus), percent(row)] for row in results]
    heading = f"{metadata['ngrams']} predictions in {metadata['rows']} rows"
    headings = ("measure", "of", "minus", "value [95%]")
    return f"{heading}\n{table(headings, rows, texts=3)}"


def _minus(versus: str | None) -> str:
    """What a difference subtracts: `subset=paraphrase 1` as `paraphrase 1`."""
    return (versus or "").partition("=")[2]
