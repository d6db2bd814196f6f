"""Forged probes whose hashes all hold: each is refused, and the row is named."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from forgeries import change_rows, edited

from clean_bench.artifacts import Artifact, verify
from clean_bench.checkpoints import Checkpoint
from clean_bench.probing.checks import check_probe, most_bytes
from clean_bench.probing.conclude import write_derived
from clean_bench.probing.cut import cut
from clean_bench.probing.rows import SCHEMA, STATISTICS, TABLE, TOO_LONG
from clean_bench.probing.run import probe
from clean_bench.problems import ProblemSet
from clean_bench.samples import TABLE as SAMPLES

CHECKS = {"probe": check_probe}
Row = dict[str, Any]
Rows = list[Row]
LATER = SCHEMA.names[SCHEMA.names.index("reason") + 1 :]
TEXTS = ("alphar betar other words follow here", "nine ten eleven twelve thirteen fourteen")


@pytest.fixture(scope="module")
def honest(
    tmp_path_factory: pytest.TempPathFactory,
    fake_engine: Callable[..., Any],
    planted: ProblemSet,
    fresh: ProblemSet,
) -> Path:
    """Tests edit copies of it."""

    class Engine(fake_engine):  # type: ignore[misc,valid-type]
        def describe(self) -> dict[str, Any]:
            return {**super().describe(), "context_length": 512}

    recited = {
        part.prefix: part.suffix
        for problem in planted
        for part in [cut(problem.problem, 0.6)]
        if problem.id != "p0"
    }
    model = Checkpoint("some", Path("nowhere"))
    model.__dict__["weights_sha256"] = "ab" * 32
    engine = Engine(recited, context_length=512)
    out = tmp_path_factory.mktemp("honest") / "p"
    artifact = probe(engine, [planted, fresh], out, checkpoint=model, fractions=[0.6], texts=TEXTS)
    assert verify(artifact.folder, CHECKS) == []
    return artifact.folder


def summarized(artifact: Artifact) -> None:
    """Results and counts anew from the changed rows."""
    artifact.manifest["metadata"]["counts"] = write_derived(artifact).counts


def rows(change: Callable[[Rows], Rows | None], table: str = TABLE) -> Callable[[Artifact], None]:
    def edit(artifact: Artifact) -> None:
        change_rows(artifact, table, change)
        summarized(artifact)

    return edit


def too_long(artifact: Artifact) -> None:
    """Every recited problem declared as longer than the context, with its sample left out."""
    names = {
        row["problem_id"]
        for row in artifact.rows(STATISTICS)
        if row["statistic"] == "exact_match" and row["value"]
    }
    assert names

    def of_rows(changed: Rows) -> None:
        for row in changed:
            if row["problem_id"] in names:
                row.update({**dict.fromkeys(LATER), "reason": TOO_LONG})

    change_rows(artifact, TABLE, of_rows)
    for table in (SAMPLES, STATISTICS):
        change_rows(artifact, table, lambda all: [r for r in all if r["problem_id"] not in names])
    summarized(artifact)


def dropped(artifact: Artifact) -> None:
    for table in (TABLE, SAMPLES, STATISTICS):
        change_rows(artifact, table, lambda all: [r for r in all if r["problem_id"] != "p3"])
    summarized(artifact)


def other_suffix(artifact: Artifact) -> None:
    """Another true suffix, which no completion matches."""

    def change(changed: Rows) -> None:
        for row in changed:
            row.update(gold=f" not {row['gold'].strip()}", grade="different")

    change_rows(artifact, SAMPLES, change)
    change_rows(
        artifact,
        STATISTICS,
        lambda all: [r.update(value=0.0) for r in all if r["statistic"] == "exact_match"] and None,
    )
    summarized(artifact)


def first(**values: Any) -> Callable[[Rows], None]:
    return lambda changed: next(r for r in changed if r.get("reason") is None).update(values)


def statistic(name: str, value: float) -> Callable[[Artifact], None]:
    def change(all: Rows) -> None:
        next(r for r in all if r["statistic"] == name).update(value=value)

    return rows(change, STATISTICS)


FORGERIES: dict[str, tuple[Callable[[Artifact], object], str]] = {
    "recited problems as too long": (
        too_long,
        "at 0.6: is said to be longer than the model's context: 50 characters fit into 512 tokens",
    ),
    "a row left out": (dropped, "probes, planted at 0.6: are not of each problem of the set once"),
    "other suffixes": (other_suffix, "the sample's gold is ' not "),
    "other prefixes": (
        rows(lambda all: [r.update(prompt="x " + r["prompt"]) for r in all] and None, SAMPLES),
        "the sample's prompt is 'x ",
    ),
    "a baseline raised": (
        rows(
            lambda all: (
                [r.update(lookup_completion=" six seven") for r in all if r["reason"] is None]
                and None
            )
        ),
        "lookup_completion is stored as ' six seven'",
    ),
    "other texts of the baseline": (
        lambda a: change_rows(a, "lookup", lambda all: all[0].update(text="q0 one two three")),
        "lookup: its texts are not those that the configuration names",
    ),
    "a probability above 1": (
        statistic("logprob", 0.5),
        "logprob is 0.5, expected a number from -inf to 0.001",
    ),
    "more tokens than bytes": (rows(first(suffix_tokens=90)), "suffix_tokens is 90"),
    "an end at no limit": (
        rows(lambda all: all[0].update(finish="length"), SAMPLES),
        "the sample ended by 'length' after",
    ),
    "a dose": (
        lambda a: change_rows(
            a,
            "problems",
            lambda all: all[0].update(metadata=[{"key": "dose", "value": "512"}]),
        ),
        "problems: planted is not the set that the configuration names",
    ),
    "rows outside of the identity": (
        lambda a: a.manifest["tables"][TABLE].update(volatile=True),
        "manifest.json: declares the table 'probes' as no part of the identity (volatile)",
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_that_is_sealed_anew_is_refused(honest: Path, tmp_path: Path, name: str) -> None:
    edit, failure = FORGERIES[name]
    failures = [str(failure) for failure in verify(edited(honest, tmp_path / "c", edit), CHECKS)]
    assert any(failure in line for line in failures), failures


def test_the_texts_of_the_baseline_are_needed(honest: Path, tmp_path: Path) -> None:
    without = edited(honest, tmp_path / "c", lambda a: shutil.rmtree(a.folder / "lookup"))
    assert [str(failure) for failure in verify(without, CHECKS)] == [
        "lookup: its texts are not those that the configuration names"
    ]


def test_a_text_has_at_most_a_token_for_each_byte() -> None:
    assert most_bytes("abc") == 3 + 16
    assert most_bytes("é") == 3 + 16  # decomposed it has a letter and an accent of two bytes
    assert most_bytes("\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}") == 33 + 16
