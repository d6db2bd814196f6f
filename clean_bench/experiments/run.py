"""`clean-bench run`: a recipe from its training data to its report.

The plan (`clean_bench.experiments.plan`) names every stage and its folder. Each folder is an artifact
that resumes by itself, so the whole run does: finished stages are skipped. Generated sets are drawn
after the last training step and bound to every checkpoint: no training can have used them, and nobody
could choose them.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import groupby
from pathlib import Path
from typing import Any

from clean_bench import prompts
from clean_bench.artifacts import Artifact
from clean_bench.behaviors.run import analyze_behaviors
from clean_bench.checkpoints import Checkpoint
from clean_bench.engines.open import EngineConfig, open_engine, resolve_model
from clean_bench.engines.without_weights import WithoutWeights
from clean_bench.errors import UserError
from clean_bench.experiments.completions import completion_hashes, read_stage
from clean_bench.experiments.plan import (
    DATA,
    DATA_SEED,
    Stage,
    Subject,
    expand,
    set_keys,
    subjects_of,
)
from clean_bench.experiments.preflight import check_generated, check_prompts, load_arm_labels
from clean_bench.experiments.recipe import DataRecipe, Recipe
from clean_bench.experiments.report import build_report
from clean_bench.experiments.report_files import report_files
from clean_bench.experiments.results import has_behaviors
from clean_bench.experiments.run_facts import run_provenance
from clean_bench.experiments.sets import load_sets
from clean_bench.experiments.stage_settings import LABELS, require_same_stages
from clean_bench.extras import require
from clean_bench.probing.items import count_rows
from clean_bench.probing.run import probe
from clean_bench.problems import (
    ProblemSet,
    check_sets,
    load_folder,
    load_problems,
    write_folder,
)
from clean_bench.progress import Bar, phase
from clean_bench.results import TABLE as RESULTS
from clean_bench.scoring.config import ScoreConfig
from clean_bench.scoring.requests import check_count, count_requests
from clean_bench.scoring.run import score
from generators.competition.write import generate_matched
from generators.registry import family
from generators.set_plan import master_seed, parse_steps
from generators.write import generate
from trainers.config import CHECKPOINT
from trainers.labels import Labels

KIND = "run"
log = logging.getLogger(__name__)


def run(recipe: Recipe, out: str | Path, bar: Bar) -> Artifact:
    """Run a recipe, or resume it.

    Args:
        bar: begins a task from its description and its number of units.

    Raises:
        UserError: for anything the recipe names that does not exist, before anything is computed.
    """
    checked = check_recipe(recipe, tokenizers=not Artifact.is_finished(out))
    recipe = checked.recipe
    config = {
        "recipe": recipe.model_dump(mode="json"),
        "checkpoints": {
            name: checkpoint.weights_sha256 for name, checkpoint in checked.checkpoints.items()
        },
        **_file_hashes(checked.checkpoints),
        "sets": {problems.name: problems.content_sha256 for problems in checked.sets},
        "data": checked.data.content_sha256 if checked.data else None,
        "completions": completion_hashes(recipe),
        **_label_hashes(checked.labels),
    }
    provenance = run_provenance(checked.checkpoints)
    artifact = Artifact.open(
        out, KIND, config, provenance=provenance, replaces=partial(require_same_stages, out, config)
    )
    with artifact:
        if not artifact.finished:
            runner = _Runner(checked, artifact.folder, bar)
            runner.run(expand(recipe))
            with bar("writing the report", None):
                _write_report(artifact, recipe)
    return artifact


@dataclass(frozen=True)
class Checked:
    """A recipe whose sets all have names, and what it names that exists before the run.

    `sets` and `data` are the problems that are not generated, `checkpoints` those that are not trained,
    by their names in the results. `readers` are the tokenizers that the check has read.
    `labels` are those of the arms that have some, by the name of the arm.
    """

    recipe: Recipe
    sets: list[ProblemSet]
    data: ProblemSet | None
    checkpoints: Mapping[str, Checkpoint]
    readers: Mapping[str, WithoutWeights]
    labels: Mapping[str, Labels]


def check_recipe(recipe: Recipe, *, weights: bool = True, tokenizers: bool = True) -> Checked:
    """Check whatever can be checked without loading a model.

    Args:
        weights: whether the weights are needed; a plan downloads none.
        tokenizers: whether prompts are rendered with each tokenizer; a finished run needs none.

    Raises:
        UserError: naming what is wrong.
    """
    recipe.score.check()
    check_generated(recipe)
    if not all(subject.completions for subject in subjects_of(recipe)):
        recipe.engine.choice()
        _check_weights(recipe)
    if any(subject.training_key for subject in subjects_of(recipe)):
        require("torch", "transformers", needed_by="training")
    require("matplotlib", needed_by="the report")
    for arm in recipe.arms:
        if arm.reward:
            prompts.check_template(recipe.arm_config(arm, recipe.seeds[0]).template)
    checkpoints = {
        subject.name: _existing(subject, recipe.engine, weights)
        for subject in subjects_of(recipe)
        if subject.training_key is None and not subject.completions
    }
    entries, sets = [], []
    for entry in recipe.sets:
        name = entry.name or entry.role
        if entry.source is not None:
            problems = load_problems(entry.source).head(entry.limit)
            name = entry.name or problems.name
            sets.append(replace(problems, name=name, role=entry.role))
        entries.append(entry.model_copy(update={"name": name}))
    names = [str(entry.name) for entry in entries]
    if len(set(names)) < len(names):
        raise UserError(
            f"recipe: sets: expected different names, got {', '.join(names)}; set name ="
        )
    drawn = sum(entry.drawn for entry in recipe.sets if entry.generated)
    check_count((sum(map(len, sets)) + drawn) * len(recipe.score.templates), recipe.score)
    training = None
    if recipe.data is not None and recipe.data.source is not None:
        training = replace(load_problems(recipe.data.source), name=DATA, role="train")
    for problems in (*sets, *filter(None, [training])):
        check_sets([problems])
        problems.require_answers()
    recipe = recipe.model_copy(update={"sets": entries, "score": recipe.score.loaded(sets)})
    labels = load_arm_labels(recipe, training)
    readers = check_prompts(recipe, checkpoints, training) if tokenizers else {}
    return Checked(recipe, sets, training, checkpoints, readers, labels)


def _file_hashes(checkpoints: Mapping[str, Checkpoint]) -> dict[str, dict[str, str]]:
    """Hashes of the settings and of the tokenizer of each checkpoint, by kind and name."""
    hashes: dict[str, dict[str, str]] = {}
    for name, checkpoint in checkpoints.items():
        for kind, sha256 in checkpoint.file_hashes.items():
            hashes.setdefault(kind, {})[name] = sha256
    return hashes


def _label_hashes(labels: Mapping[str, Labels]) -> dict[str, dict[str, str]]:
    """The entry `labels` of the configuration: hashes by the name of the arm; none without labels."""
    hashes = {name: of_arm.sha256 for name, of_arm in labels.items()}
    return {LABELS: hashes} if hashes else {}


def _check_weights(recipe: Recipe) -> None:
    """Raise `UserError` for training and for sets bound to weights, where a server has the weights."""
    if any(arm.reward for arm in recipe.arms):
        recipe.engine.require_weights("an arm with a reward")
    for entry in recipe.sets:
        if entry.generated:
            recipe.engine.require_weights(
                f"the generated set {entry.label}, which is bound to every checkpoint,"
            )


def _existing(subject: Subject, engine: EngineConfig, weights: bool) -> Checkpoint:
    """A checkpoint that the run does not train, under its name in the results."""
    place = subject.arm or subject.model
    checkpoint = resolve_model(place.checkpoint or "", engine, place.revision, weights=weights)
    return replace(checkpoint, name=subject.name)


class _Runner:
    def __init__(self, checked: Checked, folder: Path, bar: Bar) -> None:
        self._recipe, self._folder, self._bar = checked.recipe, folder, bar
        self._checkpoints = dict(checked.checkpoints)
        self._data, self._labels = checked.data, checked.labels
        self._sources = {problems.name: problems for problems in checked.sets}

    def run(self, stages: list[Stage]) -> None:
        """Run the stages that are not finished; a checkpoint is opened once for both of its stages."""
        for subject, group in groupby(stages, _measured_subject):
            left = []
            for stage in group:
                if Artifact.is_finished(self._folder / stage.key):
                    log.info("%s is finished", stage.key)
                else:
                    left.append(stage)
            if subject is None:
                for stage in left:
                    self._prepare(stage)
            elif left:
                self._measure(subject, left)

    def _checkpoint(self, subject: Subject) -> Checkpoint:
        """The checkpoint of a subject, under its name in the results."""
        if subject.name not in self._checkpoints:
            folder = self._folder / str(subject.training_key) / CHECKPOINT
            self._checkpoints[subject.name] = Checkpoint(
                subject.name, folder, base=subject.model.checkpoint
            )
        return self._checkpoints[subject.name]

    @cached_property
    def _sets(self) -> list[ProblemSet]:
        """The scored sets, which the plan writes before the first measurement."""
        return load_sets(self._recipe, self._folder)

    def _prepare(self, stage: Stage) -> None:
        if stage.kind == "train":
            self._train(stage)
        elif stage.kind == "completions":
            self._read(stage)
        elif stage.kind == "behaviors":
            self._compare_behaviors(stage)
        elif stage.kind == "data":
            assert self._recipe.data is not None
            self._draw_or_copy(self._recipe.data, stage, self._data)
        else:
            entry = next(entry for entry, key in set_keys(self._recipe) if key == stage.key)
            self._draw_or_copy(entry, stage, self._sources.get(entry.label))

    def _draw_or_copy(self, data: DataRecipe, stage: Stage, source: ProblemSet | None) -> None:
        """Write a problem set: a copy of its source where it has one, else a generated one.

        Training data comes from the split `train`, a scored set from the split `eval` under a master
        seed that is bound to every checkpoint of the run.
        """
        out = self._folder / stage.key
        if source is not None:
            write_folder(out, source, {"source": data.source})
            return
        if stage.kind == "data":
            split = "train"
            origin: dict[str, Any] = {"seed": DATA_SEED}
        else:
            split = "eval"
            hashes = {self._checkpoint(s).weights_sha256 for s in subjects_of(self._recipe)}
            origin = {"bind": sorted(hashes)}
        plan = data.matched_plan(master_seed(**origin))
        if plan is not None:
            with self._bar(f"drawing {stage.key}", plan.count) as progress:
                generate_matched(plan, origin=origin, out=out, progress=progress.advance)
            return
        assert data.family is not None and data.steps is not None and data.count is not None
        with self._bar(f"drawing {stage.key}", data.count) as progress:
            generate(
                data.family,
                parse_steps(data.steps, family(data.family).tiers),
                data.count,
                master=master_seed(**origin),
                origin=origin,
                out=out,
                split=split,
                progress=progress.advance,
            )

    def _train(self, stage: Stage) -> None:
        with phase("loading torch", imports="torch"):  # a comparison of files does not need it
            from trainers.train import train

        subject = stage.subject
        assert subject is not None and subject.arm is not None and subject.seed is not None
        config = self._recipe.arm_config(subject.arm, subject.seed)
        base = self._checkpoint(Subject(subject.model))
        with self._bar(f"training {subject.name}", config.steps) as progress:
            train(
                base,
                load_folder(self._folder / DATA),
                config,
                self._folder / stage.key,
                labels=self._labels.get(subject.arm.name),
                engine=self._recipe.engine,
                progress=lambda step, metrics: progress.move_to(
                    step, f"reward {metrics['reward']:.2f}"
                ),
                detail=progress.detail,
            )

    def _measure(self, subject: Subject, stages: list[Stage]) -> None:
        checkpoint = self._checkpoint(subject)
        sets, prefixes = self._sets, self._recipe.probe.prefixes
        with closing(open_engine(checkpoint, self._recipe.engine)) as engine:
            for stage in stages:
                out = self._folder / stage.key
                if stage.kind == "scores":
                    config = self._score_config(stage)
                    name, units = "scoring", count_requests(sets, config)
                    measure = partial(score, engine, sets, out, config)
                else:
                    name, units = "probing", count_rows(sets, prefixes)
                    measure = partial(probe, engine, sets, out, fractions=prefixes)
                with self._bar(f"{name} {checkpoint.name}", units) as progress:
                    measure(checkpoint=checkpoint, progress=progress.advance)

    def _score_config(self, stage: Stage) -> ScoreConfig:
        """The settings of a score: every checkpoint of a model under the templates of its base.

        `auto` would otherwise give an arm the chat template that its base does not have, or the reverse.
        """
        config = self._recipe.score
        assert stage.subject is not None
        if stage.subject.arm is not None:
            base = Artifact.load(self._folder / Subject(stage.subject.model).key("scores"))
            config = ScoreConfig.stored(base.config)
        if stage.temperature is not None:
            config = config.model_copy(update={"temperature": stage.temperature})
        return config

    def _read(self, stage: Stage) -> None:
        subject = stage.subject
        assert subject is not None
        with self._bar(f"grading {subject.name}", None) as progress:
            read_stage(self._recipe, subject, self._folder, progress.advance)

    def _compare_behaviors(self, stage: Stage) -> None:
        assert stage.subject is not None
        assert self._sets  # raises where completions share no problem
        if not has_behaviors(self._folder, stage.subject):
            log.info("%s: no template in common with the base", stage.key)
            return
        before, after = (self._folder / key for key in stage.inputs)
        with self._bar(f"comparing behaviors of {stage.subject.name}", None):
            analyze_behaviors(before, self._folder / stage.key, after=after)


def _measured_subject(stage: Stage) -> Subject | None:
    """The checkpoint whose engine a stage uses; stages of one checkpoint follow each other."""
    return stage.subject if stage.kind in ("scores", "probe") else None


def _write_report(artifact: Artifact, recipe: Recipe) -> None:
    """The report's files and the results from the stored samples, and the final manifest."""
    report = build_report(artifact.folder, recipe)
    for name, data in report_files(artifact.folder, recipe, report).items():
        artifact.write_file(name, data)
    report.results.write(artifact)
    artifact.finish({"arms": [arm.name for arm in recipe.arms]}, volatile=[RESULTS])
