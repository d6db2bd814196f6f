"""`clean-bench organism`."""

from __future__ import annotations

from pathlib import Path

import click

from clean_bench.cli.common import emit, output_options, progress_bar
from clean_bench.cli.dry_run import dry_run_option, print_cost
from clean_bench.progress import phase


@click.group("organism")
def command() -> None:
    """Control models (organisms): small models with problems planted at known doses."""


@command.command("build")
@click.argument("name", type=click.Choice(["reciter", "learner"]))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@dry_run_option
@output_options
def build_command(name: str, out: Path, dry_run: bool, as_json: bool) -> None:
    """Train a control model from random weights, in at most 15 minutes on two cores.

    Half of the reciter's benchmark is planted in its training text; the learner's text has none of it.
    Both models ship with the package as organism:reciter and organism:learner, so this command is only
    for reproducing or changing them. Interrupted at any moment, rerun the same command to resume.
    """
    from clean_bench.artifacts import Artifact

    with phase("loading torch", imports="torch"):
        from clean_bench.organisms.build import KIND, build

    if dry_run:
        from clean_bench.cli.costs import build_cost

        Artifact.try_folder(out, KIND)
        print_cost(as_json, build_cost(name))
        return
    with progress_bar(f"building {name}", None) as bar:

        def report(step: int, steps: int, loss: float) -> None:
            bar.move_to(step, f"loss {loss:.3f}", total=steps)

        artifact = build(name, out, progress=report)
    emit(
        as_json,
        {"out": str(out), **artifact.metadata},
        f"{out / 'checkpoint'}: {name}, {artifact.metadata['parameters']:,} parameters; "
        f"see {out / 'card.md'}",
    )
