"""Progress where standard error is no terminal: plain lines by the clock, none with `--quiet`."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from clean_bench.cli import common
from clean_bench.cli.common import output_options, progress_bar


class Clock:
    """Stands for `time.monotonic`."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(common.time, "monotonic", clock)
    monkeypatch.setattr(common, "_quiet", False)
    return clock


def run(clock: Clock, steps: list[tuple[float, int, str]], total: int | None) -> None:
    """Advance by (seconds, units, note)."""
    with progress_bar("scoring, engine: none", total) as bar:
        for seconds, units, note in steps:
            clock.now += seconds
            bar.advance(units, note)


def test_a_line_every_thirty_seconds_with_count_rate_and_time_left(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    assert common.INTERVAL == 30.0
    run(clock, [(9, 10, ""), *[(10, 20, "")] * 9], 400)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "scoring, engine: none",
        "scoring, engine: none: 70 of 400, 2/s, 165 s left",
        "scoring, engine: none: 130 of 400, 2/s, 135 s left",
        "scoring, engine: none: 190 of 400, 2/s, 105 s left",
    ]


def test_without_a_total_there_is_no_time_left(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    run(clock, [(0, 1, ""), (31, 5, "reward 0.50")], None)
    assert capsys.readouterr().err.splitlines()[1:] == [
        "scoring, engine: none: 6, 0.161/s, reward 0.50"
    ]


def test_the_units_of_a_resumed_run_are_counted_and_no_part_of_the_rate(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with progress_bar("training", 100) as bar:
        clock.now = 5.0
        bar.move_to(61, "reward 0.10")
        clock.now = 45.0
        bar.move_to(65, "reward 0.20")
    assert capsys.readouterr().err.splitlines() == [
        "training",
        "training: 65 of 100, 0.1/s, 350 s left, reward 0.20",
    ]


def test_an_error_before_the_first_unit_is_the_only_line(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    run(clock, [], 10)
    assert capsys.readouterr().err == ""


def test_the_clock_may_begin_at_zero(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    run(clock, [(0, 1, ""), (0, 1, ""), (29, 1, "")], 10)
    assert capsys.readouterr().err == "scoring, engine: none\n"


def test_more_units_than_announced_leave_no_time(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    run(clock, [(0, 1, ""), (30, 20, "")], 10)
    assert capsys.readouterr().err.splitlines()[1].endswith(": 21 of 10, 0.667/s, 0 s left")


@click.command()
@output_options
def command(as_json: bool) -> None:
    with progress_bar("working", 2) as bar:
        bar.advance()
        bar.move_to(2)
    common.say("a line for people")
    common.emit(as_json, {"done": True}, "all done")


@pytest.mark.parametrize(
    ("line", "out", "err"),
    [
        ("", "all done\n", "working\na line for people\n"),
        ("--quiet", "all done\n", ""),
        ("--json", '{"done": true}\n', "working\na line for people\n"),
        ("--quiet --json", '{"done": true}\n', ""),
    ],
)
def test_quiet_prints_no_progress_and_json_one_object(line: str, out: str, err: str) -> None:
    result = CliRunner().invoke(command, line.split())
    assert (result.stdout, result.stderr) == (out, err)


def test_quiet_lasts_for_one_command() -> None:
    assert CliRunner().invoke(command, ["--quiet"]).stderr == ""
    assert CliRunner().invoke(command, []).stderr != ""


def test_on_a_terminal_there_is_a_bar(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(common, "_quiet", False)
    monkeypatch.setattr(common.sys.stderr, "isatty", lambda: True, raising=False)
    with progress_bar("scoring", 4) as bar:
        bar.advance(3, "reward 0.25")
        bar.move_to(4)
    out, err = capsys.readouterr()
    assert out == "" and "scoring" in err and "4/4" in err
