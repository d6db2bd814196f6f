"""A whole run on a random checkpoint: stopped anywhere it continues, and its report can be rebuilt."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from clean_bench.artifacts import Artifact, verify
from clean_bench.pipeline.recipe import Recipe, parse
from clean_bench.pipeline.run import run
from clean_bench.pipeline.verifiers import verifiers
from generators.sets import generate, master_seed
from leaderboards.data import Contrast, RunReport

RECIPE = """
title = "a small run"
checkpoint = "{checkpoint}"
benchmark = "{folder}/known"
twin = "{folder}/other"
seeds = [1, 2]
data = {{family = "word-problems", steps = "1-2", count = 8}}
fresh = {{family = "word-problems", steps = "1-2", count = 6}}
score = {{samples = 2, max_tokens = 6}}
train = {{steps = 2, prompts = 2, rollouts = 2, updates = 2, max_tokens = 6, checkpoint_every = 1}}
arms = [{{name = "truth", reward = "truth"}}, {{name = "python", reward = "python"}}]
"""


@contextmanager
def quiet(what: str, total: int | None) -> Iterator[Callable[..., None]]:
    yield lambda n=1, note="": None


@pytest.fixture(scope="module")
def recipe(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    folder = tmp_path_factory.mktemp("sets")
    for name in ("known", "other"):
        generate(
            "word-problems", (1, 2), 6, master=master_seed(seed=name), origin={"seed": name},
            out=folder / name,
        )  # fmt: skip
    return parse(RECIPE.format(checkpoint=tiny_checkpoint, folder=folder), "small.toml")


@pytest.fixture(scope="module")
def whole(recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    return run(recipe, tmp_path_factory.mktemp("whole") / "run", quiet)


def files_that_matter(folder: Path) -> dict[str, bytes]:
    return {
        name: (folder / name).read_bytes() for name in ("index.html", "report.json", "table.md")
    }


def test_stopped_at_every_phase_it_ends_the_same(
    recipe: Recipe, whole: Artifact, tmp_path: Path
) -> None:
    class Stopped(Exception):
        pass

    starts, finished, allowed = 0, None, 0

    @contextmanager
    def stopping(what: str, total: int | None) -> Iterator[Callable[..., None]]:
        nonlocal starts
        starts += 1
        if starts > allowed:
            raise Stopped
        yield lambda n=1, note="": None

    while finished is None:
        starts, allowed = 0, allowed + 1
        assert allowed < 60
        try:
            finished = run(recipe, tmp_path / "run", stopping)
        except Stopped:
            continue
    assert allowed > 10
    assert finished.manifest["identity_sha256"] == whole.manifest["identity_sha256"]
    assert files_that_matter(finished.folder) == files_that_matter(whole.folder)


def test_everything_holds_and_an_edit_shows(whole: Artifact) -> None:
    assert verify(whole.folder, verifiers()) == []
    page = whole.folder / "index.html"
    before = page.read_bytes()
    page.write_bytes(before + b" ")
    [failure] = verify(whole.folder, verifiers())
    assert failure.where == "index.html"
    page.write_bytes(before)
    inner = next((whole.folder / "arms").glob("*/rollouts/*.parquet"))
    kept = inner.read_bytes()
    inner.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    failures = verify(whole.folder, verifiers())
    inner.write_bytes(kept)
    assert any(inner.relative_to(whole.folder).as_posix() in failure.where for failure in failures)
    assert verify(whole.folder, verifiers()) == []


def test_the_reports_gains_are_those_of_the_stored_rows(whole: Artifact) -> None:
    """By pandas-free arithmetic of its own: mean after minus mean before, over seeds and samples."""
    report = RunReport.from_json(json.loads((whole.folder / "report.json").read_bytes()))

    def accuracy(label: str, name: str) -> float:
        rows = [
            row
            for path in (whole.folder / "scores" / label / "completions").glob("*.parquet")
            for row in pq.read_table(path).to_pylist()
            if row["set"] == name and row["mode"] == "sample"
        ]
        assert len(rows) == 12
        return float(np.mean([row["verdict"] == "equal" for row in rows]))

    for arm in report.arms:
        gains = {}
        for shown in ("known", "other", "fresh"):
            score = arm.score(shown)
            assert score is not None
            after = np.mean([accuracy(f"{arm.name}-{seed}", shown) for seed in (1, 2)])
            gains[shown] = after - accuracy("base", shown)
            assert score.gain.value == pytest.approx(gains[shown])
            assert score.before.value == pytest.approx(accuracy("base", shown))
            assert score.gain.low <= score.gain.value <= score.gain.high
        found = arm.contrast(Contrast.PLANTED_MINUS_TWIN)
        assert found is not None
        assert found.estimate.value == pytest.approx(gains["known"] - gains["other"])
    assert {row.checkpoint for row in report.probe} == {"base", "truth", "python"}


def test_the_fresh_set_is_bound_to_every_checkpoint(whole: Artifact) -> None:
    bound = Artifact.load(whole.folder / "fresh").metadata["freshness"]["bound_to"]
    weights = {whole.config["base_weights_sha256"]} | {
        Artifact.load(folder).metadata["weights_sha256"]
        for folder in (whole.folder / "arms").iterdir()
    }
    assert sorted(weights) == bound
    assert len(bound) == 5
