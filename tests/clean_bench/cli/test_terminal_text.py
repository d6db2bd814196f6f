"""Hostile text on a terminal is inert: in tables, in results, in log records and in errors."""

import logging
import re
import subprocess
import sys
import unicodedata

import pytest
from click.testing import CliRunner

from clean_bench.artifacts import Artifact
from clean_bench.cli import common, tables
from clean_bench.cli.terminal_text import inert
from clean_bench.cli.verify import command

HOSTILE = [
    "\x1b[2J",
    "\r",
    "\b\b\b",
    "\x07",
    "\x9b31m",
    "\u202e",
    "\u2066",
    "\u200f",
    "\u2028",
    "\x7f",
]
HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200e\u200f]"
)


@pytest.mark.parametrize("text", HOSTILE)
def test_every_control_is_written_out(text):
    shown = inert(f"a{text}b")
    assert shown.isprintable() and shown.startswith("a\\") and shown.endswith("b")


def test_every_character_that_controls_a_terminal_is_written_out():
    """Of all of Unicode, against the categories and the bidirectional classes of the database."""
    explicit = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    marks = {"LEFT-TO-RIGHT MARK", "RIGHT-TO-LEFT MARK", "ARABIC LETTER MARK"}
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        controls = (
            unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs")
            or unicodedata.bidirectional(character) in explicit
            or unicodedata.name(character, "") in marks
        )
        assert (inert(character) != character) == controls, hex(code)


def test_ordinary_text_stays():
    for text in ("Größe", "数学", "a → b", "\U0001f9ee", "می‌خواهم", "[red]x[/red]"):
        assert inert(text) == text
    assert inert("a\n\tb\n", lines=True) == "a\n\tb\n"
    assert inert("a\n\tb") == "a\\n\\tb"


def test_a_cell_of_a_table_cannot_hide_its_row():
    shown = tables.table(["set", "n"], [["math\x1b[2K\rfine\nall checks passed", "3"]])
    assert not HIDDEN.search(shown)
    assert r"math\x1b[2K\rfine\nall checks passed" in shown


def test_results_notes_and_records_are_inert(capsys):
    common.set_output()
    try:
        common.emit(False, {}, "one\x1b[1A\ntwo")
        common.say("note \u202e here")
        logging.getLogger("clean_bench.x").warning("record \x1b[2J")
    finally:
        common.end_output()
    printed = capsys.readouterr()
    assert printed.out == "one\\x1b[1A\ntwo\n"
    assert "note \\u202e here" in printed.err and "record \\x1b[2J" in printed.err


def test_an_error_of_the_command_line_is_inert():
    words = [sys.executable, "-m", "clean_bench", "verify", "no\x1b[2Jsuch\u202e"]
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert r"no\x1b[2Jsuch\u202e" in result.stderr and not HIDDEN.search(result.stderr)


def test_verify_of_a_folder_with_a_hostile_file_name(tmp_path):
    name = "x\x1b[2K\r\x1b[32mall checks passed"
    artifact = Artifact.open(tmp_path / "a", "scores", {})
    with artifact:
        artifact.finish({})
    (tmp_path / "a" / name).write_text("")
    result = CliRunner().invoke(command, [str(tmp_path / "a")])
    assert result.exit_code == 1
    assert not HIDDEN.search(result.output)
    assert r"x\x1b[2K\r\x1b[32mall checks passed: is not part of the artifact" in result.output
