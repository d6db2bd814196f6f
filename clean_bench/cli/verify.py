"""`clean-bench verify`."""

from __future__ import annotations

from pathlib import Path

import click

from clean_bench.cli.common import emit, json_option, say


@click.command("verify")
@click.argument("folder", type=click.Path(path_type=Path))
@json_option
def command(folder: Path, as_json: bool) -> None:
    """Check any folder that clean-bench wrote.

    First every byte against the manifest, then every number against what is stored: a generated set
    is made again from its seed, verdicts and scores are graded again from the completions, a probe's
    matches are compared again, a report's table is built again. Ends with status 0 if all holds and 1
    if not, and names the file or row.
    """
    from clean_bench.artifacts import Artifact, verify
    from clean_bench.pipeline.verifiers import verifiers

    failures = verify(folder, verifiers())
    kind = None if failures else Artifact.load(folder).kind
    emit(
        as_json,
        {
            "folder": str(folder),
            "kind": kind,
            "ok": not failures,
            "failures": [{"where": failure.where, "what": failure.what} for failure in failures],
        },
        None if failures else f"{folder}: {kind}, everything holds",
    )
    for failure in failures[:20]:
        say(f"{folder}: {failure}")
    if len(failures) > 20:
        say(f"{folder}: and {len(failures) - 20} more")
    if failures:
        raise click.exceptions.Exit(1)
