"""The context of a report goes through JSON unchanged, and refuses what it does not define."""

from __future__ import annotations

import json
from copy import deepcopy

import pytest
from made_up import MadeUp

from clean_bench.errors import UserError
from leaderboards.report_schema import RunReport


def test_a_report_survives_json_text(run: MadeUp, both: MadeUp) -> None:
    for report in (run.report, both.report):
        text = json.dumps(report.model_dump(mode="json"), allow_nan=False)
        assert RunReport.from_json(text) == report


def test_whole_numbers_are_read_as_fractions(run: MadeUp) -> None:
    value = run.report.model_dump(mode="json")
    value["sets"][2]["bits"] = 24
    bits = RunReport.from_json(json.dumps(value)).sets[2].bits
    assert bits == 24.0 and isinstance(bits, float)


def test_missing_optional_parts_take_their_defaults(run: MadeUp) -> None:
    value = run.report.model_dump(mode="json")
    for name in ("limits", "provenance", "training"):
        del value[name]
    assert RunReport.from_json(json.dumps(value)) == run.report.model_copy(
        update={"limits": (), "provenance": {}, "training": ""}
    )


@pytest.mark.parametrize(
    ("path", "new", "words"),
    [
        (("colour",), "red", "report.colour: "),
        (("sets", 0, "role"), "planned", "report.sets.0.role: Input should be 'public', 'planted'"),
        (("sets", 0, "n"), "128", "report.sets.0.n: Input should be a valid integer"),
        (("models", 0, "arms", 0, "seeds"), True, "report.models.0.arms.0.seeds: Input should be"),
        (("models", 0, "arms", 2, "steps"), None, "report.models.0.arms.2.steps: "),
        (("sets", 2, "freshness_label"), "new", "report.sets.2.freshness_label: "),
    ],
)
def test_a_wrong_field_is_named(
    run: MadeUp, path: tuple[str | int, ...], new: object, words: str
) -> None:
    value = deepcopy(run.report.model_dump(mode="json"))
    place = value
    for step in path[:-1]:
        place = place[step]  # type: ignore[index]
    place[path[-1]] = new  # type: ignore[index]
    with pytest.raises(UserError) as caught:
        RunReport.from_json(json.dumps(value))
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_field_is_named(run: MadeUp) -> None:
    value = run.report.model_dump(mode="json")
    del value["models"][0]["checkpoint"]
    with pytest.raises(UserError, match=r"report\.models\.0\.checkpoint: "):
        RunReport.from_json(json.dumps(value))


def test_text_that_is_no_json_is_one_line() -> None:
    with pytest.raises(UserError, match="report: ") as caught:
        RunReport.from_json(b"{")
    assert "\n" not in str(caught.value)
