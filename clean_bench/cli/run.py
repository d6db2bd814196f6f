"""`clean-bench run`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clean_bench.cli.common import emit, output_options, progress_bar, say
from clean_bench.cli.options import ModelOptions, model_options
from clean_bench.cli.tables import table
from clean_bench.errors import HubUnreachable, UserError

if TYPE_CHECKING:
    from clean_bench.artifacts import Artifact
    from clean_bench.experiments.recipe import Recipe


@click.command("run")
@click.argument("recipe")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder to write (not needed with --dry-run)."
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Check the recipe and print its plan and what it would take; compute nothing.",
)
@model_options
@output_options
def command(
    recipe: str, out: Path | None, dry_run: bool, model: ModelOptions, as_json: bool
) -> None:
    """Train, score, probe and report: a whole experiment from a recipe.

    RECIPE is a TOML file or a built-in name (clean-bench list recipes). It names models, problem
    sets with their roles, training data, arms and seeds.

    \b
    clean-bench run demo --dry-run
    clean-bench run demo --out runs/demo

    The report is OUT/index.html, one file that works offline; OUT/results holds every estimate.
    Interrupted at any moment, rerun the same command to resume; it ends with the same numbers. Model
    options given here override the recipe's.
    """
    import clean_bench.organisms  # noqa: F401 - registers organism:NAME
    from clean_bench.experiments import recipe as recipes

    plan = _with_options(recipes.load_recipe(recipe), model)
    run_plan(plan, out, "run", dry_run=dry_run, as_json=as_json)


def run_plan(plan: Recipe, out: Path | None, what: str, *, dry_run: bool, as_json: bool) -> None:
    """Run a recipe and print its report, or with `dry_run` print its plan.

    Args:
        what: what is written into `out`, for the error where that is missing.
    """
    if dry_run:
        emit(as_json, *_describe_plan(plan))
        return
    if out is None:
        raise UserError(f"--out: expected a folder to write the {what} into")
    from clean_bench.experiments.run import run

    artifact = run(plan, out, progress_bar)
    _warn_of_cut_off(artifact)
    say(f"finished; check every number with: clean-bench verify {out}")
    emit(as_json, *_describe_run(artifact))


def _describe_plan(recipe: Recipe) -> tuple[dict[str, Any], str]:
    """The stages of a recipe that was checked and their cost, as JSON and as text.

    No weights are downloaded. Where the hub cannot be reached, the stages are shown without their cost.
    """
    from clean_bench.cli.costs import recipe_cost
    from clean_bench.cli.dry_run import as_data
    from clean_bench.cli.dry_run import view as cost_view
    from clean_bench.experiments.plan import expand
    from clean_bench.experiments.run import check_recipe

    cost, note = None, ""
    try:
        checked = check_recipe(recipe, weights=False)
        recipe, cost = checked.recipe, recipe_cost(checked)
    except HubUnreachable as error:
        note = f"Neither checked nor estimated: {error}"
    stages, rows = [], []
    for stage in expand(recipe):
        checkpoint = stage.subject.name if stage.subject else None
        named = {"key": stage.key, "kind": stage.kind, "checkpoint": checkpoint}
        stages.append({**named, "inputs": list(stage.inputs)})
        what = stage.note or f"{len(stage.inputs)} inputs"
        rows.append([stage.key, stage.kind, checkpoint or "", what])
    text = table(("stage", "kind", "checkpoint", "what"), rows, texts=4)
    data = {
        "recipe": recipe.model_dump(mode="json"),
        "stages": stages,
        "note": note,
        "cost": None if cost is None else as_data(cost),
    }
    return data, f"{recipe.title}\n{text}\n{note if cost is None else cost_view(cost)}"


def _warn_of_cut_off(artifact: Artifact) -> None:
    """Print a warning for each set of a checkpoint with many completions that were cut off."""
    from clean_bench.results import Results
    from clean_bench.scoring.cut_off import cut_off_warnings

    limit = artifact.config["recipe"]["score"]["max_tokens"]
    for line in cut_off_warnings(Results.read(artifact), limit):
        say(f"warning: {line}")


def _describe_run(artifact: Artifact) -> tuple[dict[str, Any], str]:
    """The report of a finished run, as JSON and as text."""
    from clean_bench.foreign_files.regular_file import read_regular
    from clean_bench.results import Results
    from leaderboards.report_schema import LARGEST_REPORT, RunReport
    from leaderboards.table import console_rows

    out = artifact.folder
    report = RunReport.from_json(read_regular(out / "report.json", LARGEST_REPORT))
    results = Results.read(artifact)
    page = str(out / "index.html")
    rows = console_rows(report, results)
    lines = [
        report.title,
        table(("arm", "set", "before", "after", "gain [95%]"), rows, texts=2),
        *(
            f"{info.name}/{arm.name}: {arm.conclusion}"
            for info in report.models
            for arm in info.arms
        ),
        page,
    ]
    data = {"out": str(out), "report": page, **report.model_dump(mode="json")}
    return {**data, "results": results.as_json()}, "\n".join(lines)


def _with_options(recipe: Recipe, model: ModelOptions) -> Recipe:
    """The recipe with the model options of the command line."""
    options = model.given()
    revision = options.pop("revision", None)
    changes: dict[str, Any] = {"engine": recipe.engine.model_copy(update=options)}
    if revision is not None:
        if len(recipe.models) > 1:
            raise UserError(
                f"--revision {revision}: the recipe has {len(recipe.models)} models; set revision in "
                "the recipe"
            )
        changes["models"] = [recipe.models[0].model_copy(update={"revision": revision})]
    return recipe.model_copy(update=changes)
