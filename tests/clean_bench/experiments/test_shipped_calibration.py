"""What a new calibration replaces in the shipped data: conditions of no more plantings."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from clean_bench.experiments.calibration.power import shipped_results
from clean_bench.results import Result, Results

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "measurements"))

import probe_calibration


def condition(arm: str, plantings: int, flagged: float, test: str = "t") -> list[Result]:
    return [
        Result(arm=arm, measure=f"false_discoveries:{test}", value=0.0, n=plantings),
        Result(arm=arm, measure=f"flagged:{test}", subset="dose=4", value=flagged, n=60),
    ]


def test_more_plantings_replace_fewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = Results(condition("a", 20, 0.1) + condition("b", 2, 0.2))
    monkeypatch.setattr(probe_calibration, "SHIPPED", tmp_path / "shipped.json")
    monkeypatch.setattr(probe_calibration, "shipped_results", lambda: shipped)
    new = condition("a", 6, 0.3) + condition("b", 6, 0.4) + condition("c", 1, 0.5)
    new += condition("a", 3, 0.6, "other test")
    probe_calibration.ship(Results(new))
    stored = json.loads((tmp_path / "shipped.json").read_text())
    shares = {row["arm"]: row["value"] for row in stored if row["measure"] == "flagged:t"}
    assert shares == {"a": 0.1, "b": 0.4, "c": 0.5}
    others = [row["value"] for row in stored if row["measure"] == "flagged:other test"]
    assert others == [0.6] and len(stored) == 8


def test_shipping_what_is_shipped_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = probe_calibration.SHIPPED.read_text()
    monkeypatch.setattr(probe_calibration, "SHIPPED", tmp_path / "shipped.json")
    probe_calibration.ship(shipped_results())
    assert (tmp_path / "shipped.json").read_text() == before
