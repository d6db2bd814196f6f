"""`clean-bench organism`."""

from __future__ import annotations

from pathlib import Path

import click

from clean_bench.cli.common import emit, json_option, progress_bar


@click.group("organism")
def command() -> None:
    """The control models: small, and with known problems planted at known doses."""


@command.command("build")
@click.argument("name", type=click.Choice(["reciter", "learner"]))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@json_option
def build_command(name: str, out: Path, as_json: bool) -> None:
    """Train a control model from nothing, in at most 15 minutes on two cores.

    The reciter has half of its benchmark planted, the learner nothing. The built models ship with
    the package as organism:reciter and organism:learner, so this is needed only to check them or to
    change them. Stopped at any moment, the same line continues.
    """
    from clean_bench.experiments.progress import up_to
    from clean_bench.organisms.build import build

    with progress_bar(f"building {name}", None) as advance:
        move = up_to(advance)

        def report(step: int, steps: int, loss: float) -> None:
            move(step, f"of {steps} steps, loss {loss:.3f}")

        artifact = build(name, out, progress=report)
    emit(
        as_json,
        {"out": str(out), **artifact.metadata},
        f"{out / 'checkpoint'}: {name}, {artifact.metadata['parameters']:,} parameters; "
        f"see {out / 'card.md'}",
    )
