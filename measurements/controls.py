"""Do the controls separate? Both control models, every arm, five training seeds.

    python measurements/controls.py [--out runs/controls]

Runs the built-in recipes `controls-reciter` and `controls-learner` and writes
measurements/results/controls.md: the gains, and for each claim whether the 95% intervals support it.
Ends with status 1 if one does not hold. Interrupted, the same command resumes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from clean_bench.results import Results
from clean_bench.statistics.estimate import Estimate
from leaderboards.formatting import points_interval
from leaderboards.report_schema import ModelInfo, RunReport

HERE = Path(__file__).parent
RECIPES = ("controls-reciter", "controls-learner")
ROLES = ("planted", "twin", "fresh")


class Control:
    """The report and the results of a run of one control model."""

    def __init__(self, folder: Path) -> None:
        self.report = RunReport.from_json((folder / "report.json").read_bytes())
        self.results = Results.load(folder)

    @property
    def model(self) -> ModelInfo:
        [model] = self.report.models
        return model

    def gain(self, arm: str, role: str) -> Estimate:
        """The gain of an arm over all seeds on the set of a role."""
        return self._gains(arm, role, f"checkpoint={self.model.name}/base")

    def planted_minus_twin(self, arm: str) -> Estimate:
        """The gain on the planted problems minus the gain on their twins."""
        [twin] = [info.name for info in self.report.sets if info.role == "twin"]
        return self._gains(arm, "planted", f"set={twin}")

    def _gains(self, arm: str, role: str, versus: str) -> Estimate:
        measure = f"gain:{self.report.measure}"
        return self.results.where(arm=arm, role=role, measure=measure, versus=versus).one().estimate


def claims(reciter: Control, learner: Control) -> list[tuple[str, bool]]:
    """Each claim in words, and whether the 95% intervals support it."""
    python, truth = reciter.planted_minus_twin("python"), learner.planted_minus_twin("truth")
    return [
        (
            "reciter: the python reward lifts the planted benchmark",
            reciter.gain("python", "planted").above_zero,
        ),
        (
            "reciter: the python reward does not lift the twin",
            not reciter.gain("python", "twin").above_zero,
        ),
        (
            "reciter: the python reward does not lift the fresh set",
            not reciter.gain("python", "fresh").above_zero,
        ),
        ("reciter: its contrast planted minus twin is above zero", python.above_zero),
        ("learner: truth lifts the fresh set", learner.gain("truth", "fresh").above_zero),
        ("learner: the contrast of truth contains zero", truth.holds_zero),
        (
            "random lifts no fresh set",
            not any(run.gain("random", "fresh").above_zero for run in (reciter, learner)),
        ),
    ]


def table(name: str, run: Control) -> list[str]:
    """The gains of a control model as Markdown."""
    lines = [
        f"## {name}",
        "",
        run.model.card,
        "",
        "| arm | gain on planted | gain on twin | gain on fresh | planted minus twin |",
        "|---|---|---|---|---|",
    ]
    for arm in run.model.arms:
        estimates = [
            *(run.gain(arm.name, role) for role in ROLES),
            run.planted_minus_twin(arm.name),
        ]
        lines.append(f"| {arm.name} | {' | '.join(map(points_interval, estimates))} |")
    return [*lines, ""]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("runs/controls"))
    options = parser.parse_args()
    for name in RECIPES:
        command = [sys.executable, "-P", "-m", "clean_bench", "run", name, "--out"]
        subprocess.run([*command, str(options.out / name)], check=True)
    reciter, learner = (Control(options.out / name) for name in RECIPES)
    first = reciter.model.arms[0]
    supported = claims(reciter, learner)
    lines = [
        "# Controls",
        "",
        "Command: `python measurements/controls.py` (`make controls`). Gains are in percentage points "
        f"of mean accuracy over {reciter.report.samples_per_problem} samples per problem, after "
        f"{first.steps} steps of GRPO, with 95% intervals over {first.seeds} training seeds and the "
        "problems together. Nothing is planted in the learner: both halves of the reciter's benchmark "
        "are held out from its training text.",
        "",
        *table("Reciter", reciter),
        *table("Learner", learner),
        "## Claims",
        "",
        *(f"- {'holds' if holds else 'DOES NOT HOLD'}: {text}" for text, holds in supported),
    ]
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    (results / "controls.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))
    sys.exit(0 if all(holds for _, holds in supported) else 1)


if __name__ == "__main__":
    main()
