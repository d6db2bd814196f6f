"""`clean-bench verify`."""

from __future__ import annotations

from pathlib import Path

import click

from clean_bench.cli.common import emit, json_option, say
from clean_bench.cli.set_options import Several


@click.command("verify")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--bind",
    cls=Several,
    multiple=True,
    metavar="CHECKPOINT...",
    help="Of a generated set: prove that it was derived from the weights of these checkpoints, "
    "all of them and no others.",
)
@json_option
def command(folder: Path, bind: tuple[str, ...], as_json: bool) -> None:
    """Check any folder that clean-bench wrote.

    First every byte against the manifest, then every number against what is stored: a generated set
    is made again from its seed, verdicts and scores are graded again from the completions, a probe's
    matches are compared again, a report's table is built again. Ends with status 0 if all holds and 1
    if not, and names the file or row.
    """
    from clean_bench.artifacts import Artifact, verify
    from clean_bench.experiments.names import weights_of
    from clean_bench.experiments.verify import verifiers

    weights = weights_of(bind)
    failures = verify(folder, verifiers())
    artifact = None if failures else Artifact.load(folder)
    kind = artifact.kind if artifact else None
    freshness = artifact.metadata.get("freshness") if artifact else None
    if artifact and bind:
        from generators.checks import verify_binding

        failures = list(verify_binding(artifact, weights))
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
        None if failures else f"{folder}: {kind}, everything holds" + _bound(bind),
    )
    for failure in failures[:20]:
        say(f"{folder}: {failure}")
    if len(failures) > 20:
        say(f"{folder}: and {len(failures) - 20} more")
    if failures:
        raise click.exceptions.Exit(1)


def _bound(names: tuple[str, ...]) -> str:
    return f", and it is bound to {', '.join(names)}" if names else ""
