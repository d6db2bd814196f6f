"""A whole run on a random checkpoint: stopped anywhere it resumes, and its report can be rebuilt."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clean_bench.artifacts import Artifact, Failure, verify
from clean_bench.errors import UserError
from clean_bench.experiments.recipe import Recipe, parse_recipe
from clean_bench.experiments.run import run
from clean_bench.experiments.verify import checks
from clean_bench.progress import Bar, Progress
from clean_bench.results import Results
from generators.set_plan import master_seed
from generators.write import generate
from leaderboards.page import without_times
from leaderboards.report_schema import RunReport
from leaderboards.view import PLANTED_MINUS_TWIN, views_of

pytestmark = pytest.mark.processes

RECIPE = """
title = "a small run"
models = [{{name = "tiny", checkpoint = "{checkpoint}"}}]
seeds = [1, 2]
data = {{family = "word-problems", steps = "1-2", count = 8}}
score = {{samples = 2, max_tokens = 6}}
engine = {{engine = "transformers"}}
sets = [
    {{role = "planted", source = "{folder}/known"}},
    {{role = "twin", source = "{folder}/other"}},
    {{role = "fresh", family = "word-problems", steps = "1-2", count = 6}},
]

[train]
steps = 2
learning_rate = 1e-3
prompts_per_step = 2
group_size = 2
minibatches = 2
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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sets")
    for name in ("known", "other"):
        generate(
            "word-problems", (1, 2), 6, master=master_seed(seed=name), origin={"seed": name},
            out=folder / name,
        )  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def recipe(tiny_checkpoint: Path, folder: Path) -> Recipe:
    return parse_recipe(RECIPE.format(checkpoint=tiny_checkpoint, folder=folder), "small.toml")


@pytest.fixture(scope="module")
def whole(recipe: Recipe, tmp_path_factory: pytest.TempPathFactory, bar: Bar) -> Artifact:
    return run(recipe, tmp_path_factory.mktemp("whole") / "run", bar)


def report_files(folder: Path) -> dict[str, bytes]:
    """The files of the report; the page without its times, which differ between equal runs."""
    return {
        "index.html": without_times((folder / "index.html").read_text("utf-8")).encode(),
        **{
            name: (folder / name).read_bytes()
            for name in ("report.json", "table.md", "results/00000.parquet")
        },
    }


def reseal(folder: Path) -> list[Failure]:
    """The failures of a run whose outer manifest is written anew: the bytes all hold."""
    artifact = Artifact.load(folder, "run")
    artifact.finish(artifact.metadata, volatile=["results"])
    return verify(folder, checks())


def test_stopped_at_every_stage_it_ends_the_same(
    recipe: Recipe, whole: Artifact, tmp_path: Path, bar: Bar
) -> None:
    class Stopped(Exception):
        pass

    started, finished, attempts = 0, None, 0

    @contextmanager
    def stopping(description: str, total: int | None) -> Iterator[Progress]:
        nonlocal started
        started += 1
        if started > 1:
            raise Stopped
        with bar(description, total) as progress:
            yield progress

    while finished is None:
        started, attempts = 0, attempts + 1
        assert attempts < 60
        try:
            finished = run(recipe, tmp_path / "run", stopping)
        except Stopped:
            continue
    # Two generated sets, six trainings, seven scores, seven probes, the report.
    assert attempts == 23
    assert finished.manifest["identity_sha256"] == whole.manifest["identity_sha256"]
    assert report_files(finished.folder) == report_files(whole.folder)


def test_a_finished_run_computes_nothing(recipe: Recipe, whole: Artifact) -> None:
    @contextmanager
    def no_task(description: str, total: int | None) -> Iterator[Progress]:
        pytest.fail(description)
        yield

    assert run(recipe, whole.folder, no_task).manifest == whole.manifest


def test_everything_holds_and_an_edit_shows(whole: Artifact) -> None:
    assert verify(whole.folder, checks()) == []
    inner = next((whole.folder / "tiny/arms").glob("*/rollouts/*.parquet"))
    sample = next((whole.folder / "tiny/scores").glob("*/samples/*.parquet"))
    results = whole.folder / "results/00000.parquet"
    files = [whole.folder / "index.html", whole.folder / "report.json", inner, sample, results]
    for path in files:
        before = path.read_bytes()
        path.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        failures = verify(whole.folder, checks())
        path.write_bytes(before)
        name = path.relative_to(whole.folder).as_posix()
        assert any(name in failure.where for failure in failures), name
    assert verify(whole.folder, checks()) == []


@pytest.mark.parametrize("name", ["report.json", "table.md", "index.html"])
def test_an_edited_report_that_is_sealed_anew_shows(
    whole: Artifact, tmp_path: Path, name: str
) -> None:
    copy = shutil.copytree(whole.folder, tmp_path / "run")
    text = (copy / name).read_text()
    assert "a small run" in text
    (copy / name).write_text(text.replace("a small run", "a large run"))
    assert [failure.where for failure in reseal(copy)] == [name]


def test_an_edited_estimate_that_is_sealed_anew_shows(whole: Artifact, tmp_path: Path) -> None:
    copy = shutil.copytree(whole.folder, tmp_path / "run")
    artifact = Artifact.load(copy, "run")
    rows = list(Results.read(artifact))
    number = next(i for i, row in enumerate(rows) if row.measure == "gain:avg@2")
    rows[number] = rows[number]._replace(value=0.5)
    Results(rows).write(artifact)
    [failure] = reseal(copy)
    assert failure.where == f"results row {number} ({rows[number].set}, gain:avg@2)"


def test_the_reports_gains_are_those_of_the_stored_samples(whole: Artifact) -> None:
    """By pandas-free arithmetic of its own: mean after minus mean before, over seeds and samples."""
    report = RunReport.from_json((whole.folder / "report.json").read_bytes())
    [view] = views_of(report, Results.read(whole))

    def accuracy(label: str, name: str) -> float:
        rows = [
            row
            for path in (whole.folder / "tiny/scores" / label / "samples").glob("*.parquet")
            for row in pq.read_table(path).to_pylist()
            if row["set"] == name and row["mode"] == "sample"
        ]
        assert len(rows) == 12
        return float(np.mean([row["grade"] == "equal" for row in rows]))

    assert [arm.name for arm in view.arms] == ["truth", "random", "slow"]
    for arm in view.arms:
        gains = {}
        for name in ("known", "other", "fresh"):
            score = arm.score(name)
            assert score is not None
            after = np.mean([accuracy(f"{arm.name}-{seed}", name) for seed in (1, 2)])
            gains[name] = after - accuracy("base", name)
            assert score.gain.value == pytest.approx(gains[name])
            assert score.before.value == pytest.approx(accuracy("base", name))
            assert score.gain.low <= score.gain.value <= score.gain.high
        contrast = arm.contrast(PLANTED_MINUS_TWIN, "known")
        assert contrast is not None
        assert contrast.estimate.value == pytest.approx(gains["known"] - gains["other"])
        assert len(arm.curves["reward"]) == 2
    assert {row.checkpoint for row in view.probe} == {"base", "truth", "random", "slow"}


def test_the_fresh_set_is_bound_to_every_checkpoint(whole: Artifact) -> None:
    bound = Artifact.load(whole.folder / "sets/2-fresh").metadata["freshness"]["bound_to"]
    weights = {whole.config["checkpoints"]["tiny/base"]} | {
        Artifact.load(folder).metadata["weights_sha256"]
        for folder in (whole.folder / "tiny/arms").iterdir()
    }
    assert sorted(weights) == bound
    # A random model earns no true reward, so truth leaves the base's weights as they are.
    assert len(bound) == 5


def test_swapped_arms_show(whole: Artifact, tmp_path: Path) -> None:
    """Two arms exchanged with their scores, every manifest sealed anew: the bytes all hold."""
    copy = shutil.copytree(whole.folder, tmp_path / "run")
    for part in ("arms", "scores", "probe"):
        (copy / "tiny" / part / "random-1").rename(copy / "tiny" / part / "kept")
        (copy / "tiny" / part / "slow-1").rename(copy / "tiny" / part / "random-1")
        (copy / "tiny" / part / "kept").rename(copy / "tiny" / part / "slow-1")
    failures = reseal(copy)
    assert {failure.where for failure in failures} == {
        f"tiny/{part}/{label}"
        for part in ("arms", "scores", "probe")
        for label in ("random-1", "slow-1")
    }
    assert "learning_rate" in failures[0].what


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("tiny/scores/base", "temperature", 0.5),
        ("tiny/probe/random-2", "fractions", [0.6]),
        ("sets/2-fresh", "split", "all"),
        ("data", "count", 7),
        ("tiny/arms/truth-1", "clip_high", 0.3),
    ],
)
def test_a_part_made_otherwise_shows(
    whole: Artifact, tmp_path: Path, part: str, key: str, value: object
) -> None:
    """A configuration edited and every manifest sealed anew: the bytes all hold."""
    copy = shutil.copytree(whole.folder, tmp_path / "run")
    inner = Artifact.load(copy / part)
    inner.manifest["config"][key] = value
    inner.finish(inner.metadata)
    failures = reseal(copy)
    assert any(failure.where == part and key in failure.what for failure in failures)


def test_scores_of_another_engine_show(whole: Artifact, tmp_path: Path) -> None:
    copy = shutil.copytree(whole.folder, tmp_path / "run")
    inner = Artifact.load(copy / "tiny/scores/slow-2")
    inner.manifest["config"]["engine"]["dtype"] = "bfloat16"
    inner.finish(inner.metadata)
    failures = reseal(copy)
    assert any(f.where == "tiny/scores/slow-2" and "bfloat16" in f.what for f in failures)


def test_rollouts_of_other_prompts_show(whole: Artifact, tmp_path: Path) -> None:
    copy = shutil.copytree(whole.folder, tmp_path / "run")
    arm = Artifact.load(copy / "tiny/arms/random-1")
    shard = arm.shards("rollouts")[0]
    table = pq.read_table(shard, partitioning=None)
    position = table.schema.get_field_index("problem_id")
    renamed = pa.array(["zzz"] * table.num_rows)
    arm.write("rollouts/00000", table.set_column(position, "problem_id", renamed))
    arm.finish(arm.metadata, volatile=["seconds"])
    assert {failure.where for failure in reseal(copy)} >= {"tiny/arms/random-1/rollouts"}


def test_scores_in_another_order_are_not_paired(whole: Artifact, tmp_path: Path) -> None:
    copy = shutil.copytree(whole.folder, tmp_path / "run")
    scores = Artifact.load(copy / "tiny/scores/slow-2")
    [shard] = scores.shards("samples")
    table = pq.read_table(shard, partitioning=None)
    scores.write("samples/00000", table.take(list(range(table.num_rows))[::-1]))
    scores.finish(scores.metadata)
    failures = reseal(copy)
    assert any("arm slow on the base's problems in their order" in f.what for f in failures)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('steps = "1-2", count = 6', 'steps = "0", count = 6', "steps = 0"),
        ('reward = "truth"', 'reward = "thruth"', "no reward named 'thruth'"),
        (
            'reward = "truth"',
            'reward = "majority"',
            "arm truth: the reward majority needs labels",
        ),
        ("max_tokens = 6}}", 'max_tokens = 6, templates = "zz"}}', "no template named 'zz'"),
        ("1e-5}}", '1e-5, template = "zz"}}', "no template named 'zz'"),
        ("{folder}/other", "{folder}/known", "sets: expected different names, got known, known"),
        ("{checkpoint}", "{folder}/none", "expected a checkpoint folder, a hub name"),
        ("{folder}/other", "{folder}/none", "no such file or folder"),
        ('engine = "transformers"', 'engine = "trtllm"', "--engine trtllm: expected one of"),
    ],
)
def test_mistakes_end_before_anything_is_written(
    tiny_checkpoint: Path, folder: Path, tmp_path: Path, bar: Bar, old: str, new: str, message: str
) -> None:
    assert old in RECIPE
    text = RECIPE.replace(old, new).format(checkpoint=tiny_checkpoint, folder=folder)
    with pytest.raises(UserError, match=message):
        run(parse_recipe(text, "bad.toml"), tmp_path / "run", bar)
    assert not (tmp_path / "run").exists()
