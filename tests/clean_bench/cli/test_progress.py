"""Progress where standard error is no terminal: plain lines by the clock, none with `--quiet`."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from clean_bench.cli import common, progress_lines
from clean_bench.cli.common import output_options, progress_bar, set_output
from clean_bench.cli.progress_lines import GRACE, INTERVAL, Lines
from clean_bench.cli.progress_task import duration, rate
from clean_bench.errors import UserError
from clean_bench.progress import phase


class Printed:
    """Lines with a clock that stands still until it is moved; no thread."""

    def __init__(self) -> None:
        self.now = 0.0
        self.printed: list[tuple[float, str]] = []
        self.lines = Lines(
            lambda line: self.printed.append((self.now, line)),
            clock=lambda: self.now,
            heartbeat=False,
        )

    def wait(self, seconds: float) -> None:
        """Let time pass; the thread would call `tick` whenever a line is due."""
        end = self.now + seconds
        while self.now + (due := self.lines.tick()) <= end:
            self.now += due
        self.now = end

    @property
    def texts(self) -> list[str]:
        return [line for _, line in self.printed]


@pytest.fixture(autouse=True)
def as_for_a_user(no_progress_for_slow_commands: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_lines, "GRACE", GRACE)


@pytest.fixture
def shown() -> Printed:
    return Printed()


def test_a_line_at_the_start_and_every_thirty_seconds_with_count_rates_and_time_left(
    shown: Printed,
) -> None:
    assert (INTERVAL, GRACE) == (30.0, 2.0)
    task = shown.lines.open("scoring", 400, "engine: none")
    for _ in range(10):
        shown.wait(10)
        shown.lines.update(task, lambda: task.advance(20, "", 1000, False))
    # 20 units and 1000 tokens in 10 seconds.
    assert shown.printed == [
        (2, "scoring 0/400, engine: none"),
        (32, "scoring 60/400  15%  1.9/s  94 tok/s  3m01s left"),
        (62, "scoring 120/400  30%  1.9/s  97 tok/s  2m25s left"),
        (92, "scoring 180/400  45%  2.0/s  98 tok/s  1m52s left"),
    ]
    assert round(340 * 32 / 60) == 181  # 3m01s: 60 units took 32 seconds
    shown.wait(1)
    shown.lines.close(task, failed=False)
    assert shown.texts[-1] == "scoring 200/400  50%  2.0/s  99 tok/s  in 1m41s"


def test_a_task_without_a_unit_shows_its_time(shown: Printed) -> None:
    shown.lines.open("loading organism:reciter", None)
    shown.wait(95)
    assert shown.printed == [
        (2, "loading organism:reciter"),
        (32, "loading organism:reciter  32s"),
        (62, "loading organism:reciter  1m02s"),
        (92, "loading organism:reciter  1m32s"),
    ]


def test_the_first_unit_or_an_announcement_brings_the_first_line(shown: Printed) -> None:
    task = shown.lines.open("generating", 10)
    shown.wait(0.5)
    shown.lines.update(task, lambda: task.advance(1, "", 0, False))
    shown.wait(5)
    assert shown.printed == [(0.5, "generating 0/10")]
    shown.lines.close(task, failed=False)
    second = shown.lines.open("loading", None)
    shown.lines.announce(second)
    shown.wait(5)
    assert shown.printed[1:] == [(5.5, "loading")]


def test_without_a_total_there_is_no_time_left(shown: Printed) -> None:
    task = shown.lines.open("reading", None)
    shown.lines.update(task, lambda: task.advance(6, "reward 0.50", 0, False))
    shown.wait(30)
    assert shown.texts == ["reading", "reading 6  12.0/min  reward 0.50"]


def test_units_of_an_earlier_run_are_counted_and_no_part_of_the_rate(shown: Printed) -> None:
    task = shown.lines.open("scoring", 500)
    shown.wait(1)
    shown.lines.update(task, lambda: task.advance(256, "", 0, True))
    assert shown.texts == ["scoring 256/500"]
    shown.wait(20)
    shown.lines.update(task, lambda: task.advance(20, "", 400, False))
    shown.wait(20)
    assert shown.printed[1:] == [(31, "scoring 276/500  55%  40.0/min  13 tok/s  5m36s left")]
    assert 20 / 30 * 60 == 40 and (500 - 276) / (20 / 30) == 336  # the second 31 is 30 after it


def test_steps_of_an_earlier_run_are_no_part_of_the_rate(shown: Printed) -> None:
    task = shown.lines.open("training", None)
    shown.wait(20)
    shown.lines.update(task, lambda: task.move_to(61, "reward 0.10", 100))
    shown.wait(30)
    # One step of this run in 50 seconds; 39 more take 39 * 50 = 1950 s.
    assert shown.printed[-1] == (50 - 18, "training 61/100  61%  1.9/min  20m48s left  reward 0.10")


def test_the_time_of_a_task_inside_is_no_part_of_the_rate(shown: Printed) -> None:
    task = shown.lines.open("training", 10)
    inner = shown.lines.open("loading", None)
    shown.wait(60)
    shown.lines.close(inner, failed=False)
    shown.wait(20)
    shown.lines.update(task, lambda: task.advance(1, "", 0, False))
    shown.wait(20)
    # One step in the 30 seconds after the loading; 9 more take 270.
    assert shown.printed == [
        (2, "loading"),
        (32, "loading  32s"),
        (60, "training 0/10"),
        (90, "training 1/10  10%  2.0/min  4m30s left"),
    ]


def test_the_detail_of_a_unit_lasts_until_the_unit_ends(shown: Printed) -> None:
    task = shown.lines.open("training", 4)
    for place in range(1, 61):
        shown.wait(1)
        shown.lines.update(task, lambda: task.set_detail(f"rollouts {place}/64", 10))  # noqa: B023
    assert shown.printed == [
        (1, "training 0/4"),
        (31, "training 0/4  0%  10 tok/s  rollouts 30/64"),
    ]
    shown.lines.update(task, lambda: task.advance(1, "reward 0.25", 0, False))
    shown.wait(1)
    assert shown.texts[-1] == "training 1/4  25%  59.0/h  10 tok/s  3m03s left  reward 0.25"


def test_many_short_tasks_inside_one_print_no_lines_of_their_own(shown: Printed) -> None:
    task = shown.lines.open("probing", 100)
    for _ in range(20):
        shown.lines.update(task, lambda: task.advance(5, "", 0, False))
        inner = shown.lines.open("reading suffixes", 5)
        shown.lines.update(inner, lambda: inner.advance(5, "", 0, False))  # noqa: B023
        shown.wait(3)
        shown.lines.close(inner, failed=False)
    gaps = [after - before for (before, _), (after, _) in pairwise(shown.printed)]
    assert shown.texts[0] == "probing 0/100" and gaps == [30.0, 30.0]


@pytest.mark.parametrize("pattern", [[0.3] * 700, [29.9] * 8, [45.0, 1.0, 70.0], [200.0]])
def test_no_silence_is_longer_than_thirty_seconds_in_any_pattern_of_tasks(
    shown: Printed, pattern: list[float]
) -> None:
    root = shown.lines.open("score: working", None, background=True)
    for number, seconds in enumerate(pattern):
        task = shown.lines.open("scoring", 100 if number % 2 else None)
        shown.wait(seconds)
        shown.lines.update(task, lambda: task.advance(1, "", 0, False))  # noqa: B023
        inner = shown.lines.open("grading", None)
        shown.wait(seconds)
        shown.lines.close(inner, failed=False)
        shown.lines.close(task, failed=False)
        shown.wait(0.1)
    shown.wait(40)
    shown.lines.close(root, failed=False)
    times = [0.0, *(at for at, _ in shown.printed), shown.now]
    assert times[1] <= GRACE
    assert max(after - before for before, after in pairwise(times)) <= INTERVAL + 1e-6


def test_an_error_before_the_first_line_is_the_only_line(shown: Printed) -> None:
    task = shown.lines.open("scoring", 10)
    shown.wait(GRACE - 0.01)
    shown.lines.close(task, failed=True)
    assert shown.printed == []


def test_a_failed_task_has_no_last_line(shown: Printed) -> None:
    task = shown.lines.open("scoring", 10)
    shown.wait(31)
    shown.lines.update(task, lambda: task.advance(1, "", 0, False))
    count = len(shown.printed)
    shown.lines.close(task, failed=True)
    assert len(shown.printed) == count


def test_more_units_than_announced_leave_no_time(shown: Printed) -> None:
    task = shown.lines.open("scoring", 10)
    shown.lines.update(task, lambda: task.advance(21, "", 0, False))
    shown.wait(30)
    assert shown.texts[-1] == "scoring 21/10  210%  42.0/min  0s left"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (59.4, "59s"), (59.6, "1m00s"), (92, "1m32s"), (7500, "2h05m"), (273600, "3d04h")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("per_second", "text"), [(4.14, "4.1/s"), (812, "812/s"), (0.5, "30.0/min"), (0.01, "36.0/h")]
)
def test_rates(per_second: float, text: str) -> None:
    assert rate(per_second) == text


@click.command()
@output_options
def command(as_json: bool) -> None:
    with progress_bar("working", 2) as bar:
        bar.advance()
        bar.move_to(2)
    common.say("a line for people")
    logging.getLogger("clean_bench.some.module").info("a record")
    logging.getLogger("clean_bench.some.module").debug("a detail")
    common.emit(as_json, {"done": True}, "all done")


RECORD, DETAIL = "clean_bench.some.module: a record\n", "clean_bench.some.module: a detail\n"


@pytest.mark.parametrize(
    ("line", "out", "err"),
    [
        ("", "all done\n", "working 0/2\na line for people\n"),
        ("--quiet", "all done\n", ""),
        ("-q", "all done\n", ""),
        ("--json", '{"done": true}\n', "working 0/2\na line for people\n"),
        ("--quiet --json", '{"done": true}\n', ""),
        ("-v", "all done\n", f"working 0/2\na line for people\n{RECORD}"),
        ("-vv", "all done\n", f"working 0/2\na line for people\n{RECORD}{DETAIL}"),
        ("-qv", "all done\n", RECORD),
    ],
)
def test_what_goes_to_standard_error(
    line: str, out: str, err: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLEAN_BENCH_LOG", raising=False)
    result = CliRunner().invoke(command, line.split())
    assert (result.stdout, result.stderr) == (out, err)


def test_the_variable_for_log_records_still_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEAN_BENCH_LOG", "DEBUG")
    assert CliRunner().invoke(command, ["-q"]).stderr == RECORD + DETAIL
    monkeypatch.setenv("CLEAN_BENCH_LOG", "loud")
    error = CliRunner().invoke(command, []).exception
    assert isinstance(error, UserError) and "CLEAN_BENCH_LOG=loud: expected a level" in str(error)


def test_quiet_lasts_for_one_command() -> None:
    assert CliRunner().invoke(command, ["--quiet"]).stderr == ""
    assert CliRunner().invoke(command, []).stderr != ""


@pytest.mark.parametrize(
    ("options", "more"), [([], ""), (["-q"], ""), (["-v"], ""), (["-vv"], DETAIL)]
)
def test_a_log_file_gets_every_line_with_its_time(
    tmp_path: Path, options: list[str], more: str
) -> None:
    file = tmp_path / "log.txt"
    before = sys.stderr
    result = CliRunner().invoke(command, ["--log-file", str(file), *options])
    assert sys.stderr is before
    assert result.stdout == "all done\n" and (result.stderr == "") == (options == ["-q"])
    lines = file.read_text().splitlines()
    stamped = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d (.*)")
    texts = [match[1] for line in lines if (match := stamped.fullmatch(line))]
    assert len(texts) == len(lines)
    assert "".join(f"{t}\n" for t in texts) == f"working 0/2\na line for people\n{RECORD}{more}"
    CliRunner().invoke(command, ["--log-file", str(file), "-q"])
    assert len(file.read_text().splitlines()) == 2 * len(lines) - len(more.splitlines())


def test_a_log_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    for path in (tmp_path / "none" / "log.txt", Path("/proc/nothing")):
        error = CliRunner().invoke(command, ["--log-file", str(path)]).exception
        assert isinstance(error, UserError)
        assert f"--log-file {path}: expected a file that can be written" in str(error)


def test_a_log_file_inside_the_output_folder_is_refused(tmp_path: Path) -> None:
    line = [sys.executable, "-m", "clean_bench", "generate", "word-problems", "--steps", "2",
            "--seed", "x", "--out", tmp_path / "s", "--log-file", tmp_path / "s" / "log"]  # fmt: skip
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "expected a file outside of --out" in done.stderr
    assert not (tmp_path / "s").exists()


def test_options_before_the_command_hold_for_it_and_errors_reach_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    line = [sys.executable, "-m", "clean_bench", "-q", "--log-file", log, "verify", tmp_path]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert log.read_text().endswith(done.stderr)


def test_on_a_terminal_there_is_a_bar(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    set_output(log_file=tmp_path / "log")
    monkeypatch.setattr(common.sys.stderr, "isatty", lambda: True, raising=False)
    with progress_bar("scoring", 4, "engine: none") as bar:
        bar.advance(3, "reward 0.25")
        with phase("grading"):
            common.say("a line for people")
        bar.move_to(4)
    common.end_output()
    out, err = capsys.readouterr()
    assert out == "" and "scoring" in err and "4/4  100%" in err and "engine: none" in err
    assert "a line for people" in err
    assert [line[26:] for line in (tmp_path / "log").read_text().splitlines()] == [
        "scoring 0/4, engine: none",
        "a line for people",
    ]


SCRIPT = """
import sys, time
import click
from clean_bench.cli import common, progress_lines
from clean_bench.progress import phase
progress_lines.INTERVAL, progress_lines.GRACE = 0.5, 0.2

@click.command()
@common.output_options
def command(as_json):
    time.sleep(1)
    with phase("loading"):
        end = time.monotonic() + 1.2
        while time.monotonic() < end:
            sum(range(1000))
    with common.progress_bar("scoring", 3) as bar:
        for _ in range(3):
            time.sleep(0.8)
            bar.advance(tokens=5)

command(standalone_mode=False)
"""


def test_a_thread_prints_the_lines_of_a_process_that_is_busy(tmp_path: Path) -> None:
    """Sleeping, computing without a unit, and units that take longer than the interval."""
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        lines, times = [], []
        for line in process.stderr:
            lines.append(line.rstrip("\n"))
            times.append(time.monotonic())
    assert process.returncode == 0
    assert lines[0].endswith(": working") and "loading" in lines
    assert any(re.fullmatch(r"loading  \d+s", line) for line in lines)
    assert any(re.fullmatch(r"scoring [12]/3  \d+%  .*tok/s  \d+s left", line) for line in lines)
    # 4.6 seconds with a line every half second, and room for a machine that is busy.
    assert len(lines) >= 6
    assert max(after - before for before, after in pairwise(times)) < 3


@pytest.mark.processes
def test_a_command_has_a_line_before_it_imports_torch(tmp_path: Path) -> None:
    """No thread can print while a library is loaded: the line is there when torch is looked for."""
    script = """
import sys
sys.argv = ["clean-bench", "score", "organism:reciter", "--on", "organism:reciter/twin",
            "--limit", "1", "--max-tokens", "2", "--out", sys.argv[1]]
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            print("torch is imported", file=sys.stderr)
sys.meta_path.insert(0, Finder())
from clean_bench.cli.main import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "o"], capture_output=True, text=True, check=True
    )
    lines = done.stderr.splitlines()
    assert lines.index("loading organism:reciter") < lines.index("torch is imported")
    assert lines[-2].startswith("scoring 0/1, engine: transformers (")
    assert lines[-1].startswith("warning: organism:reciter/twin")  # two tokens are too few
    assert progress_lines.INTERVAL == 30
