"""The probe beside benchleak 0.4.0 on the same plantings: false positives and power.

    clean-bench calibrate --on math500 --null NULL --plantings 20 --out c
    python measurements/probe_peers.py c [MORE...] [--plantings N] [--detectors pretrain sft rl]

Each planting gives benchmarks of up to 200 problems with known truth: the never-planted problems (a flag
is a false positive), and the planted problems of each dose (a flag is right). benchleak gives one
verdict per benchmark, so the comparison is of benchmarks: its verdict with each of its references,
and the Holm adjusted test of this project ("evidence above null" of `suffix-logprob` and of
`reconstruction`) with the named null set. It flags no single problem; the share of problems that
this project flags stands beside. benchleak runs in an environment of its own (`make
bench-probe-peers`). Finished plantings are kept in OUT/peers, so an interrupted run continues.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from scipy import stats

from clean_bench.artifacts import Artifact
from clean_bench.experiments.calibration.run import BENCHMARK, PLANTINGS, PROBES
from clean_bench.probing.flags import FLAGS, evidence_of, statistics_of
from clean_bench.probing.items import headline_of
from clean_bench.probing.rows import STATISTICS, Value
from clean_bench.probing.tests import TESTS
from clean_bench.problems import Problem, stored_sets
from clean_bench.statistics.intervals import wilson
from clean_bench.statistics.multiple_testing import holm

HERE = Path(__file__).parent
REPORT = HERE / "results" / "probe_peers.md"
PYTHON = HERE.parent / ".venv-benchleak" / "bin" / "python"
LIMIT = 200
"""benchleak's default limit of texts."""
OURS = ("reconstruction", "suffix-logprob")
LEVEL = 0.05


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
            if Artifact.is_finished(folder / PROBES / unit["name"]):
                yield folder, unit["name"]


def measure(folder: Path, unit: str, detectors: Sequence[str]) -> list[dict[str, Any]]:
    """The verdicts on the benchmarks of one planting, read again where they are stored."""
    stored = folder / "peers" / f"{unit}-{'-'.join(detectors)}.json"
    if stored.exists():
        return list(json.loads(stored.read_text()))
    stored.parent.mkdir(exist_ok=True)
    probed = Artifact.load(folder / PROBES / unit, "probe")
    sets = stored_sets(probed)
    benchmarks: dict[int, list[Problem]] = {}
    for problem in sets[BENCHMARK]:
        benchmarks.setdefault(int(problem.metadata["dose"]), []).append(problem)
    null = [problem for name in probed.config["nulls"] for problem in sets[name]]
    reference = write(stored.with_suffix(".null.jsonl"), null[:LIMIT])
    verdicts = []
    for dose, problems in sorted(benchmarks.items()):
        head = {"unit": f"{folder.name}/{unit}", "dose": dose, "problems": len(problems[:LIMIT])}
        for test, p in own_tests(probed, [problem.id for problem in problems]).items():
            verdicts.append(
                {**head, "tool": "clean-bench", "detector": test, "flagged": p <= LEVEL}
            )
        items = write(stored.with_suffix(f".{dose}.jsonl"), problems[:LIMIT])
        out = stored.with_suffix(f".{dose}.out")
        checkpoint = folder / PLANTINGS / unit / "checkpoint"
        command = [PYTHON, HERE / "peer_benchleak.py", checkpoint, items, out]
        arguments = ["--reference", reference, "--detectors", *detectors]
        subprocess.run([*map(str, command), *map(str, arguments)], check=True)
        for name, found in json.loads(out.read_text())["detectors"].items():
            for of_reference, verdict in found["verdicts"].items():
                label = f"{name}, reference {of_reference}"
                verdicts.append(
                    {**head, "tool": "benchleak", "detector": label, "flagged": verdict["flagged"]}
                )
    flags = [row for row in probed.rows(FLAGS) if row["set"] == BENCHMARK]
    for dose, problems in sorted(benchmarks.items()):
        ids = {problem.id for problem in problems}
        flagged = {row["problem_id"] for row in flags if row["flagged"]} & ids
        verdicts.append(
            {"unit": f"{folder.name}/{unit}", "dose": dose, "tool": "items",
             "flagged": len(flagged), "problems": len(ids)}
        )  # fmt: skip
    stored.write_text(json.dumps(verdicts, indent=1) + "\n")
    print(f"{folder.name}/{unit}: {len(benchmarks)} benchmarks", file=sys.stderr)
    return verdicts


def own_tests(probed: Artifact, ids: Sequence[str]) -> dict[str, float]:
    """The p-values of this project for a benchmark, adjusted over its tests."""
    headline = headline_of(probed.config["fractions"])
    values = [Value(**row) for row in probed.rows(STATISTICS)]
    sets = stored_sets(probed)
    raw = []
    for test in OURS:
        scores = {}
        for name, problems in sets.items():
            of_set = evidence_of(TESTS[test], problems, statistics_of(name, values, headline))
            scores[name] = {problems[place].id: score for place, score in of_set.items()}
        own = [scores[BENCHMARK][key] for key in ids if key in scores[BENCHMARK]]
        null = [score for name in probed.config["nulls"] for score in scores[name].values()]
        raw.append(float(stats.mannwhitneyu(own, null, alternative="greater").pvalue))
    return dict(zip(OURS, map(float, holm(raw)), strict=True))


def write(path: Path, problems: Sequence[Problem]) -> Path:
    """Problems as the JSON lines that the peer reads."""
    rows = [json.dumps({"id": problem.id, "problem": problem.problem}) for problem in problems]
    path.write_text("\n".join(rows) + "\n")
    return path


def report(verdicts: Sequence[dict[str, Any]], detectors: Sequence[str]) -> str:
    """The Markdown of the report."""
    doses = sorted({verdict["dose"] for verdict in verdicts})
    plantings = len({verdict["unit"] for verdict in verdicts})
    lines = [
        "# The probe beside benchleak 0.4.0",
        "",
        f"`python measurements/probe_peers.py`; {plantings} plantings of MATH-500 in the small control "
        f"model, detectors {', '.join(detectors)} of benchleak with the settings of its command line. A "
        "benchmark is the problems of one dose (dose 0: never planted), at most 200. Shares of "
        "benchmarks that are flagged, with 95% intervals; at dose 0 these are false positives.",
        "",
        "| tool | test | " + " | ".join(f"dose {dose}" for dose in doses) + " |",
        "|---|---|" + "---|" * len(doses),
    ]
    rows = dict.fromkeys((v["tool"], v["detector"]) for v in verdicts if v["tool"] != "items")
    for tool, detector in rows:
        cells = []
        for dose in doses:
            flags = [
                v["flagged"]
                for v in verdicts
                if (v["tool"], v.get("detector"), v["dose"]) == (tool, detector, dose)
            ]
            estimate = wilson(sum(flags), len(flags))
            cells.append(
                f"{100 * estimate.value:.0f}% ({100 * estimate.low:.0f} to {100 * estimate.high:.0f})"
            )
        lines.append(f"| {tool} | {detector} | {' | '.join(cells)} |")
    lines += ["", "Problems that this project flags, which benchleak does not do:", ""]
    lines += [
        "| " + " | ".join(f"dose {dose}" for dose in doses) + " |",
        "|---|" + "---|" * (len(doses) - 1),
    ]
    cells = []
    for dose in doses:
        part = [v for v in verdicts if (v["tool"], v["dose"]) == ("items", dose)]
        flagged, problems = (sum(v[key] for v in part) for key in ("flagged", "problems"))
        cells.append(f"{flagged} of {problems} ({100 * flagged / problems:.1f}%)")
    lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
