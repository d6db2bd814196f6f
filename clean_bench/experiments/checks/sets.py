"""Check the problem sets of a run and its training data against the recipe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from clean_bench.artifacts import Artifact, Failure
from clean_bench.experiments.checks.compared import compare
from clean_bench.experiments.plan import DATA, DATA_SEED, set_keys
from clean_bench.experiments.recipe import DataRecipe, Recipe
from clean_bench.experiments.sets import load_sets
from clean_bench.organisms.shipped import PREFIX, organism_set
from clean_bench.problems import load_folder
from generators.competition.plan import MatchedPlan
from generators.competition.plan import check_plan as check_matched
from generators.family import Split
from generators.registry import family
from generators.set_plan import SetPlan, check_plan, master_seed, parse_steps

_KIND = "problem-set"


def check_sets_of_run(
    artifact: Artifact, recipe: Recipe, weights: Mapping[str, str]
) -> Iterator[Failure]:
    """Every set is the one that the recipe names: a copy of its source, or drawn for these weights.

    Args:
        weights: the hash of every checkpoint of the run by its name; empty where no model was run.
    """
    if recipe.data is not None:
        origin: dict[str, Any] = {"seed": DATA_SEED}
        yield from check_set(artifact, DATA, recipe.data, "train", origin, "train")
        data = load_folder(artifact.folder / DATA)
        stored = data.content_sha256 if recipe.data.source else None
        if artifact.config["data"] != stored:
            yield Failure(DATA, "is not the set that the run was begun with")
    if recipe.from_completions:
        return
    begun: dict[str, str] = {}
    for problems, (entry, key) in zip(
        load_sets(recipe, artifact.folder), set_keys(recipe), strict=True
    ):
        origin = {"bind": sorted(set(weights.values()))}
        yield from check_set(artifact, key, entry, entry.role, origin, "eval")
        if not entry.generated:
            begun[problems.name] = problems.content_sha256
            yield from _check_shipped(key, entry, problems.content_sha256, entry.role)
    if artifact.config["sets"] != begun:
        differing = {*begun.items()} ^ {*artifact.config["sets"].items()}
        name = min(differing)[0]
        key = next((key for entry, key in set_keys(recipe) if entry.label == name), name)
        yield Failure(key, "is not the set that the run was begun with")


def check_set(
    artifact: Artifact, key: str, entry: DataRecipe, role: str, origin: dict[str, Any], split: Split
) -> Iterator[Failure]:
    """A set against its entry of the recipe."""
    part = Artifact.load(artifact.folder / key, _KIND)
    if entry.family is None:
        yield from compare(part, key, "copied", {"source": entry.source, "role": role})
        return
    plan = _plan(entry, split, master_seed(**origin))
    stored = part.config.get("origin")
    if isinstance(stored, dict) and stored.get("bind") != origin.get("bind"):
        yield Failure(key, "is not bound to the checkpoints that were scored on it")
    # The panel is that of the release that drew the set; the check of the set compares it.
    yield from compare(part, key, "drawn", {**plan.config(), "origin": origin}, free=("panel",))


def _plan(entry: DataRecipe, split: Split, master: bytes) -> SetPlan | MatchedPlan:
    """The plan of a generated set (raises `UserError` for one that no set can fulfil)."""
    matched = entry.matched_plan(master)
    if matched is not None:
        check_matched(matched)
        return matched
    assert entry.family is not None and entry.steps is not None and entry.count is not None
    drawn = family(entry.family)
    low, high = parse_steps(entry.steps, drawn.tiers)
    plan = SetPlan(drawn, low, high, entry.count, split, master, drawn.notations[0])
    check_plan(plan)
    return plan


def _check_shipped(key: str, entry: DataRecipe, content: str, role: str) -> Iterator[Failure]:
    """A half of the benchmark of a control model against the shipped one."""
    source = entry.source or ""
    if not source.startswith(PREFIX):
        return
    shipped = organism_set(source.removeprefix(PREFIX))
    limit = getattr(entry, "limit", None)
    if shipped.head(limit).content_sha256 != content:
        yield Failure(key, f"does not hold the problems of {source}")
    if {shipped.role, role} == {"planted", "twin"}:
        yield Failure(key, f"has the role {role}, and {source} is the half {shipped.role}")
