"""What is known of a run beside its numbers: times, command, versions, sizes of the checkpoints.

Command and sizes are recorded when the run begins, in the provenance of its manifest. The report is
thereby a function of the folder alone, although the checkpoints lie elsewhere.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path, PurePath
from typing import Any

from clean_bench.artifacts import Artifact
from clean_bench.artifacts.manifest import read_manifest
from clean_bench.checkpoints import Checkpoint
from clean_bench.checkpoints.parameters import parameters_of
from clean_bench.errors import UserError
from clean_bench.experiments.plan import Subject, expand, subjects_of
from clean_bench.experiments.recipe import Recipe
from clean_bench.grading import UNDECIDED
from clean_bench.organisms.shipped import organism_of
from leaderboards.page_data import RunTimes
from leaderboards.report_schema import CheckpointInfo

_PROGRAMS = ("bin/clean-bench", "clean_bench/__main__.py")


def run_provenance(checkpoints: Mapping[str, Checkpoint]) -> dict[str, Any]:
    """The command and the sizes of the checkpoints, for the manifest of a run that begins."""
    parameters = {}
    for name, checkpoint in checkpoints.items():
        try:
            size = parameters_of(checkpoint.folder)
        except (UserError, OSError):
            continue  # no weights at hand, such as those behind a server
        if size is not None:
            parameters[name] = asdict(size)
    return {"command": typed_command(sys.argv), "parameters": parameters}


def typed_command(argv: Sequence[str]) -> str:
    """The command line as typed, empty where Python was not started as clean-bench.

    Local paths are cut to their last part and the output folder is DIR: a page is often shared.
    """
    if not argv or "/".join(PurePath(argv[0]).parts[-2:]) not in _PROGRAMS:
        return ""
    words, after_out = ["clean-bench"], False
    for word in argv[1:]:
        option, equals, value = word.partition("=")
        if after_out:
            word = "DIR"
        elif option == "--out" and equals:
            word = "--out=DIR"
        elif equals:
            word = f"{option}={shown_name(value)}"
        else:
            word = shown_name(word)
        after_out = word == "--out"
        words.append(f"'{word}'" if re.search(r"[^\w./:=,@%+\[\]-]", word) else word)
    return " ".join(words)


def shown_name(source: str) -> str:
    """The name of a checkpoint or a set without the local folders above it."""
    path = PurePath(source)
    local = path.is_absolute() or source.startswith(("./", "../", "~"))
    # `checkpoint` and `checkpoint-500` name nothing without the folder of their run.
    parts = path.parts[-2:] if path.name.startswith("checkpoint") else path.parts[-1:]
    return "/".join(parts) if local else source


def run_times(folder: Path, recipe: Recipe) -> RunTimes:
    """From the beginning of the run to the end of its last stage."""
    begun = read_manifest(folder)["times"]["begun"]
    stages = [read_manifest(folder / stage.key)["times"] for stage in expand(recipe)]
    return RunTimes(begun, max([begun, *(times["finished"] for times in stages)]))


def checkpoint_infos(folder: Path, recipe: Recipe) -> tuple[CheckpointInfo, ...]:
    """The checkpoints that existed before the run."""
    sizes = read_manifest(folder).get("provenance", {}).get("parameters", {})
    infos = []
    for subject in subjects_of(recipe):
        if subject.training_key is None:
            source = subject.arm.checkpoint if subject.arm else subject.model.checkpoint
            size = sizes.get(subject.name)
            info = CheckpointInfo(name=subject.name, source=shown_name(source or ""))
            if size:
                changes = {"parameters": size["count"], "dtype": size["dtype"]}
                info = info.model_copy(update=changes)
            infos.append(info)
    return tuple(infos)


def renamed_controls(folder: Path, recipe: Recipe) -> dict[str, str]:
    """The control model whose weights a checkpoint has, where the recipe names it otherwise."""
    hashes = read_manifest(folder)["config"]["checkpoints"]
    renamed = {}
    for subject in subjects_of(recipe):
        organism = organism_of(hashes.get(subject.name, ""))
        if organism is not None and organism != subject.source:
            renamed[subject.name] = organism
    return renamed


def undecided_counts(folder: Path, recipe: Recipe) -> dict[str, int]:
    """The completions of every checkpoint on which the grader was undecided."""
    counts = {}
    for subject in subjects_of(recipe):
        scores = Artifact.load(folder / subject.key("scores"), "scores")
        grades = [entry["grades"] for entry in scores.metadata["counts"]]
        counts[subject.name] = sum(of_set.get(kind, 0) for of_set in grades for kind in UNDECIDED)
    return counts


def headlines(folder: Path, recipe: Recipe) -> dict[str, str]:
    """Which accuracy is the headline of every checkpoint, "strict" or "flexible".

    Checkpoints whose scores have one grade are left out.
    """
    kinds = {}
    for subject in subjects_of(recipe):
        scores = Artifact.load(folder / subject.key("scores"), "scores")
        first = scores.config["templates"][0]
        stored = [e.get("headline") for e in scores.metadata["counts"] if e["template"] == first]
        if stored and stored[0] is not None:
            kinds[subject.name] = stored[0]
    return kinds


def stated_facts(folder: Path, recipe: Recipe) -> dict[str, Any]:
    """The version, the engine, the command and the checkpoints, as fields of `RunReport`."""
    scores = Artifact.load(folder / Subject(recipe.models[0]).key("scores"), "scores")
    packages = scores.manifest["environment"]["packages"]
    engine = scores.config["engine"]
    parts = [str(engine[key]) for key in ("engine", "device", "dtype") if engine.get(key)]
    if parts and parts[0] in packages:
        parts[0] += f" {packages[parts[0]]}"
    return {
        "version": packages["clean-bench"],
        "engine": ", ".join(parts),
        "command": read_manifest(folder).get("provenance", {}).get("command", ""),
        "checkpoints": checkpoint_infos(folder, recipe),
    }
