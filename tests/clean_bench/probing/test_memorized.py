"""Which problems count as memorized, from stored tables made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from clean_bench.artifacts import Artifact
from clean_bench.errors import UserError
from clean_bench.probing.flags import FLAGS, FLAGS_SCHEMA, Flag
from clean_bench.probing.memorized import memorized_problems
from clean_bench.probing.rows import STATISTICS, TABLE, VALUES_SCHEMA, Value

IDS = ("recited", "flagged", "neither")
SAID = {("set", "recited"): False, ("set", "flagged"): True, ("set", "neither"): False}
VERBATIM = {("set", "recited"): True, ("set", "flagged"): False, ("set", "neither"): False}


def flag(problem: str, flagged: bool, test: str = "suffix-logprob") -> Flag:
    null, decides = ("null", 999, True), test == "suffix-logprob"
    return Flag("set", problem, 0, test, 0.6, decides, *null, 1.0, 0.001, 0.01, flagged)


FLAGS_OF_SET = [flag(problem, problem == "flagged") for problem in IDS]


def memorized(
    folder: Path,
    flags: Sequence[Flag],
    *,
    nulls: Sequence[str] = ("null",),
    ids: Sequence[str] = IDS,
    completed: bool = True,
) -> dict[tuple[str, str], bool | None]:
    """Of one set, of whose problems the one named `recited` is reproduced, but not by the look-up."""
    rows = [{"set": "set", "problem_id": id, "fraction": 0.6, "reason": None} for id in ids]
    values = [
        Value("set", id, "reconstruction", 0.6, statistic, float(value))
        for id in ids
        for statistic, value in (("exact_match", id == "recited"), ("lookup_match", False))
        if completed
    ]
    config = {"tests": ["suffix-logprob"], "fractions": [0.6], "nulls": [*nulls]}
    with Artifact.open(folder / "p", "probe", config) as artifact:
        artifact.write(f"{TABLE}/00000", pa.Table.from_pylist(rows))
        known = [value._asdict() for value in values]
        artifact.write(f"{STATISTICS}/00000", pa.Table.from_pylist(known, VALUES_SCHEMA))
        stored = [row._asdict() for row in flags]
        artifact.write(f"{FLAGS}/00000", pa.Table.from_pylist(stored, FLAGS_SCHEMA))
        artifact.finish({})
    return memorized_problems(artifact)


def test_flags_of_a_deciding_test_say_it(tmp_path: Path) -> None:
    assert memorized(tmp_path, FLAGS_OF_SET) == SAID


def test_flags_of_a_supplementary_test_do_not(tmp_path: Path) -> None:
    other = [flag("neither", True, "min-k")]
    assert memorized(tmp_path, [*FLAGS_OF_SET, *other]) == SAID


def test_flags_that_are_not_calibrated_do_not(tmp_path: Path) -> None:
    unmatched = [row._replace(calibrated=False) for row in FLAGS_OF_SET]
    assert memorized(tmp_path, unmatched) == VERBATIM


def test_a_null_set_in_which_nothing_can_be_flagged_says_nothing(tmp_path: Path) -> None:
    # All three problems with p = 1/20 have q = 1/20, the level; with 18 null problems q is above it.
    enough = [row._replace(null_problems=19) for row in FLAGS_OF_SET]
    assert memorized(tmp_path, enough) == SAID
    few = [row._replace(null_problems=18) for row in FLAGS_OF_SET]
    assert memorized(tmp_path / "few", few) == VERBATIM


def test_flags_against_the_look_up_beside_null_sets_do_not(tmp_path: Path) -> None:
    """As those of the positive control."""
    own = [row._replace(null="look-up without a model") for row in FLAGS_OF_SET]
    assert memorized(tmp_path, own) == VERBATIM


def test_without_null_sets_the_reproduction_says_it(tmp_path: Path) -> None:
    assert memorized(tmp_path, [], nulls=[]) == VERBATIM


def test_what_no_test_compared_is_unknown(tmp_path: Path) -> None:
    left_out = memorized(tmp_path, FLAGS_OF_SET, ids=[*IDS, "left out"])
    assert left_out == {**SAID, ("set", "left out"): None}
    nothing = memorized(tmp_path / "none", [], nulls=[], completed=False)
    assert nothing == dict.fromkeys(SAID)


def test_flags_of_an_earlier_version_are_refused(tmp_path: Path) -> None:
    memorized(tmp_path, FLAGS_OF_SET)
    rows = [{"set": "set", "problem_id": "flagged", "flagged": True}]
    config = {"tests": ["suffix-logprob"], "fractions": [0.6], "nulls": []}
    with Artifact.open(tmp_path / "old", "probe", config) as artifact:
        artifact.write(f"{FLAGS}/00000", pa.Table.from_pylist(rows))
        artifact.finish({})
    with pytest.raises(UserError, match="earlier version"):
        memorized_problems(artifact)
