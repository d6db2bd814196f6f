"""The report's data goes through JSON unchanged, and refuses what it does not know."""

import json
from copy import deepcopy
from dataclasses import replace

import pytest

from clean_bench.errors import UserError
from leaderboards.report_schema import RunReport


def test_a_report_survives_json_text(report: RunReport) -> None:
    text = json.dumps(report.to_json(), allow_nan=False)
    assert RunReport.from_json(json.loads(text)) == report


def test_whole_numbers_are_read_as_fractions(report: RunReport) -> None:
    value = report.to_json()
    value["arms"][0]["scores"][0]["gain"]["value"] = 0
    read = RunReport.from_json(value).arms[0].scores[0].gain.value
    assert read == 0.0 and isinstance(read, float)


def test_missing_optional_parts_take_their_defaults(report: RunReport) -> None:
    value = report.to_json()
    for name in ("probe", "doses", "ceiling", "limits", "provenance", "training"):
        del value[name]
    read = RunReport.from_json(value)
    assert read == replace(
        report, probe=(), doses=(), ceiling=(), limits=(), provenance={}, training=""
    )


@pytest.mark.parametrize(
    ("path", "new", "words"),
    [
        (("colour",), "red", "report: unknown field 'colour'"),
        (("sets", 0, "role"), "planned", "report.sets[0].role: expected 'planted' or 'twin'"),
        (("sets", 0, "n"), "128", "report.sets[0].n: expected int"),
        (("arms", 1, "scores", 2, "gain", "low"), None, "report.arms[1].scores[2].gain.low"),
        (("arms", 0, "seeds"), True, "report.arms[0].seeds: expected int"),
    ],
)
def test_a_wrong_field_is_named(
    report: RunReport, path: tuple[str | int, ...], new: object, words: str
) -> None:
    value = deepcopy(report.to_json())
    place = value
    for step in path[:-1]:
        place = place[step]  # type: ignore[index]
    place[path[-1]] = new  # type: ignore[index]
    with pytest.raises(UserError) as caught:
        RunReport.from_json(value)
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_field_is_named(report: RunReport) -> None:
    value = report.to_json()
    del value["arms"][0]["scores"][0]["gain"]
    with pytest.raises(UserError, match="gain"):
        RunReport.from_json(value)
