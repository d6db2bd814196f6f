"""`clean-bench compare`: a recipe without training, from a base checkpoint and trained ones.

    compare("organism:learner", ["runs/demo/reciter/arms/truth-1/checkpoint"],
            ["organism:reciter/planted", "organism:reciter/twin"], out="C")

Nothing here measures: the recipe is run by `clean_bench.experiments.run`, and the same recipe in a
TOML file gives the same numbers.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from clean_bench.artifacts import Artifact
from clean_bench.engines.open import EngineConfig
from clean_bench.errors import UserError
from clean_bench.experiments.completions import path_of
from clean_bench.experiments.names import distinct_names
from clean_bench.experiments.recipe import RESERVED, Recipe
from clean_bench.organisms.shipped import PREFIX
from clean_bench.problems import load_problems
from clean_bench.progress import Bar, silent
from clean_bench.scoring.config import ScoreConfig
from clean_bench.settings import explain
from generators.competition.plan import FAMILY
from generators.registry import family
from generators.set_plan import parse_steps
from leaderboards.view import BASE

CONTROL = "control"
"""The settings of `budgets.toml` for control models, which replace those of any budget."""
SMALL = "small"


def compare(
    base: str,
    trained: Sequence[str],
    on: Sequence[str] = (),
    *,
    fresh: Sequence[str] = (),
    out: str | Path,
    budget: str = SMALL,
    engine: EngineConfig | None = None,
    limit: int | None = None,
    revision: str | None = None,
    bar: Bar | None = None,
    **settings: Any,
) -> Artifact:
    """Measure what the gain of trained checkpoints over their base is made of; write the artifact.

    Args:
        base, trained: checkpoints: folders, hub names (`NAME@REVISION`) or `organism:NAME`.
        on: problem sets, whatever `--on` takes.
        fresh: sets to draw, each `FAMILY:STEPS:COUNT`, bound to the weights of every checkpoint.
        budget: `budgets` lists them.
        limit: only the first problems of each set of `on`.
        revision: branch, tag or commit of a base of the hub.
        bar: begins a task of the progress; None shows none.
        settings: fields of `ScoreConfig`, such as `samples=16`, which override the budget; also
            `temperatures` (the first for every checkpoint, the others for the base alone) and
            `prefixes` (of the probe).

    Raises:
        UserError: for whatever is named and does not exist, before anything is computed.
    """
    from clean_bench.experiments.run import run

    recipe = compare_recipe(
        base,
        trained,
        on,
        fresh=fresh,
        budget=budget,
        engine=engine,
        limit=limit,
        revision=revision,
        **settings,
    )
    return run(recipe, out, bar or silent)


def compare_completions(
    files: Sequence[str], *, out: str | Path, bar: Bar | None = None, **settings: Any
) -> Artifact:
    """The same from completions of one's own, without a model (`settings` as `completions_recipe`)."""
    from clean_bench.experiments.run import run

    return run(completions_recipe(files, **settings), out, bar or silent)


def compare_recipe(
    base: str,
    trained: Sequence[str],
    on: Sequence[str],
    *,
    fresh: Sequence[str] = (),
    budget: str = SMALL,
    engine: EngineConfig | None = None,
    limit: int | None = None,
    revision: str | None = None,
    **settings: Any,
) -> Recipe:
    """The recipe of a comparison (arguments as `compare`)."""
    if not trained:
        raise UserError(
            "TRAINED: expected at least one trained checkpoint beside the base, got none"
        )
    if not (on or fresh):
        raise UserError(
            "expected problems to score: --on NAME_OR_PATH or --fresh FAMILY:STEPS:COUNT"
        )
    sets = [_set_of(name, limit) for name in on]
    sets += [parse_fresh(text) for text in fresh]
    [model] = distinct_names([base], RESERVED)
    arms = [
        {"name": name, "checkpoint": checkpoint}
        for name, checkpoint in zip(distinct_names(trained, [BASE]), trained, strict=True)
    ]
    sections = _sections(base, budget, settings)
    if engine is not None:
        sections["engine"] = engine.model_dump()
    return _validated(
        {
            "title": f"{_listed([arm['name'] for arm in arms])} compared with {model}",
            "models": [{"name": model, "checkpoint": base, "revision": revision}],
            "arms": arms,
            "sets": sets,
            "behaviors": True,
            **sections,
        }
    )


def completions_recipe(
    files: Sequence[str],
    *,
    grader: str | None = None,
    columns: Mapping[str, str] | None = None,
    problems: str | None = None,
) -> Recipe:
    """The recipe of a comparison of completions of one's own.

    Args:
        files: one entry per checkpoint, the base first: a file, several separated by commas, or a folder
            that `score` wrote. `NAME=FILE` names the checkpoint, `NAME=SET=FILE` also the problem set.
        grader: grades the completions of files.
        columns: names of columns that are not recognized, by field (`--map`).
        problems: the problem set that holds the gold answers.

    Raises:
        UserError: for fewer than two entries, a file that does not exist, and two equal names.
    """
    if len(files) < 2:
        raise UserError(
            f"--from: expected the completions of the base and of at least one trained checkpoint, got "
            f"{len(files)}; repeat the option (commas separate files of one checkpoint)"
        )
    entries = [_completions_of(text) for text in files]
    sources = [", ".join(paths) for _, paths in entries]
    derived = distinct_names(sources, RESERVED)
    if BASE in derived[1:]:
        derived = distinct_names(sources, [BASE, *RESERVED])
    names = [name or other for (name, _), other in zip(entries, derived, strict=True)]
    (model, *arms), (first, *others) = names, [paths for _, paths in entries]
    return _validated(
        {
            "title": f"{_listed(arms)} compared with {model}",
            "models": [{"name": model, "completions": first}],
            "arms": [
                {"name": name, "completions": paths}
                for name, paths in zip(arms, others, strict=True)
            ],
            "score": {"grader": grader} if grader else {},
            "read": {"columns": dict(columns or {}), "problems": problems},
            "behaviors": True,
        }
    )


def parse_fresh(text: str) -> dict[str, Any]:
    """A generated set of a recipe from `FAMILY:STEPS:COUNT`, or `competition:GROUPS`.

    Raises:
        UserError: naming the option and the part that is wrong.
    """
    where = f"--fresh {text}"
    parts = text.split(":")
    if parts[0].strip() == FAMILY:
        groups = ":".join(parts[1:]).strip()
        if not (groups.isascii() and groups.isdigit() and len(groups) < 10 and int(groups)):
            raise UserError(
                f"{where}: expected {FAMILY}:GROUPS such as {FAMILY}:258, got {groups!r}"
            )
        return {
            "role": "matched",
            "name": FAMILY,
            "family": FAMILY,
            "groups": int(groups),
        }
    if len(parts) != 3:
        raise UserError(
            f"{where}: expected FAMILY:STEPS:COUNT such as random-calculation:5-10:200, got "
            f"{len(parts)} parts"
        )
    name, steps, count = (part.strip() for part in parts)
    if not (count.isascii() and count.isdigit() and int(count) > 0):
        raise UserError(f"{where}: expected a positive number of problems as COUNT, got {count!r}")
    try:
        tiers = family(name).tiers
    except UserError as error:
        raise UserError(f"{where}: {error}") from None
    parse_steps(steps, tiers, f"{where}: STEPS")
    return {
        "role": "fresh",
        "name": f"{name} {steps}",
        "family": name,
        "steps": steps,
        "count": int(count),
    }


@lru_cache(maxsize=1)
def budgets() -> Mapping[str, Mapping[str, Any]]:
    """The settings of each budget, and of control models, by name."""
    text = resources.files("clean_bench.experiments").joinpath("budgets.toml").read_text("utf-8")
    return tomllib.loads(text)


def _sections(base: str, budget: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The sections of the recipe that the budget decides, with the settings that override it."""
    known = {name: table for name, table in budgets().items() if name != CONTROL}
    if budget not in known:
        raise UserError(f"--budget {budget}: expected one of {', '.join(known)}")
    chosen = budgets()[CONTROL] if base.startswith(PREFIX) else known[budget]
    sections = {name: dict(keys) for name, keys in chosen.items() if name != "summary"}
    given = {name: value for name, value in settings.items() if value is not None}
    temperatures = given.pop("temperatures", None)
    if temperatures:
        first, *further = temperatures
        given["temperature"] = first
        sections["training_free"] = {"temperatures": further}
    if "prefixes" in given:
        sections["probe"] = {"prefixes": given.pop("prefixes")}
    unknown = [name for name in given if name not in ScoreConfig.model_fields]
    if unknown:
        raise UserError(
            f"compare: unknown setting {unknown[0]!r}: expected one of temperatures, prefixes, "
            f"{', '.join(ScoreConfig.model_fields)}"
        )
    sections["score"].update(given)
    return sections


def _set_of(name: str, limit: int | None) -> dict[str, Any]:
    """A scored set with the role that its origin determines; a public benchmark where none does."""
    problems = load_problems(name)
    role = problems.role if problems.role not in (None, "train") else "public"
    return {"role": role, "name": problems.name, "source": name, "limit": limit}


def _completions_of(text: str) -> tuple[str | None, list[str]]:
    """The name, if there is one, and the paths in an entry of `--from`."""
    name, equals, rest = text.partition("=")
    if not equals or "/" in name or Path(text).exists():
        name, rest = "", text
    parts = [rest] if path_of(rest).exists() else [part.strip() for part in rest.split(",")]
    for part in parts:
        if not part or not path_of(part).exists():
            raise UserError(f"--from {part or text}: no such file or folder")
    return name or None, parts


def _validated(values: dict[str, Any]) -> Recipe:
    try:
        recipe = Recipe.model_validate(values)
    except ValidationError as error:
        raise UserError(f"compare: {explain(error, Recipe)}") from None
    recipe.score.check()
    return recipe


def _listed(names: Sequence[str]) -> str:
    return " and ".join(names) if len(names) < 3 else f"{len(names)} checkpoints"
