"""What `list benchmarks` shows, and which sets came after a date."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from clean_bench.cli.list import command
from clean_bench.errors import UserError
from clean_bench.experiments.calibration.power import shipped_results
from clean_bench.probing.tests import DEFAULT, TESTS
from clean_bench.problems.catalog import BENCHMARKS
from clean_bench.problems.famous_passages import NAME
from clean_bench.problems.one_shot import one_shot_rows

ONE_SHOT = [row["name"] for row in one_shot_rows()]
ALL = [*BENCHMARKS, *ONE_SHOT, NAME]


def listed(*words: str) -> list[str]:
    result = CliRunner().invoke(command, ["benchmarks", "--json", *words], catch_exceptions=False)
    assert result.exit_code == 0
    return [entry["name"] for entry in json.loads(result.stdout)["benchmarks"]]


def test_every_field_is_listed() -> None:
    printed = CliRunner().invoke(command, ["benchmarks", "--json"]).stdout
    entries = {entry["name"]: entry for entry in json.loads(printed)["benchmarks"]}
    assert list(entries) == ALL
    assert entries["olympiadbench"]["columns"] == {
        "problem": "question",
        "answer": "final_answer",
        "solution": "solution",
        "subject": "subfield",
        "level": None,
        "id": "id",
    }
    for name, known in BENCHMARKS.items():
        entry = entries[name]
        assert (entry["hub"], entry["split"], entry["size"]) == (known.hub, known.split, known.size)
        assert (entry["license"], entry["released"]) == (known.license, known.released)
        assert (entry["kind"], entry["configs"]) == (known.kind, list(known.configs))


def test_the_table_has_a_row_for_each() -> None:
    lines = CliRunner().invoke(command, ["benchmarks"]).stdout.splitlines()
    assert lines[0].split() == "name kind rows released license on the hub columns".split()
    assert [line.split()[0] for line in lines[2 : len(ALL) + 2]] == ALL
    noted = [name for name, benchmark in BENCHMARKS.items() if benchmark.caveat]
    assert [line.split(":")[0] for line in lines[len(ALL) + 3 :]] == [*noted, *ONE_SHOT, NAME]
    lines = lines[: len(ALL) + 3]
    [gsm8k] = [line for line in lines if line.startswith(" gsm8k")]
    assert gsm8k.split() == (
        "gsm8k benchmark 1319 2021-10 mit openai/gsm8k [test] question, answer".split()
    )
    assert lines[-1].startswith("* collected")
    [deepscaler] = [line for line in lines if line.startswith(" deepscaler")]
    assert "training set" in deepscaler and "2025-02*" in deepscaler


def test_released_after_a_date() -> None:
    later = ["aime25", "livemathbench", "deepscaler", *ONE_SHOT]
    assert listed("--after", "2025-01") == listed("--after", "2025-01-31") == later
    # Known to the month: what came out in the month of the date may have come before it.
    assert listed("--after", "2025-02-01") == listed("--after", "2025-02")
    assert listed("--after", "2025-02") == ["livemathbench", *ONE_SHOT]
    assert listed("--after", "2000-01") == ALL
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


def test_rewards_show_parameters_examples_and_whether_they_are_spurious() -> None:
    printed = CliRunner().invoke(command, ["rewards", "--json"]).stdout
    entries = {entry["name"]: entry for entry in json.loads(printed)["rewards"]}
    assert {name for name, entry in entries.items() if entry["needs_labels"]} == {
        "majority",
        "incorrect",
    }
    assert not entries["truth"]["spurious"] and entries["random"]["spurious"]
    [p] = entries["random"]["parameters"]
    assert (p["name"], p["default"], p["low"], p["high"]) == ("p", 0.5, 0, 1)
    lines = CliRunner().invoke(command, ["rewards"]).stdout.splitlines()
    for name, entry in entries.items():
        [line] = [number for number, text in enumerate(lines) if text.split(" ")[0] == name]
        assert entry["example"] in lines[line + 1]
        assert ("not spurious" in lines[line + 1]) is not entry["spurious"]
        for number, parameter in enumerate(entry["parameters"]):
            assert lines[line + 2 + number].strip().startswith(f"{parameter['name']}: ")


def test_signals_show_what_they_need_and_their_power_on_control_models() -> None:
    rows = json.loads(CliRunner().invoke(command, ["signals", "--json"]).stdout)["signals"]
    shipped = shipped_results().where(arm="small, continued, verbatim")
    by_name = {row["name"]: row for row in rows}
    assert set(by_name) == set(TESTS)
    for name in DEFAULT:
        power = by_name[name]["power_on_control_models"]
        assert [int(dose) for dose in power] == [0, 1, 4, 16, 64, 256]
        row = shipped.where(measure=f"flagged:{name}", subset="dose=64").one()
        assert power["64"] == row.value
    assert by_name["min-knn"]["power_on_control_models"] == {}
    assert (
        by_name["min-k"]["power_on_control_models"] == {}
    )  # supplementary: shipped, not shown here
    share = round(100 * by_name["suffix-logprob"]["power_on_control_models"]["256"])
    assert f"{share}% at 256" in CliRunner().invoke(command, ["signals"]).stdout
