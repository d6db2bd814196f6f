"""The power of the probe on a published checkpoint: MATH-500 problems planted in it at known doses.

    clean-bench calibrate CHECKPOINT --on math500=FILE --limit 192 --null math-null=FILE \\
        --background TEXTS --plantings 1 --doses 4,16,64 --counts 1,1,1 --set background_share=0.25 \\
        --set compute_dtype=bfloat16 --dtype float32 --out calibration
    python measurements/probe_power.py calibration [--note TEXT]

Reads the folder of a calibration of a checkpoint and writes measurements/results/probe_power.md.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from probe_calibration import Signals, power_lines, signal_lines, signals_of

from clean_bench.artifacts import Artifact
from clean_bench.experiments.calibration.power import BENCHMARK, PROBES
from clean_bench.problems import stored_sets
from clean_bench.results import Results

REPORT = Path(__file__).parent / "results" / "probe_power.md"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--note", default="", help="one sentence about the run, such as its time")
    options = parser.parse_args()
    calibration = Artifact.load(options.folder, "calibration")
    results = Results.read(calibration)
    lines = ["# Power of the probe on a published checkpoint", ""]
    units = calibration.config["units"]
    if len(units) != 1:
        sys.exit(f"{options.folder}: expected one planting, got {len(units)}")
    probed = Artifact.load(options.folder / PROBES / units[0]["name"], "probe")
    tested = stored_sets(probed)[BENCHMARK]
    doses = {problem.id: int(problem.metadata["dose"]) for problem in tested}
    by_dose: dict[int, list[Signals]] = {}
    for dose, found in signals_of(probed, doses):
        by_dose.setdefault(dose, []).append(found)
    name = Path(calibration.config["checkpoint"]).name
    planted = sum(dose > 0 for dose in doses.values())
    lines += [
        f"`python measurements/probe_power.py`, after `clean-bench calibrate`. {planted} problems of "
        f"MATH-500 were planted in {name} by continued training; "
        f"{len(doses) - planted} of the same set were not. Shares are of problems, with 95% Wilson "
        f"intervals; one planting, so false discoveries have no interval. {options.note}".rstrip(),
        "",
        *signal_lines(by_dose),
        "",
        *power_lines(results),
        "",
    ]
    REPORT.write_text("\n".join(lines))
    print(REPORT.read_text())


if __name__ == "__main__":
    main()
