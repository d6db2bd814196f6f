"""Ten million problems: memory, time, and what a kill half way leaves.

    python measurements/scale.py [--count 10000000] [--family random-calculation] [--steps 5]

A set is generated without interruption, and again with SIGKILL when half of its rows are there, and
the same line after that. Both must end with the same identity, which covers every row. Memory is
sampled from /proc every half second: the resident set of the main process, and the sum over it and its
workers (pages that they share are counted in each). The result goes to `measurements/results/scale.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RESULT = Path(__file__).parent / "results" / "scale.md"
SHARD_ROWS = 10_000


def tree(pid: int) -> list[int]:
    """A process and all that descend from it."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parents.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    found = [pid]
    for member in found:
        found += parents.get(member, [])
    return found


def resident(pid: int) -> int:
    """The resident set of a process in bytes, 0 if it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def run(command: list[str], out: Path, kill_at: int | None = None) -> tuple[float, float, float]:
    """Run to the end, or until so many shards are there; seconds, and peaks in MB: main, all."""
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    main = together = 0
    while process.poll() is None:
        members = tree(process.pid)
        main = max(main, resident(process.pid))
        together = max(together, sum(map(resident, members)))
        if kill_at is not None and len(list((out / "problems").glob("*.parquet"))) >= kill_at:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            break
        time.sleep(0.5)
    if kill_at is None and process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    return time.monotonic() - started, main / 1e6, together / 1e6


def main() -> None:
    """Measure, compare and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000_000)
    parser.add_argument("--family", default="random-calculation")
    parser.add_argument("--steps", default="5")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    lines, identities = [], []
    peak = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for name in ("whole", "killed"):
            out = Path(folder) / name
            command = [
                sys.executable, "-m", "clean_bench.cli.main", "generate", options.family,
                "--steps", options.steps, "--count", str(options.count), "--seed", "scale",
                "--workers", str(options.workers), "--out", str(out),
            ]  # fmt: skip
            if name == "killed":
                half = options.count // SHARD_ROWS // 2
                seconds, first, together = run(command, out, kill_at=half)
                there = len(list((out / "problems").glob("*.parquet"))) * SHARD_ROWS
                what = f"killed with {there:,} rows there"
                lines.append(f"| {what} | {seconds:.0f} | {first:.0f} | {together:.0f} |")
            seconds, first, together = run(command, out)
            peak = max(peak, first)
            what = "without interruption" if name == "whole" else "the same line again"
            lines.append(f"| {what} | {seconds:.0f} | {first:.0f} | {together:.0f} |")
            manifest = json.loads((out / "manifest.json").read_text())
            identities.append(manifest["identity_sha256"])
            size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) / 1e9
            shutil.rmtree(out)
    same = identities[0] == identities[1]
    text = "\n".join(
        [
            "# Scale",
            "",
            f"`python measurements/scale.py --count {options.count} --family {options.family} "
            f"--steps {options.steps} --workers {options.workers}` on {platform.machine()}, "
            f"{os.cpu_count()} cores, Python {platform.python_version()}.",
            "",
            "| run | seconds | peak MB, main process | peak MB, with workers |",
            "|---|---|---|---|",
            *lines,
            "",
            f"{options.count:,} problems, {size:.1f} GB on disk. The identity after the kill is "
            + ("the same." if same else "ANOTHER."),
            "",
        ]
    )
    RESULT.write_text(text)
    print(text)
    if not same or peak >= 500:
        sys.exit(1)


if __name__ == "__main__":
    main()
