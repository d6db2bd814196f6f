"""The terminal table of the groups of variants of a matched set."""

from __future__ import annotations

from clean_bench.cli.score_variants import variants_text
from clean_bench.results import Result, Results
from clean_bench.scoring.variant_groups import MEASURES
from clean_bench.statistics.estimate import Estimate


def test_the_units_of_a_row_are_templates() -> None:
    head = Result(checkpoint="m", set="drawn", template="raw")
    rows = [head.of(measure, Estimate(0.5, 0.4, 0.6, 168)) for measure in MEASURES]
    (shown,) = variants_text(Results(rows))
    headings, _, row = shown.splitlines()[:3]
    assert headings.split()[:4] == ["matched", "set", "template", "templates"]
    assert "kinds" not in headings
    assert row.split()[:3] == ["drawn", "raw", "168"]
