"""The column of flags that `clean-bench probe` prints."""

from __future__ import annotations

import pytest

from clean_bench.cli.probe_view import view
from clean_bench.probing.matching import NOT_CALIBRATED
from clean_bench.results import Result, Results

COUNT = {"prefix": 0.6, "problems": 9, "scored": 9, "uncut": 0, "too_long": 0}


def printed(shares: dict[str, float], evidence: str = "", label: str = "planted") -> str:
    """The line of the set, whose claim has this evidence."""
    rows = [Result(set=label, measure="exact_match@0.6", value=0.5, low=0.2, high=0.8, n=9)]
    rows += [
        Result(set=label, measure=f"flagged:{test}@0.6", value=share, n=9)
        for test, share in shares.items()
    ]
    claim = {"set": "planted", "level": 0, "claim": "c", "evidence": evidence, "raise": "r"}
    text = view(Results(rows), [{**COUNT, "set": label}], [claim])
    lines = text.splitlines()
    line = next(line for line in lines if line.strip().startswith(f"{label} "))
    return " ".join(line.split())


def test_supplementary_tests_stand_apart() -> None:
    shares = {"reconstruction": 0.25, "donor-prefix": 0.5, "suffix-logprob": 1.0}
    assert printed(shares).endswith(
        "reconstruction 25%, suffix-logprob 100%; supplementary: donor-prefix 50%"
    )
    # Without a default test all of them decide.
    assert printed({"donor-prefix": 0.5, "altered-suffix": 0.0}).endswith(
        "donor-prefix 50%, altered-suffix 0%"
    )


@pytest.mark.parametrize("label", ["planted", "planted (9 of 90 rows)"])
def test_flags_that_are_not_calibrated_are_marked(label: str) -> None:
    line = printed({"suffix-logprob": 1.0}, f"AUC 0.9, {NOT_CALIBRATED}", label)
    assert line.endswith("suffix-logprob 100% (not calibrated)")
    assert "not calibrated" not in printed({"suffix-logprob": 1.0}, "AUC 0.5", label)
    assert "not calibrated" not in printed({}, NOT_CALIBRATED, label)
