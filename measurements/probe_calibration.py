"""The probe on plantings of real MATH-500: power by dose, false discoveries, calibration of the null.

    clean-bench calibrate --on math500 --null NULL --background TEXTS --plantings 20 --out c
    python measurements/probe_calibration.py c [MORE...] [--report NAME]

Reads the folders of one or more calibrations, whose plantings are taken together, and writes
measurements/results/probe_calibration.md, or NAME.md. With --ship they also go into the data that ship
with the package (clean_bench/experiments/calibration/shipped.json), where they replace the results of
the same tests and conditions unless these are of more plantings.

Two checks of the null: p-values of never-planted problems against the named null set, and against one
another over random splits of the never-planted problems. Each planting, and each split, gives one
rejection rate; the intervals are over these.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from clean_bench.artifacts import Artifact
from clean_bench.experiments.calibration.curves import ItemFlag, item_flags
from clean_bench.experiments.calibration.grpo import seen_ids
from clean_bench.experiments.calibration.power import BENCHMARK, PROBES, shipped_results
from clean_bench.experiments.calibration.run import TRAININGS, results_of
from clean_bench.probing.conclude import conclude
from clean_bench.probing.flags import statistics_of
from clean_bench.probing.items import headline_of
from clean_bench.probing.null_sets import evidence_of
from clean_bench.probing.rows import STATISTICS, Value
from clean_bench.probing.shared_endings import shared_endings
from clean_bench.probing.tests import DEFAULT, TESTS
from clean_bench.problems import stored_sets
from clean_bench.results import Result, Results
from clean_bench.statistics.conformal import conformal_p_values
from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.intervals import wilson
from clean_bench.statistics.uniformity import rejection_rates

HERE = Path(__file__).parent
REPORT = "probe_calibration"
SHIPPED = HERE.parent / "clean_bench" / "experiments" / "calibration" / "shipped.json"
SPLITS = 10
"""Random splits of the never-planted problems per planting."""
TEST = "suffix-logprob"
"""The test whose null is checked; reconstruction has evidence 0 on nearly every unseen problem."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument(
        "--report", metavar="NAME", default=REPORT, help="default probe_calibration"
    )
    parser.add_argument(
        "--ship", action="store_true", help="put the results into the package's data"
    )
    options = parser.parse_args()
    folders = options.folders
    items: list[ItemFlag] = []
    signals: dict[str, dict[int, list[Signals]]] = {}
    metrics: dict[str, list[list[dict[str, Any]]]] = {}
    levels: dict[tuple[str, str], list[str]] = {}
    known: set[tuple[str, str, tuple[str, ...]]] = set()
    against_null, against_each_other, plantings = [], [], 0
    for number, (folder, unit) in enumerate(units(folders)):
        name, group = f"{folder.name}/{unit['name']}", unit["group"]
        probed = Artifact.load(folder / PROBES / unit["name"], "probe")
        key = (group, probed.config["weights_sha256"], tuple(probed.config["tests"]))
        if key in known:
            continue  # the same planting in two folders counts once
        known.add(key)
        tested = stored_sets(probed)[BENCHMARK]
        doses = {problem.id: int(problem.metadata["dose"]) for problem in tested}
        flags = [flag._asdict() for flag in conclude(probed).flags if flag.set == BENCHMARK]
        seen: set[str] = set()
        if "grpo" in unit:
            training = Artifact.load(folder / TRAININGS / unit["name"], "training")
            seen = seen_ids(training, tested)
            metrics.setdefault(group, []).append(training.rows("metrics"))
        for test in probed.config["tests"]:
            together = levels.setdefault((group, test), probed.config["tests"])
            if together != probed.config["tests"]:
                sys.exit(f"{name}: {test} was probed beside other signals, so its level differs")
        items += item_flags(name, group, doses, flags, seen)
        print(f"read {name}", file=sys.stderr)
        if "grpo" in unit:
            continue
        plantings += 1
        if TEST not in probed.config["tests"]:
            continue
        for dose, found in signals_of(probed, doses):
            signals.setdefault(group, {}).setdefault(dose, []).append(found)
        never, null = evidence(probed, doses)
        against_null.append(conformal_p_values(never, null))
        generator = np.random.default_rng([7, number])
        size = null_size(len(never))
        for _ in range(SPLITS):
            order = generator.permutation(len(never))
            against_each_other.append(conformal_p_values(never[order[size:]], never[order[:size]]))
    if not plantings:
        sys.exit("expected a calibration without GRPO, got none")
    results = results_of(items, metrics, Result(set="math500", protocol="planted at known doses"))
    rates = (
        {}
        if not against_null
        else {
            "never planted against the null set": rejection_rates(against_null),
            "random splits of never planted": rejection_rates(against_each_other),
        }
    )
    if options.ship:
        ship(results)
    command = "python measurements/probe_calibration.py"
    if options.report != REPORT:
        command += f" --report {options.report}"
    path = HERE / "results" / f"{options.report}.md"
    path.write_text(report(results, signals, rates, plantings, command))
    print(path.read_text())


def ship(results: Results) -> None:
    """Ship tests of conditions (`arm`) that are new, or measured on at least as many plantings."""
    shipped = shipped_results()
    known, measured = plantings_by_test(shipped), plantings_by_test(results)
    better = {key for key, number in measured.items() if number >= known.get(key, 0)}
    better |= {(arm, "") for arm, _ in better}  # what GRPO trained on, for example
    rows = [row for row in shipped if _key(row) not in better]
    rows += [row for row in results if _key(row) in better]
    SHIPPED.write_text(json.dumps(Results(rows).as_json(), indent=1, allow_nan=False) + "\n")
    for key, number in measured.items():
        verb = "shipped" if key in better else f"kept the {known[key]} plantings of"
        print(f"{verb} {key[1]}: {key[0]} ({number} measured)", file=sys.stderr)


def plantings_by_test(results: Results) -> dict[tuple[str | None, str], int]:
    """The number of plantings of each test in each condition."""
    return {
        _key(row): row.n
        for row in results
        if row.measure.startswith("false_discoveries:") and row.n
    }


def _key(row: Result) -> tuple[str | None, str]:
    """The condition and the test of a row."""
    return row.arm, row.measure.partition(":")[2]


def null_size(problems: int) -> int:
    """The size of the null sample of a split: the largest below the number of problems that can reject
    at exactly 1, 5 and 10%.

    A conformal p-value is a multiple of 1 / (size + 1), so these rates need a multiple of 100.
    """
    size = 100 * (problems // 100) - 1
    if size < 1:
        raise SystemExit(f"expected at least 100 never-planted problems, got {problems}")
    return size


def units(folders: Sequence[Path]) -> Iterator[tuple[Path, dict[str, str]]]:
    """Folder of the calibration and entry of every finished unit."""
    for folder in folders:
        for unit in json.loads((folder / "manifest.json").read_text())["config"]["units"]:
            if Artifact.is_finished(folder / PROBES / unit["name"]):
                yield folder, unit


class Signals(NamedTuple):
    """The signals of a problem in one planting; the log-probability is per token, in nats."""

    exact_match: float
    lookup_match: float
    logprob: float


def signals_of(probed: Artifact, doses: dict[str, int]) -> Iterator[tuple[int, Signals]]:
    """Dose and signals of every scored problem of the set under test."""
    of_problem: dict[str, dict[str, float]] = {}
    for row in probed.rows(STATISTICS):
        if row["set"] == BENCHMARK and row["test"] in DEFAULT:
            of_problem.setdefault(row["problem_id"], {})[row["statistic"]] = row["value"]
    for problem, known in of_problem.items():
        yield (
            doses[problem],
            Signals(
                known["exact_match"], known["lookup_match"], known["logprob"] / known["tokens"]
            ),
        )


def evidence(probed: Artifact, doses: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """Evidence of the never-planted problems, and of the null sets."""
    headline = headline_of(probed.config["fractions"])
    values = [Value(**row) for row in probed.rows(STATISTICS)]
    sets = stored_sets(probed)
    shared = shared_endings(sets, headline, probed.config["protocol"])
    of_set = {
        name: evidence_of(
            TESTS[TEST], problems, statistics_of(name, values, headline), shared[name]
        )
        for name, problems in sets.items()
    }
    never = [
        score for place, score in of_set[BENCHMARK].items() if doses[sets[BENCHMARK][place].id] == 0
    ]
    null = [score for name in probed.config["nulls"] for score in of_set[name].values()]
    return np.array(never), np.array(null)


def report(
    results: Results,
    signals: dict[str, dict[int, list[Signals]]],
    rates: dict[str, list[Estimate]],
    plantings: int,
    command: str,
) -> str:
    """The Markdown of the report."""
    lines = [
        "# The probe on plantings of MATH-500",
        "",
        f"`{command}`; {plantings} planting{'s' * (plantings > 1)}. A random half of MATH-500 "
        "is planted at known doses in a control model that was trained on MATH training problems; the "
        "null set is another part of the training split. Shares are of problems, with 95% intervals; "
        "false discoveries are means over plantings, with Student's interval. The default signals share "
        "a false discovery rate of 5%, and all further ones another 5%.",
    ]
    training: list[str] = []
    for group in results.values_of("arm"):
        part = results.where(arm=group)
        lines += ["", f"## {group}", ""]
        if str(group) in signals:
            lines += [*signal_lines(signals[str(group)]), ""]
        lines += power_lines(part)
        whole = part.where(subset=None)
        for name in ("grpo_reward", "grpo_frac_zero_std_groups"):
            row = whole.first(measure=name)
            if row is not None:
                training.append(f"| {group} | {name} | {shown(row, 'share')} |")
    if training:
        lines += ["", "## What GRPO trained on", "", "Means over steps, then over plantings.", ""]
        lines += ["| group | metric | mean |", "|---|---|---|", *training]
    if rates:
        lines += [
            "",
            "## Calibration of the null",
            "",
            f"Share of p-values of {TEST} at or below the nominal rate, mean over plantings or splits.",
            "",
            "| p-values | 1% | 5% | 10% |",
            "|---|---|---|---|",
        ]
    for name, estimates in rates.items():
        cells = [
            f"{100 * e.value:.2f}% ({100 * e.low:.2f} to {100 * e.high:.2f})" for e in estimates
        ]
        lines.append(f"| {name} ({estimates[0].n}) | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def power_lines(part: Results) -> list[str]:
    """The tables of one group: power by test and dose, false discoveries, the dose that flags half."""
    tests = [
        row.measure.partition(":")[2]
        for row in part
        if row.measure.startswith("false_discoveries:")
    ]
    lines = [
        "| test | dose | problems | flagged | TPR at 1% false positives | AUC |",
        "|---|---|---|---|---|---|",
    ]
    for test in tests:
        for subset in part.values_of("subset"):
            of_dose = part.where(subset=subset)
            flagged = of_dose.first(measure=f"flagged:{test}")
            if subset is None or flagged is None:
                continue
            cells = [
                shown(of_dose.first(measure=f"{measure}:{test}"), measure)
                for measure in ("flagged", "tpr@1%", "auc")
            ]
            dose = str(subset).removeprefix("dose=")
            lines.append(f"| {test} | {dose} | {flagged.n} | {' | '.join(cells)} |")
    lines += [
        "",
        "| test | false discoveries, mean over plantings | dose that flags half |",
        "|---|---|---|",
    ]
    whole = part.where(subset=None)
    for test in tests:
        found = shown(whole.first(measure=f"false_discoveries:{test}"), "share")
        dose_row = whole.first(measure=f"smallest_dose:{test}")
        lines.append(f"| {test} | {found} | {shown(dose_row, 'dose')} |")
    return lines


def signal_lines(by_dose: dict[int, list[Signals]]) -> list[str]:
    """The table of exact match, its baseline and the log-probability of the suffix, by dose."""
    lines = [
        "| dose | problems | exact match | look-up | log-probability per token |",
        "|---|---|---|---|---|",
    ]
    for dose, found in sorted(by_dose.items()):
        exact, lookup = (
            wilson(round(sum(values)), len(values))
            for values in ([s.exact_match for s in found], [s.lookup_match for s in found])
        )
        mean = sum(s.logprob for s in found) / len(found)
        shares = [
            f"{100 * e.value:.1f}% ({100 * e.low:.1f} to {100 * e.high:.1f})"
            for e in (exact, lookup)
        ]
        lines.append(f"| {dose} | {len(found)} | {' | '.join(shares)} | {mean:.3f} |")
    return lines


def shown(row: Result | None, kind: str) -> str:
    """A value with its interval."""
    if row is None:
        return "–"
    low, high = row.estimate.low, row.estimate.high
    if kind in ("auc", "dose"):
        value = "above the largest" if row.value is None else f"{row.value:.3g}"
        ends = [f"{end:.3g}" if isfinite(end) else "above" for end in (low, high)]
        return f"{value} ({ends[0]} to {ends[1]})"
    value = "–" if row.value is None else f"{100 * row.value:.1f}%"
    if not (isfinite(low) and isfinite(high)):
        return f"{value} (no interval)"
    return f"{value} ({100 * low:.1f} to {100 * high:.1f})"


if __name__ == "__main__":
    main()
