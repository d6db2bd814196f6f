"""A probe from end to end on an engine without a model."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from clean_bench.artifacts import Artifact, verify
from clean_bench.errors import UserError
from clean_bench.probing.checks import verify_probe
from clean_bench.probing.cut import NO_BOUNDARY, cut
from clean_bench.probing.rows import SCHEMA, TABLE, TOO_LONG
from clean_bench.probing.run import probe, rows_of
from clean_bench.problems import Problem, ProblemSet

CHECKPOINT = {"name": "some/model", "weights_sha256": "ab" * 32}
Make = Callable[..., Any]


def _recites(problems: ProblemSet, ids: set[str], more: str = "") -> dict[str, str]:
    """Continuations that recite some problems at 60% and write nonsense elsewhere."""
    return {
        one.prefix: one.suffix + more if problem.id in ids else " something else altogether"
        for problem in problems
        for one in [cut(problem.problem, 0.6)]
    }


def test_numbers_by_hand(
    tmp_path: Path, fake_engine: Make, planted: ProblemSet, fresh: ProblemSet
) -> None:
    engine = fake_engine(_recites(planted, {"p3", "p4", "p5"}))
    artifact = probe(engine, [planted, fresh], tmp_path / "p", checkpoint=CHECKPOINT)
    metadata = artifact.metadata
    assert metadata["headline"] == "0.6"
    one = metadata["sets"]["planted"]
    assert one["n"] == 7
    at = one["prefix"]["0.6"]
    assert (at["scored"], at["uncut"], at["too_long"], at["short_suffixes"]) == (6, 1, 0, 6)
    assert (at["exact_match"]["value"], at["exact_match"]["n"]) == (0.5, 6)
    assert at["exact_match_long_suffix"] is None
    assert at["stops"]["value"] == 0.5
    assert at["rouge_l"]["value"] == 0.5
    assert at["logprob_per_token"] == -0.25
    assert at["aligned"]["value"] == 1.0
    # The other problems end in the same words but for the last.
    assert at["floor"]["value"] == 0.0
    assert list(one["by_dose"]) == ["1", "4", "16"]
    assert [one["by_dose"][dose]["exact_match"]["value"] for dose in one["by_dose"]] == [0, 0.5, 1]
    assert one["by_dose"]["16"]["n"] == 3
    clean = metadata["sets"]["fresh"]["prefix"]["0.6"]["exact_match"]
    assert clean["value"] == 0 and clean["high"] > 0.5
    assert metadata["sets"]["fresh"]["by_dose"] == {}
    assert verify(tmp_path / "p", {"probe": verify_probe}) == []
    assert artifact.manifest["provenance"] == {"checkpoint": "some/model"}


def test_rows_keep_what_the_numbers_come_from(
    tmp_path: Path, fake_engine: Make, planted: ProblemSet
) -> None:
    engine = fake_engine(_recites(planted, {"p0"}, more=" and so on for as long as it may"))
    artifact = probe(engine, [planted], tmp_path / "p", checkpoint=CHECKPOINT, fractions=[0.6])
    rows = sorted(artifact.rows(TABLE), key=lambda row: row["index"])
    assert len(rows) == rows_of([planted], [0.6]) == 7
    row = rows[0]
    assert row["prefix"] + row["suffix"] == planted.problems[0].problem
    assert row["completion"].startswith(row["suffix"]) and row["exact_raw"] and not row["stops"]
    assert len(row["token_ids"]) == row["suffix_tokens"] + 8  # the longest that was allowed
    assert row["finish"] == "length"
    assert row["suffix_logprob"] == -0.25 * row["suffix_tokens"]
    assert rows[6]["reason"] == NO_BOUNDARY
    assert all(rows[6][name] is None for name in SCHEMA.names[10:])
    (batch,) = engine.batches
    assert {(r.temperature, r.special_tokens) for r in batch} == {(0.0, True)}


def test_a_killed_probe_goes_on_with_the_same_batches(
    tmp_path: Path, fake_engine: Make, planted: ProblemSet, fresh: ProblemSet
) -> None:
    continuations = _recites(planted, {"p1"})
    options: dict[str, Any] = {"checkpoint": CHECKPOINT, "batch": 4}
    whole = fake_engine(continuations)
    expected = probe(whole, [planted, fresh], tmp_path / "whole", **options)
    with pytest.raises(KeyboardInterrupt):
        probe(fake_engine(continuations, stop_after=3), [planted, fresh], tmp_path / "p", **options)
    with pytest.raises(UserError, match="not finished"):
        Artifact.load(tmp_path / "p")
    second, steps = fake_engine(continuations), []
    got = probe(second, [planted, fresh], tmp_path / "p", progress=steps.append, **options)
    assert second.batches == whole.batches[3:]
    assert sum(steps) == 30
    assert got.manifest["identity_sha256"] == expected.manifest["identity_sha256"]


def test_a_finished_probe_is_not_made_again(
    tmp_path: Path, fake_engine: Make, fresh: ProblemSet
) -> None:
    first = probe(fake_engine(), [fresh], tmp_path / "p", checkpoint=CHECKPOINT)
    idle = fake_engine(stop_after=0)
    assert probe(idle, [fresh], tmp_path / "p", checkpoint=CHECKPOINT).metadata == first.metadata


def test_another_checkpoint_needs_another_folder(
    tmp_path: Path, fake_engine: Make, fresh: ProblemSet
) -> None:
    probe(fake_engine(), [fresh], tmp_path / "p", checkpoint=CHECKPOINT)
    with pytest.raises(UserError, match="weights_sha256"):
        other = {"name": "some/model", "weights_sha256": "cd" * 32}
        probe(fake_engine(), [fresh], tmp_path / "p", checkpoint=other)


def test_what_does_not_fit_the_context_is_counted(
    tmp_path: Path, fake_engine: Make, planted: ProblemSet, fresh: ProblemSet
) -> None:
    engine = fake_engine(context_length=12)  # ten words and the first token fit, sixteen do not
    artifact = probe(engine, [planted, fresh], tmp_path / "p", checkpoint=CHECKPOINT)
    sets = artifact.metadata["sets"]
    assert sets["planted"]["prefix"]["0.6"]["scored"] == 6
    assert sets["fresh"]["prefix"]["0.6"] | {"n": 3} == sets["fresh"]["prefix"]["0.6"] | {
        "scored": 0,
        "too_long": 3,
        "exact_match": None,
        "n": 3,
    }
    assert artifact.rows(TABLE)[-1]["reason"] == TOO_LONG
    assert verify(tmp_path / "p", {"probe": verify_probe}) == []


def test_the_floor_sees_further_texts(tmp_path: Path, fake_engine: Make, fresh: ProblemSet) -> None:
    texts = ["another start " + problem.problem.split(" ", 3)[3] for problem in fresh]
    artifact = probe(fake_engine(), [fresh], tmp_path / "p", checkpoint=CHECKPOINT, texts=texts)
    at = artifact.metadata["sets"]["fresh"]["prefix"]["0.6"]
    assert at["floor"]["value"] == 1.0 and at["exact_match"]["value"] == 0.0
    assert verify(tmp_path / "p", {"probe": verify_probe}) == []


@pytest.mark.parametrize("fractions", [[], [0.0], [0.5, 1.0]])
def test_fractions_are_checked(
    tmp_path: Path, fake_engine: Make, fresh: ProblemSet, fractions: list[float]
) -> None:
    with pytest.raises(UserError, match="--prefix"):
        probe(fake_engine(), [fresh], tmp_path / "p", checkpoint=CHECKPOINT, fractions=fractions)


def test_sets_are_checked(tmp_path: Path, fake_engine: Make, fresh: ProblemSet) -> None:
    twice = ProblemSet("twice", [Problem("a", "x y"), Problem("a", "x z")])
    for sets in ([], [fresh, fresh], [ProblemSet("none", [])], [twice]):
        with pytest.raises(UserError):
            probe(fake_engine(), sets, tmp_path / "p", checkpoint=CHECKPOINT)
    assert not (tmp_path / "p").exists()


def test_equally_common_continuations_verify(tmp_path: Path, fake_engine: Make) -> None:
    """The look-up takes the first text of the set, whatever the order of the rows."""
    texts = ["a b p q a long end of it", "c d p q end now", "e f g h i j k l m p q x y z u v w t"]
    problems = ProblemSet("ties", [Problem(str(i), text) for i, text in enumerate(texts)])
    artifact = probe(fake_engine(), [problems], tmp_path / "p", checkpoint=CHECKPOINT)
    assert artifact.rows(TABLE)[0]["index"] == 1  # the shortest suffix comes first
    last = [row for row in artifact.rows(TABLE) if row["index"] == 2 and row["fraction"] == 0.6]
    assert last[0]["floor_completion"] == " a long end of it"
    assert verify(tmp_path / "p", {"probe": verify_probe}) == []


FORGERIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "exact_match": lambda row: row.update(exact_match=not row["exact_match"]),
    "completion": lambda row: row.update(completion=row["suffix"]),
    "rouge_l": lambda row: row.update(rouge_l=0.9),
    "offset": lambda row: row.update(offset=row["offset"] + 1),
    "floor_completion": lambda row: row.update(floor_completion=row["suffix"], floor_match=True),
    "reason": lambda row: row.update(reason=NO_BOUNDARY),
    "problem_id": lambda row: row.update(problem_id="p5"),
    "suffix_logprob": lambda row: row.update(suffix_logprob=-100.0),
    "dose": lambda row: row.update(dose=None),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_a_forged_row_is_found(
    tmp_path: Path, fake_engine: Make, planted: ProblemSet, what: str
) -> None:
    """The forger also writes a manifest that fits the changed file; the rows give it away."""
    artifact = probe(fake_engine(), [planted], tmp_path / "p", checkpoint=CHECKPOINT)
    rows, metadata = artifact.rows(TABLE), artifact.metadata
    index = next(i for i, r in enumerate(rows) if r["fraction"] == 0.6 and r["problem_id"] == "p2")
    FORGERIES[what](rows[index])
    artifact.write(f"{TABLE}/00000", pa.Table.from_pylist(rows, schema=SCHEMA))
    artifact.finish(metadata)
    assert verify(tmp_path / "p", {"probe": verify_probe})


def test_a_forged_summary_is_found(tmp_path: Path, fake_engine: Make, planted: ProblemSet) -> None:
    artifact = probe(fake_engine(), [planted], tmp_path / "p", checkpoint=CHECKPOINT)
    metadata = artifact.metadata
    metadata["sets"]["planted"]["prefix"]["0.6"]["exact_match"]["high"] = 0.0
    artifact.finish(metadata)
    (failure,) = verify(tmp_path / "p", {"probe": verify_probe})
    assert "metadata.sets.planted.prefix.0.6.exact_match.high" in str(failure)
    artifact.finish(artifact.metadata | {"clean": True})
    assert any("clean" in str(f) for f in verify(tmp_path / "p", {"probe": verify_probe}))
