"""The tables of the page of a probe: rates, further measures, parts by dose and tier, flags, power.

Numbers become text here; the template places them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from clean_bench.results import Result, Results
from clean_bench.statistics.estimate import Estimate
from leaderboards.formatting import MINUS, has_interval, percent_interval

Row = Mapping[str, Any]

MAIN = ("exact_match", "exact_folded", "lookup_match", "rouge_l", "logprob_per_token")
"""The columns of the table of rates; all other measures are listed below it."""
SIMILARITIES = ("rouge_l", "edit_similarity", "blind_auc")
"""Measures from 0 to 1 that are printed as numbers and not as shares of problems."""
PROBLEMS = "problems"
"""The number of problems, where near-duplicates make it larger than that of the units (`n`)."""
_NONE = "–"


def rates(results: Results, entry: Row, fractions: Sequence[float]) -> list[dict[str, Any]]:
    """The rates of a set by prefix: all problems, then its parts by the suffix.

    Doses and tiers have tables of their own (`parts`).
    """
    of_set = results.where(set=entry["name"])
    subsets = [None, *(s for s in of_set.values_of("subset") if s is not None and "=" not in s)]
    rows = []
    for fraction in fractions:
        for subset in subsets:
            part = _Part(of_set.where(subset=subset), fraction)
            if part.problems is not None:
                head = {"fraction": fraction, "subset": subset or "all", "problems": part.problems}
                rows.append(head | {name: part.text(name) for name in MAIN})
    return rows


def further(results: Results, entry: Row) -> list[dict[str, Any]]:
    """All other measures of a set, by prefix."""
    rows = []
    for row in results.where(set=entry["name"], subset=None):
        name, _, fraction = row.measure.partition("@")
        if name not in (*MAIN, PROBLEMS) and not name.startswith("flagged:"):
            shown = f"{100 * float(fraction):g}%" if fraction else ""
            versus = (row.versus or "").partition("=")[2]
            measure = f"{name} against {versus}" if versus else name
            rows.append({"measure": measure, "shown": shown, "value": text_of(row), "n": row.n})
    return rows


def parts(results: Results, entry: Row, kind: str, fraction: float) -> dict[str, Any] | None:
    """Exact match, its baseline and flags by dose or by tier of a set; None where it has no such parts.

    A set without copies has no doses.

    Args:
        kind: `dose` or `tier`.
        fraction: the headline prefix.
    """
    of_set = results.where(set=entry["name"])
    numbers = part_numbers(of_set, kind)
    if kind == "dose" and not any(numbers):
        return None
    tests = _flagging(row for number in numbers for row in of_set.where(subset=f"{kind}={number}"))
    rows = []
    for number in numbers:
        part = _Part(of_set.where(subset=f"{kind}={number}"), fraction)
        head = {"number": number, "problems": part.problems or "0"}
        flagged = [text_of(part.flagged(test)) for test in tests]
        rows.append(head | {name: part.text(name) for name in MAIN} | {"flagged": flagged})
    return {"name": entry["name"], "tests": tests, "rows": rows} if rows else None


def part_numbers(results: Results, kind: str) -> list[int]:
    """The numbers in subsets such as `dose=16`, smallest first."""
    labels = (str(subset).partition("=") for subset in results.values_of("subset"))
    return sorted(int(number) for label, _, number in labels if label == kind)


def flag_rows(flags: Sequence[Row], results: Results) -> list[dict[str, Any]]:
    """Per set and test: what its flags say, the null, its size, and how many problems are flagged."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for flag in flags:
        groups.setdefault((flag["set"], flag["test"]), []).append(flag)
    shares = {
        (row.set, row.measure.removeprefix("flagged:").partition("@")[0]): row
        for row in results.where(subset=None)
        if row.measure.startswith("flagged:")
    }
    return [
        {
            "set": name,
            "test": test,
            "says": _says(group[0]),
            "null": group[0]["null"],
            "null_problems": group[0]["null_problems"],
            "problems": _counted(len(group), len({flag["cluster"] for flag in group})),
            "flagged": sum(flag["flagged"] for flag in group),
            "share": text_of(shares.get((name, test))),
            "smallest": min(flag["p"] for flag in group),
        }
        for (name, test), group in groups.items()
    ]


def _says(flag: Row) -> str:
    family = "decides" if flag["decides"] else "supplementary"
    return family if flag["calibrated"] else f"{family}, not calibrated"


def power_rows(config: Row) -> list[dict[str, Any]]:
    """The share of flagged problems by dose and test that a calibration of the checkpoint measured."""
    power = config.get("power")
    return [
        {"test": test, "dose": dose, "estimate": Estimate(share, low, high, 0)}
        for test, dose, share, low, high in (power["rows"] if power else ())
    ]


def text_of(row: Result | None) -> str:
    """An estimate in the format of its measure: shares in percent, other numbers with two decimals."""
    if row is None or row.value is None:
        return _NONE
    name = row.measure.partition("@")[0]
    if name in SIMILARITIES:
        bounds = f" ({row.low:.2f} to {row.high:.2f})" if has_interval(row.estimate) else ""
        return f"{row.value:.2f}{bounds}".replace("-", MINUS)
    if row.low is None:
        return f"{row.value:,.2f}".replace("-", MINUS)
    return percent_interval(row.estimate)


def _counted(problems: int, distinct: int) -> str:
    """A number of problems; where near-duplicates count once, also that of distinct ones."""
    return str(problems) if problems == distinct else f"{problems} ({distinct} distinct)"


class _Part:
    """The measures of a set, or of a part of it, at one prefix."""

    def __init__(self, rows: Results, fraction: float) -> None:
        self._rows = {row.measure: row for row in rows}
        self._at = f"@{fraction:g}"

    @property
    def problems(self) -> str | None:
        """The number of problems that were completed or read, as text; None without any."""
        for name in ("exact_match", "logprob_per_token"):
            row = self._rows.get(name + self._at)
            if row is not None:
                repeated = self._rows.get(PROBLEMS + self._at)
                return _counted(row.n if repeated is None else int(repeated.value or 0), row.n)
        return None

    def text(self, name: str) -> str:
        return text_of(self._rows.get(name + self._at))

    def flagged(self, test: str) -> Result | None:
        return self._rows.get(f"flagged:{test}{self._at}", self._rows.get(f"flagged:{test}"))


def _flagging(rows: Iterable[Result]) -> list[str]:
    """The tests that flag, in the order of the results."""
    measures = (row.measure for row in rows if row.measure.startswith("flagged:"))
    return list(dict.fromkeys(m.removeprefix("flagged:").partition("@")[0] for m in measures))
