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
    "checkpoints; separate several by commas, or repeat the option.",
)
@output_options
def command(folder: Path, bind: tuple[str, ...], as_json: bool) -> None:
    """Verify any folder that clean-bench wrote.

    Compares every byte with the manifest, then recomputes every number from the stored rows: it
    generates a set again from its seed, grades completions again, compares a probe's suffixes again,
    builds a report's table again. Exit status 0 if all checks pass, else 1, with each file or row that
    failed.
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
    bound = f", bound to {', '.join(bind)}" if bind else ""
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
        None if failures else f"{folder}: {kind}, all checks passed{bound}",
    )
    for failure in failures[:20]:
        click.echo(f"{folder}: {failure}", err=True)
    if len(failures) > 20:
        click.echo(f"{folder}: and {len(failures) - 20} more", err=True)
    if failures:
        raise click.exceptions.Exit(1)
