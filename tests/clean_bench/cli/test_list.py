"""What `list benchmarks` shows, and which sets came after a date."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from clean_bench.cli.list import command
from clean_bench.errors import UserError
from clean_bench.problems.catalog import BENCHMARKS


def listed(*words: str) -> list[str]:
    result = CliRunner().invoke(command, ["benchmarks", "--json", *words], catch_exceptions=False)
    assert result.exit_code == 0
    return [entry["name"] for entry in json.loads(result.stdout)["benchmarks"]]


def test_every_field_is_listed() -> None:
    printed = CliRunner().invoke(command, ["benchmarks", "--json"]).stdout
    entries = {entry["name"]: entry for entry in json.loads(printed)["benchmarks"]}
    assert list(entries) == list(BENCHMARKS)
    assert entries["olympiadbench"]["columns"] == {
        "problem": "question",
        "answer": "final_answer",
        "solution": "solution",
        "subject": "subfield",
        "level": None,
        "id": "id",
    }
    for name, entry in entries.items():
        known = BENCHMARKS[name]
        assert (entry["hub"], entry["split"], entry["size"]) == (known.hub, known.split, known.size)
        assert (entry["license"], entry["released"]) == (known.license, known.released)
        assert (entry["kind"], entry["configs"]) == (known.kind, list(known.configs))


def test_the_table_has_a_row_for_each() -> None:
    lines = CliRunner().invoke(command, ["benchmarks"]).stdout.splitlines()
    assert lines[0].split() == "name kind rows released license on the hub columns".split()
    assert [line.split()[0] for line in lines[2 : len(BENCHMARKS) + 2]] == list(BENCHMARKS)
    noted = [name for name, benchmark in BENCHMARKS.items() if benchmark.caveat]
    assert [line.split(":")[0] for line in lines[len(BENCHMARKS) + 3 :]] == noted
    lines = lines[: len(BENCHMARKS) + 3]
    [gsm8k] = [line for line in lines if line.startswith(" gsm8k")]
    assert gsm8k.split() == (
        "gsm8k benchmark 1319 2021-10 mit openai/gsm8k [test] question, answer".split()
    )
    assert lines[-1].startswith("* collected")
    [deepscaler] = [line for line in lines if line.startswith(" deepscaler")]
    assert "training set" in deepscaler and "2025-02*" in deepscaler


def test_released_after_a_date() -> None:
    assert listed("--after", "2025-01") == ["aime25", "livemathbench", "deepscaler"]
    assert listed("--after", "2025-01-31") == ["aime25", "livemathbench", "deepscaler"]
    # Known to the month: what came out in the month of the date may have come before it.
    assert listed("--after", "2025-02-01") == listed("--after", "2025-02") == ["livemathbench"]
    assert listed("--after", "2000-01") == list(BENCHMARKS)
    assert listed("--after", "2030-01") == []
    text = CliRunner().invoke(command, ["benchmarks", "--after", "2030-01"]).stdout
    assert text == "no benchmark of the catalog was released after 2030-01\n"


@pytest.mark.parametrize("bad", ["2025", "2025-13", "2025-02-30", "2025-2", "soon", "", "0000-01"])
def test_bad_dates_are_refused(bad: str) -> None:
    with pytest.raises(UserError, match=r"^--after .*: expected a month \(2025-01\) or a day"):
        CliRunner().invoke(command, ["benchmarks", "--after", bad], catch_exceptions=False)


def test_only_benchmarks_have_dates() -> None:
    with pytest.raises(UserError, match="--after: expected benchmarks, got families"):
        CliRunner().invoke(command, ["families", "--after", "2025-01"], catch_exceptions=False)
