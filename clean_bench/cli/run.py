"""`clean-bench run`."""

from __future__ import annotations

from pathlib import Path

import click

from clean_bench.cli.common import emit, output_options, progress_bar, say


@click.command("run")
@click.argument("recipe")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder to write (not needed with --dry-run)."
)
@click.option(
    "--dry-run", is_flag=True, help="Check the recipe and print the plan; compute nothing."
)
@output_options
def command(recipe: str, out: Path | None, dry_run: bool, as_json: bool) -> None:
    """Probe, train, score and report: a whole experiment from a recipe.

    RECIPE is a TOML file or a built-in name (clean-bench list recipes).

    \b
    clean-bench run demo --out runs/demo

    The report is OUT/index.html, one file that works offline. Stopped at any moment, the same line
    continues and ends with the same numbers. Models run on transformers here; score, probe and train
    also take vLLM (--engine).
    """
    from clean_bench.errors import UserError
    from clean_bench.experiments import recipe as recipes

    plan = recipes.load(recipe)
    if dry_run:
        from clean_bench.experiments.run import check

        check(plan)
        arms = [f"{arm.name} (reward {arm.reward})" for arm in plan.arms]
        text = (
            f"{plan.title}\n{plan.checkpoint}: {', '.join(arms)}; "
            f"{len(plan.seeds)} seed(s), {plan.train.get('steps')} steps each"
        )
        emit(as_json, {"recipe": plan.model_dump(mode="json")}, text)
        return
    if out is None:
        raise UserError("--out DIR is missing: where should the run be written?")
    import json

    from clean_bench.experiments.run import run

    run(plan, out, progress_bar)
    say(f"finished; check every number with: clean-bench verify {out}")
    report = json.loads((out / "report.json").read_bytes())
    page = out / "index.html"
    emit(as_json, {"out": str(out), "report": str(page), **report})
    if not as_json:
        from rich.console import Console

        from leaderboards.report_schema import RunReport
        from leaderboards.table import console

        read = RunReport.from_json(report)
        Console().print(console(read))
        for arm in read.arms:
            click.echo(f"{arm.name}: {arm.verdict}")
        click.echo(str(page))
