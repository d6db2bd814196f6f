"""Check what a run names: its checkpoints, and the hashes of the control models among them."""

from __future__ import annotations

from collections.abc import Iterator

from clean_bench.artifacts import Artifact, Failure
from clean_bench.artifacts.manifest import NAME
from clean_bench.experiments.plan import Subject, subjects_of
from clean_bench.experiments.recipe import Recipe
from clean_bench.organisms.shipped import PREFIX, organism_facts, organism_names


def check_models(artifact: Artifact, recipe: Recipe) -> Iterator[Failure]:
    """The checkpoints of the configuration are those of the recipe, control models those that ship.

    The weights of a control model are known. So another name for them is refused, unless it is a
    folder: a copy is still the control model, and the hash of its weights is printed.
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
    shipped = {_weights(PREFIX + name): PREFIX + name for name in organism_names()}
    for subject in existing:
        yield from _check_control(subject, config["checkpoints"][subject.name], shipped)


def _check_control(subject: Subject, sha256: str, shipped: dict[str, str]) -> Iterator[Failure]:
    source = subject.source
    if source.startswith(PREFIX):
        if sha256 != _weights(source):
            yield Failure(NAME, f"{subject.name}: its weights are not those of {source}")
    elif sha256 in shipped and not source.startswith(("/", "./", "../", "~")):
        yield Failure(
            NAME, f"{subject.name}: its weights are those of {shipped[sha256]}, not of {source}"
        )


def _weights(name: str) -> str:
    facts = organism_facts(name)
    assert facts is not None
    return str(facts["weights_sha256"])
