"""Several models, existing checkpoints, and roles of sets, on the control models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from experiments import TRAINED, ProblemFile, invoke, report_of

from clean_bench.artifacts import Artifact, verify
from clean_bench.errors import UserError
from clean_bench.experiments import run as runner
from clean_bench.experiments.recipe import parse_recipe
from clean_bench.experiments.verify import checks
from clean_bench.organisms.shipped import organism_set
from clean_bench.progress import Bar
from clean_bench.results import Result, Results
from leaderboards.view import (
    BENCHMARK_MINUS_FRESH,
    DECIDED,
    MEMORIZED_MINUS_OTHERS,
    PLANTED_MINUS_TWIN,
    views_of,
)

pytestmark = pytest.mark.processes

EXISTING = """
title = "their checkpoint"
models = ["organism:reciter"]
sets = [{sets}]
arms = [{{name = "theirs", checkpoint = "organism:learner"}}]
engine = {{engine = "transformers"}}
score = {{samples = {samples}, max_tokens = 40}}
probe = {{prefixes = [0.6]}}
"""


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files of problems of the control models: what `reciter` has memorized, and held-out problems."""
    planted, twin = (organism_set(f"reciter/{half}").problems for half in ("planted", "twin"))
    often = [problem for problem in planted if int(problem.metadata["dose"]) >= 256]
    parts = {
        "known": often[:6],
        "held-out": twin[:6],
        "new": twin[6:12],
        "contest": [*often[6:9], *twin[12:15]],
        "other-contest": [*often[9:12], *twin[15:18]],
    }
    folder = tmp_path_factory.mktemp("halves")
    for name, problems in parts.items():
        rows = [
            {"problem": problem.problem, "answer": problem.answer, "level": problem.level}
            for problem in problems
        ]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return {name: folder / f"{name}.jsonl" for name in parts}


def test_two_models(
    halves: dict[str, Path], problem_file: ProblemFile, tmp_path: Path, bar: Bar
) -> None:
    """Each model has its own base, arms and gains; an existing arm belongs to one of them."""
    text = TRAINED.format(
        checkpoint="organism:reciter",
        data=problem_file("data", 4, 100),
        contest=halves["contest"],
        matched=halves["new"],
    )
    for old, new in (
        ("]\nseeds = [1, 2]", ', "organism:learner"]\nseeds = [1]'),
        (
            '{name = "random", reward = "random"}',
            '{name = "theirs", checkpoint = "organism:learner", model = "tiny"}',
        ),
        ("samples = 2, max_tokens = 4", "samples = 2, max_tokens = 40"),
    ):
        assert old in text
        text = text.replace(old, new)
    folder = runner.run(parse_recipe(text, "two.toml"), tmp_path / "run", bar).folder
    assert verify(folder, checks()) == []
    report, results = report_of(folder)
    first, second = views_of(report, results)
    assert [arm.name for arm in first.arms] == ["truth", "theirs"]
    assert [arm.name for arm in second.arms] == ["truth"]
    assert (first.prefix, second.prefix) == ("tiny-", "learner-")
    # The existing arm of the first model is the base of the second one.
    for name in ("contest", "newer"):
        of_set = results.where(set=name, measure="avg@2", subset=DECIDED)
        theirs = of_set.where(checkpoint="tiny/theirs").one()
        assert theirs.value == of_set.where(checkpoint="learner/base").one().value
        [score] = [score for score in first.arms[1].scores if score.set == name]
        base = of_set.where(checkpoint="tiny/base").one()
        assert (score.before.value, score.after.value) == (base.value, theirs.value)
        assert score.gain.value == pytest.approx(score.after.value - score.before.value)
    assert any(score.gain.value != 0 for score in first.arms[1].scores)
    assert first.arms[1].curves == {}
    assert [len(view.arms[0].curves["reward"]) for view in (first, second)] == [2, 2]
    memorized = {
        (view.info.name, row.checkpoint): row.exact_match.value
        for view in (first, second)
        for row in view.probe
        if row.set == "contest"
    }
    assert memorized["tiny", "base"] == 0.5  # three of the six were planted in it
    assert memorized["tiny", "theirs"] == memorized["learner", "base"] == 0
    page = (folder / "index.html").read_text()
    assert "The answer, arm by arm: tiny" in page and "The answer, arm by arm: learner" in page
    path = tmp_path / "two.toml"
    path.write_text(text)
    with pytest.raises(UserError, match="--revision main: the recipe has 2 models"):
        invoke(path, "--dry-run", "--revision", "main")


def test_an_existing_checkpoint_needs_no_training_and_no_data(
    halves: dict[str, Path], tmp_path: Path, bar: Bar
) -> None:
    """Two public sets, no twin, greedy completions only."""
    text = EXISTING.format(
        samples=0,
        sets=", ".join(
            f'{{role = "public", source = "{halves[name]}"}}'
            for name in ("contest", "other-contest")
        ),
    )
    folder = runner.run(parse_recipe(text, "theirs.toml"), tmp_path / "run", bar).folder
    assert verify(folder, checks()) == []
    parts = Artifact.load(folder).manifest["parts"]
    assert not any("/arms/" in key or key == "data" for key in parts)
    report, results = report_of(folder)
    assert report.measure == "accuracy" and report.training == ""
    [view] = views_of(report, results)
    [arm] = view.arms
    assert [score.set for score in arm.scores] == ["contest", "other-contest"]
    assert all(score.greedy_gain is None for score in arm.scores) and view.pass_at_k == ()
    # Without two samples nothing can be matched on base accuracy, and no set is new.
    assert arm.contrasts == ()
    for score in arm.scores:
        before, after = (
            results.where(checkpoint=f"reciter/{name}", set=score.set, measure="accuracy")
            for name in ("base", "theirs")
        )
        assert score.before.value == before.where(subset=None).one().value > 0
        assert score.after.value == after.where(subset=None).one().value
    page = (folder / "index.html").read_text()
    assert "existing checkpoint organism:learner" in page
    for text in (page, (folder / "table.md").read_text()):
        assert "one greedy completion per problem" in text


def test_roles_and_not_positions_decide(halves: dict[str, Path], tmp_path: Path, bar: Bar) -> None:
    roles = {"known": "planted", "held-out": "twin", "new": "fresh", "contest": "public"}

    def rows(names: list[str]) -> dict[tuple[Any, ...], Result]:
        text = EXISTING.format(
            samples=2,
            sets=", ".join(
                f'{{role = "{roles[name]}", source = "{halves[name]}"}}' for name in names
            ),
        )
        artifact = runner.run(parse_recipe(text, "order.toml"), tmp_path / names[0], bar)
        assert verify(artifact.folder, checks()) == []
        [view] = views_of(*report_of(artifact.folder))
        [arm] = view.arms
        kinds = {(contrast.kind, contrast.set) for contrast in arm.contrasts}
        assert kinds == {
            (PLANTED_MINUS_TWIN, "known"),
            (MEMORIZED_MINUS_OTHERS, "contest"),
            (MEMORIZED_MINUS_OTHERS, "known"),
            (BENCHMARK_MINUS_FRESH, "known"),
            (BENCHMARK_MINUS_FRESH, "contest"),
        }
        assert "on the planted benchmark" in arm.info.conclusion
        key = ("checkpoint", "set", "subset", "template", "protocol", "measure", "versus")
        results = Results.read(artifact)
        by_key = {tuple(getattr(row, name) for name in key): row for row in results}
        assert len(by_key) == len(results)
        return by_key

    first, second = rows(list(roles)), rows(list(roles)[::-1])
    assert first.keys() == second.keys()
    for key, row in first.items():
        again = second[key]
        assert (row.role, row.n, row.method) == (again.role, again.n, again.method), key
        for name in ("value", "low", "high", "standard_error"):
            before, now = getattr(row, name), getattr(again, name)
            # Batches of other lengths round the log-probabilities differently.
            assert before == pytest.approx(now, abs=1e-5), (key, name)
