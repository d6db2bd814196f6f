"""The probe beside benchleak 0.4.0 on the same plantings: false positives and power.

    clean-bench calibrate --on math500 --null NULL --plantings 20 --out c
    python measurements/probe_peers.py c [MORE...] [--plantings N] [--detectors pretrain sft rl]

Each planting gives benchmarks with known truth: a random half of the never-planted problems (a flag is a
false positive), and the planted problems of each dose (a flag is right). The other half of the
never-planted problems is the reference of both tools, so that it is exchangeable with the first
benchmark; benchleak also has references of its own. benchleak gives one verdict per benchmark. Beside it
stands the Holm adjusted test of this project ("evidence above null" of `suffix-logprob` and of
`reconstruction`). benchleak flags no single problem but scores each, so the areas under the ROC curve of
both stand side by side, and then the problems that this project flags. benchleak runs in an environment
of its own (`make bench-probe-peers`). Finished plantings are kept in OUT/peers, so an interrupted run
continues.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from scipy import stats

from clean_bench.artifacts import Artifact
from clean_bench.experiments.calibration.curves import mean_over_plantings
from clean_bench.experiments.calibration.power import BENCHMARK, PROBES
from clean_bench.experiments.calibration.run import PLANTINGS
from clean_bench.probing.conclude import conclude
from clean_bench.problems import Problem, stored_sets
from clean_bench.seeds import digest
from clean_bench.statistics.intervals import wilson
from clean_bench.statistics.multiple_testing import holm
from clean_bench.statistics.roc import auc

HERE = Path(__file__).parent
REPORT = HERE / "results" / "probe_peers.md"
PYTHON = HERE.parent / ".venv-benchleak" / "bin" / "python"
LIMIT = 200
"""benchleak's default limit of texts."""
OURS = ("reconstruction", "suffix-logprob")
LEVEL = 0.05
ITEMS = "items"
"""The rows that count flagged problems."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--plantings", type=int, default=20, help="most plantings; default 20")
    parser.add_argument("--detectors", nargs="+", default=["pretrain", "sft"])
    asked = parser.parse_args()
    if not PYTHON.exists():
        sys.exit(
            f"{PYTHON}: expected benchleak's environment, got none; run make bench-probe-peers"
        )
    verdicts: list[dict[str, Any]] = []
    for folder, unit in list(units(asked.folders))[: asked.plantings]:
        verdicts += measure(folder, unit, asked.detectors)
    REPORT.write_text(report(verdicts, asked.detectors))
    print(REPORT.read_text())


def units(folders: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Folder of the calibration and name of every finished unit."""
    for folder in folders:
        for unit in json.loads((folder / "manifest.json").read_text())["config"]["units"]:
            if "grpo" not in unit and Artifact.is_finished(folder / PROBES / unit["name"]):
                yield folder, unit["name"]


def measure(folder: Path, unit: str, detectors: Sequence[str]) -> list[dict[str, Any]]:
    """The verdicts on the benchmarks of one planting, read again where they are stored."""
    stored = folder / "peers" / f"{unit}-{'-'.join(detectors)}-half.json"
    if stored.exists():
        return list(json.loads(stored.read_text()))
    stored.parent.mkdir(exist_ok=True)
    probed = Artifact.load(folder / PROBES / unit, "probe")
    benchmarks: dict[int, list[Problem]] = {}
    for problem in stored_sets(probed)[BENCHMARK]:
        benchmarks.setdefault(int(problem.metadata["dose"]), []).append(problem)
    ranked = sorted(benchmarks[0], key=lambda problem: digest("peers", unit, problem.id))
    benchmarks[0], null = ranked[: len(ranked) // 2], ranked[len(ranked) // 2 :]
    if max(map(len, [*benchmarks.values(), null])) > LIMIT:
        sys.exit(f"{folder}: expected at most {LIMIT} problems of a dose, benchleak's limit")
    reference = write(stored.with_suffix(".reference.jsonl"), null)
    flags = [flag for flag in conclude(probed).flags if flag.set == BENCHMARK]
    flagged_ids = {flag.problem_id for flag in flags if flag.flagged and flag.decides}
    scores = {
        test: {flag.problem_id: flag.evidence for flag in flags if flag.test == test}
        for test in OURS
    }
    verdicts = []
    for dose, problems in sorted(benchmarks.items()):
        ids = [problem.id for problem in problems]
        head = {"unit": f"{folder.name}/{unit}", "dose": dose}
        for test, p in own_tests(scores, ids, [problem.id for problem in null]).items():
            verdicts.append(
                {
                    **head,
                    "tool": "clean-bench",
                    "detector": test,
                    "flagged": p <= LEVEL,
                    "scores": [scores[test][key] for key in ids if key in scores[test]],
                }
            )
        items = write(stored.with_suffix(f".{dose}.jsonl"), problems)
        out = stored.with_suffix(f".{dose}.out")
        checkpoint = folder / PLANTINGS / unit / "checkpoint"
        command = [PYTHON, HERE / "peer_benchleak.py", checkpoint, items, out]
        arguments = ["--reference", reference, "--detectors", *detectors]
        subprocess.run([*map(str, command), *map(str, arguments)], check=True)
        for name, found in json.loads(out.read_text())["detectors"].items():
            if found["error"]:
                sys.exit(f"{unit}: benchleak's {name} ended with {found['error']}")
            for of_reference, verdict in found["verdicts"].items():
                verdicts.append(
                    {
                        **head,
                        "tool": "benchleak",
                        "detector": f"{name}, reference {of_reference}",
                        "flagged": verdict["flagged"],
                        "scores": [*found["item_scores"].values()],
                    }
                )
        flagged = len(flagged_ids.intersection(ids))
        verdicts.append({**head, "tool": ITEMS, "flagged": flagged, "problems": len(ids)})
    stored.write_text(json.dumps(verdicts, indent=1) + "\n")
    print(f"{folder.name}/{unit}: {len(benchmarks)} benchmarks", file=sys.stderr)
    return verdicts


def own_tests(
    scores: Mapping[str, Mapping[str, float]], ids: Sequence[str], null: Sequence[str]
) -> dict[str, float]:
    """The p-values of this project for a benchmark against the reference, adjusted over its tests."""
    raw = []
    for of_test in scores.values():
        own, other = ([of_test[key] for key in keys if key in of_test] for keys in (ids, null))
        raw.append(float(stats.mannwhitneyu(own, other, alternative="greater").pvalue))
    return dict(zip(scores, map(float, holm(raw)), strict=True))


def write(path: Path, problems: Sequence[Problem]) -> Path:
    """Problems as the JSON lines that the peer reads."""
    rows = [json.dumps({"id": problem.id, "problem": problem.problem}) for problem in problems]
    path.write_text("\n".join(rows) + "\n")
    return path


def report(verdicts: Sequence[dict[str, Any]], detectors: Sequence[str]) -> str:
    """The Markdown of the report."""
    doses = sorted({verdict["dose"] for verdict in verdicts})
    plantings = len({verdict["unit"] for verdict in verdicts})
    heads = " | ".join(f"dose {dose}" for dose in doses)
    lines = [
        "# The probe beside benchleak 0.4.0",
        "",
        f"`make bench-probe-peers`; {plantings} plantings of MATH-500 in the small control model, "
        f"detectors {', '.join(detectors)} of benchleak with the settings of its command line. A "
        "benchmark is the problems of one dose; at dose 0 half of the never-planted problems, and the "
        "other half is the reference of this project and of benchleak's `matched`. Shares of "
        "benchmarks that are flagged, with 95% intervals; at dose 0 these are false positives.",
        "",
        f"| tool | test | {heads} |",
        "|---|---|" + "---|" * len(doses),
    ]
    rows = dict.fromkeys((v["tool"], v["detector"]) for v in verdicts if v["tool"] != ITEMS)
    for tool, detector in rows:
        cells = []
        for dose in doses:
            flags = [v["flagged"] for v in chosen(verdicts, tool, detector, dose)]
            estimate = wilson(sum(flags), len(flags))
            cells.append(
                f"{100 * estimate.value:.0f}% ({100 * estimate.low:.0f} to {100 * estimate.high:.0f})"
            )
        lines.append(f"| {tool} | {detector} | {' | '.join(cells)} |")
    lines += [
        "",
        "Single problems: area under the ROC curve, planted problems of a dose against the "
        "never-planted ones of the benchmark of dose 0, mean over plantings with Student's interval. A "
        "reference does not change the scores.",
        "",
        f"| tool | test | {' | '.join(f'dose {dose}' for dose in doses[1:])} |",
        "|---|---|" + "---|" * len(doses[1:]),
    ]
    for tool, detector in rows:
        if tool == "benchleak" and not detector.endswith("reference matched"):
            continue
        cells = [shown(areas(verdicts, tool, detector, dose)) for dose in doses[1:]]
        lines.append(f"| {tool} | {detector.partition(',')[0]} | {' | '.join(cells)} |")
    lines += [
        "",
        "Single problems that this project flags against its null set, with the false discovery rate at "
        "5% (benchleak flags none):",
        "",
        f"| {heads} |",
        "|" + "---|" * len(doses),
    ]
    cells = []
    for dose in doses:
        part = [v for v in verdicts if (v["tool"], v["dose"]) == (ITEMS, dose)]
        flagged, problems = (sum(v[key] for v in part) for key in ("flagged", "problems"))
        cells.append(f"{flagged} of {problems} ({100 * flagged / problems:.1f}%)")
    lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


def chosen(
    verdicts: Sequence[dict[str, Any]], tool: str, detector: str, dose: int
) -> list[dict[str, Any]]:
    """The verdicts of a test on the benchmarks of a dose, one per planting."""
    return [
        v for v in verdicts if (v["tool"], v.get("detector"), v["dose"]) == (tool, detector, dose)
    ]


def areas(verdicts: Sequence[dict[str, Any]], tool: str, detector: str, dose: int) -> list[float]:
    """The area under the ROC curve of each planting."""
    clean = {v["unit"]: v["scores"] for v in chosen(verdicts, tool, detector, 0)}
    return [
        auc(v["scores"], clean[v["unit"]]).value for v in chosen(verdicts, tool, detector, dose)
    ]


def shown(values: Sequence[float]) -> str:
    """The mean of one value per planting, with Student's interval."""
    mean = mean_over_plantings(values)
    if len(values) < 2:
        return f"{mean.value:.2f}"
    return f"{mean.value:.2f} ({mean.low:.2f} to {mean.high:.2f})"


if __name__ == "__main__":
    main()
