"""Several seeds of the sampling, and the warning of completions that were cut off."""

from __future__ import annotations

from pathlib import Path
from statistics import stdev

import pytest
from scripted import Scripted, scored

from clean_bench.artifacts import verify
from clean_bench.results import Result, Results
from clean_bench.scoring.checks import check_scores
from clean_bench.scoring.cut_off import cut_off_warnings


def test_the_samples_of_a_seed_are_those_of_a_score_with_that_seed(tmp_path: Path) -> None:
    both = scored(tmp_path / "both", Scripted(), samples=4, seeds=(3, 8), repeat=2)
    assert verify(tmp_path / "both", {"scores": check_scores}) == []
    rows = [row for row in both.rows("samples") if row["mode"] == "sample"]
    assert len(rows) == 10 * 8
    results = Results.read(both).where(set="a", versus=None)
    means = []
    for number, seed in enumerate((3, 8)):
        alone = scored(tmp_path / str(seed), Scripted(), samples=4, seed=seed)
        expected = [row for row in alone.rows("samples") if row["mode"] == "sample"]
        got = [row for row in rows if row["index"] // 4 == number]
        assert [{**row, "index": row["index"] % 4} for row in got] == expected
        single = Results.read(alone).where(set="a", subset=None)
        for measure in ("avg@4", "pass@4", "maj@4"):
            row = results.where(measure=measure, subset=f"seed={seed}").one()
            assert row._replace(subset=None) == single.where(measure=measure).one()
        means.append(single.where(measure="avg@4").one().value)
    pooled = results.where(measure="avg@8", subset=None).one()
    assert pooled.value == pytest.approx(sum(means) / 2)
    assert means[0] != means[1]
    spread = results.where(measure="sd_over_seeds:avg@4").one()
    assert spread.value == pytest.approx(stdev(means)) and spread.n == 2
    assert not results.where(measure="pass@4", subset=None).one().value < pooled.value


def test_greedy_completions_are_decoded_once_for_all_seeds(tmp_path: Path) -> None:
    engine = Scripted()
    scored(tmp_path / "o", engine, samples=1, seeds=(1, 2, 3))
    assert sum("/greedy/" in request.key for request in engine.asked) == 10
    assert len({request.seed for request in engine.asked if "/sample/" in request.key}) == 30


def test_an_edited_seed_is_found(tmp_path: Path) -> None:
    artifact = scored(tmp_path / "o", Scripted(), samples=2, seeds=(1, 2))
    artifact.manifest["config"]["seeds"] = [2, 1]
    artifact.finish(artifact.metadata)
    found = [str(failure) for failure in verify(tmp_path / "o", {"scores": check_scores})]
    assert sum("has the seed" in failure for failure in found) == 40
    artifact.manifest["config"]["seeds"] = [1]
    artifact.finish(artifact.metadata)
    found = [str(failure) for failure in verify(tmp_path / "o", {"scores": check_scores})]
    assert any("expected None" in failure for failure in found)


def truncated(share: float, **columns: str) -> Result:
    return Result(set="math500", template="chat", measure="truncated", value=share, n=100)._replace(
        **columns
    )


def test_more_than_five_percent_cut_off_is_a_warning() -> None:
    rows = [
        truncated(0.23),
        truncated(0.05, template="raw"),
        truncated(0.051, template="boxed"),
        truncated(0.9, measure="no_answer"),
    ]
    first, second = cut_off_warnings(Results(rows), 512)
    assert first == (
        "math500, template chat: 23% of the completions were cut off at 512 tokens and mostly count as "
        "wrong; raise --max-tokens"
    )
    assert "template boxed: 5%" in second
    [line] = cut_off_warnings(Results(rows[:1]), 512, 4096)
    assert line.endswith("raise --max-tokens; the context of the checkpoint is 4096 tokens")


def test_a_warning_names_the_checkpoint_where_there_are_several() -> None:
    rows = [truncated(0.5, checkpoint=name) for name in ("base", "trained")]
    lines = list(cut_off_warnings(Results(rows), 8))
    assert [line.partition(":")[0] for line in lines] == ["base", "trained"]
    assert list(cut_off_warnings(Results([]), 8)) == []
