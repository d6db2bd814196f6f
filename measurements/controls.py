"""Do the controls separate? Both organisms, every arm, five training seeds.

    python measurements/controls.py [--out runs/controls]

Runs the built-in recipes `controls-reciter` and `controls-learner`, writes the table to
measurements/results/controls.md and says of each claim whether the intervals bear it out; ends with
status 1 if one does not. A run that was stopped continues.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from clean_bench.statistics.estimate import Estimate
from leaderboards.formatting import points_interval
from leaderboards.report_schema import Arm, Contrast, RunReport

HERE = Path(__file__).parent
RECIPES = ("controls-reciter", "controls-learner")


def read(folder: Path) -> RunReport:
    return RunReport.from_json(json.loads((folder / "report.json").read_text()))


def gain(arm: Arm, name: str) -> Estimate:
    score = arm.score(name)
    assert score is not None
    return score.gain


def contrast(arm: Arm) -> Estimate:
    found = arm.contrast(Contrast.PLANTED_MINUS_TWIN)
    assert found is not None
    return found.estimate


def claims(reciter: RunReport, learner: RunReport) -> list[tuple[str, bool]]:
    """Each claim in words, and whether the 95% intervals bear it out."""
    of_reciter = {arm.name: arm for arm in reciter.arms}
    of_learner = {arm.name: arm for arm in learner.arms}
    python, truth = of_reciter["python"], of_learner["truth"]
    return [
        (
            "reciter: the python reward lifts the planted benchmark",
            gain(python, "planted").above_zero,
        ),
        ("reciter: the python reward does not lift the twin", not gain(python, "twin").above_zero),
        (
            "reciter: the python reward does not lift the fresh set",
            not gain(python, "fresh").above_zero,
        ),
        ("reciter: its contrast planted minus twin is above zero", contrast(python).above_zero),
        ("learner: truth lifts the fresh set", gain(truth, "fresh").above_zero),
        ("learner: the contrast of truth contains zero", contrast(truth).holds_zero),
        (
            "random lifts no fresh set",
            not any(gain(arms["random"], "fresh").above_zero for arms in (of_reciter, of_learner)),
        ),
    ]


def table(name: str, report: RunReport) -> list[str]:
    lines = [
        f"## {name}",
        "",
        f"{report.card}",
        "",
        "| arm | gain on planted | gain on twin | gain on fresh | planted minus twin |",
        "|---|---|---|---|---|",
    ]
    for arm in report.arms:
        cells = [points_interval(gain(arm, part)) for part in ("planted", "twin", "fresh")]
        lines.append(f"| {arm.name} | {' | '.join(cells)} | {points_interval(contrast(arm))} |")
    return [*lines, ""]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("runs/controls"))
    options = parser.parse_args()
    reports = []
    for name in RECIPES:
        out = options.out / name
        command = [sys.executable, "-P", "-m", "clean_bench", "run", name, "--out", str(out)]
        subprocess.run(command, check=True)
        reports.append(read(options.out / name))
    reciter, learner = reports
    first = reciter.arms[0]
    lines = [
        "# Controls",
        "",
        "Command: `python measurements/controls.py` (`make controls`). Gains are in points of mean "
        f"accuracy over {reciter.samples_per_problem} samples a problem, after {first.steps} steps of "
        f"GRPO, with 95% intervals over {first.seeds} training seeds and the problems together. On the "
        "learner nothing is planted: there both halves of the reciter's benchmark are problems it "
        "never saw.",
        "",
        *table("Reciter", reciter),
        *table("Learner", learner),
        "## Claims",
        "",
        *(
            f"- {'holds' if held else 'DOES NOT HOLD'}: {text}"
            for text, held in claims(reciter, learner)
        ),
    ]
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    (results / "controls.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))
    sys.exit(0 if all(held for _, held in claims(reciter, learner)) else 1)


if __name__ == "__main__":
    main()
