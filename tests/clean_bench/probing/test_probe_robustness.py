"""Problems that no benchmark should have: empty, of one word, twice, of 50,000 characters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clean_bench.artifacts import verify
from clean_bench.checkpoints import Checkpoint
from clean_bench.probing.checks import check_probe
from clean_bench.probing.cut import PROTOCOLS
from clean_bench.probing.run import probe
from clean_bench.problems import Problem, ProblemSet
from clean_bench.results import Results

WORDS = "one way to count is to write each number down and then to stop at the last one".split()
TEXTS = {
    "empty": "",
    "blank": " \n\t ",
    "one word": "indivisible",
    "one formula": "$x^2 + 1 = 0$",
    "twice": " ".join(WORDS),
    "again": " ".join(WORDS).upper(),
    "long": "word " * 10_000,
    "one long word": "w" * 50_000,
    "other": "Ann has two red apples and gives one of them to Ben who eats it at once in the garden",
    "signs": "! ? ! ? ! ? ! ? ! ? ! ? ! ?",
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_odd_problems_are_handled_and_counted(
    tmp_path: Path, fake_engine: Any, protocol: str
) -> None:
    model = Checkpoint("some/model", Path("nowhere"))
    model.__dict__["weights_sha256"] = "ab" * 32
    problems = ProblemSet("odd", [Problem(name, text) for name, text in TEXTS.items()])
    artifact = probe(
        fake_engine(context_length=512),
        [problems],
        tmp_path / "p",
        checkpoint=model,
        tests=["default", "donor-prefix", "altered-suffix", "ngram-accuracy", "min-knn"],
        protocol=protocol,
    )
    assert verify(tmp_path / "p", {"probe": check_probe}) == []
    [counts] = [c for c in artifact.metadata["counts"] if c["prefix"] == 0.6]
    assert counts["problems"] == len(TEXTS)
    reasons_counted = ("scored", "empty", "uncut", "too_long")
    assert sum(counts[name] for name in reasons_counted) == len(TEXTS)
    assert counts["empty"] == 2
    reasons = {
        r["problem_id"]: r["reason"] for r in artifact.rows("probes") if r["fraction"] == 0.6
    }
    assert "longer" in str(reasons["long"])
    assert reasons["twice"] is None and reasons["other"] is None
    assert reasons["empty"] == reasons["blank"] == "empty"
    if protocol == "clean":
        assert "boundary" in str(reasons["one word"]) and "boundary" in str(reasons["one formula"])
    # Two texts that differ in case count once in the interval.
    exact = Results.read(artifact).where(measure="exact_match@0.6", subset=None).one()
    assert exact.n == counts["scored"] - 1
