"""Arms of a recipe whose rewards need labels: checked before training, stored, and verified."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from forgeries import change_rows, edited, resealed

from clean_bench.artifacts import Artifact, verify
from clean_bench.errors import UserError
from clean_bench.experiments.recipe import Recipe, parse_recipe
from clean_bench.experiments.run import check_recipe, run
from clean_bench.experiments.verify import checks
from clean_bench.progress import Bar, Progress, silent
from trainers.labels import stored_labels

RECIPE = """
title = "labels"
models = [{{name = "tiny", checkpoint = "{checkpoint}"}}]
seeds = [1]
data = {{source = "{data}"}}
sets = [{{role = "public", name = "contest", source = "{contest}"}}]
engine = {{engine = "transformers"}}
score = {{samples = 1, max_tokens = 2}}
probe = {{prefixes = [0.6]}}

[train]
steps = 2
prompts_per_step = 2
group_size = 2
minibatches = 1
max_tokens = 2

[[arms]]
name = "voted"
reward = "majority"
labels = "{labels}"

[[arms]]
name = "wrong"
reward = "incorrect"
labels = "{labels}"

[[arms]]
name = "truth"
reward = "truth"
"""
Files = dict[str, Path]


@pytest.fixture(scope="module")
def files(
    tiny_checkpoint: Path,
    problem_file: Callable[..., Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Files:
    """The checkpoint, two sets, and labels of the training set: right for the problems 0 and 3."""
    data = problem_file("train", 5)
    rows = [json.loads(line) for line in data.read_text().splitlines()]
    labels = tmp_path_factory.mktemp("labels") / "labels.jsonl"
    text = "".join(
        json.dumps({"problem": r["problem"], "label": r["answer"] if i % 3 == 0 else "-1"}) + "\n"
        for i, r in enumerate(rows)
    )
    labels.write_text(text)
    contest = problem_file("contest", 3, 50)
    return {"checkpoint": tiny_checkpoint, "data": data, "contest": contest, "labels": labels}


@pytest.fixture(scope="module")
def recipe(files: Files) -> Recipe:
    return parse_recipe(RECIPE.format(**files), "labels.toml")


@pytest.fixture(scope="module")
def finished(recipe: Recipe, tmp_path_factory: pytest.TempPathFactory, bar: Bar) -> Artifact:
    return run(recipe, tmp_path_factory.mktemp("runs") / "run", bar)


@pytest.mark.processes
def test_arms_train_under_their_labels_and_the_run_verifies(finished: Artifact) -> None:
    assert verify(finished.folder, checks()) == []
    voted, wrong, truth = (
        Artifact.load(finished.folder / f"tiny/arms/{name}-1")
        for name in ("voted", "wrong", "truth")
    )
    assert set(finished.config["labels"]) == {"voted", "wrong"}
    for arm in (voted, wrong):
        assert arm.config["labels_sha256"] == finished.config["labels"]["voted"]
        assert [row["right"] for row in arm.rows("labels")] == [True, False, False, True, False]
    assert "labels_sha256" not in truth.config and not truth.shards("labels")
    problems = [row["id"] for row in voted.rows("problems")]
    assert len(problems) == 5
    # Under `incorrect` only problems with a wrong label take part.
    assert [row["id"] for row in wrong.rows("problems")] == [problems[i] for i in (1, 2, 4)]
    assert {row["problem_id"] for row in wrong.rows("rollouts")} <= {problems[i] for i in (1, 2, 4)}


@pytest.mark.processes
def test_the_same_recipe_again_trains_nothing(recipe: Recipe, finished: Artifact, bar: Bar) -> None:
    before = (finished.folder / "manifest.json").stat().st_mtime_ns
    run(recipe, finished.folder, bar)
    assert (finished.folder / "manifest.json").stat().st_mtime_ns == before


def _other_label(artifact: Artifact) -> None:
    arm = Artifact.load(artifact.folder / "tiny/arms/voted-1")
    change_rows(arm, "labels", lambda rows: rows[1].update(answer="-2"))


def _other_labels_throughout(artifact: Artifact) -> None:
    """Labels, and the hash in the configuration of the arm that follows from them."""
    _other_label(artifact)
    folder = artifact.folder / "tiny/arms/voted-1"
    arm = Artifact.load(folder)
    labels = stored_labels(arm)
    assert labels is not None
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["config"]["labels_sha256"] = labels.sha256
    (folder / "manifest.json").write_text(json.dumps(manifest))
    resealed(folder)


@pytest.mark.processes
@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (_other_label, "labels: are not the labels that the configuration names"),
        (_other_labels_throughout, "was not trained as the run says: labels_sha256 is "),
        (
            lambda artifact: artifact.manifest["config"].pop("labels"),
            "config: labels: expected those of the arms that the recipe gives some",
        ),
    ],
)
def test_other_labels_are_found(
    finished: Artifact, tmp_path: Path, edit: Callable[[Artifact], object], message: str
) -> None:
    failures = verify(edited(finished.folder, tmp_path / "forged", edit), checks())
    assert message in "\n".join(map(str, failures))


class Stopped(Exception):
    """Stands for a process that ends."""


@contextmanager
def stopping(text: str, units: int | None) -> Iterator[Progress]:
    if text.startswith("scoring"):
        raise Stopped
    with silent(text, units) as progress:
        yield progress


@pytest.mark.processes
def test_labels_that_change_before_a_resumption_are_named(
    recipe: Recipe, finished: Artifact, files: Files, tmp_path: Path, bar: Bar
) -> None:
    with pytest.raises(Stopped):
        run(recipe, tmp_path / "run", stopping)
    before = files["labels"].read_text()
    files["labels"].write_text(before.replace("-1", "-3"))
    try:
        with pytest.raises(
            UserError, match="its stage tiny/arms/voted-1 was made with another set of"
        ):
            run(recipe, tmp_path / "run", bar)
        with pytest.raises(UserError, match=r"was begun with labels\.voted = "):
            run(recipe, finished.folder, bar)
    finally:
        files["labels"].write_text(before)
    again = run(recipe, tmp_path / "run", bar)
    assert again.manifest["identity_sha256"] == finished.manifest["identity_sha256"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'reward = "truth"',
            'reward = "truth"\nlabels = "labels.jsonl"',
            "arm truth: --labels labels.jsonl: no such file or folder",
        ),
        (
            'reward = "majority"\nlabels = "{labels}"',
            'reward = "majority"',
            "arm voted: the reward majority needs labels, got none: set labels = to a folder of",
        ),
        (
            'reward = "truth"',
            'reward = "truth"\nlabels = "{labels}"',
            "arm truth: --labels: the reward truth uses no labels; leave them out",
        ),
        (
            'reward = "truth"',
            'reward = "truth"\nset = {{log_rewards = "majority"}}',
            "arm truth: the reward majority needs labels, got none",
        ),
    ],
)
def test_labels_that_do_not_fit_stop_the_run_before_training(
    files: Files, old: str, new: str, message: str
) -> None:
    assert old in RECIPE
    recipe = parse_recipe(RECIPE.replace(old, new).format(**files), "labels.toml")
    with pytest.raises(UserError, match=message) as refused:
        check_recipe(recipe)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'data = {{source = "{data}"}}',
            'data = {{family = "word-problems", steps = "1-2", count = 8}}',
            "data: expected a source, since the labels of the arm voted are of its problems",
        ),
        (
            'name = "truth"\nreward = "truth"',
            'name = "truth"\ncheckpoint = "c"\nlabels = "{labels}"',
            r"arms\.2: labels: an existing checkpoint is not trained here; leave it out",
        ),
        ("max_tokens = 2\n\n[[", "evaluate_every = 1\n\n[[", "a recipe has no sets to evaluate on"),
    ],
)
def test_recipes_that_cannot_be(files: Files, old: str, new: str, message: str) -> None:
    assert old in RECIPE
    with pytest.raises(UserError, match=message):
        parse_recipe(RECIPE.replace(old, new).format(**files), "labels.toml")
