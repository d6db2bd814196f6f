"""Hostile files given to every command: one line that names file and row, status 2, and no waiting."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clean_bench.cli.main import main

SECONDS = 30
"""Each takes far less than a second on an idle machine."""
Cli = Callable[..., tuple[int, str, str]]
MODEL = "organism:reciter"
ROW = {"problem": "What is 1+1?", "answer": "2", "gold": "2", "response": "2"}


class Waited(BaseException):
    """A command did not end in time."""


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Cli]:
    """Run the command line in this process, for at most `SECONDS`."""

    def wait(*_: object) -> None:
        raise Waited

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["clean-bench", "-q", *map(str, arguments)])
        signal.alarm(SECONDS)
        try:
            with pytest.raises(SystemExit) as ended:
                main()
        finally:
            signal.alarm(0)
        output = capsys.readouterr()
        return int(ended.value.code or 0), output.out, output.err

    before = signal.signal(signal.SIGALRM, wait)
    yield call
    signal.signal(signal.SIGALRM, before)


def invalid_utf8() -> pa.Array:
    buffers = [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0\4\0\0\0"), pa.py_buffer(b"ab\xff\xfe")]
    return pa.Array.from_buffers(pa.string(), 2, buffers)


def second(**values: object) -> bytes:
    """JSON lines whose second row has other values."""
    return (json.dumps(ROW) + "\n" + json.dumps({**ROW, **values}) + "\n").encode()


def parquet(path: Path, **values: object) -> None:
    columns: dict[str, object] = {name: [text, text] for name, text in ROW.items()}
    pq.write_table(pa.table({**columns, **values}), path)


def claimed_rows(path: Path) -> None:
    """Ten million rows in some kilobytes."""
    indices = pa.Array.from_buffers(pa.int8(), 10_000_000, [None, pa.py_buffer(bytes(10_000_000))])
    column = pa.DictionaryArray.from_arrays(indices, ["2"])
    pq.write_table(pa.table(dict.fromkeys(ROW, column)), path)


def one_long_cell(path: Path) -> None:
    """One text of 70 MB, which a dictionary holds once for all rows that refer to it."""
    texts = ["2", "x" * (70 << 20)]
    pq.write_table(pa.table({name: [ROW[name], texts[1]] for name in ROW}), path)


FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "line.jsonl": (
        lambda p: p.write_bytes(second(problem="x" * (65 << 20))),
        ":2: expected lines of",
    ),
    "deep.jsonl": (
        lambda p: p.write_bytes(second() + b'{"a": ' + b"[" * 100_000),
        ":3: expected JSON",
    ),
    "utf8.jsonl": (lambda p: p.write_bytes(second() + b'{"a": "\xff"}'), ":3: expected UTF-8"),
    "digits.jsonl": (
        lambda p: p.write_bytes(second() + b"9" * 5000),
        ":3: expected a number of at",
    ),
    "bomb.jsonl.gz": (
        lambda p: p.write_bytes(gzip.compress(b"0" * (70 << 20))),
        ":1: expected lines",
    ),
    "cut.jsonl.gz": (lambda p: p.write_bytes(gzip.compress(second() * 99)[:60]), "expected a gzip"),
    "quote.csv": (
        lambda p: p.write_bytes(b'problem,gold,response\n"' + b"\n" * 200_000),
        "200000|100,0",
    ),
    "none.parquet": (lambda p: p.write_bytes(b"PAR1 no more PAR1"), ": expected a Parquet file"),
    "utf8.parquet": (
        lambda p: parquet(p, problem=invalid_utf8()),
        ":2: column problem: expected UTF-8",
    ),
    "time.parquet": (
        lambda p: parquet(p, t=pa.array([1, 1 << 62], pa.timestamp("ms"))),
        ":2: column t: expected a value of type timestamp",
    ),
    "rows.parquet": (claimed_rows, "expected at most one row per byte, got 10,000,000 rows"),
    "cell.parquet": (one_long_cell, ":2: column (problem|gold|answer|response): expected at most"),
    "pipe.jsonl": (os.mkfifo, ": expected a file, got a pipe"),
    "endless.jsonl": (lambda p: p.symlink_to("/dev/zero"), ": expected a file, got a device"),
    "socket.jsonl": (
        lambda p: socket.socket(socket.AF_UNIX).bind(os.path.relpath(p)),
        ": expected a file, got a socket",
    ),
}
"""How each file is made, and what the line about it contains, a regular expression."""
COMMANDS: dict[str, tuple[str, ...]] = {
    "score": ("score", MODEL, "--on", "FILE", "--out", "o"),
    "probe": ("probe", MODEL, "--on", "FILE", "--out", "o"),
    "probe --look-up": ("probe", MODEL, "--on", "good.jsonl", "--look-up", "FILE", "--out", "o"),
    "train": ("train", MODEL, "--data", "FILE", "--reward", "truth", "--steps", "1", "--out", "o"),
    "train --labels": (
        *("train", MODEL, "--data", "good.jsonl", "--reward", "majority", "--labels", "FILE"),
        *("--steps", "1", "--out", "o"),
    ),
    "label": ("label", MODEL, "--data", "FILE", "--samples", "1", "--out", "o"),
    "overlap": ("overlap", "good.jsonl", "--on", "FILE", "--out", "o"),
    "overlap of": ("overlap", "FILE", "--on", "good.jsonl", "--out", "o"),
    "generate": (
        *(
            "generate",
            "fractions",
            "--steps",
            "3",
            "--count",
            "3",
            "--seed",
            "x",
            "--decontaminate",
        ),
        *("FILE", "--out", "o"),
    ),
    "grade --problems": ("grade", "good.jsonl", "--problems", "FILE", "--out", "o.jsonl"),
    "few-shot": (
        *("score", MODEL, "--on", "good.jsonl", "--fewshot-from", "FILE", "--num-fewshot", "1"),
        *("--out", "o"),
    ),
    "grade": ("grade", "FILE", "--out", "o.jsonl"),
    "score --from": ("score", "--from", "FILE", "--name", "m", "--out", "o"),
    "predictions": ("probe", "--from-predictions", "FILE", "--out", "o"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All files of `FILES`, and one that is sound."""
    folder = tmp_path_factory.mktemp("hostile")
    before = Path.cwd()
    os.chdir(folder)  # the path of a socket is short
    try:
        for name, (make, _) in FILES.items():
            make(folder / name)
    finally:
        os.chdir(before)
    (folder / "good.jsonl").write_text(json.dumps(ROW) + "\n")
    return folder


NOT_TRIED = {
    # Text that is no table is searched as text.
    ("generate", "quote.csv"),
    # Predictions are JSON; a Parquet file is none, whatever it holds.
    *(("predictions", name) for name in FILES if name.endswith((".parquet", ".csv"))),
    ("predictions", "digits.jsonl"),
    ("predictions", "utf8.jsonl"),
    ("predictions", "deep.jsonl"),
    ("predictions", "line.jsonl"),
    ("predictions", "cut.jsonl.gz"),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_hostile_file_is_refused_in_one_line(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str, name: str
) -> None:
    if (command, name) in NOT_TRIED:
        return
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.jsonl").symlink_to(folder / "good.jsonl")
    words = [str(folder / name) if word == "FILE" else word for word in COMMANDS[command]]
    status, out, err = cli(*words)
    assert (status, out) == (2, "")
    assert err.count("\n") == 1 and len(err) < 500
    assert "Traceback" not in err and "internal error" not in err
    assert re.search(FILES[name][1], err), err
    assert name in err
    assert not (tmp_path / "o").exists() and not (tmp_path / "o.jsonl").exists()
