"""Check what a run names: its checkpoints, and the hashes of the control models among them."""

from __future__ import annotations

from collections.abc import Iterator

from clean_bench.artifacts import Artifact, Failure
from clean_bench.artifacts.manifest import NAME
from clean_bench.checkpoints import Checkpoint
from clean_bench.experiments.checks.checkpoint_files import HASHES
from clean_bench.experiments.plan import subjects_of
from clean_bench.experiments.recipe import Recipe
from clean_bench.organisms.shipped import PREFIX, organism_checkpoint, organism_facts


def check_models(artifact: Artifact, recipe: Recipe) -> Iterator[Failure]:
    """The checkpoints of the configuration are those of the recipe, control models those that ship.

    Another name for the weights of a control model is no failure, since a copy of it has one. The limits
    of the report state it (`clean_bench.experiments.limits`).
    """
    config, subjects = artifact.config, subjects_of(recipe)
    existing = [s for s in subjects if s.training_key is None and not s.completions]
    read = [s for s in subjects if s.completions]
    for entry, named in (("checkpoints", existing), ("completions", read)):
        expected = sorted(subject.name for subject in named)
        if sorted(config[entry]) != expected:
            got = ", ".join(sorted(config[entry])) or "none"
            yield Failure(NAME, f"{entry}: expected {', '.join(expected) or 'none'}, got {got}")
            return
    for subject in existing:
        facts = organism_facts(subject.source)
        if facts and config["checkpoints"][subject.name] != facts["weights_sha256"]:
            yield Failure(NAME, f"{subject.name}: its weights are not those of {subject.source}")
        if facts and all(name in config for name in HASHES):
            folder = organism_checkpoint(subject.source.removeprefix(PREFIX))
            hashes = Checkpoint(subject.name, folder).file_hashes
            if any(config[name].get(subject.name) != hashes[name] for name in HASHES):
                what = (
                    f"{subject.name}: its settings or tokenizer are not those of {subject.source}"
                )
                yield Failure(NAME, what)
