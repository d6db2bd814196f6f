"""Check that a run killed at random times and resumed gives the numbers of an uninterrupted run.

    python measurements/kill_demo.py [--kills 5] [--seed 0] [--recipe demo]

Runs a recipe once without interruption, then in another folder with SIGKILL at random times. Compares
the identity of every artifact of both runs: configuration, rows, metadata, weights. Writes
measurements/results/kill_demo.md. Exit status 1 if anything differs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from leaderboards.page import PAGE, without_times

HERE = Path(__file__).parent
COMMAND = [sys.executable, "-P", "-m", "clean_bench", "run"]


def identities(folder: Path) -> dict[str, str]:
    """The identity of the run and of every artifact inside it; SHA-256 of the report's files.

    The page is compared without its times, which differ between equal runs.
    """
    manifest = json.loads((folder / "manifest.json").read_text())
    reports = {name: manifest["files"][name] for name in ("report.json", "table.md")}
    page = without_times((folder / PAGE).read_text("utf-8"))
    reports[PAGE] = hashlib.sha256(page.encode()).hexdigest()
    parts = {name: part["identity_sha256"] for name, part in manifest["parts"].items()}
    return {"run": manifest["identity_sha256"], **parts, **reports}


def run_uninterrupted(recipe: str, out: Path) -> float:
    """Run without interruption; returns the seconds."""
    begun = time.monotonic()
    subprocess.run([*COMMAND, recipe, "--out", str(out)], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begun


def run_killed(recipe: str, out: Path, delays: list[float]) -> list[str]:
    """Run with a SIGKILL after each delay in seconds, then to the end.

    Returns:
        the progress at each kill: the newest file in the folder.
    """
    progress = []
    for seconds in delays:
        process = subprocess.Popen(
            [*COMMAND, recipe, "--out", str(out)], stdout=subprocess.DEVNULL, start_new_session=True
        )
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            files = [path for path in out.rglob("*") if path.is_file()]
            newest = max(files, key=lambda path: path.stat().st_mtime, default=out)
            progress.append(f"after {seconds:.0f} s: {newest.relative_to(out)}")
        else:
            sys.exit("the run finished before its last kill: use another --seed")
    run_uninterrupted(recipe, out)
    return progress


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0, help="seed of the kill times")
    parser.add_argument("--recipe", default="demo", help="a built-in name or a TOML file")
    parser.add_argument("--work", type=Path, default=Path("runs/kill-test"))
    options = parser.parse_args()
    shutil.rmtree(options.work, ignore_errors=True)
    whole, killed = options.work / "whole", options.work / "killed"
    seconds = run_uninterrupted(options.recipe, whole)
    rng = random.Random(options.seed)
    # At most a third of the whole run per attempt, so that the kills spread over its phases.
    delays = [rng.uniform(0.05, 0.33) * seconds for _ in range(options.kills)]
    progress = run_killed(options.recipe, killed, delays)
    first, second = identities(whole), identities(killed)
    differing = sorted(name for name in {*first, *second} if first.get(name) != second.get(name))
    lines = [
        f"# `{options.recipe}` killed {options.kills} times with SIGKILL, against an uninterrupted run",
        "",
        f"Command: `python measurements/kill_demo.py --recipe {options.recipe} --kills {options.kills} "
        f"--seed {options.seed}`",
        "",
        *(f"- kill {number}, {state}" for number, state in enumerate(progress, 1)),
        "",
        f"Artifacts and report files compared: {len(first)}. "
        f"Differing: {', '.join(differing) or 'none'}.",
    ]
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    (results / "kill_demo.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
