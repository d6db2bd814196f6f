"""What `clean-bench probe` prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from clean_bench.cli.tables import number, percent, table
from clean_bench.results import Result, Results

COLUMNS: Mapping[str, tuple[str, Callable[[Result | None], str]]] = {
    "exact_match": ("exact match [95%]", percent),
    "lookup_match": ("look-up baseline [95%]", percent),
    "rouge_l": ("ROUGE-L", number),
    "logprob_per_token": ("log-prob/token", number),
}
"""The measures of the signals of a default probe: heading and format of their columns."""
MORE_HEADINGS = ("set", "signal", "statistic", "shown", "n", "mean [95%]")
SUBSETS = ("dose=", "tier=")


def view(
    results: Results, counts: Sequence[Mapping[str, Any]], claims: Sequence[Mapping[str, Any]]
) -> str:
    """Rates, baseline and flags of every set by prefix, dose and tier, and the claims, as text.

    Columns without any number are left out. The statistics of other signals than the default ones have
    a table of their own.
    """
    from clean_bench.probing.items import headline_of
    from clean_bench.probing.matching import NOT_CALIBRATED  # loads the blind classifier

    measures = {row.measure.partition("@")[0] for row in results}
    columns = [name for name in COLUMNS if name in measures]
    flags = any(measure.startswith("flagged:") for measure in measures)
    headline = headline_of([entry["prefix"] for entry in counts])
    unmatched = [claim["set"] for claim in claims if NOT_CALIBRATED in claim["evidence"]]
    rows = []
    for entry in counts:
        prefix = f"{entry['prefix']:g}"
        part = results.where(set=entry["set"])
        rows.append(_row(part, entry, columns, None, flags, headline))
        # A set may be labelled with its number of rows.
        if flags and any(f"{entry['set']} (".startswith(f"{name} (") for name in unmatched):
            rows[-1][-1] += " (not calibrated)" if rows[-1][-1] else ""
        subsets = [s for s in part.values_of("subset") if (s or "").startswith(SUBSETS)]
        if subsets and part.first(subset=subsets[0], measure=f"exact_match@{prefix}"):
            rows += [_row(part, entry, columns, subset, flags, headline) for subset in subsets]
    names = [COLUMNS[name][0] for name in columns]
    headings = ("set", "shown", "problems", *names, *(["flagged"] if flags else []))
    lines = [table(headings, rows, texts=1)]
    more = list(_of_other_signals(results, f"{headline:g}"))
    if more:
        lines.append(table(MORE_HEADINGS, more, texts=3))
    lines += _notes(counts)
    for claim in claims:
        lines.append(f"{claim['set']}: L{claim['level']}, {claim['claim']}")
        if claim["evidence"]:
            lines.append(f"  {claim['evidence']}")
        lines.append(f"  {claim['raise']}")
    return "\n".join(lines)


def _row(
    part: Results,
    entry: Mapping[str, Any],
    columns: Sequence[str],
    subset: str | None,
    flags: bool,
    headline: float,
) -> list[str]:
    """A row of the first table; that of the headline prefix has the flags of whole problems too."""
    prefix = f"{entry['prefix']:g}"
    places = (prefix, "") if entry["prefix"] == headline else (prefix,)
    of_subset = part.where(subset=subset)
    flagged = {
        name.removeprefix("flagged:"): f"{row.value:.0%}"
        for row in of_subset
        for name, _, at in [row.measure.partition("@")]
        if name.startswith("flagged:") and at in places
    }
    cells = [COLUMNS[name][1](of_subset.first(measure=f"{name}@{prefix}")) for name in columns]
    return [
        f"  {subset}" if subset else entry["set"],
        f"{100 * entry['prefix']:g}%",
        _problems(of_subset, entry, prefix, subset),
        *cells,
        *([_flagged(flagged)] if flags else []),
    ]


def _problems(of_subset: Results, entry: Mapping[str, Any], prefix: str, subset: str | None) -> str:
    """The number of scored problems; where near-duplicates count once, also that of distinct ones."""
    repeated = of_subset.first(measure=f"problems@{prefix}")
    if repeated is not None:
        return f"{repeated.value:.0f} ({repeated.n} distinct)"
    exact = of_subset.first(measure=f"exact_match@{prefix}")
    return str(exact.n if subset and exact else entry["scored"])


def _of_other_signals(results: Results, headline: str) -> Iterator[list[str]]:
    """The statistics of signals that have no column, at the headline prefix or of whole problems."""
    for row in results.where(subset=None):
        name, _, prefix = row.measure.partition("@")
        test, colon, statistic = name.partition(":")
        if colon and test != "flagged" and prefix in ("", headline):
            shown = f"{100 * float(prefix):g}%" if prefix else "whole"
            yield [row.set or "", test, statistic, shown, str(row.n), number(row, 3)]


def _flagged(shares: Mapping[str, str]) -> str:
    """The shares of flagged problems by test, with those of supplementary tests apart."""
    from clean_bench.probing.flags import deciding  # loads the tests of the probe

    decide = deciding(shares)
    families = [decide, [test for test in shares if test not in decide]]
    parts = [", ".join(f"{test} {shares[test]}" for test in tests) for tests in families]
    return "; supplementary: ".join(part for part in parts if part)


def _notes(counts: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for entry in counts:
        unscored = entry["problems"] - entry["scored"]
        if unscored:
            empty = f"{entry['empty']} empty, " if entry["empty"] else ""
            yield (
                f"{entry['set']} at {100 * entry['prefix']:g}%: {unscored} problems not scored "
                f"({empty}{entry['uncut']} without a place to cut, {entry['too_long']} longer than the "
                "context)"
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
