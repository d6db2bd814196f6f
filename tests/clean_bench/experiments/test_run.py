"""A whole run on a random checkpoint: stopped anywhere it continues, and its report can be rebuilt."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clean_bench.artifacts import Artifact, verify
from clean_bench.errors import UserError
from clean_bench.experiments.recipe import Recipe, parse
from clean_bench.experiments.run import run
from clean_bench.experiments.verify import verifiers
from generators.plan import master_seed
from generators.write import generate
from leaderboards.report_schema import Contrast, RunReport

RECIPE = """
title = "a small run"
checkpoint = "{checkpoint}"
benchmark = "{folder}/known"
twin = "{folder}/other"
seeds = [1, 2]
data = {{family = "word-problems", steps = "1-2", count = 8}}
fresh = {{family = "word-problems", steps = "1-2", count = 6}}
score = {{samples = 2, max_tokens = 6}}

[train]
steps = 2
learning_rate = 1e-3
prompts = 2
rollouts = 2
updates = 2
max_tokens = 6
checkpoint_every = 1

[[arms]]
name = "truth"
reward = "truth"

[[arms]]
name = "random"
reward = "random"

[[arms]]
name = "slow"
reward = "random"
set = {{learning_rate = 1e-5}}
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

    starts, finished, attempts = 0, None, 0

    @contextmanager
    def stopping(what: str, total: int | None) -> Iterator[Callable[..., None]]:
        nonlocal starts
        starts += 1
        if starts > 3:  # the two sets are always looked at; one phase more gets through
            raise Stopped
        yield lambda n=1, note="": None

    while finished is None:
        starts, attempts = 0, attempts + 1
        assert attempts < 60
        try:
            finished = run(recipe, tmp_path / "run", stopping)
        except Stopped:
            continue
    assert attempts > 10
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
    assert {row.checkpoint for row in report.probe} == {"base", "truth", "random", "slow"}


def test_the_fresh_set_is_bound_to_every_checkpoint(whole: Artifact) -> None:
    bound = Artifact.load(whole.folder / "fresh").metadata["freshness"]["bound_to"]
    weights = {whole.config["base_weights_sha256"]} | {
        Artifact.load(folder).metadata["weights_sha256"]
        for folder in (whole.folder / "arms").iterdir()
    }
    assert sorted(weights) == bound
    # A random model earns no true reward, so truth leaves the base's weights as they are.
    assert len(bound) == 5


def test_swapped_arms_show(whole: Artifact, tmp_path: Path) -> None:
    """Two arms exchanged with their scores, every manifest sealed anew: the bytes all hold."""
    copy = tmp_path / "run"
    shutil.copytree(whole.folder, copy)
    for part in ("arms", "scores", "probe"):
        (copy / part / "random-1").rename(copy / part / "kept")
        (copy / part / "slow-1").rename(copy / part / "random-1")
        (copy / part / "kept").rename(copy / part / "slow-1")
    artifact = Artifact.load(copy, "run")
    artifact.finish(artifact.metadata)
    failures = verify(copy, verifiers())
    assert {failure.where for failure in failures} == {"arms/random-1", "arms/slow-1"}
    assert "learning_rate" in failures[0].what


@pytest.mark.parametrize(
    ("part", "key", "value", "where"),
    [
        ("scores/base", "temperature", 0.5, "scores/base"),
        ("probe/random-2", "fractions", [0.6], "probe/random-2"),
        ("fresh", "split", "all", "fresh"),
        ("data", "count", 7, "data"),
        ("arms/truth-1", "clip_high", 0.3, "arms/truth-1"),
    ],
)
def test_a_part_made_otherwise_shows(
    whole: Artifact, tmp_path: Path, part: str, key: str, value: object, where: str
) -> None:
    """A configuration edited and every manifest sealed anew: the bytes all hold."""
    copy = tmp_path / "run"
    shutil.copytree(whole.folder, copy)
    inner = Artifact.load(copy / part)
    inner.manifest["config"][key] = value
    inner.finish(inner.metadata)
    artifact = Artifact.load(copy, "run")
    artifact.finish(artifact.metadata)
    failures = verify(copy, verifiers())
    assert any(failure.where == where and key in failure.what for failure in failures)


def test_rollouts_of_other_prompts_show(whole: Artifact, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(whole.folder, copy)
    arm = Artifact.load(copy / "arms" / "random-1")
    shard = arm.shards("rollouts")[0]
    table = pq.read_table(shard, partitioning=None)
    position = table.schema.get_field_index("problem_id")
    renamed = pa.array(["zzz"] * table.num_rows)
    arm.write("rollouts/00000", table.set_column(position, "problem_id", renamed))
    arm.finish(arm.metadata, volatile=["seconds"])
    artifact = Artifact.load(copy, "run")
    artifact.finish(artifact.metadata)
    assert {f.where for f in verify(copy, verifiers())} >= {"arms/random-1/rollouts"}


def test_scores_in_another_order_are_not_paired(whole: Artifact, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(whole.folder, copy)
    scores = Artifact.load(copy / "scores" / "slow-2")
    [shard] = scores.shards("completions")
    table = pq.read_table(shard, partitioning=None)
    scores.write("completions/00000", table.take(list(range(table.num_rows))[::-1]))
    scores.finish(scores.metadata)
    artifact = Artifact.load(copy, "run")
    artifact.finish(artifact.metadata)
    failures = verify(copy, verifiers())
    assert any("arm slow are not of the base's problems" in failure.what for failure in failures)


def test_a_benchmark_from_a_file_runs_to_its_report(tiny_checkpoint: Path, tmp_path: Path) -> None:
    file = tmp_path / "contest.jsonl"
    rows = [{"problem": f"What is {i} + 1?", "answer": str(i + 1), "level": 1} for i in range(5)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    text = RECIPE.format(checkpoint=tiny_checkpoint, folder=tmp_path)
    lines = [line for line in text.splitlines() if not line.startswith("twin")]
    text = "\n".join(lines).replace(f"{tmp_path}/known", f"mine={file}").replace("[1, 2]", "[1]")
    artifact = run(parse(text, "file.toml"), tmp_path / "run", quiet)
    assert verify(artifact.folder, verifiers()) == []
    report = RunReport.from_json(json.loads((artifact.folder / "report.json").read_bytes()))
    assert [(info.name, info.role) for info in report.sets] == [
        ("mine", "public"),
        ("fresh", "fresh"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('steps = "1-2", count = 6', 'steps = "0", count = 6', "steps = 0"),
        ('reward = "truth"', 'reward = "thruth"', "no reward named 'thruth'"),
        ("max_tokens = 6}", 'max_tokens = 6, template = "zz"}', "no template named 'zz'"),
        ("{folder}/other", "{folder}/known", "names of their own"),
        ("{checkpoint}", "{folder}/none", "no such checkpoint"),
    ],
)
def test_mistakes_end_before_anything_is_written(
    recipe: Recipe, tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in RECIPE
    folder = Path(recipe.benchmark).parent
    text = RECIPE.replace(old, new).format(checkpoint=recipe.checkpoint, folder=folder)
    with pytest.raises(UserError, match=message):
        run(parse(text, "bad.toml"), tmp_path / "run", quiet)
    assert not (tmp_path / "run").exists()
