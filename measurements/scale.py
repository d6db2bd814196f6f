"""Generate ten million problems: memory, time, and resumption after SIGKILL.

    python measurements/scale.py [--count 10000000] [--family random-calculation] [--steps 5]

A set is generated without interruption. It is generated again with SIGKILL after half of its rows, and
then resumed with the same command. Both must end with the same identity, which covers every row. Memory
is sampled from /proc every half second: the resident set of the main process, and the sum over it and
its workers (shared pages are counted in each). Writes `measurements/results/scale.md`.
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


def process_tree(pid: int) -> list[int]:
    """A process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    members = [pid]
    for member in members:
        members += children.get(member, [])
    return members


def resident(pid: int) -> int:
    """The resident set of a process in bytes, 0 if it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def run(command: list[str], out: Path, kill_at: int | None = None) -> tuple[float, float, float]:
    """Run a command to the end, or kill it at `kill_at` shards.

    Returns:
        Seconds, and peak memory in MB of the main process and of all processes.
    """
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    main = total = 0
    while process.poll() is None:
        members = process_tree(process.pid)
        main = max(main, resident(process.pid))
        total = max(total, sum(map(resident, members)))
        if kill_at is not None and len(list((out / "problems").glob("*.parquet"))) >= kill_at:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            break
        time.sleep(0.5)
    if kill_at is None and process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    return time.monotonic() - started, main / 1e6, total / 1e6


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
                seconds, main_mb, total_mb = run(command, out, kill_at=half)
                rows = len(list((out / "problems").glob("*.parquet"))) * SHARD_ROWS
                what = f"killed after {rows:,} rows"
                lines.append(f"| {what} | {seconds:.0f} | {main_mb:.0f} | {total_mb:.0f} |")
            seconds, main_mb, total_mb = run(command, out)
            peak = max(peak, main_mb)
            what = "without interruption" if name == "whole" else "resumed"
            lines.append(f"| {what} | {seconds:.0f} | {main_mb:.0f} | {total_mb:.0f} |")
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
            f"{options.count:,} problems, {size:.1f} GB on disk. The identity of the resumed set is "
            + ("the same." if same else "DIFFERENT."),
            "",
        ]
    )
    RESULT.write_text(text)
    print(text)
    if not same or peak >= 500:
        sys.exit(1)


if __name__ == "__main__":
    main()
