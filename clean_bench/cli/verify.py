"""`clean-bench verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from clean_bench.cli.common import emit, output_options
from clean_bench.cli.options import names_of
from clean_bench.cli.terminal_text import inert

if TYPE_CHECKING:
    from clean_bench.artifacts import Artifact, Verification

_SHOWN = 20
"""Failures that are printed; the JSON output has all."""


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
    builds a report's table and page again. Of a run it also compares every part with the recipe and
    with the other parts. Exit status 0 if all checks pass, else 1, with each file or row that failed.

    Prints the identity of the folder, a hash of its configuration and rows that leaves out times and
    versions: publish it to show later that the folder is still the same one. The last lines list what
    no check of a folder can prove.
    """
    import clean_bench.organisms  # noqa: F401 - registers organism:NAME
    from clean_bench.artifacts import Artifact, verification
    from clean_bench.checkpoints import resolve_checkpoint
    from clean_bench.experiments.scopes import scopes
    from clean_bench.experiments.verify import checks

    checkpoints = [resolve_checkpoint(name) for name in names_of(bind)]
    weights = {checkpoint.name: checkpoint.weights_sha256 for checkpoint in checkpoints}
    verified = verification(folder, checks(), scopes())
    failures = list(verified.failures)
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
            "identity_sha256": artifact.manifest["identity_sha256"] if artifact else None,
            "version": _version(artifact) if artifact else None,
            "checked": dict(verified.checked),
            "not_checked": list(verified.not_checked),
            "failures": [{"where": failure.where, "what": failure.what} for failure in failures],
        },
        _text(folder, artifact, bind, verified) if artifact and not failures else None,
    )
    for failure in failures[:_SHOWN]:
        click.echo(inert(f"{folder}: {failure}"), err=True)
    if len(failures) > _SHOWN:
        click.echo(inert(f"{folder}: and {len(failures) - _SHOWN} more"), err=True)
    if failures:
        raise click.exceptions.Exit(1)


def _text(folder: Path, artifact: Artifact, bind: tuple[str, ...], verified: Verification) -> str:
    """What is printed where every check passed."""
    bound = inert(f", bound to {', '.join(bind)}") if bind else ""
    lines = [
        f"{inert(str(folder))}: {artifact.kind}, all checks passed{bound}",
        f"identity: sha256 {artifact.manifest['identity_sha256']}",
        f"written by: clean-bench {inert(_version(artifact))}",
    ]
    counted = [f"{count:,} {phrase}" for phrase, count in verified.checked.items()]
    if counted:
        lines.append(f"checked: {'; '.join(counted)}")
    if verified.not_checked:
        lines += ["not checked:", *(f"  - {inert(phrase)}" for phrase in verified.not_checked)]
    return "\n".join(lines)


def _version(artifact: Artifact) -> str:
    """The version of clean-bench that wrote an artifact, as its manifest states it."""
    return str(artifact.manifest["environment"]["packages"].get("clean-bench", "unknown"))
