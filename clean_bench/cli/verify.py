"""`clean-bench verify`."""

from __future__ import annotations

from pathlib import Path

import click

from clean_bench.cli.common import emit, output_options
from clean_bench.cli.options import names_of


@click.command("verify")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--bind",
    multiple=True,
    metavar="CHECKPOINT,...",
    help="For a generated set: check that it was derived from the weights of exactly these "
    "checkpoints; separate several with commas, or repeat the option.",
)
@output_options
def command(folder: Path, bind: tuple[str, ...], as_json: bool) -> None:
    """Check any folder that clean-bench wrote.

    First every byte against the manifest, then every number against what is stored: a generated set
    is made again from its seed, verdicts and scores are graded again from the completions, a probe's
    matches are compared again, a report's table is built again. Ends with status 0 if all holds and 1
    if not, and names the file or row.
    """
    import clean_bench.organisms  # noqa: F401 - registers organism:NAME
    from clean_bench.artifacts import Artifact, verify
    from clean_bench.checkpoints import resolve_checkpoint
    from clean_bench.experiments.verify import checks

    checkpoints = [resolve_checkpoint(name) for name in names_of(bind)]
    weights = {checkpoint.name: checkpoint.weights_sha256 for checkpoint in checkpoints}
    failures = verify(folder, checks())
    artifact = None if failures else Artifact.load(folder)
    kind = artifact.kind if artifact else None
    freshness = artifact.metadata.get("freshness") if artifact else None
    if artifact and bind:
        from generators.checks import verify_binding

        failures = list(verify_binding(artifact, weights))
    bound = f", and it is bound to {', '.join(bind)}" if bind else ""
    emit(
        as_json,
        {
            "folder": str(folder),
            "kind": kind,
            "ok": not failures,
            **({"bind": weights} if bind else {}),
            **({"freshness": freshness} if freshness else {}),
            "failures": [{"where": failure.where, "what": failure.what} for failure in failures],
        },
        None if failures else f"{folder}: {kind}, everything holds{bound}",
    )
    for failure in failures[:20]:
        click.echo(f"{folder}: {failure}", err=True)
    if len(failures) > 20:
        click.echo(f"{folder}: and {len(failures) - 20} more", err=True)
    if failures:
        raise click.exceptions.Exit(1)
