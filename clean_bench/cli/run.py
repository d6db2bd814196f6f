"""`clean-bench run`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from clean_bench.cli.common import emit, output_options, progress_bar, say
from clean_bench.cli.model_options import ModelOptions, model_options
from clean_bench.cli.tables import table
from clean_bench.errors import UserError


@click.command("run")
@click.argument("recipe")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder to write (not needed with --dry-run)."
)
@click.option(
    "--dry-run", is_flag=True, help="Check the recipe and print its plan; compute nothing."
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

    plan = _with_options(recipes.load(recipe), model)
    from clean_bench.experiments.run import check, run

    if dry_run:
        from clean_bench.experiments.plan import expand

        check(plan)
        stages = expand(plan)
        rows = [
            [
                stage.key,
                stage.kind,
                stage.subject.name if stage.subject else "",
                stage.note or f"{len(stage.inputs)} inputs",
            ]
            for stage in stages
        ]
        data: dict[str, Any] = {
            "recipe": plan.model_dump(mode="json"),
            "stages": [
                {
                    "key": stage.key,
                    "kind": stage.kind,
                    "checkpoint": stage.subject.name if stage.subject else None,
                    "inputs": list(stage.inputs),
                }
                for stage in stages
            ],
        }
        text = table(("stage", "kind", "checkpoint", "what"), rows, texts=4)
        emit(as_json, data, f"{plan.title}\n{text}")
        return
    if out is None:
        raise UserError("--out: expected a folder to write the run into")
    artifact = run(plan, out, progress_bar)
    say(f"finished; check every number with: clean-bench verify {out}")
    from clean_bench.results import Results
    from leaderboards.report_schema import RunReport
    from leaderboards.table import console_rows

    report = RunReport.from_json((out / "report.json").read_bytes())
    results = Results.read(artifact)
    page = out / "index.html"
    lines = [
        report.title,
        table(
            ("arm", "set", "before", "after", "gain [95%]"), console_rows(report, results), texts=2
        ),
        *(
            f"{info.name}/{arm.name}: {arm.conclusion}"
            for info in report.models
            for arm in info.arms
        ),
        str(page),
    ]
    data = {
        "out": str(out),
        "report": str(page),
        **report.model_dump(mode="json"),
        "results": results.as_json(),
    }
    emit(as_json, data, "\n".join(lines))


def _with_options(recipe: Any, model: ModelOptions) -> Any:
    """The recipe with the model options that stand on the command line."""
    given = model.given()
    revision = given.pop("revision", None)
    changes: dict[str, Any] = {"engine": recipe.engine.model_copy(update=given)}
    if revision is not None:
        if len(recipe.models) > 1:
            raise UserError(
                f"--revision {revision}: the recipe has {len(recipe.models)} models; set revision in "
                "the recipe"
            )
        changes["models"] = [recipe.models[0].model_copy(update={"revision": revision})]
    return recipe.model_copy(update=changes)
