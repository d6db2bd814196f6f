"""A probe from end to end on an engine without a model."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from clean_bench.artifacts import Artifact, verify
from clean_bench.checkpoints import Checkpoint
from clean_bench.errors import UserError
from clean_bench.probing.checks import check_probe
from clean_bench.probing.conclude import DERIVED
from clean_bench.probing.cut import NO_BOUNDARY, cut
from clean_bench.probing.items import count_rows
from clean_bench.probing.memorized import memorized_problems
from clean_bench.probing.rows import SCHEMA, STATISTICS, TABLE, TOO_LONG, VALUES_SCHEMA
from clean_bench.probing.run import probe
from clean_bench.problems import Problem, ProblemSet
from clean_bench.results import Result, Results
from clean_bench.samples import SCHEMA as SAMPLES_SCHEMA
from clean_bench.samples import TABLE as SAMPLES
from clean_bench.samples import read_samples

CHECKS = {"probe": check_probe}
Make = Callable[..., Any]
Row = dict[str, Any]


def checkpoint(weights: str) -> Checkpoint:
    """A checkpoint whose hash of the weights is given and not computed."""
    model = Checkpoint("some/model", Path("nowhere"))
    model.__dict__["weights_sha256"] = weights
    return model


CHECKPOINT = checkpoint("ab" * 32)


def _recites(problems: ProblemSet, ids: set[str], more: str = "") -> dict[str, str]:
    """Continuations that recite some problems at 60% and write nonsense elsewhere."""
    return {
        parts.prefix: parts.suffix + more if problem.id in ids else " something else altogether"
        for problem in problems
        for parts in [cut(problem.problem, 0.6)]
    }


@pytest.fixture(scope="module")
def probed(
    tmp_path_factory: pytest.TempPathFactory, fake_engine: Make, planted: ProblemSet
) -> Path:
    """A probe of a model that writes nonsense."""
    out = tmp_path_factory.mktemp("probed") / "p"
    engine = fake_engine(_recites(planted, set()))
    artifact = probe(engine, [planted], out, checkpoint=CHECKPOINT)
    assert verify(artifact.folder, CHECKS) == []
    return artifact.folder


@pytest.fixture
def editable(probed: Path, tmp_path: Path) -> Artifact:
    """A copy of `probed` that a test may write to."""
    shutil.copytree(probed, tmp_path / "p")
    return Artifact.load(tmp_path / "p")


def test_numbers_by_hand(
    tmp_path: Path, fake_engine: Make, planted: ProblemSet, fresh: ProblemSet
) -> None:
    engine = fake_engine(_recites(planted, {"p3", "p4", "p5"}))
    artifact = probe(engine, [planted, fresh], tmp_path / "p", checkpoint=CHECKPOINT)
    results = Results.read(artifact)
    assert results.values_of("set") == ["planted", "fresh"]
    entry = {"set": "planted", "prefix": 0.6, "problems": 7, "scored": 6, "empty": 0, "uncut": 1}
    assert artifact.metadata["counts"][1] == entry | {"too_long": 0, "short_suffixes": 6}
    assert [(c["set"], c["prefix"]) for c in artifact.metadata["counts"]] == [
        (name, fraction) for name in ("planted", "fresh") for fraction in (0.4, 0.6, 0.8)
    ]

    def planted_row(measure: str, subset: str | None = None) -> Result:
        return results.where(set="planted", measure=measure, subset=subset).one()

    exact = planted_row("exact_match@0.6")
    assert (exact.value, exact.n, exact.method) == (0.5, 6, "wilson")
    assert exact[:10] == (
        "some/model", "ab" * 32, None, None, None,
        "planted", planted.content_sha256, "planted", None, None,
    )  # fmt: skip
    assert exact.protocol == "prefix cut by clean, greedy"
    assert not len(results.where(measure="exact_match@0.6", subset="long suffix", set="planted"))
    for name in ("stops", "rouge_l", "exact_raw", "exact_latex"):
        assert planted_row(f"{name}@0.6").value == 0.5
    assert planted_row("logprob_per_token@0.6").value == -0.25
    assert planted_row("logprob_per_token@0.6").low is None
    assert planted_row("common_prefix_tokens@0.6").value == 3 * 5 / 6  # "six seven eight nine3"
    assert planted_row("aligned@0.6").value == 1.0
    # The other problems end in the same words but for the last.
    assert planted_row("lookup_match@0.6").value == 0.0
    doses = [subset for subset in results.values_of("subset") if subset]
    assert doses == ["dose=1", "dose=4", "dose=16", "long suffix"]
    by_dose = [planted_row("exact_match@0.6", dose) for dose in doses[:3]]
    assert [(row.value, row.n) for row in by_dose] == [(0, 2), (0.5, 2), (1, 2)]
    assert planted_row("rouge_l@0.6", "dose=16").value == 1
    assert not len(results.where(measure="exact_match@0.4", subset="dose=1"))
    clean = results.where(set="fresh", measure="exact_match@0.6", subset=None).one()
    assert clean.value == 0 and clean.high is not None and clean.high > 0.5 and clean.role is None
    assert results.where(set="fresh").values_of("subset") == [None, "long suffix"]
    assert verify(tmp_path / "p", CHECKS) == []
    assert artifact.manifest["provenance"] == {"checkpoint": "some/model", "revision": None}


def test_the_positive_control_is_cut_at_the_headline_prefix_alone(
    tmp_path: Path, fake_engine: Make, planted: ProblemSet, fresh: ProblemSet
) -> None:
    done: list[int] = []
    artifact = probe(
        fake_engine({}),
        [planted, fresh],
        tmp_path / "p",
        checkpoint=CHECKPOINT,
        control="fresh",
        progress=lambda n, **_: done.append(n),
    )
    prefixes = [(count["set"], count["prefix"]) for count in artifact.metadata["counts"]]
    assert prefixes == [("planted", 0.4), ("planted", 0.6), ("planted", 0.8), ("fresh", 0.6)]
    rows = artifact.rows(TABLE)
    assert {row["fraction"] for row in rows if row["set"] == "fresh"} == {0.6}
    planned = count_rows([planted, fresh], [0.4, 0.6, 0.8], "fresh")
    assert sum(done) == len(rows) == planned == 3 * len(planted) + len(fresh)
    measures = Results.read(artifact).where(set="fresh").values_of("measure")
    assert {str(measure).partition("@")[2] for measure in measures} <= {"0.6", ""}
    assert verify(tmp_path / "p", CHECKS) == []


def test_rows_and_samples_keep_what_the_numbers_come_from(
    tmp_path: Path, fake_engine: Make, planted: ProblemSet
) -> None:
    engine = fake_engine(_recites(planted, {"p0"}, more=" and so on for as long as it may"))
    artifact = probe(engine, [planted], tmp_path / "p", checkpoint=CHECKPOINT, fractions=[0.6])
    rows = sorted(artifact.rows(TABLE), key=lambda row: row["index"])
    assert len(rows) == count_rows([planted], [0.6]) == 7
    [table] = artifact.tables(SAMPLES)
    assert table.schema == SAMPLES_SCHEMA
    samples = {sample.problem_id: sample for sample in read_samples(table)}
    assert len(samples) == table.num_rows == 6  # one for each row that is scored
    row, sample = rows[0], samples["p0"]
    assert (sample.set, sample.template, sample.mode, sample.index, sample.seed) == (
        "planted", "prefix@0.6", "greedy", 0, 0
    )  # fmt: skip
    assert sample.prompt + sample.gold == planted.problems[0].problem
    values = {
        (v["problem_id"], v["test"], v["statistic"]): v["value"] for v in artifact.rows(STATISTICS)
    }
    assert sample.response.startswith(sample.gold)
    assert values["p0", "reconstruction", "exact_raw"] == 1
    assert values["p0", "reconstruction", "stops"] == 0
    assert (sample.grade, sample.score()) == ("equal", 1)
    assert (sample.extracted, sample.extraction) == (sample.response, "suffix")
    assert samples["p1"].score() == 0
    assert len(sample.token_ids) == row["suffix_tokens"] + 8  # the longest that was allowed
    assert len(sample.logprobs) == len(sample.token_ids)
    assert list(sample.prompt_ids) == engine.encode(sample.prompt)
    assert sample.finish == "length"
    assert values["p0", "suffix-logprob", "logprob"] == -0.25 * row["suffix_tokens"]
    assert values["p0", "suffix-logprob", "tokens"] == row["suffix_tokens"]
    assert values["p0", "suffix-logprob", "lowest"] == -0.25
    assert values["p0", "suffix-logprob", "empty_logprob"] == -0.25 * row["suffix_tokens"]
    assert rows[6]["reason"] == NO_BOUNDARY
    assert all(rows[6][name] is None for name in SCHEMA.names[6:])
    (batch,) = engine.batches
    assert {(r.temperature, r.special_tokens) for r in batch} == {(0.0, True)}


def test_a_killed_probe_resumes_with_the_same_batches(
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

    def progress(n: int, *, tokens: int = 0, resumed: bool = False) -> None:
        steps.append((n, resumed))

    resumed = probe(second, [planted, fresh], tmp_path / "p", progress=progress, **options)
    assert second.batches == whole.batches[3:]
    assert sum(n for n, _ in steps) == 30
    assert steps[:3] == [(4, True)] * 3 and not any(again for _, again in steps[3:])
    # One report for each completion, and one for the rows of a shard that cannot be cut.
    assert all(n == 1 for n, again in steps[3:] if not again)
    assert resumed.manifest["identity_sha256"] == expected.manifest["identity_sha256"]


def test_a_finished_probe_is_not_made_again(
    tmp_path: Path, fake_engine: Make, fresh: ProblemSet
) -> None:
    first = probe(fake_engine(), [fresh], tmp_path / "p", checkpoint=CHECKPOINT)
    idle = fake_engine(stop_after=0)
    assert probe(idle, [fresh], tmp_path / "p", checkpoint=CHECKPOINT).manifest == first.manifest


def test_another_checkpoint_needs_another_folder(
    tmp_path: Path, fake_engine: Make, fresh: ProblemSet
) -> None:
    probe(fake_engine(), [fresh], tmp_path / "p", checkpoint=CHECKPOINT)
    with pytest.raises(UserError, match="weights_sha256"):
        probe(fake_engine(), [fresh], tmp_path / "p", checkpoint=checkpoint("cd" * 32))


def test_what_does_not_fit_the_context_is_counted(
    tmp_path: Path, fake_engine: Make, planted: ProblemSet, fresh: ProblemSet
) -> None:
    engine = fake_engine(context_length=12)  # ten words and the first token fit, sixteen do not
    artifact = probe(engine, [planted, fresh], tmp_path / "p", checkpoint=CHECKPOINT)
    counts = {(c["set"], c["prefix"]): c for c in artifact.metadata["counts"]}
    assert counts["planted", 0.6]["scored"] == 6
    assert counts["fresh", 0.6] == {
        "set": "fresh",
        "prefix": 0.6,
        "problems": 3,
        "scored": 0,
        "empty": 0,
        "uncut": 0,
        "too_long": 3,
        "short_suffixes": 0,
    }
    assert Results.read(artifact).values_of("set") == ["planted"]
    assert artifact.rows(TABLE)[-1]["reason"] == TOO_LONG
    assert verify(tmp_path / "p", CHECKS) == []


def test_the_baseline_uses_further_texts(
    tmp_path: Path, fake_engine: Make, fresh: ProblemSet
) -> None:
    texts = ["another start " + problem.problem.split(" ", 3)[3] for problem in fresh]
    artifact = probe(fake_engine(), [fresh], tmp_path / "p", checkpoint=CHECKPOINT, texts=texts)
    results = Results.read(artifact).where(subset=None)
    assert results.where(measure="lookup_match@0.6").one().value == 1.0
    assert results.where(measure="exact_match@0.6").one().value == 0.0
    assert verify(tmp_path / "p", CHECKS) == []


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
    assert last[0]["lookup_completion"] == " a long end of it"
    assert verify(tmp_path / "p", CHECKS) == []


ROW_EDITS: dict[str, Callable[[Row], object]] = {
    "offset": lambda row: row.update(offset=row["offset"] + 1),
    "index": lambda row: row.update(index=5),
    "lookup_completion": lambda row: row.update(lookup_completion=" nine2"),
    "reason": lambda row: row.update(reason=NO_BOUNDARY),
    "problem_id": lambda row: row.update(problem_id="p5"),
    "fraction": lambda row: row.update(fraction=0.7),
    "set": lambda row: row.update(set="fresh"),
    "short_suffix": lambda row: row.update(short_suffix=False),
    "suffix_tokens": lambda row: row.update(suffix_tokens=1),
    "aligned": lambda row: row.update(aligned=False),
}
VALUE_EDITS: dict[str, Callable[[Row], object]] = {
    "exact_match": lambda row: row.update(value=1 - row["value"]),
    "exact_folded": lambda row: row.update(value=0.5),
    "rouge_l": lambda row: row.update(value=0.9),
    "lookup_match": lambda row: row.update(value=1.0),
    "logprob": lambda row: row.update(value=0.5),
    "lowest": lambda row: row.update(value=float("nan")),
    "empty_logprob": lambda row: row.update(statistic="another"),
    "tokens": lambda row: row.update(value=row["value"] + 1),
    "stops": lambda row: row.update(test="min-k"),
    "edit_similarity": lambda row: row.update(prefix=0.7),
    "common_prefix": lambda row: row.update(problem_id="p9"),
}
SAMPLE_EDITS: dict[str, Callable[[Row], object]] = {
    "response": lambda row: row.update(response=row["gold"]),
    "prompt": lambda row: row.update(prompt=row["prompt"] + " "),
    "gold": lambda row: row.update(gold=row["response"]),
    "grade": lambda row: row.update(grade="equal"),
    "extracted": lambda row: row.update(extracted=row["gold"]),
    "extraction": lambda row: row.update(extraction="box"),
    "mode": lambda row: row.update(mode="sample"),
    "index": lambda row: row.update(index=1),
    "seed": lambda row: row.update(seed=1),
    "finish": lambda row: row.update(finish="tired"),
    "logprobs": lambda row: row.update(logprobs=row["logprobs"][:-1]),
    "template": lambda row: row.update(template="prefix@0.4"),
    "problem_id": lambda row: row.update(problem_id="p5"),
}


@pytest.mark.parametrize(
    ("table", "name"),
    [
        *((TABLE, name) for name in ROW_EDITS),
        *((STATISTICS, name) for name in VALUE_EDITS),
        *((SAMPLES, name) for name in SAMPLE_EDITS),
    ],
)
def test_an_edited_row_or_sample_is_found(editable: Artifact, table: str, name: str) -> None:
    """The manifest is written again to fit the edited file; the other columns show the edit."""
    rows, metadata = editable.rows(table), editable.metadata
    index = next(
        i
        for i, row in enumerate(rows)
        if row["problem_id"] == "p2"
        and 0.6 in (row.get("fraction"), row.get("prefix"), _fraction(row))
        and row.get("statistic", name) == name
    )
    edits = {TABLE: ROW_EDITS, STATISTICS: VALUE_EDITS, SAMPLES: SAMPLE_EDITS}[table]
    edits[name](rows[index])
    schema = {TABLE: SCHEMA, STATISTICS: VALUES_SCHEMA, SAMPLES: SAMPLES_SCHEMA}[table]
    editable.write(f"{table}/00000", pa.Table.from_pylist(rows, schema=schema))
    editable.finish(metadata, volatile=DERIVED)
    assert verify(editable.folder, CHECKS)


def _fraction(row: Row) -> float:
    return float(row.get("template", "@0").split("@")[1])


def test_rows_that_were_not_scored_have_no_numbers(editable: Artifact) -> None:
    rows = editable.rows(TABLE)
    next(row for row in rows if row["reason"])["short_suffix"] = True
    editable.write(f"{TABLE}/00000", pa.Table.from_pylist(rows, schema=SCHEMA))
    editable.finish(editable.metadata, volatile=DERIVED)
    assert "short_suffix is stored as True" in str(verify(editable.folder, CHECKS)[0])


def test_a_sample_that_occurs_twice_is_found(editable: Artifact) -> None:
    [table] = editable.tables(SAMPLES)
    editable.write(f"{SAMPLES}/00000", pa.concat_tables([table, table.slice(0, 1)]))
    editable.finish(editable.metadata, volatile=DERIVED)
    [failure] = verify(editable.folder, CHECKS)
    assert str(failure) == "samples: are not the completions of the scored rows in their order"


def test_another_dose_is_another_set(editable: Artifact) -> None:
    [table] = editable.tables("problems")
    rows = table.to_pylist()
    rows[2]["metadata"] = []
    editable.write("problems/00000", pa.Table.from_pylist(rows, schema=table.schema))
    editable.finish(editable.metadata, volatile=DERIVED)
    failures = [str(failure) for failure in verify(editable.folder, CHECKS)]
    assert "problems: planted is not the set that the configuration names" in failures


@pytest.mark.parametrize("column", ["value", "high", "n", "role", "measure", "protocol", "subset"])
def test_an_edited_result_is_found(editable: Artifact, column: str) -> None:
    results = Results.read(editable)
    assert results[0].measure == "exact_match@0.4"
    edit: dict[str, Any] = {column: {"n": 600, "value": 1.0, "high": 0.25}.get(column, "twin")}
    Results([results[0]._replace(**edit), *results[1:]]).write(editable)
    editable.finish(editable.metadata, volatile=DERIVED)
    [failure] = verify(editable.folder, CHECKS)
    assert str(failure).startswith("results row 0 (planted, ") and f"{column} is" in str(failure)


def test_an_edited_count_is_found(editable: Artifact) -> None:
    metadata = editable.metadata
    metadata["counts"][0]["scored"] = 7
    editable.finish(metadata, volatile=DERIVED)
    [failure] = verify(editable.folder, CHECKS)
    assert str(failure) == "manifest.json: the counts do not follow from the rows"


def test_a_problem_that_no_test_can_flag_is_neither_memorized_nor_not(
    tmp_path: Path, fake_engine: Make
) -> None:
    stock = "and answer with one of the words odd or even or none of these"
    problems = ProblemSet(
        "set",
        [
            Problem("own", "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu"),
            Problem("one", f"say whether the first of both numbers is large {stock}"),
            Problem("two", f"think of a prime and of its square {stock}"),
        ],
    )
    null = ProblemSet(
        "null", [Problem(str(i), f"word{i} two three four five end{i}") for i in range(9)]
    )
    artifact = probe(
        fake_engine(_recites(problems, {"own", "one"})),
        [problems, null],
        tmp_path / "p",
        checkpoint=CHECKPOINT,
        fractions=[0.6],
        nulls=["null"],
    )
    known = memorized_problems(artifact)
    assert known["set", "one"] is None and known["set", "two"] is None
    assert known["set", "own"] is not None
    left_out = Results.read(artifact).where(set="set", measure="shared_ending@0.6").one()
    assert left_out.value == pytest.approx(2 / 3) and left_out.n == 3
    assert verify(tmp_path / "p", CHECKS) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"control": "other"}, "control other: expected one of the sets, planted, fresh"),
        ({"control": "fresh", "nulls": ["fresh"]}, "fresh: expected the positive control apart"),
    ],
)
def test_a_positive_control_is_a_set_that_is_no_null(
    tmp_path: Path,
    fake_engine: Make,
    planted: ProblemSet,
    fresh: ProblemSet,
    options: Row,
    message: str,
) -> None:
    with pytest.raises(UserError, match=message):
        probe(fake_engine(), [planted, fresh], tmp_path / "p", checkpoint=CHECKPOINT, **options)


def test_a_null_set_is_not_the_set_under_test(
    tmp_path: Path, fake_engine: Make, planted: ProblemSet, fresh: ProblemSet
) -> None:
    again = ProblemSet("again", planted.problems)
    for sets, nulls, message in (
        ([planted], ["planted"], "--null planted: expected other problems than those under test"),
        ([planted, again], ["again"], "got those of planted"),
        ([fresh, planted, again], ["again"], "got those of planted"),
    ):
        with pytest.raises(UserError, match=message):
            probe(fake_engine(), sets, tmp_path / "p", checkpoint=CHECKPOINT, nulls=nulls)
    assert not (tmp_path / "p").exists()
    only_control = {"nulls": ["planted"], "control": "fresh"}
    with pytest.raises(UserError, match="expected other problems"):
        probe(
            fake_engine(), [planted, fresh], tmp_path / "p", checkpoint=CHECKPOINT, **only_control
        )


def test_copies_in_the_null_set_are_counted_and_left_out(
    tmp_path: Path,
    fake_engine: Make,
    planted: ProblemSet,
    fresh: ProblemSet,
    caplog: pytest.LogCaptureFixture,
) -> None:
    copied = [Problem(f"c{i}", f" {p.problem.upper()}") for i, p in enumerate(planted.problems[:4])]
    null = ProblemSet("null", [*copied, *fresh])
    artifact = probe(
        fake_engine(), [planted, null], tmp_path / "p", checkpoint=CHECKPOINT, nulls=["null"]
    )
    of_set = [row for row in artifact.rows("flags") if row["set"] == "planted"]
    assert {row["null_problems"] for row in of_set} == {len(fresh)}
    [claim] = artifact.rows("claims")
    assert "4 problems left out of the null: they are copies of tested ones" in claim["evidence"]
    assert "null: 4 problems are copies of problems of planted" in caplog.text
    assert verify(tmp_path / "p", CHECKS) == []


def test_a_probe_of_an_earlier_version_is_named(editable: Artifact) -> None:
    [table] = editable.tables("flags")
    editable.write("flags/00000", table.drop_columns(["decides", "calibrated"]))
    editable.finish(editable.metadata, volatile=DERIVED)
    failures = [str(failure) for failure in verify(editable.folder, CHECKS)]
    assert (
        "manifest.json: was written by an earlier version, with other tables; probe again"
        in failures
    )


def test_the_power_of_a_calibration_is_quoted_only_against_a_null_set(
    tmp_path: Path, fake_engine: Make, fresh: ProblemSet
) -> None:
    words = "abcdefghijklmnopqrstuvwxyz"
    null = ProblemSet(
        "null",
        [Problem(str(i), " ".join(a + words[i] for a in words[: 9 + i])) for i in range(20)],
        role="matched",
    )
    power = {
        "calibration": "ab" * 32,
        "prefix": 0.6,
        "cut": "clean",
        "null_problems": {"suffix-logprob": 20},
        "rows": [["suffix-logprob", 4, 0.5, 0.25, 0.75]],
    }
    claims = []
    for name, sets in (("alone", [fresh]), ("compared", [fresh, null])):
        artifact = probe(
            fake_engine(),
            sets,
            tmp_path / name,
            checkpoint=CHECKPOINT,
            fractions=[0.6],
            tests=["suffix-logprob"] if name == "compared" else ["default"],
            power=power,
        )
        [claim] = artifact.rows("claims")
        claims.append(claim["claim"])
        assert verify(tmp_path / name, CHECKS) == []
    assert "unknown: this set was not compared with a null set" in claims[0]
    # Three problems with p = 1/21 have q = 1/21, below the level of one signal.
    assert "suffix-logprob flags 50% (25 to 75) at 4" in claims[1]
