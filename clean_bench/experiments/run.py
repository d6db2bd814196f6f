"""`clean-bench run`: a recipe from its training data to its report.

The plan (`clean_bench.experiments.plan`) names every stage and its folder. Each folder is an artifact
that resumes by itself, so the whole run does: finished stages are skipped. Generated sets are drawn
after the last training step and bound to every checkpoint: no training can have used them, and nobody
chose them.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

from clean_bench import prompts
from clean_bench.artifacts import Artifact
from clean_bench.artifacts.manifest import canonical
from clean_bench.checkpoints import Checkpoint, resolve
from clean_bench.engines.base import Engine
from clean_bench.engines.open import open_engine
from clean_bench.errors import UserError
from clean_bench.experiments.plan import (
    DATA,
    Stage,
    Subject,
    expand,
    load_sets,
    named_set,
    set_keys,
    subjects_of,
)
from clean_bench.experiments.recipe import DataRecipe, Recipe
from clean_bench.experiments.report import build_report
from clean_bench.probing.run import count_rows, probe
from clean_bench.problems import ProblemSet, check_sets, load_folder, load_problems, write_folder
from clean_bench.progress import Bar
from clean_bench.results import TABLE as RESULTS
from clean_bench.scoring.requests import count_requests
from clean_bench.scoring.run import score
from generators.plan import master_seed, parse_steps
from generators.registry import family
from generators.write import generate
from leaderboards import page, table
from trainers.rewards import reward_named
from trainers.train import train

KIND = "run"
CHECKPOINT = "checkpoint"
log = logging.getLogger(__name__)


def run(recipe: Recipe, out: str | Path, bar: Bar) -> Artifact:
    """Run a recipe, or resume it.

    Args:
        bar: begins a task from its description and its number of units.

    Raises:
        UserError: for anything the recipe names that does not exist, before anything is computed.
    """
    sets = check(recipe)
    checkpoints = {
        subject.name: _existing(subject)
        for subject in subjects_of(recipe)
        if subject.training_key is None
    }
    config = {
        "recipe": recipe.model_dump(mode="json"),
        "checkpoints": {
            name: checkpoint.weights_sha256 for name, checkpoint in checkpoints.items()
        },
        "sets": {problems.name: problems.content_sha256 for problems in sets},
    }
    artifact = Artifact.open(out, KIND, config)
    with artifact:
        if not artifact.finished:
            runner = _Runner(recipe, artifact.folder, checkpoints, bar)
            runner.run(expand(recipe))
            with bar("writing the report", 1) as progress:
                _write_report(artifact, recipe)
                progress.advance()
    return artifact


def check(recipe: Recipe) -> list[ProblemSet]:
    """Check whatever can be checked without loading a model.

    Returns:
        the sets that are not generated.

    Raises:
        UserError: naming what is wrong.
    """
    for data in (recipe.data, *recipe.sets):
        if data is not None and data.family is not None:
            parse_steps(data.steps or "", family(data.family).tiers, "recipe: steps =")
    prompts.check_template(recipe.train.get("template", prompts.AUTO))
    for arm in recipe.arms:
        if arm.reward:
            reward_named(arm.reward)
            for seed in recipe.seeds:
                recipe.arm_config(arm, seed)
    for subject in subjects_of(recipe):
        if subject.training_key is None:
            _existing(subject)
    sets = [named_set(entry, load_problems(entry.source)) for entry in recipe.sets if entry.source]
    names = [problems.name for problems in sets]
    names += [entry.name or entry.role for entry in recipe.sets if entry.generated]
    if len(set(names)) < len(names):
        raise UserError(
            f"recipe: sets: expected different names, got {', '.join(names)}; set name ="
        )
    if sets:
        check_sets(sets)
    for problems in sets:
        problems.require_answers()
    if recipe.data is not None and recipe.data.source:
        training = load_problems(recipe.data.source)
        check_sets([training])
        training.require_answers()
    return sets


def _existing(subject: Subject) -> Checkpoint:
    """A checkpoint that the run does not train, under its name in the results."""
    if subject.arm is None:
        checkpoint = resolve(subject.model.checkpoint, subject.model.revision)
    else:
        checkpoint = resolve(subject.arm.checkpoint or "")
    return replace(checkpoint, name=subject.name)


class _Runner:
    def __init__(
        self, recipe: Recipe, folder: Path, checkpoints: Mapping[str, Checkpoint], bar: Bar
    ) -> None:
        self._recipe, self._folder, self._bar = recipe, folder, bar
        self._checkpoints = dict(checkpoints)

    def run(self, stages: list[Stage]) -> None:
        """Run the stages that are not finished; scoring and probing share one engine."""
        for subject, group in groupby(stages, lambda stage: _measured(stage)):
            left = []
            for stage in group:
                if Artifact.is_finished(self._folder / stage.key):
                    log.info("%s is finished", stage.key)
                else:
                    left.append(stage)
            if not left:
                continue
            if subject is None:
                for stage in left:
                    self._prepare(stage)
            else:
                self._measure(subject, left)

    def checkpoint(self, subject: Subject) -> Checkpoint:
        """The checkpoint of a subject, under its name in the results."""
        if subject.name not in self._checkpoints:
            folder = self._folder / str(subject.training_key) / CHECKPOINT
            self._checkpoints[subject.name] = Checkpoint(
                subject.name, folder, base=subject.model.checkpoint
            )
        return self._checkpoints[subject.name]

    def _prepare(self, stage: Stage) -> None:
        recipe = self._recipe
        if stage.kind == "data":
            assert recipe.data is not None
            self._draw_or_copy(recipe.data, stage, ProblemSet(DATA, (), role="train"))
        elif stage.kind == "set":
            entry = next(entry for entry, key in set_keys(recipe) if key == stage.key)
            name = entry.name or entry.source or entry.role
            self._draw_or_copy(entry, stage, ProblemSet(name, (), role=entry.role))
        else:
            self._train(stage)

    def _draw_or_copy(self, data: DataRecipe, stage: Stage, like: ProblemSet) -> None:
        """Write a problem set: a copy of its source, or a generated one.

        Training data comes from the split `train`, a scored set from the split `eval` under a master
        seed that is bound to every checkpoint of the run.
        """
        out = self._folder / stage.key
        if data.source is not None:
            source = load_problems(data.source)
            copy = ProblemSet(like.name, source.problems, source.about, like.role)
            write_folder(out, copy, {"source": data.source})
            return
        training = stage.kind == "data"
        origin: dict[str, Any] = {"seed": "clean-bench run: training data"}
        if training:
            master = master_seed(seed=origin["seed"])
        else:
            hashes = {self.checkpoint(s).weights_sha256 for s in subjects_of(self._recipe)}
            origin = {"bind": sorted(hashes)}
            master = master_seed(bind=origin["bind"])
        assert data.family is not None and data.steps is not None and data.count is not None
        with self._bar(f"drawing {stage.key}", data.count) as progress:
            generate(
                data.family,
                parse_steps(data.steps, family(data.family).tiers),
                data.count,
                master=master,
                origin=origin,
                out=out,
                split="train" if training else "eval",
                progress=progress.advance,
            )

    def _train(self, stage: Stage) -> None:
        subject = stage.subject
        assert subject is not None and subject.arm is not None and subject.seed is not None
        config = self._recipe.arm_config(subject.arm, subject.seed)
        base = self.checkpoint(Subject(subject.model))
        with self._bar(f"training {subject.name}", config.steps) as progress:
            train(
                base,
                load_folder(self._folder / DATA),
                config,
                self._folder / stage.key,
                engine=self._recipe.engine,
                progress=lambda step, metrics: progress.move_to(
                    step, f"reward {metrics['reward']:.2f}"
                ),
            )

    def _measure(self, subject: Subject, stages: list[Stage]) -> None:
        checkpoint = self.checkpoint(subject)
        sets = load_sets(self._recipe, self._folder)
        with closing(open_engine(checkpoint, self._recipe.engine)) as engine:
            for stage in stages:
                measure = self._score if stage.kind == "scores" else self._probe
                measure(stage, engine, sets, checkpoint)

    def _score(
        self, stage: Stage, engine: Engine, sets: list[ProblemSet], checkpoint: Checkpoint
    ) -> None:
        config = self._recipe.score
        with self._bar(f"scoring {checkpoint.name}", count_requests(sets, config)) as progress:
            score(
                engine,
                sets,
                self._folder / stage.key,
                config,
                checkpoint=checkpoint,
                progress=progress.advance,
            )

    def _probe(
        self, stage: Stage, engine: Engine, sets: list[ProblemSet], checkpoint: Checkpoint
    ) -> None:
        prefixes = self._recipe.probe.prefixes
        with self._bar(f"probing {checkpoint.name}", count_rows(sets, prefixes)) as progress:
            probe(
                engine,
                sets,
                self._folder / stage.key,
                fractions=prefixes,
                checkpoint=checkpoint,
                progress=progress.advance,
            )


def _measured(stage: Stage) -> Subject | None:
    """The checkpoint whose engine a stage uses; stages of one checkpoint follow each other."""
    return stage.subject if stage.kind in ("scores", "probe") else None


def _write_report(artifact: Artifact, recipe: Recipe) -> None:
    """The report's files and the results from the stored samples, and the final manifest."""
    report = build_report(artifact.folder, recipe)
    artifact.write_file("report.json", canonical(report.context.model_dump(mode="json")))
    artifact.write_file("index.html", page.render(report.context, report.results).encode())
    artifact.write_file("table.md", table.markdown(report.context, report.results).encode())
    report.results.write(artifact)
    artifact.finish({"arms": [arm.name for arm in recipe.arms]}, volatile=[RESULTS])
